"""What the cache itself asks the upstream for is told with its tokens, to be subtracted from what hits save."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from aicache.domain.model import Entry
from aicache.engine import Exchange
from aicache.proxy.flow_state import Replay
from aicache.proxy.upstream_replay import take_response
from in_process import InProcessProxy, a_question, an_answer, ask, in_process
from proxy.test_savings import CHAT, an_answer_of

USAGE = {"prompt_tokens": 9, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 4}}


async def a_missed(proxy: InProcessProxy) -> Exchange:
    """Return the exchange of a request that goes upstream."""
    flow = a_question("What does a check cost?")
    await ask(proxy, flow)
    exchange = proxy.addon.parts.flows.of(flow).exchange
    assert isinstance(exchange, Exchange)
    return exchange


@pytest.mark.parametrize("purpose", ["audit", "refresh"])
async def test_an_answer_for_the_cache_itself_is_told(purpose: str) -> None:
    told: list[tuple[str, int, int, int]] = []

    def spent(why: str, exchange: Exchange, entries: Sequence[Entry]) -> None:
        told.extend((why, each.prompt_tokens, each.completion_tokens, each.cached_tokens) for each in entries)

    async with in_process() as proxy:
        exchange = await a_missed(proxy)
        replay = Replay(audited=exchange) if purpose == "audit" else Replay(refreshed=exchange)
        engine = proxy.runtime.engine
        take_response(a_question("q"), an_answer_of(CHAT, USAGE), replay, engine, spent)
        await proxy.settle()
        await engine._comparisons.drain(5)

        assert told == [(purpose, 9, 2, 4)]


async def test_an_answer_of_no_use_is_told_as_nothing() -> None:
    told: list[object] = []
    async with in_process() as proxy:
        exchange = await a_missed(proxy)
        failed = an_answer("x")
        failed.status_code = 500
        take_response(
            a_question("q"), failed, Replay(audited=exchange), proxy.runtime.engine, lambda *a: told.append(a)
        )
        await proxy.runtime.engine._comparisons.drain(5)

    assert told == []
