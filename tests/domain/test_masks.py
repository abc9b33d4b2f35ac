"""Patterns of `mask` are matched within a time limit, and otherwise as Python's own `re` would."""

from __future__ import annotations

import re
import time

import pytest

from aicache.config import ConfigError, load
from aicache.domain.masks import MASKS_TIME_LIMIT_S, Mask, Masks, MaskTooSlow, Place

SLOW = {
    r"(a|aa)+$": "a" * 40 + "!",
    r"^(([a-z])+.)+[A-Z]([a-z])+$": "a" * 100_000,
    r"(?:a+)+$": "a" * 5_000 + "!",
    r"(.*?,){11}P": "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21" * 3,
}


@pytest.mark.parametrize("pattern", SLOW)
def test_a_pattern_that_takes_for_ever_is_stopped_and_named(pattern: str) -> None:
    masks = Masks([Mask(re.compile(pattern))])

    began = time.thread_time()
    with pytest.raises(MaskTooSlow) as caught:
        masks.blank(SLOW[pattern])

    assert caught.value.pattern == pattern
    assert SLOW[pattern] not in str(caught.value)
    assert time.thread_time() - began < 10 * MASKS_TIME_LIMIT_S


def test_the_limit_is_for_all_texts_of_a_request_together() -> None:
    masks = Masks([Mask(re.compile(r"(a|aa)+$"))])
    text = "a" * 24 + "!"

    began = time.thread_time()
    with pytest.raises(MaskTooSlow):
        for _ in range(1000):
            masks.blank(text)

    assert time.thread_time() - began < 1


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"\d{4}-\d\d-\d\d", "on 2026-11-29, not 26-11-29"),
        (r"(?i)today is \w+", "TODAY is Monday. Today Is Tuesday"),
        (r"(?<=time: )\S+", "time: 12:00 time: 13:00"),
        (r"(?m)^Date:.*$", "a\nDate: x\nb\nDate: y"),
        (r"x*", "abxd"),
        (r"(\w+) \1", "the the end end"),
        (r"[^\x00-\x7f]+", "日本 and more ½"),
        (r"\bnow\b", "now nowhere now"),
    ],
)
def test_what_is_found_is_what_re_finds(pattern: str, text: str) -> None:
    compiled = re.compile(pattern)

    assert Masks([Mask(compiled)]).blank(text) == compiled.sub("", text)


def test_the_configuration_refuses_what_cannot_be_matched() -> None:
    with pytest.raises(ConfigError, match="is not a regular expression"):
        load("mask: ['[a-z']\n", "config.yaml", {})


def test_a_mask_applies_to_its_places_only() -> None:
    masks = Masks([Mask(re.compile("x"), frozenset({Place.USER, Place.TOOL}))])

    assert [masks.blank("axb", place) for place in Place] == ["axb", "ab", "ab"]
