"""Request headers: each wish is understood, and what is not understood makes the cache more careful, never less."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicache.domain.request_directives import Directives, parse_directives


@pytest.mark.parametrize(
    ("headers", "directives"),
    [
        ({}, Directives()),
        ({"x-higress-skip-ai-cache": "on"}, Directives(skip=True)),
        ({"x-higress-skip-ai-cache": "off"}, Directives()),
        ({"cache-control": "no-store"}, Directives(no_store=True)),
        ({"cache-control": "No-Cache, NO-STORE"}, Directives(no_store=True, no_cache=True)),
        ({"cache-control": "max-age=60"}, Directives(max_age=60)),
        ({"cache-control": 'max-age="60", only-if-cached'}, Directives(max_age=60, only_if_cached=True)),
        ({"cache-control": "max-age=soon"}, Directives(max_age=0)),
        ({"cache-control": "private, something=new"}, Directives()),
        ({"x-ai-cache-ttl": "90"}, Directives(ttl=90)),
        ({"x-ai-cache-ttl": "2h"}, Directives(ttl=7200)),
        ({"x-ai-cache-ttl": "-1"}, Directives(ttl=0)),
        ({"x-ai-cache-ttl": "for ever"}, Directives(ttl=0)),
        ({"x-ai-cache-threshold": "0.9"}, Directives(threshold=0.9)),
        ({"x-ai-cache-threshold": "90%"}, Directives(threshold=math.inf)),
        ({"x-ai-cache-threshold": "nan"}, Directives(threshold=math.inf)),
    ],
)
def test_directives_are_read_as_written(headers: dict[str, str], directives: Directives) -> None:
    assert parse_directives(headers) == directives


@given(
    st.dictionaries(
        st.sampled_from(["cache-control", "x-ai-cache-ttl", "x-ai-cache-threshold", "x-higress-skip-ai-cache"]),
        st.text(),
    )
)
def test_rubbish_never_raises_and_never_loosens(headers: dict[str, str]) -> None:
    directives = parse_directives(headers)

    assert directives.ttl >= 0
    assert directives.max_age >= 0
    assert directives.threshold == -1.0 if "x-ai-cache-threshold" not in headers else directives.threshold >= 0
