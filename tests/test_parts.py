"""The option ``--part``: all parts together are all tests."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pytest

import parts

ALREADY, FIXED, NEW, ELSEWHERE = "a.py::already", "a.py::fixed", "a.py::new", "b.py::elsewhere"


def test_every_file_is_in_one_part_and_all_parts_weigh_about_the_same() -> None:
    files = list(Path(__file__).parent.rglob("test_*.py"))

    dealt = [parts.deal(files, number, 3) for number in (1, 2, 3)]

    assert sorted(file for part in dealt for file in part) == sorted(files)
    weights = [sum(map(parts.weigh, part)) for part in dealt]
    assert max(weights) < 1.05 * min(weights)


def test_a_file_of_tests_that_wait_weighs_more(tmp_path: Path) -> None:
    (tmp_path / "engine").mkdir()
    waits, computes = tmp_path / "engine" / "test_a.py", tmp_path / "test_b.py"
    waits.write_text("pass\n")
    computes.write_text("pass\n")

    assert parts.weigh(waits) > parts.weigh(computes) > 0


def test_a_part_collects_its_own_files_and_whatever_is_no_test() -> None:
    own, other, folder = Path("tests/test_own.py"), Path("tests/test_other.py"), Path("tests/guards")
    part = parts.Part(frozenset({own}), None)

    assert [part.pytest_ignore_collect(each) for each in (own, other, folder)] == [None, True, None]


@pytest.mark.parametrize("text", ["", "1", "0/2", "3/2", "a/b", "1/2/3", "-1/2"])
def test_what_is_no_part_is_refused(text: str) -> None:
    assert parts.part("2/3") == (2, 3)
    with pytest.raises(argparse.ArgumentTypeError, match="write 2/3"):
        parts.part(text)


@pytest.mark.parametrize("others", [{ALREADY}, {ALREADY, FIXED, ELSEWHERE}], ids=["fixed another", "failed another"])
def test_what_failed_is_kept_beside_what_the_other_parts_kept(others: set[str]) -> None:
    """The part starts with two failures, of which one is fixed, and has a new one."""
    cache = FakeCache({ALREADY, FIXED})
    part = parts.Part(frozenset(), cache)
    cache.failed = others

    finish = part.pytest_sessionfinish()
    next(finish)
    cache.failed = {ALREADY, NEW}  # as pytest writes it: what this process has seen
    with pytest.raises(StopIteration):
        next(finish)

    assert cache.failed == (others - {FIXED}) | {NEW}


class FakeCache:
    def __init__(self, failed: set[str]) -> None:
        self.failed = failed

    def get(self, key: str, default: Any) -> Any:
        assert key == parts.LAST_FAILED
        return dict.fromkeys(self.failed, True)

    def set(self, key: str, value: Any) -> None:
        assert key == parts.LAST_FAILED
        self.failed = set(value)
