"""The APIs the cache speaks, one pure file each: bytes in, model values out, and back."""

from __future__ import annotations

from typing import Protocol

from aicache.formats.chat import CHAT
from aicache.model import Answer, Call, Mode


class Format(Protocol):
    """What an API's file offers. Everything raises ValueError alone, and its message never holds content."""

    @property
    def api(self) -> str: ...

    def matches(self, method: str, path: str) -> bool:
        """Tell by method and path (without the query) whether a request is of this API."""

    def parse_request(self, path: str, body: bytes, *, tools_semantic: bool = False) -> Call:
        """Parse a request; *tools_semantic* lets a neighbour answer requests that carry tools."""

    def parse_answer(self, body: bytes, *, n: int = 1) -> tuple[Mode, Answer]:
        """Parse a complete, good answer of at least *n* choices, whatever its mode; ValueError says what is amiss."""

    def render(self, answer: Answer, mode: Mode, *, include_usage: bool) -> bytes:
        """Write an answer as the API itself would."""

    def without_usage(self, body: bytes) -> bytes:
        """Return a recorded stream less what only a caller who asked for usage gets."""


FORMATS: tuple[Format, ...] = (CHAT,)


def match(method: str, path: str) -> Format | None:
    """Return the format of a request, or None for one that is not the cache's business."""
    for format in FORMATS:
        if format.matches(method, path):
            return format
    return None
