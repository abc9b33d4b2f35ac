"""What Redis returns is an entry only as it was written: not what is damaged, forged, or of nobody's format."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import msgspec
import pytest
from redis.asyncio import Redis

from aicache.adapters.redis.codec import pack_entry, seal, unpack_entry
from aicache.adapters.redis.store import RedisStore
from aicache.adapters.valkey.server import EmbeddedValkey
from aicache.domain.deployment_secrets import CHECKSUM_BYTES, checksum, derive_secrets
from aicache.domain.model import Entry, Mode

Make = Callable[..., Entry]


CORS = (("access-control-max-age", "1"),)


PACKED = (  # by the first release: what is stored must stay readable, or the format byte must change
    b"\x01\x9f\xa2a1\xa2b2\xa4chat\xa1m\xa5whole\xc2\xa6stream\xa3t/x\xc4\x02{}\xa1q\x03\x05"
    b"\xcb?\xf8\x00\x00\x00\x00\x00\x00\xcb@\x04\x00\x00\x00\x00\x00\x00\x91\x92\xb6access-control-max-age\xa11"
)


def test_what_the_first_release_packed_is_still_read() -> None:
    entry = Entry("a1", "b2", "chat", "m", Mode.WHOLE, False, Mode.STREAM, "t/x", b"{}", "q", 3, 5, 1.5, 2.5, CORS)

    assert unpack_entry(pack_entry(entry)) == entry
    assert unpack_entry(pack_entry(replace(entry, asked_variant="v", refused=True))) == replace(
        entry, asked_variant="v", refused=True
    )
    assert unpack_entry(PACKED) == entry


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


class TestUnreadable:
    """What this cache has not written, or for another key, is as good as absent."""

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

    async def test_near_entries_are_verified_ones(
        self, clean_valkey: EmbeddedValkey, raw: Redis, an_entry: Make
    ) -> None:
        sign = derive_secrets("s" * 16).signing_key
        store = RedisStore(clean_valkey.url, prefix="test:", timeout=2, max_connections=4, near=1 << 20, sign=sign)
        await raw.set("test:e:a1", pack_entry(an_entry(key="a1")))
        for _ in range(3):
            assert await store.get("a1") is None
            await asyncio.sleep(0.05)
        await store.close()
