"""Patterns for one language, which are compiled when they are first used, and words to be found without one. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any, TypeVar, cast

T = TypeVar("T")


def compile_later(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """Return what acts as the compiled pattern; an error in it shows at its first use."""
    return cast("re.Pattern[str]", _Uncompiled(pattern, flags))


def any_of(words: Iterable[str]) -> str:
    """Return a pattern for any of some words, which are tried in their order, but only those that begin as the text.

    In text without spaces most characters begin one of a hundred words.
    """
    by_first: dict[str, list[str]] = {}
    for word in words:
        by_first.setdefault(word[0], []).append(re.escape(word[1:]))
    return "|".join([f"{re.escape(first)}(?:{'|'.join(rests)})" for first, rests in by_first.items()])


class WordTable(dict[str, T]):
    """What is known of each word, read when it is first looked up: the fastest memory that Python has.

    Words are kept whoever used them: the first use of one tells nothing, as it takes a microsecond.
    """

    def __init__(self, read: Callable[[str], T], max_words: int) -> None:
        super().__init__()
        self._read = read
        self._max_words = max_words

    def __missing__(self, word: str) -> T:
        if len(self) >= self._max_words:
            self.clear()
        value = self[word] = self._read(word)
        return value


class WordFinder:
    """Finds words in text without spaces, at each place the longest: faster than a pattern of hundreds of words."""

    def __init__(self, words: Iterable[str]) -> None:
        """*words* have two characters or more."""
        self._words = frozenset(words)
        firsts, seconds = ("".join(sorted({word[at] for word in self._words})) for at in (0, 1))
        self._begins = compile_later(f"[{re.escape(firsts)}](?=[{re.escape(seconds)}])")
        self._lengths: dict[str, list[int]] = {}
        """The lengths of the words that begin with each two characters, longest first."""
        for length, two in sorted({(len(word), word[:2]) for word in self._words}, reverse=True):
            self._lengths.setdefault(two, []).append(length)

    def find(self, text: str) -> list[str]:
        """Return the words in order; none begins within another."""
        found: list[str] = []
        words, lengths, end = self._words, self._lengths, 0
        for match in self._begins.finditer(text):
            at = match.start()
            if at >= end and (two := text[at : at + 2]) in lengths:
                for length in lengths[two]:
                    if (word := text[at : at + length]) in words:
                        found.append(word)
                        end = at + length
                        break
        return found


class _Uncompiled:
    """Stands for a pattern, whose methods become its own as they are used."""

    def __init__(self, pattern: str, flags: int) -> None:
        self.pattern = pattern
        self.flags = flags

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self.pattern, self.flags)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._compiled, name)
        setattr(self, name, method)
        return method
