"""Labels: callers choose names and errors choose words, and there are only so many of them all the same."""

from __future__ import annotations

import pytest

from aicache.telemetry.labels import (
    MAX_NAME_CHARS,
    OTHER,
    BoundedNames,
    dependency_label,
    reason_label,
    replace_surrogates,
)


def test_the_first_names_are_kept_and_later_ones_are_others() -> None:
    names = BoundedNames(2)

    assert [names.of(name) for name in ("a", "b", "c", "a")] == ["a", "b", OTHER, "a"]


def test_a_name_that_was_never_taken_in_is_another() -> None:
    names = BoundedNames(2)
    names.of("a")

    assert names.known("a") == "a"
    assert names.known("b") == OTHER
    assert names.of("b") == "b"


def test_a_long_name_is_cut() -> None:
    assert BoundedNames(1).of("m" * 10_000) == "m" * MAX_NAME_CHARS


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("no-neighbor", "no-neighbor"),
        ("guard:numbers", "guard:numbers"),
        ("store-error: exact store: broken", "store-error"),
        ("status 503", "status"),
        ("2/3 known", "known in part"),
        ("not JSON (byte 17)", "not JSON"),
        ("", OTHER),
        (None, OTHER),
        (": all detail", OTHER),
    ],
)
def test_a_reason_is_told_without_what_differs_each_time(reason: str | None, kind: str) -> None:
    assert reason_label(reason) == kind


def test_a_part_is_one_that_we_have() -> None:
    assert dependency_label("store-error: vector index: no answer in time") == "vector index"
    assert dependency_label("store-error: embedder: not asked, it is failing") == "embedder"
    assert dependency_label("store-error: 10.0.0.1:6379 refused") == OTHER


def test_what_utf_8_cannot_say_is_replaced_at_any_depth() -> None:
    assert replace_surrogates({"a": ["\ud800x", ("é", 1, None)]}) == {"a": ["?x", ["é", 1, None]]}
