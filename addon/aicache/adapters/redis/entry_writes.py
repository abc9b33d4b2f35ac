"""Writes entries and their aliases to Redis or Valkey, and deletes them.

Commands: SET with PXAT, UNLINK.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aicache.adapters.redis.client_side_cache import NearCache
from aicache.adapters.redis.codec import pack_entry, render_alias, seal
from aicache.adapters.redis.large_values import LARGE_BYTES, LargeValues, SizeLimit
from aicache.adapters.redis.server import Command, check_replies
from aicache.adapters.redis.store_base import MAX_TIME_S, StoreBase
from aicache.domain.model import Entry
from aicache.domain.ports import ShareError, StoreError

MAX_BATCH_BYTES = 256 * 1024
"""Size of entries from which a round trip takes no further one."""


class RedisEntryWrites(StoreBase):
    """The part of the exact store that writes entries. Changes of one key keep their order, though large entries are
    packed in a thread.
    """

    compress: bool
    """Whether entries are compressed from now on, where that saves memory; compressed ones are read anyway."""
    _limit: SizeLimit | None
    _large: LargeValues
    _near: NearCache | None

    async def put(self, entry: Entry) -> None:
        await self._write(entry)

    async def put_many(self, entries: Sequence[Entry]) -> None:
        """Write entries in few round trips, of about `MAX_BATCH_BYTES` each."""
        batch: list[Command] = []
        size = 0
        for entry in entries:
            if len(entry.body) >= LARGE_BYTES:
                await self._write(entry)
                continue
            writing, *aliasing = await self._render(entry)
            batch += (writing, *aliasing)
            size += sum(len(each) for each in writing if isinstance(each, bytes))
            if size >= MAX_BATCH_BYTES:
                await self._execute_batch(batch)
                size = 0
        await self._execute_batch(batch)
        self._forget(*(entry.key for entry in entries))

    async def _execute_batch(self, batch: list[Command]) -> None:
        if batch:
            check_replies(await self._open.execute_all(batch))
            batch.clear()

    async def delete(self, keys: Sequence[str], aliases: Sequence[str] = ()) -> None:
        names = [kind + key for key in keys for kind in ("e:", "n:", "c:")] + ["a:" + alias for alias in aliases]
        if names:
            self.deleted += 1
            await self._large.wait(keys)
            await self._open.unlink([self._prefix + name for name in names])
            self._forget(*keys)

    async def _write(self, entry: Entry, *commands: Command) -> list[Any]:
        """Write an entry, execute other commands, write its alias; return the replies and errors after the entry's."""
        if len(entry.body) < LARGE_BYTES:
            return await self._write_now(entry, commands)
        async with self._large.turn(entry.key):
            return await self._write_now(entry, commands)

    async def _write_now(self, entry: Entry, commands: Sequence[Command]) -> list[Any]:
        writing, *aliasing = await self._render(entry)
        [written, *others] = await self._open.execute_all([writing, *commands, *aliasing])
        if isinstance(written, StoreError):
            raise written
        self._forget(entry.key)
        return others

    async def _render(self, entry: Entry) -> list[Command]:
        """Return the command that writes an entry, and the one that writes its alias, if it has one."""
        if len(entry.body) < LARGE_BYTES:
            await self._large.wait([entry.key])
            packed = self._pack(entry)
        else:
            packed = await self._large.pack(self._pack, entry)
        ends = int(min(entry.expires_at, MAX_TIME_S) * 1000)
        kept_until = int(min(max(entry.expires_at, entry.kept_until), MAX_TIME_S) * 1000)
        commands: list[Command] = [("SET", self._prefix + "e:" + entry.key, packed, "PXAT", kept_until)]
        if entry.alias:  # last, and the entry is as good without it
            value = render_alias(self._sign, entry.alias, entry.key)
            commands.append(("SET", self._prefix + "a:" + entry.alias, value, "PXAT", ends))
        return commands

    def _pack(self, entry: Entry) -> bytes:
        packed = pack_entry(entry, compress=self.compress)  # contains the key, and a checksum
        if self._limit is not None and len(packed) > self._limit.most:
            raise ShareError(f"an answer of {len(packed) >> 10} kB is too large: {self._limit.why}")
        return seal(self._sign, b"entry", packed) if self._sign else packed

    def _forget(self, *keys: str) -> None:
        """Drop from the cache what this process has changed: Redis may announce it only after the next get."""
        if self._near is not None:
            self._near.forget(keys)
