"""The APIs the cache speaks, one pure file each: bytes in, model values out, and back."""

from __future__ import annotations

from aicache.formats.chat import CHAT
from aicache.formats.format import Facts, Format

__all__ = ["FORMATS", "Facts", "Format", "by_api", "match"]

FORMATS: tuple[Format, ...] = (CHAT,)

_BY_API = {format.api: format for format in FORMATS}


def match(method: str, host: str, path: str) -> Format | None:
    """Return the format of a request, or None for one that is not the cache's business."""
    for format in FORMATS:
        if format.matches(method, host, path):
            return format
    return None


def by_api(api: str) -> Format:
    """Return the format of an entry. Raises ValueError for an API that nobody here speaks (any more)."""
    try:
        return _BY_API[api]
    except KeyError:
        raise ValueError("an entry of an unknown API") from None
