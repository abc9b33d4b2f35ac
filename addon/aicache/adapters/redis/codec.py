"""Bytes of entries, flags, blobs and counters as Redis keeps them: packed, and signed or with a checksum. Pure."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import get_type_hints

import msgspec

from aicache.adapters.redis import compression
from aicache.domain import response_headers
from aicache.domain.deployment_secrets import CHECKSUM_BYTES, SIGNATURE_BYTES, checksum, signature
from aicache.domain.model import MAX_CLOCK_SKEW_S, Entry
from aicache.domain.ports import StoreError

FORMAT = b"\x10"
"""First byte of a packed entry. When Entry gains fields, take another, and note in `_FIELDS` how many each had."""
FORMAT_KEPT = b"\x15"
"""First byte of a packed entry that is kept after its expiry. All others have the format of versions without that."""
FORMAT_PACED = b"\x1a"
"""First byte of a packed entry with the pace of its stream. The same holds for it."""
FORMAT_CACHED = b"\x1f"
"""First byte of a packed entry with tokens that the upstream had cached. The same holds for it."""
COMPRESSED = b"\xa5"
"""First byte of a packed entry that is compressed. What its frame holds begins with the format."""
SIGNED = b"\x80"
"""First byte of a signed value; then come the signature and the value. No text begins with it."""
CHECKED = b"\x8f"
"""First byte of an unsigned flag or blob; then come the checksum and the value. No single wrong bit makes it another
one."""
UNCHECKED = frozenset({b"\x01", b"\x02", b"\x03"})
"""Formats of entries that were stored before there were checksums."""
FIRST_BYTES = (
    *sorted(UNCHECKED),
    *(b"\x04", b"\x08", FORMAT, FORMAT_KEPT, FORMAT_PACED, FORMAT_CACHED, COMPRESSED, SIGNED, CHECKED),
)
"""The first bytes of all values that this cache writes or wrote."""

_OLD_BLOBS = (b"\x92", b"\x94")  # arrays, as evidence was stored before there were checksums
_MAX_OLD_FLAG_S = 366 * 86400.0  # that a flag of an earlier version has left

_values = attrgetter(*(field.name for field in fields(Entry)))
_encoder = msgspec.msgpack.Encoder()
_TYPES = tuple(get_type_hints(Entry).values())
_OLD_FIELDS = {b"\x01": 15, b"\x02": 17, b"\x03": 18, b"\x04": 19, b"\x08": 20}
_FIELDS = {**_OLD_FIELDS, FORMAT: 21, FORMAT_KEPT: 22, FORMAT_PACED: 23, FORMAT_CACHED: len(_TYPES)}
# Those that an older format lacks have defaults.
_decoders = {
    format: msgspec.msgpack.Decoder(tuple[_TYPES[:count]])  # type: ignore[misc]
    for format, count in _FIELDS.items()
}


@dataclass(frozen=True, slots=True)
class Flag:
    owners: tuple[str, ...] = ()


def pack_entry(entry: Entry, *, compress: bool = False) -> bytes:
    """Return the format byte, a checksum, then the fields in order as a msgpack array.

    With *compress*, where that pays: COMPRESSED, a checksum, then a frame with the format byte and that array. Lone
    surrogates are a StoreError. No single wrong bit makes the format byte another one, or any that begins a value.
    """
    try:
        format = FORMAT_PACED if entry.pace else FORMAT_KEPT if entry.kept_until else FORMAT
        format = FORMAT_CACHED if entry.cached_tokens else format
        value = _encoder.encode(_values(entry)[: _FIELDS[format]])
    except UnicodeEncodeError as exc:
        raise StoreError("redis: an entry holds text that is not valid Unicode") from exc
    if compress and (frame := compression.compress(format + value)) is not None:
        format, value = COMPRESSED, frame
    return b"".join((format, checksum(b"entry", value), value))


def unpack_entry(packed: bytes | memoryview, *, signed: bool = False) -> Entry:
    """Undo `pack_entry`. Raises ValueError for anything else, and for what no recording makes.

    What was *signed* is known to be as it was written.
    """
    format, value = bytes(packed[:1]), memoryview(packed)[1:]
    if format not in _decoders and format != COMPRESSED:
        raise ValueError("another format")
    if format not in UNCHECKED:
        value, found = value[CHECKSUM_BYTES:], value[:CHECKSUM_BYTES]
        if not signed and checksum(b"entry", value) != found:
            raise ValueError("damaged")
    if format == COMPRESSED:
        value = memoryview(compression.decompress(value))
        format, value = bytes(value[:1]), value[1:]
    if (decoder := _decoders.get(format)) is None:
        raise ValueError("another format")
    try:
        entry = Entry(*decoder.decode(value))
    except msgspec.DecodeError as exc:
        raise ValueError("damaged") from exc
    response_headers.check(entry)
    return entry


def entry_size(stored: bytes) -> int:
    """Return about how many bytes a stored entry is unpacked to, by what it says itself."""
    start = 1 + SIGNATURE_BYTES if stored[:1] == SIGNED else 0
    if stored[start : start + 1] != COMPRESSED:
        return len(stored)
    return max(len(stored), compression.content_size(memoryview(stored)[start + 1 + CHECKSUM_BYTES :]))


def seal(sign: bytes, purpose: bytes, value: bytes) -> bytes:
    """Return a value with its signature before it, or its checksum where nothing is signed.

    *purpose* is part of what is signed: a value copied to another name is a forged one.
    """
    if not sign:
        return b"".join((CHECKED, checksum(purpose, value), value))
    return b"".join((SIGNED, signature(sign, purpose, value), value))


def unseal(sign: bytes, purpose: bytes, sealed: bytes) -> memoryview | None:
    """Undo `seal`; None for what was stored before there were checksums, where nothing is signed.

    Raises ValueError for what is not signed with this key, for this purpose, or is not as it was written.
    """
    if not sign:
        if sealed[:1] == SIGNED:
            raise ValueError("signed, and there is no secret to check it with")
        if sealed[:1] != CHECKED:
            return None
        value = memoryview(sealed)[1 + CHECKSUM_BYTES :]
        if checksum(purpose, value) != sealed[1 : 1 + CHECKSUM_BYTES]:
            raise ValueError("damaged")
        return value
    value = memoryview(sealed)[1 + SIGNATURE_BYTES :]
    if sealed[:1] != SIGNED:
        raise ValueError("not signed")
    if not hmac.compare_digest(signature(sign, purpose, value), sealed[1 : 1 + SIGNATURE_BYTES]):
        raise ValueError("not signed by this deployment")
    return value


def render_flag(sign: bytes, flag: str, owners: tuple[str, ...], now: float, lasts_ms: int) -> bytes:
    """Return the value of a flag. Its end is part of it, or whoever may write could make it last."""
    since_ms = int(now * 1000)
    said = " ".join((str(since_ms), str(since_ms + lasts_ms), *owners)).encode()
    return seal(sign, b"mark " + flag.encode(), said)


def parse_flag(sign: bytes, flag: str, packed: bytes, now: float) -> Flag | None:
    """Parse a flag; None for one that has ended, or was set by a clock that has been set back since. ValueError."""
    if not sign and packed == b"1":  # of an earlier version
        return Flag()
    value = unseal(sign, b"mark " + flag.encode(), packed)
    said = bytes(packed if value is None else value).decode("ascii")
    match said.split(" "):
        case [ends] if ends.isdecimal():  # of an earlier version
            return Flag() if now < int(ends) / 1000 < now + _MAX_OLD_FLAG_S else None
        case [made, ends, *owners] if value is not None:
            good = int(made) / 1000 <= now + MAX_CLOCK_SKEW_S and now < int(ends) / 1000
            return Flag(tuple(owners)) if good else None
    return None


def render_blob(sign: bytes, name: str, value: bytes) -> bytes:
    return seal(sign, b"note " + name.encode(), value)


def parse_blob(sign: bytes, name: str, packed: bytes) -> bytes | None:
    """Parse a blob; None for an old value that is none. Raises ValueError for a damaged or a forged one."""
    value = unseal(sign, b"note " + name.encode(), packed)
    if value is not None:
        return bytes(value)
    return packed if packed[:1] in _OLD_BLOBS else None


def render_alias(sign: bytes, alias: str, key: str) -> bytes:
    return seal(sign, b"alias " + alias.encode(), key.encode())


def parse_alias(sign: bytes, alias: str, packed: bytes) -> str:
    """Return the key that an alias leads to. Raises ValueError for a damaged or a forged one."""
    value = unseal(sign, b"alias " + alias.encode(), packed)
    if value is None:
        raise ValueError("no alias")
    return bytes(value).decode("ascii")


def parse_counters(reply: object) -> dict[str, int]:
    """Parse HGETALL's reply, which is a list in RESP2 and a mapping in RESP3."""
    if isinstance(reply, Mapping):
        pairs = list(reply.items())
    elif isinstance(reply, list):
        pairs = list(zip(reply[::2], reply[1::2], strict=False))
    else:
        pairs = []
    try:
        return {bytes(name).decode(): int(value) for name, value in pairs}
    except (TypeError, ValueError) as exc:
        raise StoreError("redis: counters that are none") from exc
