"""The addon's hooks, driven in this process: what a flow looks like at the end, and what is stored and reported."""

from __future__ import annotations

from aicache.engine.answer_writer import MAX_STORES
from in_process import a_question, a_stream, an_answer, in_process


async def test_a_miss_is_stored_and_hits_from_then_on() -> None:
    async with in_process() as proxy:
        first = await proxy.send(a_question("What is DNS?"), an_answer("Names to addresses."))
        await proxy.settle()
        second = await proxy.send(a_question("What is DNS?"), an_answer("not asked"))

    assert proxy.upstream == 1
    assert first.response is not None
    assert second.response is not None
    assert first.response.headers["cache-status"] == "ai-cache; fwd=miss; stored"
    assert second.response.headers["cache-status"].startswith("ai-cache; hit; detail=exact; ttl=")
    assert second.response.json() == first.response.json()
    assert first.comment.startswith("miss: ")
    assert second.comment.startswith("exact hit")


async def test_a_bypass_is_not_stored() -> None:
    async with in_process() as proxy:
        flow = await proxy.send(a_question("What is DNS?", x_higress_skip_ai_cache="on"), an_answer("a"))
        await proxy.settle()

    assert flow.response is not None
    assert flow.response.headers["cache-status"] == "ai-cache; fwd=bypass"
    assert "x-higress-skip-ai-cache" not in flow.request.headers
    assert not proxy.runtime.store.entries


async def test_another_caller_has_answers_of_its_own() -> None:
    async with in_process() as proxy:
        await proxy.send(a_question("What is DNS?"), an_answer("for Alice"))
        await proxy.settle()
        flow = await proxy.send(a_question("What is DNS?", credential="sk-bob"), an_answer("for Bob"))

    assert proxy.upstream == 2
    assert flow.response is not None
    assert b"for Bob" in (flow.response.content or b"")


async def test_a_stream_is_stored_when_it_has_passed() -> None:
    async with in_process() as proxy:
        await proxy.send(a_question("What is DNS?", stream=True), a_stream("Names ", "to addresses."))
        await proxy.settle()
        flow = await proxy.send(a_question("What is DNS?", stream=True), a_stream("not asked"))

    assert proxy.upstream == 1
    assert flow.response is not None
    assert b"Names " in (flow.response.content or b"")


async def test_a_stream_that_is_dropped_because_too_much_is_being_stored_is_reported() -> None:
    async with in_process() as proxy:
        for _ in range(MAX_STORES):
            assert proxy.runtime.engine._stores._shares.acquire(None)
        flow = await proxy.send(a_question("What is DNS?", stream=True), a_stream("a"))
        metrics = proxy.addon.parts.observability.metrics.text()

    assert 'aicache_not_stored_total{reason="too busy"} 1.0' in metrics.decode()
    assert flow.comment.endswith("not kept: too much was being stored")


async def test_a_request_that_is_not_an_llm_call_passes_untouched() -> None:
    async with in_process() as proxy:
        flow = a_question("What is DNS?")
        flow.request.path = "/index.html"
        await proxy.send(flow, an_answer("a"))

    assert flow.response is not None
    assert "cache-status" not in flow.response.headers
    assert (flow.comment, flow.marked) == ("", "")
