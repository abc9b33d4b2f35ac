"""Irreversible digests that identify requests, callers and traffic. Pure."""

from __future__ import annotations

import re
from hashlib import blake2b

import msgspec

_DIGEST = re.compile("[0-9a-f]{1,64}")  # DashVector's ids have at most 64 characters
_pack = msgspec.msgpack.Encoder().encode


def digest(*parts: str, salt: bytes = b"") -> str:
    """Return 40 hex digits that no other sequence of parts shares, whatever bytes HTTP carries in them."""
    packed = _pack([part.encode("utf-8", "surrogateescape") for part in parts])
    return blake2b(packed, digest_size=20, key=salt).hexdigest()


def is_digest(text: str) -> bool:
    """Return whether *text* may be a digest, of any length."""
    return _DIGEST.fullmatch(text) is not None


def vector_namespace(namespace: str, model: str, dimensions: int) -> str:
    """Return the namespace of one embedder's vectors: vectors of two models are never compared."""
    return digest("vectors", namespace, model, str(dimensions))
