"""What most APIs have alike: a path that does not tell the mode, JSON or events as the answer. Pure."""

from __future__ import annotations

from typing import Any

from aicache.domain.model import Mode


class Usual:
    """A base for formats; one whose API does otherwise says so itself."""

    own_headers: frozenset[str] = frozenset()

    def address(self, path: str, query: str) -> tuple[str, str]:
        return path, query

    def keeps(self, document: Any, variant: str) -> str:
        return variant

    def serves(self, recorded: str, variant: str) -> bool:
        return recorded == variant

    def content_type(self, mode: Mode, variant: str = "") -> str:
        return "application/json" if mode is Mode.WHOLE else "text/event-stream; charset=utf-8"

    def without_usage(self, body: bytes) -> bytes:
        return body
