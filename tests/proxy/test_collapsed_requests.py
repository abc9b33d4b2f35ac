"""Requests that wait for an equal one: what their flows look like, and who may have whose answer."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path

import pytest
from mitmproxy.connection import ConnectionState
from mitmproxy.flow import Error
from mitmproxy.http import Response

from in_process import a_question, an_answer, an_answer_with_usage, ask, end, in_process, waiting

COLLAPSED = "ai-cache; fwd=miss; collapsed"


async def test_a_flow_names_the_one_whose_answer_it_was_given() -> None:
    async with in_process() as proxy:
        leader, follower = a_question("Who leads?"), a_question("Who leads?")
        await ask(proxy, leader)
        task = await waiting(proxy, follower)
        assert proxy.runtime.engine.queues["collapsed"] == 1
        await end(proxy, leader, an_answer_with_usage("I do."))
        await task
        await end(proxy, follower)
        metrics = proxy.addon.parts.observability.metrics.text().decode()

    assert leader.response is not None
    assert follower.response is not None
    assert follower.response.json() == leader.response.json()
    assert follower.response.headers["cache-status"] == COLLAPSED
    assert "age" not in follower.response.headers
    assert (follower.marked, follower.metadata["ai_cache"]) == (":purple_circle:", "collapsed hit")
    assert follower.comment.startswith(f"collapsed hit · the answer of flow {leader.id[:8]}, which was in flight")
    assert "saved 12 tokens" in follower.comment
    assert 'aicache_hits_total{api="chat",model="m",tier="collapsed"} 1.0' in metrics
    assert 'aicache_tokens_saved_total{kind="completion",model="m"} 5.0' in metrics


async def test_a_flow_that_is_dropped_without_a_word_holds_up_nobody() -> None:
    async with in_process() as proxy:
        leader, follower = a_question("Is it lost?"), a_question("Is it lost?")
        await ask(proxy, leader)
        task = await waiting(proxy, follower)
        del leader
        gc.collect()
        await asyncio.wait_for(task, 5)

        assert follower.response is None  # it goes upstream
        await end(proxy, follower, an_answer("No."))

    assert follower.response is not None
    assert follower.response.headers["cache-status"] == "ai-cache; fwd=miss; collapsed=?0; stored"


async def test_where_the_leaders_client_has_left_the_next_one_goes_upstream() -> None:
    async with in_process() as proxy:
        leader, second, third = (a_question("Who stays?") for _ in range(3))
        await ask(proxy, leader)
        tasks = [await waiting(proxy, flow) for flow in (second, third)]
        leader.client_conn.state = ConnectionState.CLOSED
        leader.error = Error("Client disconnected.")
        await proxy.hook("error", leader)
        await asyncio.wait_for(tasks[0], 5)

        assert not tasks[1].done()
        await end(proxy, second, an_answer("I do."))
        await asyncio.wait_for(tasks[1], 5)
        assert third.response is not None
        assert third.response.headers["cache-status"] == COLLAPSED


async def test_who_shares_answers_must_be_known_to_the_upstream(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("scope: shared\n")
    async with in_process(config) as proxy:
        await proxy.send(a_question("Who am I?"), an_answer("Alice."))  # proves her key
        await proxy.settle()
        leader, own, stranger = (
            a_question("For all?"),
            a_question("For all?"),
            a_question("For all?", credential="sk-b"),
        )
        await ask(proxy, leader)
        task = await waiting(proxy, own)
        await asyncio.wait_for(ask(proxy, stranger), 5)

        assert stranger.response is None  # it goes upstream, which may refuse its key
        await end(proxy, leader, an_answer("Yes."))
        await task
        assert own.response is not None
        assert own.response.headers["cache-status"] == COLLAPSED


async def test_a_web_page_gets_no_answer_that_another_page_alone_may_read() -> None:
    async with in_process() as proxy:
        leader = a_question("Which page?", origin="https://one.test")
        other = a_question("Which page?", origin="https://two.test")
        await ask(proxy, leader)
        task = await waiting(proxy, other)
        await end(proxy, leader, an_answer("One.", access_control_allow_origin="https://one.test"))
        await task

    assert other.response is None


@pytest.mark.parametrize("status", [401, 429, 500])
async def test_an_error_is_given_to_nobody_else(status: int) -> None:
    async with in_process() as proxy:
        leader, follower = a_question("An error?"), a_question("An error?")
        await ask(proxy, leader)
        task = await waiting(proxy, follower)
        await end(proxy, leader, Response.make(status, b"{}", {"content-type": "application/json"}))
        await asyncio.wait_for(task, 5)

    assert follower.response is None


async def test_an_answer_that_was_deleted_meanwhile_is_not_given_any_more() -> None:
    async with in_process() as proxy:
        await proxy.send(a_question("Deleted?"), an_answer("Soon."))
        await proxy.settle()
        flights = proxy.runtime.engine.collapsing.state
        [key] = proxy.runtime.store.entries
        assert key in flights._recent
        proxy.runtime.engine._count_purge()

        assert key not in flights._recent
