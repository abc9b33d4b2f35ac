"""The append-only file of a real Valkey, written anew when something in it has gone and at no other time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from aicache.adapters.redis.store import RedisStore
from aicache.adapters.valkey.aof_rewrite import DUE_SHARE, MIN_INTERVAL_S, REST_FACTOR, AofRewriter
from aicache.adapters.valkey.server import EmbeddedValkey
from aicache.domain.model import Entry
from aicache.domain.ports import StoreError

Make = Callable[..., Entry]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def store(valkey: EmbeddedValkey) -> AsyncIterator[RedisStore]:
    store = RedisStore(valkey.url, prefix="p:", timeout=2, max_connections=4)
    yield store
    await store.close()


def found(tmp_path: Path, *words: str) -> list[str]:
    data = b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())
    return [word for word in words if word.encode() in data]


async def settle(rewriting: AofRewriter, store: RedisStore) -> None:
    """Look until no rewriting is under way."""
    for _ in range(100):
        await rewriting.rewrite_if_due(store.deleted)
        if rewriting._rewriting is None:
            return
        await asyncio.sleep(0.05)


async def rewritten(store: RedisStore) -> int:
    """Return how often the file was written anew."""
    info = (await store.execute("INFO", "persistence")).decode()
    return int(info.partition("aof_rewrites:")[2].split()[0])


@pytest.mark.slow
async def test_what_was_deleted_goes_soon_and_what_expired_or_was_replaced_within_the_time(
    store: RedisStore, an_entry: Make, tmp_path: Path
) -> None:
    clock = Clock()
    rewriting = AofRewriter(store.execute, 100.0, clock)
    await store.put(an_entry(key="01", question="deleted-text"))
    await store.put(an_entry(key="02", question="expired-text", expires_at=time.time() + 0.3))
    await store.put(an_entry(key="03", question="replaced-text"))
    await store.put(an_entry(key="03", question="kept-text"))
    words = ("deleted-text", "expired-text", "replaced-text", "kept-text")
    await asyncio.sleep(1.1)  # it is written to the disk every second
    assert found(tmp_path, *words) == list(words)

    clock.now = 3.0
    await rewriting.rewrite_if_due(0)
    assert await rewritten(store) == 0
    clock.now = DUE_SHARE * 100 + 1
    await settle(rewriting, store)
    assert found(tmp_path, *words) == ["deleted-text", "kept-text"]
    await store.delete(["01"])
    # Valkey counts whole seconds: a rewrite of milliseconds that passes one counts as long as that
    clock.now += max(MIN_INTERVAL_S, REST_FACTOR * rewriting._duration_s) + 1.0
    await settle(rewriting, store)

    assert found(tmp_path, *words) == ["kept-text"]


async def test_where_nothing_has_gone_nothing_is_rewritten(store: RedisStore, an_entry: Make) -> None:
    clock = Clock()
    rewriting = AofRewriter(store.execute, 10.0, clock)
    await store.put(an_entry(key="01"))
    clock.now += 10.0
    await settle(rewriting, store)
    before = await rewritten(store)

    for number in range(5):
        await store.put(an_entry(key=f"1{number}"))
        clock.now += 10.0
        await settle(rewriting, store)

    assert await rewritten(store) == before
    await store.put(an_entry(key="11", question="another"))
    clock.now += 10.0
    await settle(rewriting, store)
    assert await rewritten(store) == before + 1


async def test_many_purges_are_one_rewriting(store: RedisStore, an_entry: Make) -> None:
    clock = Clock()
    rewriting = AofRewriter(store.execute, 600.0, clock)
    clock.now = 5.0
    for number in range(20):
        await store.put(an_entry(key=f"{number:02}"))
        await store.delete([f"{number:02}"])
        await rewriting.rewrite_if_due(store.deleted)
        await asyncio.sleep(0.01)

    assert await rewritten(store) <= 1
    clock.now += 600.0
    await settle(rewriting, store)
    await settle(rewriting, store)
    assert await rewritten(store) <= 3


async def test_a_server_that_is_gone_is_a_store_error() -> None:
    async def fail(*command: Any) -> Any:
        raise StoreError("gone")

    clock = Clock()
    rewriting = AofRewriter(fail, 10.0, clock)
    clock.now = 100.0

    with pytest.raises(StoreError):
        await rewriting.rewrite_if_due(1)
    await rewriting.finish(1)


async def test_drafts_of_a_server_that_was_killed_are_deleted_at_the_start(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "valkey"
    (folder / "appendonlydir").mkdir(parents=True)
    drafts = [folder / "temp-rewriteaof-bg-12.aof", folder / "temp-34.rdb", folder / "appendonlydir" / "temp-1.aof"]
    for draft in drafts:
        draft.write_text("asked")
    server = EmbeddedValkey(tmp_path / "data", 50 << 20)

    await server.start()
    await server.stop()

    assert not any(draft.exists() for draft in drafts)
