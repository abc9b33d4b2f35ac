"""The contract of an ExactStore, over Redis and in memory."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any
from uuid import uuid4

import pytest

from aicache.adapters.memory import MemoryStore
from aicache.adapters.redis.connect import open_redis
from aicache.adapters.redis.store import RedisStore
from aicache.adapters.valkey.server import EmbeddedValkey
from aicache.domain.model import Entry, Mode
from aicache.domain.store_ports import ExactStore

Make = Callable[..., Entry]


Leave = Callable[[str, str], Coroutine[Any, Any, None]]


SLOW = pytest.mark.slow


@pytest.fixture(params=["valkey", pytest.param("cluster", marks=SLOW), pytest.param("sentinel", marks=SLOW), "memory"])
def url(request: pytest.FixtureRequest, clean_valkey: EmbeddedValkey) -> str | None:
    """Where a Redis of that kind runs; None for the store in memory."""
    match request.param:
        case "memory":
            return None
        case "valkey":
            return clean_valkey.url
        case kind:
            return str(request.getfixturevalue(f"{kind}_url"))


@pytest.fixture
def prefix() -> str:
    return f"{uuid4()}:"


@pytest.fixture
async def store(url: str | None, prefix: str) -> AsyncIterator[ExactStore]:
    if url is None:
        yield MemoryStore()
        return
    redis = RedisStore(url, prefix=prefix, timeout=2, max_connections=4)
    yield redis
    await redis.close()


@pytest.fixture
async def leave(url: str | None, prefix: str, store: ExactStore) -> AsyncIterator[Leave]:
    """Leave a text as Higress did."""
    if isinstance(store, MemoryStore):
        texts = store.higress_answers

        async def leave(question: str, text: str) -> None:
            texts[question] = text

        yield leave
        return
    assert url is not None
    servers = open_redis(url, timeout=2, max_connections=4)

    async def write(question: str, text: str) -> None:
        await servers.execute("SET", prefix + question, text)

    yield write
    await servers.close()


async def scanned(store: ExactStore) -> tuple[list[str], str, int]:
    """Scan to the end: the keys, the last cursor, and how many rounds it took."""
    keys, cursor = await store.scan()
    rounds = 1
    while cursor:
        more, cursor = await store.scan(cursor)
        keys += more
        rounds += 1
    return keys, cursor, rounds


class TestContract:
    async def test_notes_are_kept_by_name_until_their_time(self, store: ExactStore) -> None:
        soon = time.time() + 100

        await store.put_blob("one", b"\x00\xff", soon)
        await store.put_blob("two", b"first", soon)
        await store.put_blob("two", b"second", soon)
        await store.put_blob("gone", b"x", time.time() - 1)

        assert await store.get_blobs(["two", "none", "one", "gone"]) == [b"second", None, b"\x00\xff", None]
        assert await store.get_blobs([]) == []

    async def test_an_entrys_note_goes_with_it(self, store: ExactStore, an_entry: Make) -> None:
        entry = an_entry()
        await store.put(entry)
        await store.put_blob(entry.key, b"seen", entry.expires_at)

        await store.delete([entry.key])

        assert await store.get_blobs([entry.key]) == [None]

    async def test_counters_add_up_whoever_counts(self, store: ExactStore) -> None:
        await store.increment("hits", {"right": 2, "wrong": 0}, 100)
        both = await asyncio.gather(*(store.increment("hits", {"right": 1, "wrong": 1}, 100) for _ in range(5)))

        assert max(counted["right"] for counted in both) == 7
        assert await store.increment("hits", {}, 100) == {"right": 7, "wrong": 5}
        assert await store.increment("others", {}, 100) == {}

    async def test_what_was_put_is_got(self, store: ExactStore, an_entry: Make) -> None:
        entry = an_entry()

        await store.put(entry)

        assert await store.get(entry.key) == entry
        assert await store.get("00") is None

    async def test_every_field_survives(self, store: ExactStore, an_entry: Make) -> None:
        entry = an_entry(
            asked=Mode.STREAM,
            asked_usage=True,
            mode=Mode.STREAM,
            body=bytes(range(256)) * 400,
            question=None,
            stored_at=12.0,
        )

        await store.put(entry)

        assert await store.get(entry.key) == entry

    async def test_an_alias_leads_to_the_entry_that_was_put_with_it_last(
        self, store: ExactStore, an_entry: Make
    ) -> None:
        first, second = an_entry(key="01", alias="a1"), an_entry(key="02", alias="a1")
        assert await store.find("ff", "a1") == (None, None)

        await store.put(first)
        assert await store.find("ff", "a1") == (None, "01")
        await store.put(second)
        await store.put(an_entry(key="03"))

        assert await store.find("ff", "a1") == (None, "02")
        assert await store.find("ff", "") == (None, None)
        assert await store.find("01", "a1") == (first, None)
        assert await store.get("02") == second

    async def test_an_alias_ends_with_its_entry(self, store: ExactStore, an_entry: Make) -> None:
        await store.put(an_entry(key="01", alias="a1", expires_at=time.time() + 0.15))
        assert await store.find("ff", "a1") == (None, "01")

        await asyncio.sleep(0.2)

        assert await store.find("ff", "a1") == (None, None)

    async def test_aliases_are_deleted_with_entries_and_without(self, store: ExactStore, an_entry: Make) -> None:
        for number in range(1, 6):
            await store.put(an_entry(key=f"0{number}", alias=f"a{number}"))

        await store.delete(["01"], ["a1"])
        await store.delete([], ["a2"])

        assert [(await store.find("ff", f"a{number}"))[1] for number in range(1, 6)] == [None, None, "03", "04", "05"]
        assert await store.get("02") is not None
        await store.delete_aliases()
        assert [(await store.find("ff", f"a{number}"))[1] for number in range(1, 6)] == [None] * 5
        assert await store.get("03") is not None

    async def test_put_replaces(self, store: ExactStore, an_entry: Make) -> None:
        await store.put(an_entry(body=b"old"))
        await store.put(an_entry(body=b"new"))

        found = await store.get(an_entry().key)

        assert found is not None
        assert found.body == b"new"

    async def test_an_entry_is_forgotten_when_it_expires(self, store: ExactStore, an_entry: Make) -> None:
        for lifetime in (0.15, 1.0, 10.0):  # on a busy machine, it may have expired before it is asked for
            entry = an_entry(expires_at=time.time() + lifetime)
            await store.put(entry)
            found = await store.get(entry.key)
            if time.time() < entry.expires_at:
                break
        assert found == entry

        await asyncio.sleep(entry.expires_at - time.time() + 0.05)

        assert await store.get(entry.key) is None

    async def test_an_entry_that_has_expired_already_is_not_got(self, store: ExactStore, an_entry: Make) -> None:
        await store.put(an_entry(expires_at=time.time() - 10))

        assert await store.get(an_entry().key) is None

    async def test_many_are_got_at_once_each_its_own_with_holes(self, store: ExactStore, an_entry: Make) -> None:
        one, two = an_entry(key="01"), an_entry(key="02")
        await store.put(one)
        await store.put(two)

        found = await asyncio.gather(*map(store.get, ["02", "ff", "01", "02"]))

        assert found == [two, None, one, two]

    async def test_what_was_deleted_is_gone_and_deleting_nothing_is_fine(
        self, store: ExactStore, an_entry: Make
    ) -> None:
        await store.put(an_entry(key="01"))
        await store.put(an_entry(key="02"))

        await store.delete(["01", "ff"])
        await store.delete([])

        assert await store.get("01") is None
        assert await store.get("02") is not None

    async def test_a_scan_comes_by_every_entry_and_by_nothing_else(
        self, store: ExactStore, leave: Leave, an_entry: Make
    ) -> None:
        keys = {f"{i:04x}" for i in range(1200)}
        await asyncio.gather(*(store.put(an_entry(key=key, body=b"")) for key in keys))
        await store.remember("name", 60)
        await leave("question", "text")

        found, cursor, rounds = await scanned(store)

        assert set(found) == keys
        assert cursor == ""
        assert rounds > 1

    async def test_a_scan_of_nothing_ends(self, store: ExactStore) -> None:
        keys, _, _ = await scanned(store)

        assert keys == []

    async def test_a_mark_lasts_for_its_ttl(self, store: ExactStore) -> None:
        assert not await store.remembers("name")

        await store.remember("name", 0.15)

        assert await store.remembers("name")
        assert not await store.remembers("other")
        await asyncio.sleep(0.2)
        assert not await store.remembers("name")

    async def test_a_mark_is_no_entry_and_an_entry_no_mark(self, store: ExactStore, an_entry: Make) -> None:
        await store.remember("01", 60)
        await store.put(an_entry(key="02"))

        assert await store.get("01") is None
        assert not await store.remembers("02")

    async def test_a_text_that_higress_left_is_found_by_its_question(self, store: ExactStore, leave: Leave) -> None:
        await leave("你好 {a}?\nTwo?", 'Say "你好" \n 100%')

        assert await store.get_higress_answer("你好 {a}?\nTwo?", 100) == 'Say "你好" \n 100%'
        assert await store.get_higress_answer("你好", 100) is None
        assert await store.get_higress_answer("", 100) is None
        assert await store.get_higress_answer("\ud800", 100) is None

    async def test_a_text_is_as_large_as_it_may_be_or_none_in_bytes(self, store: ExactStore, leave: Leave) -> None:
        await leave("q", "你好")

        assert await store.get_higress_answer("q", 6) == "你好"
        assert await store.get_higress_answer("q", 5) is None

    @pytest.mark.parametrize("text", ["", " \n\t"])
    async def test_a_text_that_says_nothing_is_none(self, store: ExactStore, leave: Leave, text: str) -> None:
        await leave("q", text)

        assert await store.get_higress_answer("q", 100) is None

    async def test_neither_entries_nor_marks_are_texts(self, store: ExactStore, an_entry: Make) -> None:
        await store.put(an_entry(key="01"))
        await store.remember("name", 60)

        for question in ("01", "e:01", "a:a1", "name", "m:name"):
            assert await store.get_higress_answer(question, 100_000) is None

    async def test_many_callers_at_once_each_get_their_own(self, store: ExactStore, an_entry: Make) -> None:
        entries = [an_entry(key=f"{i:04x}", body=b"%d" % i) for i in range(64)]
        await asyncio.gather(*(store.put(entry) for entry in entries))

        found = await asyncio.gather(*(store.get(entry.key) for entry in entries))

        assert found == entries

    async def test_a_caller_that_leaves_takes_nothing_from_the_others(self, store: ExactStore, an_entry: Make) -> None:
        entries = [an_entry(key=f"{i:04x}", body=b"%d" % i) for i in range(20)]
        for entry in entries:
            await store.put(entry)
        chance = random.Random(1)

        for _ in range(30):
            expected = [*entries, *entries[:3]]
            asking = [asyncio.create_task(store.get(entry.key)) for entry in expected]
            for _ in range(chance.randrange(6)):
                await asyncio.sleep(0)
            leavers = chance.sample(asking, 8)
            for task in leavers:
                task.cancel()
            found = await asyncio.gather(*asking, return_exceptions=True)
            for entry, task, got in zip(expected, asking, found, strict=True):
                assert got == entry or (task in leavers and isinstance(got, asyncio.CancelledError))


async def test_which_entries_are_missing_is_told(url: str | None, store: ExactStore, an_entry: Make) -> None:
    if not isinstance(store, RedisStore):
        pytest.skip("of Redis alone")
    for number in range(0, 200, 2):
        await store.put(an_entry(key=f"{number:03}"))

    assert await store.find_missing([f"{number:03}" for number in range(200)]) == [f"{n:03}" for n in range(1, 200, 2)]
