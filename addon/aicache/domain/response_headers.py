"""Validates stored values that become response headers, by their grammar (RFC 9110, 5.5 and 8.3.1). Pure.

They may come from an upstream, a file, another cache, or a Redis that others write to: a value with a line break would
be another header, or a whole response.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from aicache.domain.model import Entry

MAX_CONTENT_TYPE_CHARS = 256
MAX_CORS_CHARS = 4096
CORS = frozenset(
    f"access-control-{name}"
    for name in (
        *("allow-origin", "allow-credentials", "expose-headers", "allow-methods", "allow-headers"),
        *("max-age", "allow-private-network"),
    )
)
"""Headers that tell browsers which pages may read a response (https://fetch.spec.whatwg.org/#http-responses)."""

_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_QUOTED = r'"(?:[\t !\x23-\x5b\x5d-\x7e]|\\[\t\x20-\x7e])*"'
_MEDIA_TYPE = re.compile(rf"({_TOKEN}/{_TOKEN})(?:[ \t]*;[ \t]*(?:{_TOKEN}=(?:{_TOKEN}|{_QUOTED}))?)*[ \t]*")
_VISIBLE = re.compile(r"[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?")
_NAME = re.compile(r"[\x21-\x7e]{1,128}")
_RUN_BY_BROWSERS = frozenset({"text/html", "text/javascript", "application/javascript", "application/ecmascript"})


def media_type(value: str) -> str | None:
    """Return a Content-Type unchanged; None if it is invalid or one that a browser would execute."""
    if len(value) > MAX_CONTENT_TYPE_CHARS or (match := _MEDIA_TYPE.fullmatch(value)) is None:
        return None
    kind = match[1].lower()
    return None if kind in _RUN_BY_BROWSERS or "xml" in kind else value


def cors(items: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return the CORS headers among the items, each name once, with values of one line of visible ASCII."""
    found: dict[str, str] = {}
    for name, value in items:
        if name in CORS and len(value) <= MAX_CORS_CHARS and _VISIBLE.fullmatch(value):
            found.setdefault(name, value)
    return tuple(found.items())


def check(entry: Entry) -> None:
    """Raise ValueError for an entry that this cache cannot have recorded: another program wrote it to the store."""
    if media_type(entry.content_type) is None:
        raise ValueError("invalid content type")
    if entry.cors and cors(entry.cors) != entry.cors:
        raise ValueError("invalid CORS headers")
    if not (_NAME.fullmatch(entry.key) and _NAME.fullmatch(entry.namespace)):
        raise ValueError("invalid key")
    if not all(map(math.isfinite, (entry.stored_at, entry.expires_at, entry.took, entry.kept_until))):
        raise ValueError("invalid time")
    if entry.prompt_tokens < 0 or entry.completion_tokens < 0:
        raise ValueError("invalid token count")
    if entry.body[:64].lstrip()[:1] == b"<":
        raise ValueError("body is markup, not an answer of an API")
