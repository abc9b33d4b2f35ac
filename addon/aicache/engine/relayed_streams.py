"""Passes a stream in flight on to other proxies through the store, in parts. A lasting failure breaks it off."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Protocol

from aicache.domain.model import Entry
from aicache.domain.ports import StoreError
from aicache.engine.guarded_store import GuardedStore

logger = logging.getLogger(__name__)

RELAY_INTERVAL_S = 0.1
"""Interval at which what has come is written, and read."""
KEPT_S = 10.0
"""Time for which the parts of a stream are kept after the last one."""
TOUCH_INTERVAL_S = 4.0
"""Interval at which the parts of a silent stream are kept for longer."""
LEASE_CHECK_INTERVAL_S = 1.0
LAST_PARTS_S = 2.0
"""Time that the last parts have after the lease has ended."""
MAX_OUTAGE_S = 8.0
"""Longest time for which the store may fail while a stream is passed on: longer than a circuit breaker's pause."""
RETRY_INTERVAL_S = 1.0
ASK_INTERVAL_S = 2.0
"""Interval at which a proxy asks for a stream that it waits for ..."""
ASKED_FOR_S = 5.0
"""... and for how long it is asked for then."""

ID_BYTES = 8
HEAD, MORE, END, BROKEN = b"h", b"m", b"e", b"x"
"""What a part begins with, after the stream's id: the head, which is the first part, more bytes, or one of two ends."""


class Chunks(Protocol):
    """The chunks of a stream, from its first one on."""

    wake: Callable[[], None]
    """Called whenever there is something to do."""

    def take(self) -> list[bytes]: ...

    @property
    def has_more(self) -> bool: ...

    @property
    def is_over(self) -> bool: ...

    @property
    def error(self) -> str | None: ...

    def leave(self) -> object: ...


@dataclass(frozen=True, slots=True)
class Offer:
    """A stream that has begun, for calls at other proxies that are sent the same bytes: those with the same *form*.

    *head* says what else is to be known of it; no more than *max_bytes* are passed on. *follow* returns its chunks, or
    None if the first ones are not kept any more.
    """

    form: bytes
    head: bytes
    max_bytes: int
    follow: Callable[[], Chunks | None]


async def relay(store: GuardedStore, key: str, token: str, offer: Offer) -> None:
    """Write a stream's parts as its chunks come, to its end; *token* is the one of the lease. Raises StoreError."""
    if (chunks := offer.follow()) is None:
        return
    stream_id, number, size = secrets.token_bytes(ID_BYTES), 0, 0
    changed = asyncio.Event()
    chunks.wake = changed.set
    parts, is_over = [b"".join((HEAD, bytes([len(offer.form)]), offer.form, offer.head))], False
    try:
        while not is_over:
            changed.clear()
            taken = b"".join(chunks.take())
            size += len(taken)
            is_over = chunks.is_over or size > offer.max_bytes
            if taken and size <= offer.max_bytes:
                parts.append(MORE + taken)
            if is_over:
                parts.append(END if chunks.error is None and size <= offer.max_bytes else BROKEN)
            await _append(store, key, token, number, [stream_id + part for part in parts])
            number, parts = number + len(parts), []
            if not (is_over or chunks.has_more):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(TOUCH_INTERVAL_S):
                        await changed.wait()
                await asyncio.sleep(RELAY_INTERVAL_S)
    finally:
        chunks.leave()


async def _append(store: GuardedStore, key: str, token: str, number: int, parts: list[bytes]) -> None:
    began = time.monotonic()
    while True:
        try:
            await store.append_to_stream(key, token, number, parts, KEPT_S)
            return
        except StoreError:  # where they were written all the same, they come twice, and the reader breaks off
            if time.monotonic() > began + MAX_OUTAGE_S:
                raise
        await asyncio.sleep(RETRY_INTERVAL_S)


class RelayedStream:
    """A stream that another proxy passes on, and that has begun."""

    def __init__(self, store: GuardedStore, key: str, token: str, parts: list[bytes]) -> None:
        """*token* is its proxy's; *parts* are the first ones, at least the head."""
        self._store, self._key, self._token = store, key, token
        self._id = parts[0][:ID_BYTES]
        form_end = ID_BYTES + 2 + parts[0][ID_BYTES + 1]
        self.form = parts[0][ID_BYTES + 2 : form_end]
        self.head = parts[0][form_end:]
        self._number, self._parts = 1, parts[1:]

    async def entry(self) -> Entry | None:
        """Return the answer once the stream has ended and is stored; None if it is not. Raises StoreError."""
        for _ in range(int(LAST_PARTS_S / RELAY_INTERVAL_S)):
            if await self._store.lease_holder(self._key) != self._token:
                break
            await asyncio.sleep(RELAY_INTERVAL_S)
        return await self._store.get(self._key)

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the bytes as they come, to the end. Raises StoreError where the stream breaks off."""
        answered_at = checked_at = time.monotonic()
        ends_by, pause = float("inf"), RELAY_INTERVAL_S
        while True:
            for part in self._parts:
                self._number += 1
                match part[:ID_BYTES], part[ID_BYTES : ID_BYTES + 1]:
                    case self._id, b"m":
                        yield part[ID_BYTES + 1 :]
                    case self._id, b"e":
                        return
                    case _:
                        raise StoreError("a stream at another proxy has broken off")
            await asyncio.sleep(pause)
            self._parts, now = [], time.monotonic()
            try:
                if now >= checked_at + LEASE_CHECK_INTERVAL_S:
                    checked_at = now
                    if await self._store.lease_holder(self._key) != self._token:
                        ends_by = min(ends_by, now + LAST_PARTS_S)
                self._parts = await self._store.read_stream(self._key, self._token, self._number)
                answered_at, pause = now, RELAY_INTERVAL_S
            except StoreError:
                pause = RETRY_INTERVAL_S
                if now > answered_at + MAX_OUTAGE_S:
                    raise
            if not self._parts and now > ends_by:
                raise StoreError("the proxy with a stream has ended")


class StreamRequest:
    """Asks the proxy that has the lease of a key for its stream, if that has the same *form*."""

    def __init__(self, key: str, form: bytes) -> None:
        self._key, self._form = key, form
        self._ask_at = 0.0
        self._is_over = False

    async def find(self, store: GuardedStore, holder: str) -> RelayedStream | None:
        """Return the stream that the *holder* of the lease passes on, once it has begun, unless it has broken off.

        Where the store does not pass streams on, there is none.
        """
        now = time.monotonic()
        if self._is_over:
            return None
        try:
            if now >= self._ask_at:
                self._ask_at = now + ASK_INTERVAL_S
                await store.ask_for_stream(self._key, ASKED_FOR_S)
            parts = await store.read_stream(self._key, holder, 0)
        except StoreError as exc:
            logger.debug("a stream at another proxy is not followed: %s", exc)
            self._is_over = True
            return None
        if not parts or parts[0][ID_BYTES : ID_BYTES + 1] != HEAD or parts[-1][ID_BYTES:] == BROKEN:
            return None
        stream = RelayedStream(store, self._key, holder, parts)
        if stream.form != self._form:
            self._is_over = True
            return None
        return stream
