"""Compresses what the store writes: zstd (RFC 8878) with a dictionary of what the APIs' answers have in common.

The dictionary is for small answers, of which field names are the greater part: it makes 1 kB a quarter smaller than
zstd alone does. It is text without a header, as it stands in `dictionary_1.txt`. Frames do not say which dictionary
they need, so this one never changes; another one would come with another format of entries.

The library is the one that mitmproxy needs as well: Python's own (3.14), backports.zstd, or zstandard (mitmproxy 11).
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

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

Compress: TypeAlias = Callable[[bytes], bytes]
Decompress: TypeAlias = Callable[[bytes | memoryview, int], bytes]


def compress(value: bytes) -> bytes | None:
    """Return a frame; None where it would not pay, could not be decompressed again, or there is no library."""
    if not MIN_BYTES <= len(value) <= MAX_BYTES or (codec := _codec()) is None:
        return None
    frame = codec[0](value)
    return frame if len(frame) <= (1 - MIN_SAVED) * len(value) <= (1 - MIN_SAVED) * MAX_RATIO * len(frame) else None


def decompress(frame: bytes | memoryview) -> bytes:
    """Undo `compress`. Raises ValueError for what it did not make, and where there is no library."""
    if (codec := _codec()) is None:
        raise ValueError("compressed, and no zstd library is installed")
    return codec[1](frame, min(MAX_BYTES, MAX_RATIO * len(frame)))


def load_library(name: str) -> tuple[Compress, Decompress]:
    """Return what compresses and decompresses with the library of this name. ImportError where it is missing."""
    library = importlib.import_module(name)
    make = _use_zstandard if name == "zstandard" else _use_standard
    return make(library, Path(__file__).with_name("dictionary_1.txt").read_bytes())


@cache
def _codec() -> tuple[Compress, Decompress] | None:
    for name in LIBRARIES:
        with contextlib.suppress(ImportError):
            return load_library(name)
    return None


def _use_standard(zstd: Any, content: bytes) -> tuple[Compress, Decompress]:
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

    return compress, decompress


def _use_zstandard(zstd: Any, content: bytes) -> tuple[Compress, Decompress]:
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

    return compress, decompress
