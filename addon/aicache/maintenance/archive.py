"""The file format of exported entries.

JSON lines: a header that names the format and its version, then one entry per line, its body in base64. An entry
answers where requests have its key: in a proxy whose settings of scope, context and all else in keys are the same.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec

from aicache.domain import response_headers
from aicache.domain.model import Entry
from aicache.formats import EMBEDDINGS, by_api
from aicache.formats.embeddings import unpack

NAME, VERSION = "ai-cache entries", 1

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Entry)
MAX_LINE_BYTES = 64 * 1024**2
"""A longer line is not an entry."""
CHUNK_BYTES = 64 * 1024
DIGEST = re.compile("[0-9a-f]{40}")


class _Header(msgspec.Struct):
    format: str
    version: int
    deployment: str = ""


def render_header(deployment: str = "") -> bytes:
    """Return the first line. *deployment* identifies the secret that keys are made with."""
    return _encoder.encode(_Header(NAME, VERSION, deployment)) + b"\n"


def check_header(line: bytes, deployment: str = "") -> None:
    """Raise ValueError unless the file can be read here, and requests here have its keys."""
    try:
        header = msgspec.json.decode(line, type=_Header)
    except (msgspec.DecodeError, UnicodeDecodeError):
        header = _Header("", 0)
    if header.format != NAME:
        raise ValueError("not a file of entries that an AI cache has exported")
    if header.version > VERSION:
        raise ValueError(f"its version is {header.version}, and the newest known here is {VERSION}")
    if deployment and header.deployment != deployment:
        raise ValueError(
            "its keys were made with another secret, so no request here has them: give this cache the exact.secret of "
            "the other one (if that has none: the content of the file named secret in its data folder)"
        )


def render_lines(entries: Iterable[Entry]) -> Iterator[bytes]:
    """Yield a line per entry, without entries that are not valid Unicode: no store has them."""
    for entry in entries:
        try:
            yield _encoder.encode(entry) + b"\n"
        except UnicodeEncodeError:
            continue


def parse_line(line: bytes) -> Entry | None:
    """Return the entry of a line; None where it is not an entry, or not one that a cache can have recorded."""
    try:
        entry = _decoder.decode(line)
        if not all(map(DIGEST.fullmatch, (entry.key, entry.namespace, entry.alias or entry.key, *entry.owners))):
            return None
        response_headers.check(entry)
        _check_body(entry)
    except (ValueError, RecursionError):  # msgspec's and Unicode's errors are of the former
        return None
    return entry


def _check_body(entry: Entry) -> None:
    """Raise ValueError unless the body is an answer of the entry's API, in the entry's mode."""
    for embeddings in EMBEDDINGS:
        if embeddings.api == entry.api:
            embeddings.render_response([unpack(entry.body)])
            return
    mode, _ = by_api(entry.api).parse_answer(entry.body, variant=entry.asked_variant)
    if mode is not entry.mode:
        raise ValueError("another mode")


def create_file(path: Path) -> BinaryIO:
    """Create a file that only its owner can read: it will hold questions and answers."""
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def write_entries(file: BinaryIO, entries: Sequence[Entry]) -> int:
    packed = list(render_lines(entries))
    file.write(b"".join(packed))
    return len(packed)


def read_entries(file: BinaryIO, limit: int) -> list[Entry | None]:
    """Read *limit* entries at most; an empty list at the end of the file."""
    entries: list[Entry | None] = []
    size = 0
    while len(entries) < limit and size < MAX_LINE_BYTES and (line := file.readline(MAX_LINE_BYTES)):
        whole = len(line) < MAX_LINE_BYTES or line.endswith(b"\n")
        while not whole:  # skipped, not kept in memory
            more = file.readline(CHUNK_BYTES)
            whole = not more or more.endswith(b"\n")
            line = b""
        size += len(line)
        entries.append(parse_line(line))
    return entries
