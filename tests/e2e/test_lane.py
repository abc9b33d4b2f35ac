"""The fast lane is for hits only, and in nothing else can it be told from the ordinary way."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from e2e.proxy import READY_EXACT, Proxy
from e2e.wire import Wire, body_of, in_lane, learn, metric, request

if TYPE_CHECKING:
    from e2e.conftest import Upstream

CONFIG = "semantic: {enabled: false}\nspeed: {fast_lane: %s}\n"
OPEN = "the fast lane is open"
NO_LINES = ("--set", "flow_detail=0")
KNOWN = "What is the capital of France?"


@pytest.fixture
def lane(start: Callable[..., Proxy]) -> Proxy:
    proxy = start(CONFIG % "true", options=NO_LINES, wait_for=READY_EXACT)
    proxy.wait_log(OPEN)
    return proxy


def test_a_hit_goes_through_the_lane_and_is_counted(lane: Proxy, upstream: Upstream) -> None:
    ask = request(body_of(KNOWN))
    learn(lane, ask)
    calls, before, hits = upstream.calls, in_lane(lane), metric(lane, r'requests_total\{api="chat",outcome="hit"\}')

    wire = Wire(lane.port)
    ordinary = wire.ask(ask)  # it may be that the entry must be fetched again
    replies = {wire.ask(ask) for _ in range(10)}

    assert replies == {ordinary}
    assert in_lane(lane) - before >= 10
    assert metric(lane, r'requests_total\{api="chat",outcome="hit"\}') == hits + 11
    assert upstream.calls == calls
