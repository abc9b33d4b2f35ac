"""Names the upstream's answer that an entry was recorded from: by it a hit is found in the upstream's own log. Pure."""

from __future__ import annotations

import re
from hashlib import sha256
from itertools import islice
from typing import Any

import msgspec

from aicache.domain.model import Entry
from aicache.formats import sse

MAX_EVENTS = 5
"""Events of a stream that are looked into: Azure's first one has no id."""
MAX_STREAM_BYTES = 64 * 1024
"""Bytes of a stream that they are in."""
DIGEST_DIGITS = 16

_ID = re.compile(r"[!#-\[\]-~]{1,128}")
"""What an HTTP header may quote as it is (RFC 9651, 3.3.3), without spaces."""


class _Identity(msgspec.Struct):
    """The fields in which APIs have an answer's id; all others are skipped."""

    id: Any = None
    request_id: Any = None
    response_id: Any = None
    responseId: Any = None
    response: Any = None
    message: Any = None


_identity = msgspec.json.Decoder(_Identity)


def source_of(entry: Entry) -> str:
    """Return the answer's id, or a digest of it in an API without ids, and the Unix time at which it was stored.

    An item with a parameter (RFC 9651): ``"chatcmpl-9xy"; at=1764500000``.
    """
    return f'"{_id_of(entry.body) or _digest(entry.body)}"; at={int(entry.stored_at)}'


def _digest(body: bytes) -> str:
    return f"sha256:{sha256(body).hexdigest()[:DIGEST_DIGITS]}"


def _id_of(body: bytes) -> str | None:
    if not sse.is_stream(body):
        return _id_in(body)
    blocks = islice(sse.split_blocks(body[:MAX_STREAM_BYTES]), MAX_EVENTS)
    events = (event for block in blocks for event in sse.decode(block))
    return next((found for event in events if (found := _id_in(event.data.encode()))), None)


def _id_in(document: bytes) -> str | None:
    try:
        identity = _identity.decode(document)
    except (ValueError, RecursionError):
        return None
    nested = [each.get("id") for each in (identity.response, identity.message) if isinstance(each, dict)]
    for value in (identity.id, *nested, identity.responseId, identity.response_id, identity.request_id):
        if isinstance(value, str) and _ID.fullmatch(value):
            return value
    return None
