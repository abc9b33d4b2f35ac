"""How many workers ``--workers`` asks for."""

from __future__ import annotations

from pathlib import Path

import pytest

from aicache.cli.workers.cores import count_cores, parse_workers


def test_a_number_is_taken_as_it_is() -> None:
    assert parse_workers("3") == 3
    assert parse_workers("auto") == count_cores() >= 1


@pytest.mark.parametrize("text", ["0", "-1", "257", "two", "", "1.5", "٣"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="neither a number from 1 to 256 nor auto"):
        parse_workers(text)


def test_auto_heeds_the_limit_of_a_container(tmp_path: Path) -> None:
    limit = tmp_path / "cpu.max"
    limit.write_text("50000 100000\n", "ascii")

    assert count_cores(limit) == 1

    limit.write_text("max 100000\n", "ascii")
    assert count_cores(limit) == count_cores(tmp_path / "none")
