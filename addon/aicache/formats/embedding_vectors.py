"""Checks the vectors of an embeddings response without decoding their numbers. Pure."""

from __future__ import annotations

import base64
import binascii
import math
from array import array
from collections.abc import Mapping
from typing import Any

import msgspec

from aicache.formats.json_body import parse_raw

_NUMBER_BYTES = b"0123456789+-.eE,[] \t\r\n"
_BY_TYPE = "embedding of a type"  # a name of ours among the parameters: no API has fields with blanks in their names
_ENCODING_PARAMS = ("encoding_format", "output_dtype", "embedding_type", "embed_dtype", _BY_TYPE)


def check_vector(vector: msgspec.Raw | None, params: Mapping[str, Any]) -> None:
    """Raise ValueError for anything but a vector with at least as many numbers as requested.

    A vector is a list of numbers, or such a list in base64; some APIs give several by type, as an object. It is JSON
    already, so a list in which nothing but numbers is written is one of numbers, or of lists of those.
    """
    written = b"null" if vector is None else bytes(vector).strip()
    floats = all(params.get(name) in (None, "float", "float32", "base64") for name in _ENCODING_PARAMS)
    found: int | None = None  # None where only the upstream knows how numbers are encoded
    match written[:1]:
        case b"[":
            if written.translate(None, _NUMBER_BYTES) or not written.strip(b"[] \t\r\n"):
                raise ValueError("an embedding that is empty, or none")
            found = written.count(b",") + 1 if floats else None
        case b'"':
            decoded = _decode_base64(written[1:-1].replace(b"\\/", b"/"))
            if floats and params.get("encoding_format") == "base64":
                found = _count_float32(decoded)
        case b"{" if _BY_TYPE not in params:
            by_type = parse_raw(vector, dict[str, msgspec.Raw], "embedding")
            if not by_type:
                raise ValueError("an embedding that is empty, or none")
            for each in by_type.values():
                check_vector(each, {**params, _BY_TYPE: True})
        case _:
            raise ValueError("an embedding that is empty, or none")
    requested = params.get("dimensions")
    if type(requested) is int and found is not None and found < requested:
        raise ValueError("an embedding of fewer numbers than were asked for")


def _decode_base64(text: bytes) -> bytes:
    """Decode a vector in base64. Raises ValueError for one that is empty or not base64."""
    try:
        decoded = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("an embedding that is not base64") from None
    if not decoded:
        raise ValueError("an embedding that is empty, or none")
    return decoded


def _count_float32(decoded: bytes) -> int:
    """Return how many numbers there are. Raises ValueError unless all are finite."""
    if len(decoded) % 4 or not math.isfinite(sum(array("f", decoded))):
        raise ValueError("an embedding with numbers that are none")
    return len(decoded) // 4
