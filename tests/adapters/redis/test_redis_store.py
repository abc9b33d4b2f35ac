"""What an ExactStore in Redis does beside the contract: round trips, expiry, memory, addresses."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from random import randbytes

import pytest
from redis.asyncio import Redis

from aicache.adapters.redis.codec import pack_entry
from aicache.adapters.redis.entry_writes import MAX_BATCH_BYTES
from aicache.adapters.redis.named_values import MIN_SHARED_VALUE_CHARS
from aicache.adapters.redis.store import RedisStore
from aicache.adapters.valkey.server import EmbeddedValkey
from aicache.domain.model import PINNED, Entry
from aicache.domain.ports import NoRoom, ShareError, StoreError
from aicache.runtime.exact_component import embedded_limit

Make = Callable[..., Entry]


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
        self, clean_valkey: EmbeddedValkey, raw: Redis, an_entry: Make
    ) -> None:
        """redis-py's BlockingConnectionPool starves some of them for ever."""
        store = RedisStore(clean_valkey.url, prefix="test:", timeout=2, max_connections=2)

        async def caller(name: str) -> None:
            for _ in range(10):
                assert not await store.remembers(name)

        await asyncio.gather(*(caller(str(i)) for i in range(64)))

        assert (await raw.info("clients"))["connected_clients"] <= 3
        await store.close()

    async def test_stores_with_different_prefixes_share_nothing(
        self, redis: RedisStore, clean_valkey: EmbeddedValkey, an_entry: Make
    ) -> None:
        other = RedisStore(clean_valkey.url, prefix="other:", timeout=2, max_connections=4)
        await redis.put(an_entry())

        assert await other.get(an_entry().key) is None
        await other.close()

    @pytest.mark.parametrize("prefix", ["a*:", "[ab]:", "a?:", "a\\:", "^:"])
    async def test_a_scan_takes_a_prefix_as_it_is_written(
        self, clean_valkey: EmbeddedValkey, an_entry: Make, prefix: str
    ) -> None:
        store = RedisStore(clean_valkey.url, prefix=prefix, timeout=2, max_connections=1)
        other = RedisStore(clean_valkey.url, prefix="ab:", timeout=2, max_connections=1)
        await store.put(an_entry(key="01"))
        await other.put(an_entry(key="02"))

        assert (await store.scan())[0] == ["01"]
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
        self, clean_valkey: EmbeddedValkey, raw: Redis, an_entry: Make
    ) -> None:
        await raw.config_set("maxmemory", 2 << 20)
        limit = embedded_limit(2 << 20)
        store = RedisStore(clean_valkey.url, prefix="test:", timeout=2, max_connections=4, limit=limit)
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
        self, clean_valkey: EmbeddedValkey, raw: Redis, an_entry: Make
    ) -> None:
        await raw.acl_setuser("alice", enabled=True, passwords=["+p@ss/w"], keys=["*"], categories=["+@all"])
        path = clean_valkey.url.removeprefix("unix://")
        store = RedisStore(f"unix://alice:p%40ss%2Fw@{path}?db=3", prefix="", timeout=2, max_connections=1)

        await store.put(an_entry(key="01"))

        assert await raw.dbsize() == 0
        assert (await raw.info("keyspace"))["db3"]["keys"] == 1
        assert "p@ss" not in str(store)
        assert "alice" not in str(store)
        await store.close()

    async def test_a_wrong_password_is_an_error_that_does_not_show_it(self, clean_valkey: EmbeddedValkey) -> None:
        path = clean_valkey.url.removeprefix("unix://")
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


async def test_marks_are_found_by_whose_they_are(redis: RedisStore) -> None:
    for number in range(700):
        await redis.remember(f"m{number}", 60, ["o1", f"p{number}"])
    await redis.remember("other", 60, ["o2"])
    await redis.remember("nobody's", 60)

    assert len(await redis.find_flags(lambda owner: owner == "o1")) == 700
    assert await redis.find_flags(lambda owner: owner in ("p5", "o3")) == ["m5"]


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


async def test_an_entry_and_an_alias_travel_together(redis: RedisStore, raw: Redis, an_entry: Make) -> None:
    await redis.put(an_entry(key="01", alias="a1"))
    await redis.find("ff", "a1")
    before = (await raw.info("commandstats")).get("cmdstat_mget", {"calls": 0})["calls"]

    assert await redis.find("ff", "a1") == (None, "01")

    assert (await raw.info("commandstats"))["cmdstat_mget"]["calls"] == before + 1


async def test_all_who_share_a_store_agree_on_what_is_kept_for_good(redis: RedisStore) -> None:
    assert (
        len({*await asyncio.gather(*(redis.get_or_set("salt", str(i) * MIN_SHARED_VALUE_CHARS) for i in range(5)))})
        == 1
    )
    assert await redis.get_and_set("secret", "one") is None
    assert await redis.get_and_set("secret", "two") == "one"


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


async def test_many_are_put_in_few_round_trips(clean_valkey: EmbeddedValkey, raw: Redis, an_entry: Make) -> None:
    store = RedisStore(clean_valkey.url, prefix="test:", timeout=2, max_connections=4, compress=False)
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
