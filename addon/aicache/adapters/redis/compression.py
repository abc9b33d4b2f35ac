"""Compresses what the store writes: zstd (RFC 8878) with a dictionary of what the APIs' answers have in common.

The dictionary is for small answers, of which field names are the greater part: it makes 1 kB a quarter smaller than
zstd alone does. It is text without a header, as it stands in `dictionary_1.txt`. Frames do not say which dictionary
they need, so this one never changes; another one would come with another format of entries.

The library is the one that mitmproxy needs as well: Python's own (3.14), backports.zstd, or zstandard (mitmproxy 11).
"""

from __future__ import annotations

import contextlib
import importlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

MIN_BYTES = 512
"""Size from which values are compressed. Below, Redis' own bytes for a key are most of an entry."""
MIN_SAVED = 0.25
"""Part of a value that must be saved, or it is stored as it is: encoded images and vectors."""
MAX_BYTES = 64 * 1024**2
"""Size of the largest value that is compressed, or accepted from a frame."""
MAX_RATIO = 256
"""The same for decompressed bytes for each compressed one: a frame in somebody else's Redis may be made to grow."""

LIBRARIES = ("compression.zstd", "backports.zstd", "zstandard")
"""In the order in which they are looked for."""

_LEVEL = 1  # level 3 saves 2 % more, and takes 15 to 60 % longer


@dataclass(frozen=True, slots=True)
class Codec:
    """What compresses and decompresses, in one thread."""

    compress: Callable[[bytes], bytes]
    decompress: Callable[[bytes | memoryview, int], bytes]
    content_size: Callable[[bytes | memoryview], int | None]
    """Returns what a frame says it decompresses to; None or -1 where it says nothing. Raises `error`."""
    error: type[Exception]


def compress(value: bytes) -> bytes | None:
    """Return a frame; None where it would not pay, could not be decompressed again, or there is no library."""
    if not MIN_BYTES <= len(value) <= MAX_BYTES or (codec := _local.codec) is None:
        return None
    frame = codec.compress(value)
    return frame if len(frame) <= (1 - MIN_SAVED) * len(value) <= (1 - MIN_SAVED) * MAX_RATIO * len(frame) else None


def decompress(frame: bytes | memoryview) -> bytes:
    """Undo `compress`. Raises ValueError for what it did not make, and where there is no library."""
    if (codec := _local.codec) is None:
        raise ValueError("compressed, and no zstd library is installed")
    return codec.decompress(frame, min(MAX_BYTES, MAX_RATIO * len(frame)))


def content_size(frame: bytes | memoryview) -> int:
    """Return how many bytes a frame says it decompresses to; 0 where it does not say, or nothing can be read."""
    if (codec := _local.codec) is None:
        return 0
    try:
        return max(0, codec.content_size(frame) or 0)
    except codec.error:
        return 0


def load_library(name: str) -> Codec:
    """Return what compresses and decompresses with the library of this name. ImportError where it is missing."""
    library = importlib.import_module(name)
    make = _use_zstandard if name == "zstandard" else _use_standard
    return make(library, Path(__file__).with_name("dictionary_1.txt").read_bytes())


class _Local(threading.local):
    """A codec for each thread: two must not use one at the same time."""

    @cached_property
    def codec(self) -> Codec | None:
        for name in LIBRARIES:
            with contextlib.suppress(ImportError):
                return load_library(name)
        return None


_local = _Local()


def _use_standard(zstd: Any, content: bytes) -> Codec:
    dictionary = zstd.ZstdDict(content, is_raw=True)
    compressor = zstd.ZstdCompressor(_LEVEL, zstd_dict=dictionary)  # a new one for each value takes five times as long
    flush: int = zstd.ZstdCompressor.FLUSH_FRAME

    def compress(value: bytes) -> bytes:
        frame: bytes = compressor.compress(value, flush)
        return frame

    def decompress(frame: bytes | memoryview, limit: int) -> bytes:
        decompressor = zstd.ZstdDecompressor(dictionary)
        try:
            value: bytes = decompressor.decompress(frame, limit)
        except zstd.ZstdError as exc:
            raise ValueError("damaged") from exc
        if not decompressor.eof or decompressor.unused_data:
            raise ValueError("damaged")
        return value

    def content_size(frame: bytes | memoryview) -> int | None:
        size: int | None = zstd.get_frame_info(frame).decompressed_size
        return size

    return Codec(compress, decompress, content_size, zstd.ZstdError)


def _use_zstandard(zstd: Any, content: bytes) -> Codec:
    dictionary = zstd.ZstdCompressionDict(content, dict_type=zstd.DICT_TYPE_RAWCONTENT)
    dictionary.precompute_compress(level=_LEVEL)
    compressor = zstd.ZstdCompressor(dict_data=dictionary)
    decompressor = zstd.ZstdDecompressor(dict_data=dictionary)

    def compress(value: bytes) -> bytes:
        frame: bytes = compressor.compress(value)
        return frame

    def decompress(frame: bytes | memoryview, limit: int) -> bytes:
        try:
            # It has no limit of its own, and allocates what the frame says: -1 where it says nothing.
            if not 0 <= zstd.frame_content_size(frame) <= limit:
                raise ValueError("damaged")
            stepwise = decompressor.decompressobj()
            value: bytes = stepwise.decompress(frame)
        except zstd.ZstdError as exc:
            raise ValueError("damaged") from exc
        if not stepwise.eof or stepwise.unused_data:
            raise ValueError("damaged")
        return value

    return Codec(compress, decompress, zstd.frame_content_size, zstd.ZstdError)
