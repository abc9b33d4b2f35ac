"""Masks parts of system prompts for the key, within a time limit: a pattern may take exponential time. Pure.

Python's own `re` cannot be interrupted and blocks every other request meanwhile. ``regex`` accepts the same patterns;
none of the engines with linear time supports all of them (lookahead, lookbehind, backreferences).
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import regex

MASKS_TIME_LIMIT_S = 0.03
"""Seconds that all patterns of a request may take together. A plain one takes a millisecond for a megabyte."""


class MaskTooSlow(ValueError):
    """A pattern took longer than `MASKS_TIME_LIMIT_S`. The message quotes the pattern, but not the text."""

    def __init__(self, pattern: str) -> None:
        super().__init__(f"the pattern {pattern} took longer than {MASKS_TIME_LIMIT_S:g} s")
        self.pattern = pattern


class Masks:
    """The patterns for the texts of one request, with their common time limit."""

    def __init__(self, patterns: Sequence[re.Pattern[str]]) -> None:
        self._patterns = patterns
        self._left = MASKS_TIME_LIMIT_S

    def __bool__(self) -> bool:
        return bool(self._patterns)

    def blank(self, text: str) -> str:
        """Return *text* without the matches of the patterns. Raises MaskTooSlow."""
        for pattern in self._patterns:
            began = time.perf_counter()
            try:
                text = compile_limited(pattern).sub("", text, timeout=max(self._left, 0.001), concurrent=True)
            except (TimeoutError, MemoryError):
                raise MaskTooSlow(pattern.pattern) from None
            self._left -= time.perf_counter() - began
        return text


@lru_cache(256)
def compile_limited(pattern: re.Pattern[str]) -> Any:
    """Return the pattern compiled by ``regex``. Raises ValueError for one that only `re` accepts."""
    try:
        return regex.compile(pattern.pattern, regex.V0)  # its flags stand in it
    except regex.error as exc:
        raise ValueError(exc.msg) from None
