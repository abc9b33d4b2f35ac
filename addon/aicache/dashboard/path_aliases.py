"""Other spellings of the dashboard's path that a server or another proxy may normalize to it. Pure.

The proxy answers them with 404: sent upstream, they could carry the token that belongs to the dashboard.
"""

from __future__ import annotations

import re
import unicodedata

ROOT = "/_ai_cache"
"""The only spelling that is served."""
MAX_DECODE_ROUNDS = 8
"""A path that is still percent-encoded after that is no accident, and counts as an alias."""

_NAME = ROOT[1:]
_MAY_BE = re.compile(rb"_ai_cache|[%\\\x80-\xff]", re.IGNORECASE)
_ESCAPE = re.compile(rb"%u([0-9a-f]{4})|%([0-9a-f]{2})", re.IGNORECASE)
_CONTROLS = bytes([*range(0x21), 0x7F])
_OVERLONG = re.compile(rb"[\xc0\xc1]([\x80-\xbf])|\xe0[\x80\x81]([\x80-\xbf])")


def is_canonical(target: bytes) -> bool:
    """Tell whether a request's target is the dashboard's, in its one spelling."""
    return target.startswith(b"/_ai_cache") and target[len(ROOT) : len(ROOT) + 1] in (b"", b"/", b"?")


def is_alias(target: bytes) -> bool:
    """Tell whether a target is the dashboard's in another spelling, by any interpretation that a server may use.

    Escapes, once or many times over, overlong ones included; dots, doubled and turned slashes, letters of another case
    or width, parameters, white space and control characters, and a query that begins at an escaped question mark.
    """
    if _MAY_BE.search(target) is None or is_canonical(target):
        return False
    raw = re.split(rb"[?#]", target, maxsplit=1)[0]
    for _ in range(MAX_DECODE_ROUNDS):
        if _names_root(raw):
            return True
        if (decoded := _ESCAPE.sub(_unescape, raw)) == raw:
            return False
        raw = decoded
    return True


def _names_root(raw: bytes) -> bool:
    text = _OVERLONG.sub(_shorten, raw).translate(None, _CONTROLS).decode("utf-8", "replace")
    if not text.isascii():
        text = "".join(char for char in unicodedata.normalize("NFKC", text) if not _is_ignorable(char)).casefold()
    path = text.lower().replace("\\", "/")
    if not path.startswith("/"):  # HTTP/2 lets it: what is before a slash may be taken for a scheme, or a host
        return _NAME in path
    return _NAME in path and any(_first(each) == _NAME for each in {path, re.split(r"[?#]", path, maxsplit=1)[0]})


def _first(path: str) -> str:
    """Return the first segment of a path after its dot segments are resolved."""
    kept: list[str] = []
    for segment in path.split("/"):
        name = segment.partition(";")[0]
        if name == "..":
            kept[-1:] = []
        elif stripped := name.rstrip("."):
            kept.append(re.split(r"[?#]", stripped, maxsplit=1)[0])
    return kept[0] if kept else ""


def _is_ignorable(char: str) -> bool:
    return char.isspace() or unicodedata.category(char) in ("Cc", "Cf", "Zs")


def _unescape(found: re.Match[bytes]) -> bytes:
    return chr(int(found[1], 16)).encode("utf-8", "replace") if found[1] else bytes([int(found[2], 16)])


def _shorten(found: re.Match[bytes]) -> bytes:
    lead, low = found[0][0], (found[1] or found[2])[0] & 0x3F
    high = (lead & 1) << 6 if found[1] else (found[0][1] & 1) << 6
    return bytes([high | low])
