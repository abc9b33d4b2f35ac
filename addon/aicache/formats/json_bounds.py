"""How much JSON is parsed at all: a scan of the bytes that takes milliseconds where parsing would take seconds.

A megabyte of text is one value, a megabyte of ``[],`` a third of a million: what a document costs is what it holds, not
how long it is. The scan need not be right about what is no JSON: a parser ends where that begins, and up to there the
two agree.
"""

from __future__ import annotations

from itertools import accumulate

DEPTH = 64
"""Arrays and objects inside one another. Schemas of tools have a dozen."""
REQUEST_NODES = 50_000
"""Arrays, objects and names in a request: those cost a microsecond each. A conversation of a megabyte has 12,000."""
NODES = 100_000
"""The same in what an upstream says: a thousand tokens with the probabilities of twenty others each have as many."""
VALUES = 400_000
"""Values of any kind. A batch of embeddings in tokens has 300,000, which is the most that OpenAI takes."""
DIGITS = 1_000
"""Of a number: to read one takes longer than its length."""

_BRACKETS = b"[]{}"
_NO_BRACKETS = bytes(sorted(set(range(256)) - set(_BRACKETS)))
_STEPS = bytes.maketrans(_BRACKETS, bytes((1, 255, 1, 255)))
_SPACE = b" \t\r\n"
_OF_NUMBERS = bytes(48 if each in b"-+.0123456789eE" else 32 for each in range(256))
_LONG_NUMBER = b"0" * DIGITS


class TooComplex(ValueError):
    """More than is parsed. The message says of what, and quotes nothing."""


def check(document: bytes | str, *, nodes: int = NODES, values: int | None = VALUES) -> None:
    """Raise TooComplex for a JSON document that is nested deeper than `DEPTH` or holds more than so many *nodes*
    (arrays, objects and names) or *values* (None: any number of those that are no nodes)."""
    if isinstance(document, str):
        opened = document.count("[") + document.count("{")
        if len(document) < min(nodes, DIGITS) and opened <= DEPTH:
            return  # most events of a stream
        document = document.encode("utf-8", "surrogatepass")
    elif len(document) < min(nodes, DIGITS) and document.count(b"[") + document.count(b"{") <= DEPTH:
        return
    most = values if values is not None else len(document)
    outside = _outside_of_texts(document, most + nodes)
    opened = outside.count(b"[") + outside.count(b"{")
    if opened + outside.count(b":") > nodes:
        raise TooComplex(f"JSON of more than {nodes} arrays, objects and names")
    if opened + outside.count(b",") > most:
        raise TooComplex(f"JSON of more than {most} values")
    if opened > DEPTH and max(accumulate(memoryview(_steps(outside)).cast("b"))) > DEPTH:
        raise TooComplex(f"JSON nested too deeply: more than {DEPTH}")
    if _LONG_NUMBER in outside.translate(_OF_NUMBERS, _SPACE):
        raise TooComplex(f"a number of more than {DIGITS} digits")


def _outside_of_texts(document: bytes, texts: int) -> bytes:
    """Return what stands outside of strings. Raises TooComplex where there are more than so many."""
    if b"\\" in document:
        document = document.replace(b"\\\\", b"").replace(b'\\"', b"")  # every quote left begins or ends one
    if document.count(b'"') > 2 * texts:
        raise TooComplex(f"JSON of more than {texts} names and values")
    return b'""'.join(document.split(b'"')[::2])


def _steps(outside: bytes) -> bytes:
    """Return a step inwards or outwards for each bracket, as signed bytes."""
    return outside.translate(_STEPS, _NO_BRACKETS)
