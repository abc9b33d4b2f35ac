"""Chooses the reader of a source by the first bytes of the file, never by its name."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from aicache.cassette.file_format import is_cassette
from aicache.cli.warm import cassettes, flows, gptcache, higress, questions
from aicache.cli.warm.bounded_reader import MAX_JSON_NODES, MAX_JSON_VALUES, BoundedReader
from aicache.cli.warm.question_exchange import RequestDefaults
from aicache.cli.warm.records import Position, Records, SourceError
from aicache.formats import json_bounds
from aicache.formats.errors import TooComplex
from aicache.maintenance import archive

REDIS_SCHEMES = ("redis://", "rediss://", "unix://")
HEAD_BYTES = 4096  # read to detect the format
FILE_SUFFIXES = (
    ".mitm",
    ".flow",
    ".flows",
    ".har",
    ".jsonl",
    ".ndjson",
    ".json",
    ".yaml",
    ".yml",
    ".db",
    ".sqlite",
    ".gz",
)
"""Suffixes of the files that are read from a folder."""
KNOWN_SOURCES = (
    "supported are flows that mitmproxy saved (-w), HAR, JSON lines of questions and answers, cassettes of this cache, "
    "of vcrpy and of VCR, an export of this cache, a SQLite database of GPTCache, JSON with its questions and answers, "
    "redis:// of a Higress"
)


def expand_folders(names: list[str]) -> list[str]:
    """Return the sources, with each folder replaced by the files in it."""
    found: list[str] = []
    for name in names:
        folder = Path(name)
        if name.startswith(REDIS_SCHEMES) or not folder.is_dir():
            found.append(name)
            continue
        inside = sorted(str(path) for path in folder.rglob("*") if path.suffix in FILE_SUFFIXES and path.is_file())
        if not inside:
            raise SourceError(f"{name}: no file in this folder ends in {', '.join(FILE_SUFFIXES)}")
        found += inside
    return found


def is_export(source: str) -> bool:
    """Return whether a source is an export of this cache, whose entries are imported as they are."""
    try:
        with Path(source).open("rb") as file:
            archive.check_header(file.readline(HEAD_BYTES))
    except (OSError, ValueError):
        return False
    return True


def read_records(source: str, defaults: RequestDefaults, prefix: str) -> Records:
    """Read the records of a source. Raises SourceError if it cannot be read, or not any further."""
    if source.startswith(REDIS_SCHEMES):
        yield from higress.read_answers(source, prefix, defaults)
        return
    path = Path(source)
    try:
        with _open(path) as (file, raw, size):
            yield from _read_file(path, file, raw, size, defaults)
    except (OSError, EOFError) as exc:  # EOFError: gzip that is cut off
        raise SourceError(f"{source}: {getattr(exc, 'strerror', None) or exc}") from None


@contextmanager
def _open(path: Path) -> Iterator[tuple[BinaryIO, BinaryIO, int]]:
    """Open a file, gzipped or not. Yields the content, the raw file whose position is the progress, and its size."""
    with path.open("rb") as raw:
        size = path.stat().st_size
        if raw.peek(2)[:2] == b"\x1f\x8b":
            with gzip.open(raw) as inflated:
                yield cast(BinaryIO, BoundedReader(cast(BinaryIO, inflated), str(path))), raw, size
        else:
            yield raw, raw, size


def _read_file(path: Path, file: Any, raw: BinaryIO, size: int, defaults: RequestDefaults) -> Records:
    head = bytes(file.peek(HEAD_BYTES)[:HEAD_BYTES])
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"SQLite format 3\0"):
        return gptcache.read_database(path, defaults)
    if head[:1].isdigit() and b":" in head[:12]:  # tnetstrings: a length and a colon
        return flows.read_saved_flows(path, file, raw, size)
    if head[:1] == b"\x80":
        raise SourceError(
            f"{path}: is a pickle, as GPTCache's maps are, and loading it would run the code in it. Load it with "
            'GPTCache, and write {"questions": […], "answers": […]} as JSON'
        )
    if not start:
        raise SourceError(f"{path}: is empty")
    if start[:1] in b"{[":
        return _read_json(path, file, raw, size, defaults)
    if b"\0" in head:
        raise SourceError(f"{path}: unknown format; {KNOWN_SOURCES}")
    return _read_yaml(path, file.read())


def _read_yaml(path: Path, text: bytes) -> Records:
    return cassettes.read_own(path, text) if is_cassette(text[:HEAD_BYTES]) else cassettes.read_cassette(path, text)


def _read_json(path: Path, file: Any, raw: BinaryIO, size: int, defaults: RequestDefaults) -> Records:
    """Read JSON lines if the first line is a whole record, else one document."""
    first = file.readline()
    if _is_record(first):
        rest = (line for lines in ([first], file) for line in lines)
        return questions.read_json_lines(path, rest, raw, size, defaults)
    text = first + file.read()
    try:
        json_bounds.check_bounds(text, max_nodes=MAX_JSON_NODES, max_values=MAX_JSON_VALUES)
        document = json.loads(text)
    except TooComplex as exc:
        raise SourceError(f"{path}: {exc}") from None
    except (ValueError, RecursionError) as exc:
        line = f" line {exc.lineno}" if isinstance(exc, json.JSONDecodeError) else ""
        raise SourceError(f"{path}{line}: is not JSON, nor JSON lines") from None
    if isinstance(document, list):
        return _read_list(path, document, defaults)
    if "cassette" in document:
        return cassettes.read_own(path, text)
    if "log" in document:
        return flows.read_har(path, document)
    if any(name in document for name in cassettes.INTERACTIONS):
        return cassettes.read_cassette(path, text)
    if "questions" in document:
        return gptcache.read_lists(path, document, defaults)
    raise SourceError(f"{path}: unknown format; {KNOWN_SOURCES}")


def _read_list(path: Path, documents: list[Any], defaults: RequestDefaults) -> Records:
    for number, document in enumerate(documents, 1):
        yield questions.parse_record(Position(f"{path}: record {number}", number, len(documents)), document, defaults)


def _is_record(line: bytes) -> bool:
    try:
        json_bounds.check_bounds(line, max_nodes=MAX_JSON_NODES, max_values=MAX_JSON_VALUES)
        found = json.loads(line.removeprefix(b"\xef\xbb\xbf"))
    except (ValueError, RecursionError):
        return False
    whole = {"log", "questions", "cassette", *cassettes.INTERACTIONS}
    return isinstance(found, dict) and whole.isdisjoint(found)
