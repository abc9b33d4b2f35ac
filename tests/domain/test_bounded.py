"""The dict that drops its oldest items."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicache.domain.bounded import BoundedDict


def test_the_oldest_item_is_dropped_first() -> None:
    kept = BoundedDict[str, int](2)
    kept["a"], kept["b"], kept["c"] = 1, 2, 3

    assert dict(kept) == {"b": 2, "c": 3}


def test_setting_and_touching_make_a_key_the_newest_and_reading_does_not() -> None:
    kept = BoundedDict[str, int](3)
    kept["a"], kept["b"], kept["c"] = 1, 2, 3
    kept["a"] = 4
    kept.touch("b")
    assert kept["c"] == 3 and kept.get("c") == 3 and "c" in kept

    kept["d"] = 5

    assert list(kept) == ["a", "b", "d"]


def test_touching_an_absent_key_is_an_error() -> None:
    with pytest.raises(KeyError):
        BoundedDict[str, int](1).touch("a")


def test_sizes_are_summed_up_and_one_value_that_is_too_large_alone_is_not_kept() -> None:
    kept = BoundedDict[str, bytes](10, len)
    kept["a"], kept["b"] = b"12345", b"12345"
    kept["b"] = b"1234567"

    assert dict(kept) == {"b": b"1234567"}

    kept["c"] = b"x" * 11
    assert not kept


@given(st.lists(st.tuples(st.sampled_from("setpopclear"), st.integers(0, 9), st.binary(max_size=6)), max_size=60))
def test_the_limit_holds_whatever_is_done(steps: list[tuple[str, int, bytes]]) -> None:
    kept = BoundedDict[int, bytes](16, len)
    for do, key, value in steps:
        match do:
            case "p":
                kept.pop(key, None)
            case "c":
                kept.clear()
            case _:
                kept[key] = value
                assert kept[key] == value
        assert sum(map(len, kept.values())) <= 16
    kept.clear()
    kept[0] = b"x" * 16
    assert 0 in kept
