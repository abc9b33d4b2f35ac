"""Request headers: each wish is understood, and what is not understood makes the cache more careful, never less."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicache.domain.request_directives import Controls, parse_controls


@pytest.mark.parametrize(
    ("headers", "wishes"),
    [
        ({}, Controls()),
        ({"x-higress-skip-ai-cache": "on"}, Controls(skip=True)),
        ({"x-higress-skip-ai-cache": "off"}, Controls()),
        ({"cache-control": "no-store"}, Controls(no_store=True)),
        ({"cache-control": "No-Cache, NO-STORE"}, Controls(no_store=True, no_cache=True)),
        ({"cache-control": "max-age=60"}, Controls(max_age=60)),
        ({"cache-control": 'max-age="60", only-if-cached'}, Controls(max_age=60, only_if_cached=True)),
        ({"cache-control": "max-age=soon"}, Controls(max_age=0)),
        ({"cache-control": "private, something=new"}, Controls()),
        ({"x-ai-cache-ttl": "90"}, Controls(ttl=90)),
        ({"x-ai-cache-ttl": "2h"}, Controls(ttl=7200)),
        ({"x-ai-cache-ttl": "-1"}, Controls(ttl=0)),
        ({"x-ai-cache-ttl": "for ever"}, Controls(ttl=0)),
        ({"x-ai-cache-threshold": "0.9"}, Controls(threshold=0.9)),
        ({"x-ai-cache-threshold": "90%"}, Controls(threshold=math.inf)),
        ({"x-ai-cache-threshold": "nan"}, Controls(threshold=math.inf)),
    ],
)
def test_wishes_are_read_as_written(headers: dict[str, str], wishes: Controls) -> None:
    assert parse_controls(headers) == wishes


@given(
    st.dictionaries(
        st.sampled_from(["cache-control", "x-ai-cache-ttl", "x-ai-cache-threshold", "x-higress-skip-ai-cache"]),
        st.text(),
    )
)
def test_rubbish_never_raises_and_never_loosens(headers: dict[str, str]) -> None:
    wishes = parse_controls(headers)

    assert wishes.ttl >= 0
    assert wishes.max_age >= 0
    assert wishes.threshold == -1.0 if "x-ai-cache-threshold" not in headers else wishes.threshold >= 0
