"""A diff of two texts by words, and by characters in Chinese. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from typing import Literal

MAX_CHARS = 1000
"""Compared characters of a text."""
_WORD = re.compile(r"\s+|[㐀-鿿]|[^\W㐀-鿿]+|[^\w\s]")

Kind = Literal["same", "out", "in"]


def diff_words(old: str, new: str) -> list[tuple[Kind, str]]:
    """Return the pieces of both texts in order: in both, only in *old*, only in *new*."""
    one, other = _WORD.findall(old[:MAX_CHARS]), _WORD.findall(new[:MAX_CHARS])
    return list(_joined(_pieces(one, other)))


def _pieces(one: list[str], other: list[str]) -> Iterator[tuple[Kind, str]]:
    # Its heuristic is wanted: a word that recurs a hundred times would take a time that grows with the cube of that.
    for _, start, end, other_start, other_end in SequenceMatcher(None, one, other).get_opcodes():
        out, into = "".join(one[start:end]), "".join(other[other_start:other_end])
        if out == into:
            yield "same", out
            continue
        if out:
            yield "out", out
        if into:
            yield "in", into


def _joined(pieces: Iterable[tuple[Kind, str]]) -> Iterator[tuple[Kind, str]]:
    """Join changes that only white space separates: one long change reads better than two short ones."""
    all_pieces = list(pieces)
    out = into = ""
    for i, (kind, text) in enumerate(all_pieces):
        if kind == "out":
            out += text
        elif kind == "in":
            into += text
        elif (out or into) and text.isspace() and i + 1 < len(all_pieces):
            out, into = out + text, into + text
        else:
            yield from _changed(out, into)
            out = into = ""
            yield "same", text
    yield from _changed(out, into)


def _changed(out: str, into: str) -> Iterator[tuple[Kind, str]]:
    if out:
        yield "out", out
    if into:
        yield "in", into
