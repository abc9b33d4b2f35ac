"""Encoded bodies are decoded within bounds, and only where every decoder reads the same."""

from __future__ import annotations

import gzip
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mitmproxy.net import encoding

from aicache.proxy.content_codings import ANY_RATIO_BYTES, CONTENT_CODINGS, MAX_RATIO, TooLarge, decode

MB = 1024**2
BODY = b'{"model": "m", "messages": [{"role": "user", "content": "Hi"}]}' * 20
NAMES = ("gzip", "deflate", "br", "zstd")
of_every_coding = pytest.mark.parametrize("coding", NAMES)
libraries: Any = encoding


def encode(body: bytes, coding: str) -> bytes:
    encoded = encoding.encode(body, coding)
    assert isinstance(encoded, bytes)
    return encoded


@of_every_coding
@given(st.binary(max_size=3000))
def test_a_body_comes_back(coding: str, body: bytes) -> None:
    assert decode(encode(body, coding), coding, 3000) == body


def test_the_old_name_of_gzip_is_known() -> None:
    assert decode(gzip.compress(BODY), "x-gzip", MB) == BODY
    assert set(CONTENT_CODINGS) == {*NAMES, "x-gzip"}


@of_every_coding
def test_a_body_may_have_just_as_many_bytes_as_are_allowed(coding: str) -> None:
    encoded = encode(BODY, coding)

    assert decode(encoded, coding, len(BODY)) == BODY
    with pytest.raises(TooLarge):
        decode(encoded, coding, len(BODY) - 1)


@of_every_coding
def test_a_body_that_is_cut_off_is_refused_wherever_it_is_cut(coding: str) -> None:
    encoded = encode(BODY, coding)

    for end in range(len(encoded)):
        with pytest.raises(ValueError):
            decode(encoded[:end], coding, MB)


@of_every_coding
@pytest.mark.parametrize("more", [b"x", b"\0", b"\0" * 512, None], ids=["a letter", "a NUL", "a block", "another"])
def test_nothing_may_follow_the_body(coding: str, more: bytes | None) -> None:
    """Some decoders stop at the first end, some go on with what follows, some fail."""
    encoded = encode(BODY, coding)

    with pytest.raises(ValueError):
        decode(encoded + (encoded if more is None else more), coding, MB)


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip"])
def test_a_bomb_takes_no_more_than_is_allowed(coding: str) -> None:
    bomb = encode(bytes(64 * MB), coding)

    with pytest.raises(ValueError):
        decode(bomb, coding, 4 * MB)


@of_every_coding
def test_a_body_out_of_proportion_is_refused(coding: str) -> None:
    encoded = encode(bytes(MB), coding)
    allowed = max(ANY_RATIO_BYTES, MAX_RATIO * len(encoded))

    if allowed >= MB:
        assert decode(encoded, coding, 2 * MB) == bytes(MB)
    else:
        with pytest.raises(TooLarge, match=f"more than {allowed} bytes"):
            decode(encoded, coding, 2 * MB)


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (BODY, "gzip"),
        (BODY, "deflate"),
        (BODY, "br"),
        (BODY, "zstd"),
        (zlib.compress(BODY)[2:-4], "deflate"),
        (gzip.compress(BODY), "deflate"),
        (zlib.compress(BODY), "gzip"),
        (gzip.compress(BODY)[:-8] + bytes(8), "gzip"),
        (zlib.compress(BODY)[:-4] + bytes(4), "deflate"),
        (gzip.compress(BODY), "gzip, gzip"),
        (gzip.compress(BODY), "compress"),
        (BODY, "identity"),
        (b"", "gzip"),
        (b"", "br"),
        (b"", "zstd"),
        (b"\x50\x2a\x4d\x18\x04\x00\x00\x00abcd" + encode(BODY, "zstd"), "zstd"),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else value,
)
def test_what_is_not_of_its_coding_is_refused(body: bytes, coding: str) -> None:
    with pytest.raises(ValueError):
        decode(body, coding, MB)


@of_every_coding
@given(st.binary(max_size=300))
def test_arbitrary_bytes_raise_nothing_else(coding: str, body: bytes) -> None:
    try:
        decode(body, coding, MB)
    except ValueError:
        return


def test_a_window_larger_than_every_decoder_has_is_refused() -> None:
    frame = b"\x28\xb5\x2f\xfd" + bytes([0x00, (24 - 10) << 3]) + b"\x01\x00\x00"  # an empty frame, window 2 ** 24
    small = b"\x28\xb5\x2f\xfd" + bytes([0x00, (20 - 10) << 3]) + b"\x01\x00\x00"

    assert decode(small, "zstd", MB) == b""
    with pytest.raises(ValueError):
        decode(frame, "zstd", MB)
