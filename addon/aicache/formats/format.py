"""The protocol that every API format implements, and a base class with the usual behavior. Pure.

To support another API, implement `Format` and register it in ``aicache.formats.FORMATS``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol

from aicache.domain.json_paths import Edit, edit_body, tell_nobody
from aicache.domain.model import Answer, Call, Mode
from aicache.formats.api_errors import APIError, render_openai_error
from aicache.formats.hit_edits import HitEdit
from aicache.formats.json_body import JSONObject, parse_request_object
from aicache.formats.stateful_parameters import STRICT, Allow

NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class RequestContext:
    """The query and headers of a request, and the settings that affect its parsing."""

    query: str = ""
    headers: Mapping[str, str] = field(default_factory=lambda: NO_HEADERS)  # unhashable on Python 3.11
    """The request's headers by lower-case name."""
    tools_semantic: bool = False
    """Whether an answer to a similar question may be served to a request that carries tools."""
    allow: Allow = STRICT
    edits: tuple[Edit, ...] = ()
    """Fields that are no part of the call, or in part."""
    found: Callable[[Edit], object] = tell_nobody
    """Is told the edits that changed a body."""

    def parse_body(self, body: bytes) -> JSONObject:
        """Parse a request's body, and leave out of it what the settings and the built-in masks do.

        Raises ValueError for JSON that not all parsers read alike.
        """
        request = parse_request_object(body)
        return edit_body(request, self.edits, self.found) if self.edits else request


NO_CONTEXT = RequestContext()


@dataclass(frozen=True, slots=True)
class AnswerSummary:
    """The metadata recorded with an answer's body. Tokens are 0 where the API does not report them."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    refused: bool = False
    """Whether the model declined to answer, if only in part."""
    expires_at: float | None = None
    """Unix time at which the first reference in the answer (a link, a file) expires upstream; None without such."""
    cached_tokens: int = 0
    """Of the prompt's tokens, those that the upstream read from its own cache."""


class Format(Protocol):
    """One API. Its methods are pure and raise ValueError only, with messages that never contain content.

    A *document* is a whole answer in the API's own fields, checked to be complete and good; fields that a vendor adds
    are part of it. Each format chooses the type of its documents.
    """

    @property
    def api(self) -> str: ...

    @property
    def parsed_headers(self) -> frozenset[str]:
        """The lower-case names of the request headers that `parse_request` reads into the call."""

    def matches(self, method: str, path: str) -> bool:
        """Tell by method and path (without the query) whether a request belongs to this API."""

    def normalize_target(self, path: str, query: str) -> tuple[str, str]:
        """Return path and query without the parts that select only the mode, so that both modes share their entries."""

    def parse_request(self, path: str, body: bytes, context: RequestContext = NO_CONTEXT) -> Call:
        """Parse a request.

        Raises Stateful for a request that depends on state at the upstream, and its subclass Private for one that has
        the upstream read private data, except for what the context allows.
        """

    def recorded_variant(self, document: Any, variant: str) -> str:
        """Return the part of a call's variant on which its recorded answer depends."""

    def can_replay(self, recorded: str, variant: str) -> bool:
        """Tell whether an answer recorded for one variant can be replayed byte for byte to a call of another."""

    def parse_answer(self, body: bytes, *, n: int = 1, variant: str = "") -> tuple[Mode, Any]:
        """Parse a complete, good answer of at least *n* choices into its document, whatever its mode.

        *variant* is the call's, for bodies that do not show by themselves how to read them.
        """

    def summarize(self, document: Any) -> AnswerSummary:
        """Return the metadata recorded with an answer. Raises ValueError for an unreadable expiry."""

    def check_useful(self, document: Any, call: Call) -> None:
        """Raise ValueError for a complete answer that is useless to this call's client, who would repeat the request.

        Such an answer is blank, has a tool call that no client can execute, or breaks the requested output format.
        """

    def render(self, document: Any, mode: Mode, *, variant: str = "", include_usage: bool = True) -> bytes:
        """Render a document as the API itself would send it."""

    def content_type(self, mode: Mode, variant: str = "") -> str: ...

    def render_error(self, error: APIError) -> bytes:
        """Render an error as the API itself would, as JSON."""

    def without_usage(self, body: bytes) -> bytes:
        """Return a recorded stream without the usage, which only clients that request it get."""

    def edit_hit(self, answer: JSONObject, edit: HitEdit) -> None:
        """Edit usage, id and time of creation in a whole answer, or in what an event of a stream holds."""

    def to_answer(self, document: Any) -> Answer:
        """Convert a document for callers of other APIs. Raises ValueError for content that other APIs do not have."""

    def from_answer(self, answer: Answer, call: Call) -> Any:
        """Convert another API's answer to a document. Raises ValueError for content that this API does not have."""


class BaseFormat:
    """Defaults for most APIs: the path does not depend on the mode, and answers are JSON or server-sent events."""

    parsed_headers: frozenset[str] = frozenset()

    def normalize_target(self, path: str, query: str) -> tuple[str, str]:
        return path, query

    def recorded_variant(self, document: Any, variant: str) -> str:
        return variant

    def can_replay(self, recorded: str, variant: str) -> bool:
        return recorded == variant

    def content_type(self, mode: Mode, variant: str = "") -> str:
        return "application/json" if mode is Mode.WHOLE else "text/event-stream; charset=utf-8"

    def render_error(self, error: APIError) -> bytes:
        return render_openai_error(error)

    def without_usage(self, body: bytes) -> bytes:
        return body
