"""Limits of the JSON that is parsed: a scan of the bytes takes milliseconds where parsing would take seconds. Pure.

A megabyte of text is one value, a megabyte of ``[],`` a third of a million: the cost of a document depends on what it
holds, not on its length. The scan need not be right about malformed JSON: a parser stops where that begins, and up to
there the two agree.
"""

from __future__ import annotations

from itertools import accumulate

from aicache.formats.errors import TooComplex

MAX_DEPTH = 64
"""Levels of arrays and objects. Schemas of tools have a dozen."""
MAX_REQUEST_NODES = 50_000
"""Arrays, objects and names in a request: each costs a microsecond. A conversation of a megabyte has 12,000."""
MAX_NODES = 100_000
"""The same in a response: a thousand tokens with the probabilities of twenty others each have as many."""
MAX_VALUES = 400_000
"""Values of any kind. A batch of embeddings in tokens has 300,000, which is the most that OpenAI takes."""
MAX_NUMBER_DIGITS = 1_000
"""Digits of a number: the time to parse one grows faster than its length."""

_BRACKETS = b"[]{}"
_NO_BRACKETS = bytes(sorted(set(range(256)) - set(_BRACKETS)))
_STEPS = bytes.maketrans(_BRACKETS, bytes((1, 255, 1, 255)))
_SPACE = b" \t\r\n"
_OF_NUMBERS = bytes(48 if each in b"-+.0123456789eE" else 32 for each in range(256))
_LONG_NUMBER = b"0" * MAX_NUMBER_DIGITS


def check_bounds(document: bytes | str, *, max_nodes: int = MAX_NODES, max_values: int | None = MAX_VALUES) -> None:
    """Raise TooComplex for JSON nested deeper than `MAX_DEPTH`, with more than *max_nodes* arrays, objects and names,
    or with more than *max_values* values (None: no limit but that of the nodes)."""
    if isinstance(document, str):
        opened = document.count("[") + document.count("{")
        if len(document) < min(max_nodes, MAX_NUMBER_DIGITS) and opened <= MAX_DEPTH:
            return  # most events of a stream
        document = document.encode("utf-8", "surrogatepass")
    elif len(document) < min(max_nodes, MAX_NUMBER_DIGITS) and document.count(b"[") + document.count(b"{") <= MAX_DEPTH:
        return
    most = max_values if max_values is not None else len(document)
    outside = _outside_of_texts(document, most + max_nodes)
    opened = outside.count(b"[") + outside.count(b"{")
    if opened + outside.count(b":") > max_nodes:
        raise TooComplex(f"JSON of more than {max_nodes} arrays, objects and names")
    if opened + outside.count(b",") > most:
        raise TooComplex(f"JSON of more than {most} values")
    if opened > MAX_DEPTH and max(accumulate(memoryview(_steps(outside)).cast("b"))) > MAX_DEPTH:
        raise TooComplex(f"JSON nested too deeply: more than {MAX_DEPTH} levels")
    if _LONG_NUMBER in outside.translate(_OF_NUMBERS, _SPACE):
        raise TooComplex(f"a number of more than {MAX_NUMBER_DIGITS} digits")


def _outside_of_texts(document: bytes, texts: int) -> bytes:
    """Return what stands outside of strings. Raises TooComplex for more than *texts* strings."""
    if b"\\" in document:
        document = document.replace(b"\\\\", b"").replace(b'\\"', b"")  # every quote left begins or ends a string
    if document.count(b'"') > 2 * texts:
        raise TooComplex(f"JSON of more than {texts} names and values")
    return b'""'.join(document.split(b'"')[::2])


def _steps(outside: bytes) -> bytes:
    """Return +1 for each opening and -1 for each closing bracket, as signed bytes."""
    return outside.translate(_STEPS, _NO_BRACKETS)
