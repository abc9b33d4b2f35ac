"""What the store writes is compressed where that pays, and read again by every version and library."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from aicache.adapters.redis import compression
from aicache.adapters.redis.codec import COMPRESSED, FIRST_BYTES, pack_entry, unpack_entry
from aicache.adapters.redis.compression import (
    LIBRARIES,
    MAX_RATIO,
    MIN_BYTES,
    Codec,
    compress,
    content_size,
    decompress,
    load_library,
)
from aicache.adapters.redis.store import RedisStore
from aicache.adapters.valkey.server import EmbeddedValkey
from aicache.domain.deployment_secrets import derive_secrets
from aicache.domain.model import Entry

Make = Callable[..., Entry]

CHUNK = (
    b'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"%d"}}]}\n\n'
)
STREAM = b"".join(CHUNK % number for number in range(40))
FIXED = b'{"id":"chatcmpl-","object":"chat.completion","created":17,"choices":[{"content":"hello the world"}]' * 7
FRAME = bytes.fromhex(
    "28b52ffd60b501ad0100a8223a2268656c6c6f2074686520776f726c64227d5d090048cc50c1f83f99ff6b2d0064dee09c1c0027063a3c04aa0b038e9f1d20"
)
"""`FIXED`, as it was compressed when entries were first compressed."""
DICTIONARY = Path(compression.__file__).with_name("dictionary_1.txt")


@pytest.fixture(params=LIBRARIES)
def library(request: pytest.FixtureRequest) -> Codec:
    try:
        return load_library(request.param)
    except ImportError:
        pytest.skip("not installed")


def test_the_dictionary_stays_as_it_is() -> None:
    """A frame says nothing of its dictionary: with a changed one, everything that is stored would be damaged."""
    digest = hashlib.sha256(DICTIONARY.read_bytes()).hexdigest()

    assert digest == "fae66383206af8dec286358bbc045d3ff7b91e0ba62cef6cdb3357c6b66bf684"
    assert decompress(FRAME) == FIXED


@given(st.binary(max_size=64), st.integers(0, 200))
def test_what_is_compressed_is_decompressed(part: bytes, times: int) -> None:
    value = part * times

    frame = compress(value)

    assert frame is None or decompress(frame) == value


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(STREAM[: MIN_BYTES - 1], id="small"),
        pytest.param(Random(1).randbytes(4096), id="incompressible"),
        pytest.param(bytes(1 << 20), id="out of proportion"),
    ],
)
def test_what_would_not_pay_or_not_come_back_is_left_as_it_is(value: bytes) -> None:
    assert compress(value) is None


def test_small_answers_gain_by_the_dictionary(library: Codec) -> None:
    answer = (
        b'{"id":"chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG","object":"chat.completion","created":1741570283,"model":'
        b'"gpt-4o-2024-08-06","choices":[{"index":0,"message":{"role":"assistant","content":"Click on Forgot password '
        b'at the sign-in page, and follow the link in the mail that you get.","refusal":null,"annotations":[]},'
        b'"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":17,"completion_tokens":24,"total_tokens":41,'
        b'"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":'
        b'0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},"service_tier":"default",'
        b'"system_fingerprint":"fp_fc9f1d7035"}'
    )
    pack, unpack = library.compress, library.decompress

    assert len(pack(answer)) < 0.4 * len(answer)
    assert unpack(pack(answer), 4096) == answer


def test_each_library_reads_what_the_others_wrote(library: Codec) -> None:
    pack, unpack = library.compress, library.decompress

    assert unpack(FRAME, 1 << 20) == FIXED
    assert decompress(pack(STREAM)) == STREAM


def test_a_frame_says_what_it_decompresses_to(library: Codec) -> None:
    frame = library.compress(STREAM)

    assert library.content_size(frame) == content_size(frame) == len(STREAM)
    assert [content_size(each) for each in (b"", b"x" * 40, frame[:5])] == [0, 0, 0]


def test_what_is_no_whole_frame_raises(library: Codec) -> None:
    pack, unpack = library.compress, library.decompress
    frame = pack(STREAM)

    for damaged in (b"", b"x" * 40, frame[:-1], frame[: len(frame) // 2], frame + b"x", frame + frame):
        with pytest.raises(ValueError, match="damaged"):
            unpack(damaged, 1 << 20)


def test_a_frame_that_grows_out_of_proportion_raises_and_takes_no_memory(library: Codec) -> None:
    pack, unpack = library.compress, library.decompress
    bomb = pack(bytes(64 << 20))

    assert len(bomb) * MAX_RATIO < 64 << 20
    with pytest.raises(ValueError, match="damaged"):
        unpack(bomb, MAX_RATIO * len(bomb))
    with pytest.raises(ValueError, match="damaged"):
        decompress(bomb)


def test_a_library_that_is_missing_is_an_import_error() -> None:
    with pytest.raises(ImportError):
        load_library("compression.no_such")


class TestEntries:
    @pytest.mark.parametrize(
        "changes",
        [{}, {"kept_until": 9e9}, {"pace": b"\x01\x02"}, {"cached_tokens": 3}],
        ids=lambda each: [*each, ""][0],
    )
    def test_every_format_is_compressed_and_read(self, an_entry: Make, changes: dict[str, Any]) -> None:
        entry = an_entry(body=STREAM, **changes)

        packed = pack_entry(entry, compress=True)

        assert packed[:1] == COMPRESSED
        assert len(packed) < 0.25 * len(STREAM)
        assert unpack_entry(packed) == entry

    def test_no_wrong_bit_is_overlooked(self, an_entry: Make) -> None:
        packed = pack_entry(an_entry(body=STREAM), compress=True)

        for place in range(len(packed)):
            damaged = bytearray(packed)
            damaged[place] ^= 1 << place % 8
            with pytest.raises(ValueError, match=r"damaged|another format"):
                unpack_entry(bytes(damaged))
        assert all(bin(COMPRESSED[0] ^ other[0]).count("1") > 1 for other in FIRST_BYTES if other != COMPRESSED)

    @pytest.mark.parametrize("signed", [True, False])
    async def test_stores_that_compress_and_stores_that_do_not_read_each_other(
        self, valkey: EmbeddedValkey, an_entry: Make, signed: bool
    ) -> None:
        sign = derive_secrets("s" * 16).signing_key if signed else b""
        stores = [
            RedisStore(valkey.url, prefix="test:", timeout=2, max_connections=1, sign=sign, compress=compresses)
            for compresses in (True, False)
        ]
        raw = Redis.from_url(valkey.url)
        entries = [an_entry(key=key, body=STREAM) for key in ("a1", "a2")]

        for store, entry in zip(stores, entries, strict=True):
            await store.put(entry)

        for store in stores:
            assert [await store.get(entry.key) for entry in entries] == entries
        assert await raw.strlen("test:e:a1") < 0.25 * await raw.strlen("test:e:a2")
        stores[0].compress = False
        await stores[0].put(replace(entries[0], completion_tokens=9))
        assert await raw.strlen("test:e:a1") > len(STREAM)
        await raw.aclose()
        for store in stores:
            await store.close()
