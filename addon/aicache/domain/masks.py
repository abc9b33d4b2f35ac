"""What is blanked out of system prompts for the key, within a time limit: a pattern may take for ever. Pure.

Python's own `re` cannot be stopped, and holds every other request up meanwhile. ``regex`` reads the same patterns; of
the engines that take linear time, none knows what those may hold (looking ahead and behind, references back).
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import regex

MASKS_TIME_LIMIT_S = 0.03
"""Seconds of a request's that its patterns may take together. A plain one takes a millisecond for a megabyte."""


class MaskTooSlow(ValueError):
    """A pattern took longer than `MASKS_TIME_LIMIT_S`. It is named, and no text is."""

    def __init__(self, pattern: str) -> None:
        super().__init__(f"the pattern {pattern} took longer than {MASKS_TIME_LIMIT_S:g} s")
        self.pattern = pattern


class Masks:
    """The patterns for one request's texts."""

    def __init__(self, patterns: Sequence[re.Pattern[str]]) -> None:
        self._patterns = patterns
        self._left = MASKS_TIME_LIMIT_S

    def __bool__(self) -> bool:
        return bool(self._patterns)

    def blank(self, text: str) -> str:
        """Return *text* without what the patterns find. Raises TooSlow."""
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
    """Return the pattern as it is matched here. Raises ValueError for one that only `re` can read."""
    try:
        return regex.compile(pattern.pattern, regex.V0)  # its flags stand in it
    except regex.error as exc:
        raise ValueError(exc.msg) from None
