"""The values that all layers share: frozen, without I/O or behavior."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from aicache.domain.directories import Directories
from aicache.domain.trial import Trial
from aicache.evidence.neighbor import Neighbor as Neighbor
from aicache.guards.feature import feature
from aicache.guards.time_sensitive import depends_on_now

Vector: TypeAlias = npt.NDArray[np.float32]
"""``(d,)`` float32, L2-normalized; a batch is ``(n, d)``."""

PINNED = 253_402_300_799.0
"""The end of the year 9999: the time at which pinned entries expire."""
MAX_CLOCK_SKEW_S = 60.0
"""Largest difference of two machines' clocks; an entry from further ahead is from a clock that was set back since."""


class Mode(StrEnum):
    """The form in which a caller requests its answer: one JSON document, or events."""

    WHOLE = "whole"
    STREAM = "stream"


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation.

    *content* is the text, or the JSON value as sent where it is more than text; *rest* is every other field of the
    message as sent. Together they are the whole message, so a digest over a turn loses nothing.
    """

    role: str
    content: Any
    rest: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Common:
    """A request in terms that every API has. Requests of equal values are the same question, whatever the API;
    a request that says anything more has no such value."""

    system: str
    """All system prompts, in order, joined by a blank line."""
    turns: tuple[tuple[str, str], ...]
    """``(role, text)`` in order, the role ``user`` or ``assistant``; the last one is the user's question."""
    params: Mapping[str, Any]
    """Parameters sent, by their names in chat completions: ``temperature``, ``top_p``, ``top_k``, ``stop`` (a list),
    ``seed``, ``presence_penalty``, ``frequency_penalty``, ``n`` (above 1), ``tools`` (a list of ``name``,
    ``description``, ``parameters``), ``tool_choice`` (``none``, ``required`` or ``{"name": ...}``)."""
    max_tokens: int | None
    """The requested limit. It is no part of the question: a whole answer of fewer tokens would have been the same."""


@dataclass(frozen=True)
class Call:
    """One parsed LLM request."""

    api: str
    """Name of the format that parsed it, e.g. ``chat``."""
    model: str
    mode: Mode
    wants_usage: bool
    """A stream's caller requested the usage event (``stream_options.include_usage``)."""
    params: Mapping[str, Any]
    """The body as sent, less the conversation and the model."""
    turns: tuple[Turn, ...]
    """The conversation in order; system prompts are turns too."""
    question: str | None
    """The last user text, where a semantic neighbor may answer the call; None makes it exact-only."""
    n: int
    """The number of choices that the answer must have."""
    temperature: float | None
    """The temperature as requested; None when the request leaves it to the upstream."""
    variant: str = ""
    """The requested rendering of a mode, where an API has several; its values are the format's own."""
    common: Common | None = None
    """The request in the common terms of all APIs; None if they cannot express it."""
    counted: bool = True
    """Whether the answer includes the usage: always, except in completions streams without a request for it."""

    @feature
    def depends_on_now(self) -> bool:
        """Whether the answer to the question will soon change, or differs between callers; False without a question."""
        return self.question is not None and depends_on_now(self.question)


@dataclass(frozen=True, slots=True)
class Batch:
    """One parsed request for embeddings: several inputs, each answered for itself."""

    api: str
    model: str
    params: Mapping[str, Any]
    """The body as sent, less inputs and model."""
    inputs: tuple[Any, ...]
    """Texts, or JSON values such as lists of tokens."""


@dataclass(frozen=True, slots=True)
class Text:
    """Text for the user."""

    text: str


@dataclass(frozen=True, slots=True)
class Reasoning:
    """The model's reasoning, as far as the API shows it. *signature* proves it to the API that made it."""

    text: str
    signature: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """The model's text in place of an answer."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call of one of the caller's functions. *arguments* is a JSON object; *id* is empty with APIs that have none."""

    id: str
    name: str
    arguments: Mapping[str, Any]


Part: TypeAlias = Text | Reasoning | Refusal | ToolCall


class Finish(StrEnum):
    """The reason why a good answer ended."""

    STOP = "stop"
    TOOL_CALLS = "tool_calls"
    REFUSAL = "refusal"


@dataclass(frozen=True, slots=True)
class Choice:
    """One alternative of an answer: its parts in their original order."""

    parts: tuple[Part, ...]
    finish: Finish


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts. *input* includes *cached*, *output* includes *reasoning*; 0 where the API does not say."""

    input: int
    output: int
    cached: int = 0
    reasoning: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer in terms that every API has. Citations, log probabilities and the like are no part
    of it: they stay in the recorded document, which is what callers of the same API get."""

    id: str
    model: str
    created: int
    """Unix time, seconds; 0 where the API does not say."""
    choices: tuple[Choice, ...]
    usage: Usage | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One stored answer, as recorded from the upstream."""

    key: str
    namespace: str
    """The namespace in which its question may be a neighbor; compared again before a hit: no index can mix owners."""
    api: str
    model: str
    asked: Mode
    """The mode that the recorded call requested ..."""
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
    asked_variant: str = ""
    """The variant of the mode that the recorded call requested (`Call.variant`)."""
    refused: bool = False
    """The model refused: an answer to this very request, and to no other."""
    took: float = 0.0
    """Seconds from the request to the answer's last byte, when it was recorded; 0 where that is not known."""
    owners: tuple[str, ...] = ()
    """Digests (`keys.owner`) of each credential and identity that the recorded request had with it."""
    alias: str = ""
    """Digest (`keys.question_alias`) by which requests in the same words find it; empty where none may."""
    directories: Directories = ()
    """Those that the recorded request announced: in answers to other requests, theirs take their places."""
    kept_until: float = 0.0
    """Unix time until which it is kept after its expiry, to answer the very request as a stale answer; 0: it is not."""
    pace: bytes = b""
    """When the bytes of a streamed body came (`entries/stream_pace.py`); empty where that was not noted."""
    cached_tokens: int = 0
    """Of the prompt's tokens, those that the upstream read from its own cache when the answer was recorded."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A stored answer may be served. *similarity* is None when the request was the very same."""

    entry: Entry
    similarity: float | None = None
    same_words: bool = False
    """The question differs in nothing but its writing; the similarity is 1, and nothing was embedded."""
    from_higress: bool = False
    """The entry was built just now from a text that Higress left; its age is unknown."""
    error_bound: float | None = None
    """Upper bound of the share of all requests that are answered wrong (95 % confidence), where hits are checked."""
    trial: Trial | None = None
    """Set if the hit is to be checked against a fresh answer, requested in the background."""
    judge_seconds: float | None = None
    """Time that the request waited for the judge model that allowed the hit; None where nothing but rules decided."""
    collapsed_with: str | None = None
    """Name of the request, in flight at the same time, whose answer this is; None for a stored answer. It is an equal
    one, or where there is a similarity, one in other words."""
    waited: float = 0.0
    """Seconds that the request waited for that answer."""
    is_stale: bool = False
    """The entry has expired, and answers nevertheless: the upstream failed, or is asked in the background."""


@dataclass(frozen=True, slots=True)
class Miss:
    """Nothing stored may answer; the call goes upstream. *vector* is the question's, when it was embedded."""

    reason: str
    vector: Vector | None = None
    trial: Trial | None = None
    """Set if the fresh answer is to be learned from."""
    stale: Entry | None = None
    """The expired answer to the very request, for the case that the upstream fails."""


@dataclass(frozen=True, slots=True)
class Bypass:
    """The cache ignores the request: it is neither looked up nor stored."""

    reason: str


Outcome: TypeAlias = Hit | Miss | Bypass
