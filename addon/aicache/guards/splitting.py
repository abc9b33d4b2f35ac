"""Splits a text into the words of its clauses; phrases of courtesy without spaces are left out. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from aicache.guards.lexicon import courtesies
from aicache.guards.normalize import normalize
from aicache.guards.numbers import QUANTITY_MARK, read_quantities
from aicache.guards.numerals import numerals_to_digits
from aicache.guards.patterns import any_of, compile_later
from aicache.guards.words import find_words

_UNSPACED = "㐀-鿿぀-ヿ\u0e00-\u0e7f"
IS_UNSPACED = compile_later(f"[{_UNSPACED}]")
_UNSPACED_TOKENS = compile_later(rf"(?P<characters>[{_UNSPACED}{QUANTITY_MARK}]+)|(?P<word>[^\W_{_UNSPACED}]+)")
_TOKEN = compile_later(rf"[{_UNSPACED}{QUANTITY_MARK}]|[^\W_{_UNSPACED}]+")
_ASCII_TOKEN = re.compile(rf"{QUANTITY_MARK}|[a-zA-Z0-9]+")
_BREAK = re.compile(
    r"(?=[!?;。！？；،؛؟,，、…()\[\]{}<>|.:-])(?:[!?;。！？；،؛؟,，、…()\[\]{}<>|]+"
    r"|\.\.+|[.:]+(?=\s|$|[^\x00-\x7f])|(?<=\w\w)\.(?=[^\W\d]{2})|(?<=\s)-+(?=\s)|--+)"
)
_MARK = re.compile(r"[!?;。！？；،؛؟,，、…()\[\]{}<>|.:-]")
"""What each break begins with."""
_ENDS = "!?;。！？；،؛؟,，、….: "
"""Marks at the end of a text, behind which there is no clause."""
_DASH = re.compile("[–—―]")
_LINE_END = re.compile("[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029–—―]")
_ARABIC_VOWELS = compile_later("[\u0640\u064b-\u0652]")  # mostly omitted in writing
QUESTION_WORDS_UNSPACED = compile_later(any_of(courtesies.ASKING_UNSPACED.split()))
_UNSPACED_PHRASES = compile_later(
    any_of(
        sorted({each for each in map(normalize, courtesies.UNSPACED.split()) if len(each) > 1}, key=len, reverse=True)
    )
)


def split_words(text: str, masked: str) -> list[list[str]]:
    """Return the words of each clause of a text whose case was kept; *masked* is its normal form without quantities.

    Never raises; the time is linear in its length.
    """
    if _LINE_END.search(text) is not None:
        lines = _DASH.sub(" - ", text).splitlines()
        if len(lines) > 1 or _DASH.search(text) is not None:
            return list(_clauses(map(_masked, lines)))
    return list(_clauses([masked]))


def _masked(line: str) -> str:
    plain = normalize(line)
    return read_quantities(numerals_to_digits(plain, find_words(plain)))[1]


def _clauses(lines: Iterable[str]) -> Iterator[list[str]]:
    for each in lines:
        line = each.rstrip(_ENDS)
        if line.isascii():
            pieces = [line] if _MARK.search(line) is None else _BREAK.split(line)
            yield from filter(None, map(_ASCII_TOKEN.findall, pieces))
            continue
        line = _ARABIC_VOWELS.sub("", line)
        unspaced = IS_UNSPACED.search(line) is not None
        for piece in [line] if _MARK.search(line) is None else _BREAK.split(line):
            if words := _tokens(_UNSPACED_PHRASES.sub(" ", piece)) if unspaced else _TOKEN.findall(piece):
                yield words
            elif unspaced and (asking := QUESTION_WORDS_UNSPACED.search(piece)):
                yield [f"?{asking[0]}"]


def _tokens(piece: str) -> list[str]:
    """Return the same as `_TOKEN` finds, faster where many characters stand without a space."""
    words: list[str] = []
    for characters, word in _UNSPACED_TOKENS.findall(piece):
        words += characters or [word]
    return words


def count_unspaced(plain: str) -> int:
    """Return the number of characters of scripts without spaces."""
    return len(IS_UNSPACED.findall(plain)) if IS_UNSPACED.search(plain) is not None else 0


def in_words(text: str) -> tuple[str, ...]:
    """Return the words of a phrase of a word list, as those of a text are written."""
    plain = normalize(text)
    return tuple(_ASCII_TOKEN.findall(plain) if plain.isascii() else _TOKEN.findall(_ARABIC_VOWELS.sub("", plain)))
