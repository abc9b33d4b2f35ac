"""Patterns for one language, which are compiled when they are first used, and words to be found without one. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property
from typing import Any, cast


def compile_later(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """Return what acts as the compiled pattern; an error in it shows at its first use."""
    return cast("re.Pattern[str]", _Uncompiled(pattern, flags))


class WordFinder:
    """Finds words in text without spaces, at each place the longest: faster than a pattern of hundreds of words."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = frozenset(words)
        self._lengths: dict[str, list[int]] = {}
        """The lengths of the words that begin with each character, longest first."""
        for length, first in sorted({(len(word), word[0]) for word in self._words}, reverse=True):
            self._lengths.setdefault(first, []).append(length)

    def find(self, text: str) -> list[str]:
        """Return the words in order; none begins within another."""
        found: list[str] = []
        words, lengths, end = self._words, self._lengths, 0
        for at, char in enumerate(text):
            if at >= end and char in lengths:
                for length in lengths[char]:
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
