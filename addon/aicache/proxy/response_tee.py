"""Passes a response on chunk by chunk and keeps a copy. It must neither raise nor wait."""

from __future__ import annotations


class Tee:
    """A ``flow.response.stream`` callable: returns each chunk unchanged and keeps at most *limit* bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._chunks: list[bytes] = []
        self.ended = False

    def __call__(self, chunk: bytes) -> bytes:
        if not chunk:
            self.ended = True
        elif self._size <= self._limit:
            self._size += len(chunk)
            self._chunks.append(chunk)
            if self._size > self._limit:
                self._chunks.clear()
        return chunk

    @property
    def body(self) -> bytes | None:
        """The whole body; None if it has not ended, or is larger than the limit."""
        return self.so_far if self.ended else None

    @property
    def so_far(self) -> bytes | None:
        """The bytes that have passed; None if these are more than the limit."""
        return b"".join(self._chunks) if self._size <= self._limit else None
