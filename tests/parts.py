"""The option ``--part 2/3``: of all test files, a process's share. ``scripts/test --quick`` starts one for each part.

Workers of pytest-xdist would each import and collect every file, and tell one process of each test, which takes longer
than most of the quick tests do.
"""

from __future__ import annotations

import argparse
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any, Protocol

import pytest

SLOW_FOLDERS = {"adapters", "cli", "engine", "runtime"}
SLOW_FACTOR = 8
"""Tests there start servers, or wait for clocks: a line of theirs takes so many times as long as one elsewhere."""
LAST_FAILED = "cache/lastfailed"
"""Where pytest keeps what --last-failed runs."""


class Cache(Protocol):
    """What it needs of ``pytest.Cache``."""

    def get(self, key: str, default: Any) -> Any: ...

    def set(self, key: str, value: object) -> None: ...


def part(text: str) -> tuple[int, int]:
    """Read the option's value: a number from 1 on, and that of all parts."""
    number, _, all_parts = text.partition("/")
    try:
        read = int(number), int(all_parts)
    except ValueError:
        read = 0, 0
    if not 1 <= read[0] <= read[1]:
        raise argparse.ArgumentTypeError(f"{text!r} is no part; write 2/3 for the second of three")
    return read


def deal(files: Sequence[Path], number: int, parts: int) -> frozenset[Path]:
    """Return the files of the part *number* of *parts*, which take about as long as the other parts' do."""
    dealt: list[set[Path]] = [set() for _ in range(parts)]
    weights = [0] * parts
    for weight, file in sorted(((weigh(file), file) for file in files), reverse=True):
        lightest = weights.index(min(weights))
        dealt[lightest].add(file)
        weights[lightest] += weight
    return frozenset(dealt[number - 1])


def weigh(file: Path) -> int:
    """Return about how long its tests take, in no unit."""
    return file.stat().st_size * (1 if SLOW_FOLDERS.isdisjoint(file.parts) else SLOW_FACTOR)


class Part:
    """Collects the files of one part, and keeps what failed beside what failed in the others."""

    def __init__(self, files: frozenset[Path], cache: Cache | None) -> None:
        self._files = files
        self._cache = cache
        self._failed_before = self._last_failed()

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        is_test = collection_path.name.startswith("test_") and collection_path.suffix == ".py"
        return True if is_test and collection_path not in self._files else None

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self) -> Generator[None]:
        """pytest writes what failed before this run or in it, without what other processes wrote meanwhile."""
        others = self._last_failed()
        yield
        own = self._last_failed()
        if self._cache is not None:
            failed = others - (self._failed_before - own) | (own - self._failed_before)
            self._cache.set(LAST_FAILED, dict.fromkeys(sorted(failed), True))

    def _last_failed(self) -> set[str]:
        return set(self._cache.get(LAST_FAILED, {})) if self._cache is not None else set()
