"""Undoes content codings (RFC 9110, 8.4), within bounds. It takes only bodies that all decoders read alike.

The libraries are mitmproxy's own, which differ from version to version: backports.zstd or zstandard, and Brotli with a
limit on its output (since 1.2) or without.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Any

from mitmproxy.net import encoding as mitmproxy_codings

CONTENT_CODINGS = ("gzip", "x-gzip", "deflate", "br", "zstd")
"""The content codings that are decoded, of those in the IANA registry."""
MAX_RATIO = 500
"""Decoded bytes for each encoded one, beyond the first `ANY_RATIO_BYTES`. JSON that means anything stays far below."""
ANY_RATIO_BYTES = 64 * 1024

_libraries: Any = mitmproxy_codings
_MAX_ZSTD_WINDOW_LOG = 23
"""The largest window that a decoder has to support, 8 MB (RFC 9659, 3)."""
_ZSTD_STEP_BYTES = 64
"""Input given at once to a decoder without a limit on its output: at most 16 blocks, of 128 kB at most (RFC 8878)."""
_BROTLI_STEP_BYTES = 16
"""The same: at most two meta-blocks, of 16 MB at most (RFC 7932, 9.2)."""


class TooLarge(ValueError):
    """The decoded body is larger than asked for, or out of proportion."""


def decode(body: bytes, coding: str, max_bytes: int) -> bytes:
    """Return a body of one content coding decoded.

    Raises TooLarge for one with more than *max_bytes*, or more than `MAX_RATIO` allows; ValueError for one of another
    coding, and one that is damaged, cut off or padded, or has several members or frames.
    """
    limit = min(max_bytes, max(ANY_RATIO_BYTES, MAX_RATIO * len(body)))
    try:
        match coding:
            case "gzip" | "x-gzip":
                decoded, is_whole = _inflate(body, zlib.MAX_WBITS | 16, limit)
            case "deflate":  # in zlib's format (RFC 9110, 8.4.1.2)
                decoded, is_whole = _inflate(body, zlib.MAX_WBITS, limit)
            case "br":
                decoded, is_whole = _decode_brotli(body, limit)
            case "zstd":
                decoded, is_whole = _decode_zstd(body, limit)
            case _:
                raise ValueError("another content coding")
    except (zlib.error, _libraries.brotli.error, _libraries.zstd.ZstdError) as exc:
        raise ValueError(f"the body is not what its content-encoding says ({coding})") from exc
    if len(decoded) > limit:
        raise TooLarge(f"more than {limit} bytes")
    if not is_whole:
        raise ValueError("cut off, or more than one encoded body")
    return decoded


def _inflate(body: bytes, window_bits: int, limit: int) -> tuple[bytes, bool]:
    inflate = zlib.decompressobj(window_bits)
    decoded = inflate.decompress(body, limit + 1)
    return decoded, inflate.eof and not inflate.unused_data


def _decode_brotli(body: bytes, limit: int) -> tuple[bytes, bool]:
    decoder = _libraries.brotli.Decompressor()
    if hasattr(decoder, "can_accept_more_data"):
        return bytes(decoder.process(body, output_buffer_limit=limit + 1)), decoder.is_finished()
    decoded, rest = _join((decoder.process(piece) for piece in _pieces(body, _BROTLI_STEP_BYTES)), limit)
    return decoded, not rest and decoder.is_finished()


def _decode_zstd(body: bytes, limit: int) -> tuple[bytes, bool]:
    zstd = _libraries.zstd
    if hasattr(zstd, "DecompressionParameter"):
        decoder = zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _MAX_ZSTD_WINDOW_LOG})
        return bytes(decoder.decompress(body, limit + 1)), decoder.eof and not decoder.unused_data
    decoder = zstd.ZstdDecompressor(max_window_size=1 << _MAX_ZSTD_WINDOW_LOG).decompressobj()
    decoded, rest = _join((decoder.decompress(piece) for piece in _pieces(body, _ZSTD_STEP_BYTES)), limit)
    return decoded, not rest and decoder.eof and not decoder.unused_data


def _pieces(body: bytes, size: int) -> Iterable[bytes]:
    return (body[start : start + size] for start in range(0, len(body), size))


def _join(decoded: Iterable[bytes], limit: int) -> tuple[bytes, bool]:
    """Return what was decoded until it is more than *limit*, and whether there may be more."""
    whole = bytearray()
    for piece in decoded:
        whole += piece
        if len(whole) > limit:
            return bytes(whole), True
    return bytes(whole), False
