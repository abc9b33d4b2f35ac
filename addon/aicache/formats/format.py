"""The protocol that every API format implements, and a base class with the usual behavior. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

from aicache.domain.model import Answer, Call, Mode
from aicache.formats.upstream_state import STRICT, Allow

NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class RequestContext:
    """What a request is parsed with beside its path and body: the rest of it, and the settings."""

    query: str = ""
    headers: Mapping[str, str] = NO_HEADERS
    """By lower-case name."""
    tools_semantic: bool = False
    """Whether an answer to a similar question may be served to a request that carries tools."""
    allow: Allow = STRICT


NO_CONTEXT = RequestContext()


@dataclass(frozen=True, slots=True)
class AnswerSummary:
    """What is noted of an answer beside its body. Tokens are 0 where the API does not say."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    refused: bool = False
    """The model declined to answer, if only in part."""
    expires_at: float | None = None
    """Unix time at which the first of what the answer names expires at the upstream; None where nothing does."""


class Format(Protocol):
    """One API, pure. Everything raises ValueError alone, and its message never holds content.

    A *document* is an answer in the API's own words and in one piece, checked to be complete and good; whatever a
    vendor adds to it is in it. What type it has is the format's own business.
    """

    @property
    def api(self) -> str: ...

    @property
    def parsed_headers(self) -> frozenset[str]:
        """The request header fields, in lower case, that `parse_request` reads: what they say is in the call."""

    def matches(self, method: str, path: str) -> bool:
        """Tell by method and path (without the query) whether a request is of this API."""

    def normalize_target(self, path: str, query: str) -> tuple[str, str]:
        """Return path and query less what only tells the mode, so that both modes share their entries."""

    def parse_request(self, path: str, body: bytes, context: RequestContext = NO_CONTEXT) -> Call:
        """Parse a request; *headers* by lower-case name; *tools_semantic* lets a neighbour answer calls with tools.

        Raises Stateful for one that leans on what the upstream holds, and Private, which is one of those, for one by
        which the upstream reads private data; but for what is allowed.
        """

    def recorded_variant(self, document: Any, variant: str) -> str:
        """Return what of a call's variant its recorded answer depends on."""

    def can_replay(self, recorded: str, variant: str) -> bool:
        """Tell whether what was recorded of one variant is, byte for byte, what a call of another gets."""

    def parse_answer(self, body: bytes, *, n: int = 1, variant: str = "") -> tuple[Mode, Any]:
        """Parse a complete, good answer of at least *n* choices into its document, whatever its mode.

        *variant* is what the call asked for, where the body alone does not tell how it is to be read.
        """

    def summarize(self, document: Any) -> AnswerSummary:
        """Note what is to be known of an answer. Raises ValueError for a time that cannot be read."""

    def check_useful(self, document: Any, call: Call) -> None:
        """Raise ValueError for a complete answer that is of no use to who made this call, and would ask again.

        It says nothing, makes a call that nobody can follow, or is not of the form that was asked for.
        """

    def render(self, document: Any, mode: Mode, *, variant: str = "", include_usage: bool = True) -> bytes:
        """Write a document as the API itself would."""

    def content_type(self, mode: Mode, variant: str = "") -> str: ...

    def without_usage(self, body: bytes) -> bytes:
        """Return a recorded stream less what only a caller who asked for usage gets."""

    def to_answer(self, document: Any) -> Answer:
        """Return what a document says, for callers of other APIs; ValueError where other APIs have no words for it."""

    def from_answer(self, answer: Answer, call: Call) -> Any:
        """Return the document that says what an answer of another API says; ValueError where this API has no words."""


class BaseFormat:
    """What most APIs have alike: a path that does not tell the mode, and JSON or events as the answer."""

    parsed_headers: frozenset[str] = frozenset()

    def normalize_target(self, path: str, query: str) -> tuple[str, str]:
        return path, query

    def recorded_variant(self, document: Any, variant: str) -> str:
        return variant

    def can_replay(self, recorded: str, variant: str) -> bool:
        return recorded == variant

    def content_type(self, mode: Mode, variant: str = "") -> str:
        return "application/json" if mode is Mode.WHOLE else "text/event-stream; charset=utf-8"

    def without_usage(self, body: bytes) -> bytes:
        return body
