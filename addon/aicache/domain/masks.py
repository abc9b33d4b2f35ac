"""Masks parts of texts for the key, within a time limit: a pattern may take exponential time. Pure.

Python's own `re` cannot be interrupted and blocks every other request meanwhile. ``regex`` accepts the same patterns;
none of the engines with linear time supports all of them (lookahead, lookbehind, backreferences).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any

import regex

from aicache.domain.directories import Directories, whole_path

MASKS_TIME_LIMIT_S = 0.03
"""Seconds that all patterns of a request may take together. A plain one takes a millisecond for a megabyte."""
_MAX_DIRECTORIES = 16
"""Directories that are looked for in each text; clients announce a few."""
_MAX_DIRECTORY_CHARS = 4096
"""The longest path on Linux (PATH_MAX)."""
MASKED = "\0"
"""Stands for what a built-in mask leaves out. No request has it in a text: those with a NUL are not parsed."""


class Place(StrEnum):
    """The texts of a conversation that a mask applies to."""

    SYSTEM = "system"
    USER = "user"
    TOOL = "tool"


class MaskTooSlow(ValueError):
    """A pattern took longer than `MASKS_TIME_LIMIT_S`. The message quotes the pattern, but not the text."""

    def __init__(self, pattern: str) -> None:
        super().__init__(f"the pattern {pattern} took longer than {MASKS_TIME_LIMIT_S:g} s")
        self.pattern = pattern


@dataclass(frozen=True, slots=True)
class Mask:
    """A pattern whose matches are no part of the key, in the texts of some places."""

    pattern: re.Pattern[str]
    places: frozenset[Place] = frozenset({Place.SYSTEM})
    name: str = ""
    """The built-in mask that the pattern belongs to; empty for one of the settings."""
    anchor: str = ""
    """A text that every match contains."""
    apis: frozenset[str] = frozenset()
    """The APIs whose requests it applies to; empty for all."""
    replacement: str = ""
    """What a match is replaced by, as in `re.sub`."""
    spreads: str = ""
    """The name that stands for the directory in the pattern's second group, wherever it stands; empty for masks that
    leave out their matches."""


@dataclass(slots=True)
class Masks:
    """The masks for the texts of one request, with their common time limit."""

    masks: Sequence[Mask]
    found: Callable[[Mask, int], object] | None = None
    """Is told each mask that matched, and how often."""
    _left: float = field(default=MASKS_TIME_LIMIT_S, init=False)
    _directories: dict[str, str] = field(default_factory=dict, init=False)
    """The directories that were learned, the longest first, and the name that stands for each."""

    @property
    def directories(self) -> Directories:
        """The directories that were learned, each with the name that stands for it."""
        return tuple((stand_in, directory) for directory, stand_in in self._directories.items())

    @property
    def learns(self) -> bool:
        """Whether there are directories to be learned before any text is blanked."""
        return any(mask.spreads for mask in self.masks)

    def learn(self, text: str, place: Place) -> str:
        """Remember the directories that *text* announces; return it unchanged. Raises MaskTooSlow."""
        for mask in self.masks:
            if not mask.spreads or place not in mask.places or mask.anchor not in text:
                continue
            matches = self._limited(mask, compile_limited(mask.pattern).finditer, text)
            for match in matches:
                self._add(match[2].rstrip("/\\"), mask.spreads)
            self._tell(mask, len(matches))
        self._directories = dict(sorted(self._directories.items(), key=lambda item: -len(item[0])))
        return text

    def blank(self, text: str, place: Place = Place.SYSTEM) -> str:
        """Return *text* without the matches of the masks for its *place*. Raises MaskTooSlow."""
        for mask in self.masks:
            if place in mask.places and mask.anchor in text and not mask.spreads:
                text, count = self._limited(mask, compile_limited(mask.pattern).subn, mask.replacement, text)
                self._tell(mask, count)
        return self.rename(text) if self._directories else text

    def rename(self, value: Any) -> Any:
        """Return a JSON value with names in place of the directories that were learned."""
        if isinstance(value, str):
            for directory, stand_in in self._directories.items():
                if directory in value:
                    value = _whole_path(directory).sub(stand_in, value)
            return value
        if not self._directories:
            return value
        if isinstance(value, list):
            return [self.rename(item) for item in value]
        if isinstance(value, Mapping):
            return {name: self.rename(item) for name, item in value.items()}
        return value

    def _add(self, directory: str, name: str) -> None:
        known = self._directories
        is_path = 1 < len(directory) <= _MAX_DIRECTORY_CHARS
        if is_path and directory not in known and len(known) < _MAX_DIRECTORIES:
            order = sum(stand_in.startswith(f"{MASKED}{name} ") for stand_in in known.values())
            known[directory] = f"{MASKED}{name} {order}{MASKED}"

    def _tell(self, mask: Mask, count: int) -> None:
        if count and self.found is not None:
            self.found(mask, count)

    def _limited(self, mask: Mask, search: Callable[..., Any], *arguments: str) -> Any:
        began = time.perf_counter()
        try:
            found = search(*arguments, timeout=max(self._left, 0.001), concurrent=True)
            if not isinstance(found, tuple):
                found = list(found)
        except (TimeoutError, MemoryError):
            raise MaskTooSlow(mask.pattern.pattern) from None
        self._left -= time.perf_counter() - began
        return found


@lru_cache(256)
def _whole_path(directory: str) -> re.Pattern[str]:
    return re.compile(whole_path(directory))


@lru_cache(256)
def compile_limited(pattern: re.Pattern[str]) -> Any:
    """Return the pattern compiled by ``regex``. Raises ValueError for one that only `re` accepts."""
    try:
        return regex.compile(pattern.pattern, regex.V0)  # its flags stand in it
    except regex.error as exc:
        raise ValueError(exc.msg) from None
