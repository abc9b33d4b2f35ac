"""The values every part speaks in: frozen, without I/O and without behaviour of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Vector: TypeAlias = npt.NDArray[np.float32]
"""``(d,)`` float32, L2-normalised; a batch is ``(n, d)``."""


class Mode(StrEnum):
    """How a caller wants its answer: in one JSON document, or as events."""

    WHOLE = "whole"
    STREAM = "stream"


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation.

    *content* is the text, or the JSON value as sent where it is more than text; *rest* is every other field of the
    message as sent. Together they are all that was said, so a digest over a turn loses nothing.
    """

    role: str
    content: Any
    rest: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One parsed LLM request."""

    api: str
    """Name of the format that parsed it, e.g. ``chat``."""
    model: str
    mode: Mode
    wants_usage: bool
    """A stream's caller asked for the usage event (``stream_options.include_usage``)."""
    params: Mapping[str, Any]
    """The body as sent, less the conversation and the model."""
    turns: tuple[Turn, ...]
    """The conversation in order; system prompts are turns too."""
    question: str | None
    """The last user text, where a semantic neighbour may answer the call; None makes it exact-only."""
    n: int
    """How many choices the answer must have."""
    temperature: float | None
    """As asked for; None when the request leaves it to the upstream."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One alternative of an answer. *message* is in the shape of a whole chat completion's ``message``."""

    index: int
    message: Mapping[str, Any]
    finish_reason: str
    extra: Mapping[str, Any]
    """What else the choice carried (``logprobs``, ``content_filter_results``, ...)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer, whatever the mode it came in."""

    id: str
    model: str
    created: int
    choices: tuple[Choice, ...]
    usage: Mapping[str, Any] | None
    extra: Mapping[str, Any]
    """What else the document carried (``system_fingerprint``, ``citations``, ...)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One stored answer, as recorded from the upstream."""

    key: str
    namespace: str
    """Where its question may be a neighbour; compared again before an entry answers: no index can mix owners."""
    api: str
    model: str
    asked: Mode
    """The mode the recorded call asked for ..."""
    asked_usage: bool
    mode: Mode
    """... and the one the upstream answered in; they differ with upstreams that ignore ``stream``."""
    content_type: str
    body: bytes
    """The response body, decoded of any content-encoding."""
    question: str | None
    prompt_tokens: int
    completion_tokens: int
    stored_at: float
    """Unix time, seconds."""
    expires_at: float
    cors: tuple[tuple[str, str], ...] = ()
    """The ``access-control-*`` headers of the recorded response, which tell browsers what pages may read it."""


@dataclass(frozen=True, slots=True)
class Neighbor:
    """One nearest-neighbour match. Higher *similarity* is closer; 1.0 is identical (cosine, -1 to 1)."""

    key: str
    similarity: float


@dataclass(frozen=True, slots=True)
class Hit:
    """A stored answer may be served. *similarity* is None when the request was the very same."""

    entry: Entry
    similarity: float | None = None


@dataclass(frozen=True, slots=True)
class Miss:
    """Nothing stored may answer; the call goes upstream. *vector* is the question's, when it was embedded."""

    reason: str
    vector: Vector | None = None


@dataclass(frozen=True, slots=True)
class Bypass:
    """The request is not the cache's business: neither looked up nor stored."""

    reason: str


Outcome: TypeAlias = Hit | Miss | Bypass
