"""The values of a cassette: requests and responses as they are recorded. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from aicache import formats
from aicache.domain.caller_identity import target_without_credentials
from aicache.domain.response_headers import CORS

Fields = tuple[tuple[str, str], ...]
"""Header fields: lower-case names, each once, in order of the names."""

KEPT_RESPONSE_HEADERS = CORS | {
    *("content-type", "location", "link", "retry-after", "retry-after-ms", "x-should-retry", "www-authenticate"),
}
"""Response headers that change what a client does. All others are of one exchange: ids, dates, limits, cookies."""
KEPT_REQUEST_HEADERS = frozenset().union(*(format.parsed_headers for format in formats.FORMATS))
"""Request headers that are parameters of an API."""


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """A request without credentials."""

    method: str
    url: str
    """``scheme://host[:port]/path?query``, without the credentials of the query."""
    headers: Fields = ()
    body: bytes = b""

    @property
    def origin(self) -> str:
        """``scheme://host[:port]``"""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    @property
    def target(self) -> str:
        """Path and query, as they were sent."""
        return self.url[len(self.origin) :] or "/"

    def header(self, name: str) -> str:
        return dict(self.headers).get(name, "")


@dataclass(frozen=True, slots=True)
class RecordedResponse:
    """A complete response, its body without any content coding."""

    status: int
    headers: Fields = ()
    body: bytes = b""

    @property
    def content_type(self) -> str:
        return dict(self.headers).get("content-type", "")


@dataclass(frozen=True, slots=True)
class Interaction:
    """A request and its response."""

    request: RecordedRequest
    response: RecordedResponse


def make_request(method: str, origin: str, target: str, headers: Mapping[str, str], body: bytes) -> RecordedRequest:
    """Make the record of a request; *headers* by lower-case name. Credentials and what no API reads are left out."""
    path, _, query = target.partition("?")
    kept = {name: value for name, value in headers.items() if name in KEPT_REQUEST_HEADERS}
    content_type = headers.get("content-type", "")
    if body and media_type(content_type) != "application/json":
        kept["content-type"] = content_type
    return RecordedRequest(method, origin + target_without_credentials(path, query), _sorted(kept.items()), body)


def make_response(status: int, headers: Mapping[str, str], body: bytes) -> RecordedResponse:
    """Make the record of a response; *headers* by lower-case name."""
    kept = ((name, value) for name, value in headers.items() if name in KEPT_RESPONSE_HEADERS)
    return RecordedResponse(status, _sorted(kept), body)


def media_type(content_type: str) -> str:
    """Return a Content-Type without its parameters, in lower case."""
    return content_type.partition(";")[0].strip().lower()


def _sorted(headers: Iterable[tuple[str, str]]) -> Fields:
    return tuple(sorted((name, value) for name, value in headers if value))
