"""Vectors in the vector sets of Redis 8, one set for each namespace (https://redis.io/docs/latest/develop/data-types/vector-sets/).

A filter in one large set would take ten times as long, and might miss a small namespace.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from aicache.adapters.redis.server import Command, Servers, check_replies, prefix_pattern
from aicache.adapters.vectors.checks import clip_cosine
from aicache.domain.model import PINNED, Neighbor, Vector
from aicache.domain.ports import StoreError

SEARCH_EF = 100
"""Vectors that a search considers at least. Among 10,000 of 512 dimensions it finds the nearest one always."""
SHARDS = "0123456789abcdef"
"""The last characters of keys, which divide the bookkeeping among the nodes of a cluster."""
SWEEP_BATCH_SIZE = 256
MAX_SWEEP_ROUNDS = 10
SEARCH_BATCH_SIZE = 100
"""Namespaces that `search_all` searches in one round trip."""
GRACE_S = 86_400.0
"""How much longer than its last vector a set lives if no proxy sweeps it any more."""


class VectorSets:
    """Keys, where *name* stands for the prefix, the kind and the space of the vectors:

    ``name:NAMESPACE``: a vector set. Its elements are the keys of entries. It is not quantized: with 8 bits,
    similarities would be off by up to 0.002.
    ``name/namespaces:SHARD``: a hash of the namespace of each key. It is written first and deleted last, so that no
    vector is without it.
    ``name/expiries:SHARD``: a sorted set of the keys by their expiry, in Unix seconds.
    """

    def __init__(self, servers: Servers, name: str, clock: Callable[[], float]) -> None:
        self._servers = servers
        self._name = name
        self._clock = clock

    def __str__(self) -> str:
        return f"vector sets, {self._name}"

    async def open(self) -> None:
        """Nothing has to be created."""

    async def find_problem(self) -> str | None:
        return None

    async def search(self, namespace: str, vector: Vector, top_k: int) -> list[Neighbor]:
        return self._parse(await self._servers.execute(*_render_search(self._set(namespace), vector, top_k)))

    async def search_all(self, vector: Vector, top_k: int) -> list[Neighbor]:
        """Search one namespace after the other: a round trip for a hundred of them."""
        found: dict[str, Neighbor] = {}
        cursor = ""
        while True:
            page, cursor = await self._servers.scan(cursor, prefix_pattern(self._name + ":") + "*")
            for start in range(0, len(page), SEARCH_BATCH_SIZE):
                names = page[start : start + SEARCH_BATCH_SIZE]
                commands = [_render_search(name.decode(), vector, top_k) for name in names]
                for reply in check_replies(await self._servers.execute_all(commands)):
                    found |= {neighbor.key: neighbor for neighbor in self._parse(reply)}
            if not cursor:
                return list(found.values())

    async def upsert(self, key: str, namespace: str, vector: Vector, expires_at: float) -> None:
        namespaces, expiries, vectors = self._namespaces(key), self._expiries(key), self._set(namespace)
        ttl_ms = round((max(0.0, expires_at - self._clock()) + GRACE_S) * 1000)  # is independent of the server's clock
        replies = await self._servers.execute_all(
            [
                ("HGET", namespaces, key),
                ("HSET", namespaces, key, namespace),
                ("ZADD", expiries, repr(expires_at), key),
                *_render_expiry(namespaces, ttl_ms),
                *_render_expiry(expiries, ttl_ms),
            ]
        )
        previous = check_replies(replies)[0]
        # Without CAS, which would seek the neighbors on a thread: an append-only file that has it cannot be loaded
        # (Redis 8.2: "fakeClient->flags & CLIENT_BLOCKED").
        add = ("VADD", vectors, "FP32", _render(vector), key, "NOQUANT")
        commands: list[Command] = [add, *_render_expiry(vectors, ttl_ms)]
        if isinstance(previous, bytes) and previous.decode("utf-8", "replace") != namespace:
            commands.append(("VREM", self._set(previous.decode("utf-8", "replace")), key))
        check_replies(await self._servers.execute_all(commands))

    async def delete(self, keys: Sequence[str]) -> None:
        error: StoreError | None = None
        for start in range(0, len(keys), SWEEP_BATCH_SIZE):
            try:
                await self._delete(keys[start : start + SWEEP_BATCH_SIZE])
            except StoreError as exc:
                error = exc
        if error is not None:
            raise error

    async def _delete(self, keys: Sequence[str]) -> None:
        """Delete at most `SWEEP_BATCH_SIZE` keys: in a cluster as many as possible, before StoreError is raised."""
        namespaces = await self._servers.execute_all([("HGET", self._namespaces(key), key) for key in keys])
        found = [
            (key, each.decode("utf-8", "replace"))
            for key, each in zip(keys, namespaces, strict=True)
            if isinstance(each, bytes)
        ]
        if found:
            removals = [("VREM", self._set(namespace), key) for key, namespace in found]
            replies = await self._servers.execute_all(removals)
            gone = [key for (key, _), reply in zip(found, replies, strict=True) if not isinstance(reply, StoreError)]
            if gone:
                bookkeeping = [("HDEL", self._namespaces(key), key) for key in gone]
                bookkeeping += [("ZREM", self._expiries(key), key) for key in gone]
                check_replies(await self._servers.execute_all(bookkeeping))
            check_replies(replies)
        check_replies(namespaces)

    async def find_namespaces(self, keys: Sequence[str]) -> dict[str, str]:
        """Ask the sets themselves: what the bookkeeping names may have been evicted with its namespace."""
        noted = check_replies(await self._servers.execute_all([("HGET", self._namespaces(key), key) for key in keys]))
        names = [
            (key, each.decode("utf-8", "replace"))
            for key, each in zip(keys, noted, strict=True)
            if isinstance(each, bytes)
        ]
        if not names:
            return {}
        asking = [("VISMEMBER", self._set(namespace), key) for key, namespace in names]
        there = check_replies(await self._servers.execute_all(asking))
        return {key: namespace for (key, namespace), is_there in zip(names, there, strict=True) if is_there == 1}

    async def sweep(self, now: float, latest: float) -> None:
        ranges = [("-inf", repr(now))]
        if latest < PINNED:
            ranges.append((f"({latest!r}", f"({PINNED!r}"))
        limit = ("BYSCORE", "LIMIT", 0, SWEEP_BATCH_SIZE)
        commands = [("ZRANGE", self._expiries(shard), *bounds, *limit) for shard in SHARDS for bounds in ranges]
        for _ in range(MAX_SWEEP_ROUNDS):
            replies = await self._servers.execute_all(commands)
            keys = [key.decode() for reply in replies if isinstance(reply, list) for key in reply]
            await self.delete(keys)
            check_replies(replies)
            if not keys:
                return

    def _set(self, namespace: str) -> str:
        return f"{self._name}:{namespace}"

    def _namespaces(self, key: str) -> str:
        return f"{self._name}/namespaces:{key[-1]}"

    def _expiries(self, key: str) -> str:
        return f"{self._name}/expiries:{key[-1]}"

    def _parse(self, reply: Any) -> list[Neighbor]:
        """Parse a reply to VSIM in RESP2: names and scores in turn."""
        try:
            return [
                Neighbor(name.decode("ascii"), similarity(float(score)))
                for name, score in zip(reply[::2], reply[1::2], strict=True)
            ]
        except (TypeError, ValueError, AttributeError) as exc:
            raise StoreError(f"{self._servers}: a reply that does not belong to its command") from exc


def similarity(score: float) -> float:
    """Return the cosine that a score of VSIM stands for: 1 is the same direction, 0 the opposite one."""
    return clip_cosine(2 * score - 1)


def _render_search(name: str, vector: Vector, top_k: int) -> Command:
    considered = max(SEARCH_EF, top_k)
    return ("VSIM", name, "FP32", _render(vector), "WITHSCORES", "COUNT", top_k, "EF", considered)


def _render_expiry(name: str, ttl_ms: int) -> tuple[Command, Command]:
    """Have a key live for *ttl_ms* at least: GT alone takes a key without an expiry for one that lives longer."""
    return ("PEXPIRE", name, ttl_ms, "NX"), ("PEXPIRE", name, ttl_ms, "GT")


def _render(vector: Vector) -> bytes:
    return vector.astype(np.dtype("<f4")).tobytes()
