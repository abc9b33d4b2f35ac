"""Which reader a source is for: told by what a file begins with, never by its name."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from aicache.cli.warm import cassettes, flows, gptcache, higress, questions
from aicache.cli.warm.bounded_reader import NODES, VALUES, Bounded
from aicache.cli.warm.question_exchange import Asking
from aicache.cli.warm.records import Place, Records, SourceError
from aicache.formats import json_bounds
from aicache.formats.errors import TooComplex
from aicache.maintenance import archive

REDIS = ("redis://", "rediss://", "unix://")
HEAD = 4096  # bytes that tell what a file is
SUFFIXES = (".mitm", ".flow", ".flows", ".har", ".jsonl", ".ndjson", ".json", ".yaml", ".yml", ".db", ".sqlite", ".gz")
"""Of files that are looked for in a folder."""
KNOWN = (
    "known are flows that mitmproxy saved (-w), HAR, JSON lines of questions and answers, cassettes of vcrpy and VCR, "
    "an export of this cache, a SQLite database of GPTCache, JSON with its questions and answers, redis:// of a Higress"
)


def files(names: list[str]) -> list[str]:
    """Return the sources named, with folders replaced by the files in them."""
    found: list[str] = []
    for name in names:
        folder = Path(name)
        if name.startswith(REDIS) or not folder.is_dir():
            found.append(name)
            continue
        inside = sorted(str(path) for path in folder.rglob("*") if path.suffix in SUFFIXES and path.is_file())
        if not inside:
            raise SourceError(f"{name}: no file in this folder ends in {', '.join(SUFFIXES)}")
        found += inside
    return found


def is_export(source: str) -> bool:
    """Tell whether a source is what a cache of this project has exported: its entries need no reading as flows."""
    try:
        with Path(source).open("rb") as file:
            archive.check_header(file.readline(HEAD))
    except (OSError, ValueError):
        return False
    return True


def records(source: str, asking: Asking, prefix: str) -> Records:
    """Read a source. Raises SourceError where it cannot be read at all, or not any further."""
    if source.startswith(REDIS):
        yield from higress.answers(source, prefix, asking)
        return
    path = Path(source)
    try:
        with _opened(path) as (file, raw, size):
            yield from _of_file(path, file, raw, size, asking)
    except (OSError, EOFError) as exc:  # EOFError: gzip that is cut off
        raise SourceError(f"{source}: {getattr(exc, 'strerror', None) or exc}") from None


@contextmanager
def _opened(path: Path) -> Iterator[tuple[BinaryIO, BinaryIO, int]]:
    """Open a file, gzipped or not: what is to be read, what tells how far that is, and how large that is."""
    with path.open("rb") as raw:
        size = path.stat().st_size
        if raw.peek(2)[:2] == b"\x1f\x8b":
            with gzip.open(raw) as inflated:
                yield cast(BinaryIO, Bounded(cast(BinaryIO, inflated), str(path))), raw, size
        else:
            yield raw, raw, size


def _of_file(path: Path, file: Any, raw: BinaryIO, size: int, asking: Asking) -> Records:
    head = bytes(file.peek(HEAD)[:HEAD])
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"SQLite format 3\0"):
        return gptcache.database(path, asking)
    if head[:1].isdigit() and b":" in head[:12]:  # tnetstrings: a length and a colon
        return flows.saved_flows(path, file, raw, size)
    if head[:1] == b"\x80":
        raise SourceError(
            f"{path}: is a pickle, as GPTCache's maps are: reading it would run what is in it. Load it with GPTCache, "
            'and write {"questions": […], "answers": […]} as JSON'
        )
    if not start:
        raise SourceError(f"{path}: is empty")
    if start[:1] in b"{[":
        return _of_json(path, file, raw, size, asking)
    if b"\0" in head:
        raise SourceError(f"{path}: cannot be told what it is; {KNOWN}")
    return cassettes.cassette(path, file.read())


def _of_json(path: Path, file: Any, raw: BinaryIO, size: int, asking: Asking) -> Records:
    """JSON lines have a whole record in their first line; all else is one document."""
    first = file.readline()
    if _is_record(first):
        rest = (line for lines in ([first], file) for line in lines)
        return questions.json_lines(path, rest, raw, size, asking)
    text = first + file.read()
    try:
        json_bounds.check_bounds(text, max_nodes=NODES, max_values=VALUES)
        document = json.loads(text)
    except TooComplex as exc:
        raise SourceError(f"{path}: {exc}") from None
    except (ValueError, RecursionError) as exc:
        line = f" line {exc.lineno}" if isinstance(exc, json.JSONDecodeError) else ""
        raise SourceError(f"{path}{line}: is not JSON, nor JSON lines") from None
    if isinstance(document, list):
        return _listed(path, document, asking)
    if "log" in document:
        return flows.har(path, document)
    if any(name in document for name in cassettes.INTERACTIONS):
        return cassettes.cassette(path, text)
    if "questions" in document:
        return gptcache.lists(path, document, asking)
    raise SourceError(f"{path}: cannot be told what it is; {KNOWN}")


def _listed(path: Path, documents: list[Any], asking: Asking) -> Records:
    for number, document in enumerate(documents, 1):
        yield questions.record(Place(f"{path}: record {number}", number, len(documents)), document, asking)


def _is_record(line: bytes) -> bool:
    try:
        json_bounds.check_bounds(line, max_nodes=NODES, max_values=VALUES)
        found = json.loads(line.removeprefix(b"\xef\xbb\xbf"))
    except (ValueError, RecursionError):
        return False
    whole = {"log", "questions", *cassettes.INTERACTIONS}
    return isinstance(found, dict) and whole.isdisjoint(found)
