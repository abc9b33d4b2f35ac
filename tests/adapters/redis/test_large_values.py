"""Large entries are packed and unpacked in a thread; the order of what happens to a key stays."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from random import Random

import pytest

from aicache.adapters.redis.codec import entry_size
from aicache.adapters.redis.large_values import LARGE_BYTES
from aicache.adapters.redis.store import RedisStore
from aicache.adapters.valkey.server import EmbeddedValkey
from aicache.domain.model import Entry
from aicache.domain.ports import Busy

Make = Callable[..., Entry]

NUMBERS = Random(1)
LARGE = b"".join(b"%d " % NUMBERS.randrange(10**6) for _ in range(LARGE_BYTES // 5))
TEXT = "".join(f"{NUMBERS.random()} " for _ in range(10_000)).encode()


@pytest.fixture(params=[b"", b"k" * 32], ids=["unsigned", "signed"])
async def store(request: pytest.FixtureRequest, valkey: EmbeddedValkey) -> AsyncIterator[RedisStore]:
    made = RedisStore(valkey.url, prefix="t:", timeout=5, max_connections=4, sign=request.param, near=1 << 20)
    yield made
    await made.close()


async def test_they_come_back_as_they_were(store: RedisStore, an_entry: Make) -> None:
    large, small = an_entry(key="a1", body=LARGE), an_entry(key="b2")
    assert entry_size(store._pack(large)) >= LARGE_BYTES > len(store._pack(large))  # compressed

    await store.put_many([small, large, an_entry(key="c3")])

    assert await asyncio.gather(store.get("a1"), store.get("b2")) == [large, small]
    assert await store.peek(["a1", "c3", "d4"]) == [large, an_entry(key="c3"), None]


async def test_what_is_damaged_counts_as_absent(store: RedisStore, an_entry: Make) -> None:
    await store.put(an_entry(key="a1", body=LARGE))
    packed = await store.execute("GET", "t:e:a1")
    await store.execute("SET", "t:e:a1", packed[:-1] + bytes([packed[-1] ^ 1]))
    await store.execute("SET", "t:e:b2", packed)

    assert await store.get("a1") is None
    assert await store.get("b2") is None  # another key's


class Held:
    """Keeps a store's thread from beginning until it is *let go*."""

    def __init__(self, store: RedisStore) -> None:
        self.go = threading.Event()
        self.holding = asyncio.ensure_future(store._large.pack(self.go.wait))

    async def let_go(self, *tasks: asyncio.Future[None]) -> None:
        await asyncio.sleep(0.05)
        assert not any(task.done() for task in tasks)
        self.go.set()
        await asyncio.gather(*tasks)


async def test_later_changes_of_a_key_come_later_and_others_do_not_wait(store: RedisStore, an_entry: Make) -> None:
    held = Held(store)
    first = asyncio.ensure_future(store.put(an_entry(key="a1", body=LARGE)))
    second = asyncio.ensure_future(store.put(an_entry(key="a1", body=LARGE + b"second")))
    third = asyncio.ensure_future(store.put(an_entry(key="a1", body=b"third")))
    kept, gone = (asyncio.ensure_future(store.put(an_entry(key=key, body=LARGE))) for key in ("b2", "c3"))
    deleted = asyncio.ensure_future(store.delete(["c3"]))
    await store.put(an_entry(key="d4"))  # while all these wait
    assert await store.get("d4") is not None

    await held.let_go(first, second, third, kept, gone, deleted)

    found = await store.peek(["a1", "b2", "c3"])
    assert [isinstance(each, Entry) and each.body for each in found] == [b"third", LARGE, False]


async def test_one_that_is_given_up_holds_nobody_up(store: RedisStore, an_entry: Make) -> None:
    held = Held(store)
    given_up = asyncio.ensure_future(store.put(an_entry(key="a1", body=LARGE)))
    later = asyncio.ensure_future(store.put(an_entry(key="a1", body=b"later")))
    await asyncio.sleep(0)

    given_up.cancel()
    await later

    held.go.set()
    await held.holding
    [found] = await store.peek(["a1"])
    assert isinstance(found, Entry)
    assert found.body == b"later"


@pytest.mark.parametrize("store", [b""], indirect=True)
async def test_a_read_that_waits_too_long_for_the_thread_blames_nobody_and_costs_no_other(
    store: RedisStore, an_entry: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.put_many([an_entry(key="a1", body=LARGE), an_entry(key="b2")])
    blocked = threading.Event()
    blocking = asyncio.ensure_future(store._large._unpacking.run(blocked.wait))
    monkeypatch.setattr(store, "_unpack_timeout", 0.1)

    large, small = await asyncio.gather(store.get("a1"), store.get("b2"), return_exceptions=True)

    assert isinstance(large, Busy)
    assert small == an_entry(key="b2")
    blocked.set()
    await blocking
    assert await store.get("a1") is not None


@pytest.mark.parametrize("store", [b""], indirect=True)
async def test_a_small_one_that_is_read_together_does_not_wait_for_it(store: RedisStore, an_entry: Make) -> None:
    await store.put_many([an_entry(key="a1", body=LARGE), an_entry(key="b2")])
    blocked = threading.Event()
    blocking = asyncio.ensure_future(store._large._unpacking.run(blocked.wait))

    large, small = asyncio.ensure_future(store.get("a1")), asyncio.ensure_future(store.get("b2"))

    assert await small == an_entry(key="b2")
    assert not large.done()
    blocked.set()
    await blocking
    assert await large == an_entry(key="a1", body=LARGE)


@pytest.mark.parametrize("store", [b""], indirect=True)
async def test_the_loop_goes_on_meanwhile(store: RedisStore, an_entry: Make) -> None:
    entry = an_entry(key="a1", body=TEXT * 120)
    began = time.perf_counter()
    store._pack(entry)
    alone = time.perf_counter() - began
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    turning = asyncio.ensure_future(turn())
    packing = asyncio.ensure_future(store._render(entry))
    await asyncio.sleep(0)
    turns = 0
    await packing
    turning.cancel()

    assert alone > 0.02
    assert turns > 5
