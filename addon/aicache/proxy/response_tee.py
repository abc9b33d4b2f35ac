"""Passes a response on chunk by chunk, keeps a copy, and lets others follow it. It must neither raise nor wait."""

from __future__ import annotations

import time
from collections.abc import Callable

from aicache.entries.stream_pace import ChunkTimes

MAX_TAKEN_BYTES = 256 * 1024
"""Bytes that a follower takes at once: what its client has not read yet is bounded between two of these."""
TOO_FAR_BEHIND = "too far behind a response that is larger than what is stored"


class Tee:
    """A ``flow.response.stream`` callable: returns each chunk unchanged and keeps at most *limit* bytes.

    Of a larger response it keeps what followers have not taken yet, up to the same limit; those that are further behind
    are let go. With *times*, it notes when each chunk came.
    """

    def __init__(self, limit: int, times: ChunkTimes | None = None) -> None:
        self._times = times
        self._limit = limit
        self._size = 0
        self._chunks: list[bytes] = []
        self._first = 0  # number of the first chunk that is kept
        self._kept = 0  # bytes of those kept
        self._followers: set[Follower] = set()
        self._joined: bytes | None = None
        self.ended = False
        self.error: str | None = None
        """Why the response has broken off."""

    def __call__(self, chunk: bytes) -> bytes:
        if not chunk:
            self.ended = True
        else:
            if self._times is not None:
                self._times.note(self._size, time.monotonic())
            self._size += len(chunk)
            if self._size <= self._limit or self._followers:
                self._chunks.append(chunk)
                self._kept += len(chunk)
            if self._size > self._limit:
                self._drop_taken()
        self._wake()
        return chunk

    def break_off(self, why: str) -> None:
        """The response ends here, incomplete."""
        self.error = self.error or why
        self._wake()

    def follow(self) -> Follower | None:
        """Return a follower, which gets all chunks from the first; None if that is not kept any more."""
        if self._size > self._limit:
            return None
        follower = Follower(self)
        self._followers.add(follower)
        return follower

    @property
    def pace(self) -> bytes:
        """When the chunks came, as an entry has it; empty if that was not noted."""
        return b"" if self._times is None else self._times.packed()

    @property
    def is_followed(self) -> bool:
        return bool(self._followers)

    @property
    def is_too_large(self) -> bool:
        """Whether more bytes have passed than are kept."""
        return self._size > self._limit

    @property
    def body(self) -> bytes | None:
        """The whole body; None if it has not ended, or is larger than the limit."""
        return self.so_far if self.ended else None

    @property
    def so_far(self) -> bytes | None:
        """The bytes that have passed; None if these are more than the limit."""
        if self._size > self._limit:
            return None
        if self._joined is None or len(self._joined) != self._size:
            self._joined = b"".join(self._chunks)  # one object, however many flows show it
        return self._joined

    def _wake(self) -> None:
        for follower in [*self._followers]:
            follower.wake()

    def _drop_taken(self) -> None:
        """Drop the chunks that all followers have taken; let go those for whom too much would have to be kept."""
        self._joined = None
        while True:
            end = self._first + len(self._chunks)
            slowest = min((each.position for each in self._followers), default=end)
            taken = self._chunks[: slowest - self._first]
            del self._chunks[: len(taken)]
            self._first += len(taken)
            self._kept -= sum(map(len, taken))
            if self._kept <= self._limit:
                return
            for follower in [each for each in self._followers if each.position == slowest]:
                follower.let_go()

    def chunks_from(self, position: int) -> list[bytes]:
        """Return the next chunks from a position on, at most `MAX_TAKEN_BYTES` but one at least, if there is one."""
        taken: list[bytes] = []
        size = 0
        for index in range(position - self._first, len(self._chunks)):
            chunk = self._chunks[index]
            if taken and size + len(chunk) > MAX_TAKEN_BYTES:
                break
            taken.append(chunk)
            size += len(chunk)
        return taken

    def has_from(self, position: int) -> bool:
        return position - self._first < len(self._chunks)

    def leave(self, follower: Follower) -> None:
        self._followers.discard(follower)


class Follower:
    """One that reads a tee's chunks at its own pace."""

    def __init__(self, tee: Tee) -> None:
        self._tee = tee
        self.wake: Callable[[], None] = lambda: None
        """Called whenever there is something to do."""
        self.position = 0
        self._was_let_go = False

    def take(self) -> list[bytes]:
        """Return chunks that have come since, a few at once."""
        chunks = [] if self._was_let_go else self._tee.chunks_from(self.position)
        self.position += len(chunks)
        return chunks

    @property
    def has_more(self) -> bool:
        """Whether there are chunks to take."""
        return not self._was_let_go and self._tee.has_from(self.position)

    @property
    def is_over(self) -> bool:
        """Whether no more chunks will come."""
        return self._was_let_go or (not self.has_more and (self._tee.ended or self._tee.error is not None))

    @property
    def error(self) -> str | None:
        """Why the response has broken off."""
        if self._was_let_go:
            return TOO_FAR_BEHIND
        return None if self._tee.ended else self._tee.error

    def let_go(self) -> None:
        """Have it get no more: it is too slow."""
        self._was_let_go = True
        self._tee.leave(self)
        self.wake()

    def leave(self) -> bytes | None:
        """Follow no more. Return the whole body, if the response has ended and is no larger than what is kept."""
        self._tee.leave(self)
        return self._tee.body
