"""Requests that wait for the answer to one in other words: who does, for whose, and what their flows look like."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mitmproxy.http import HTTPFlow, Response

from aicache.adapters.memory import MemoryIndex
from aicache.domain.model import Vector
from aicache.domain.ports import Purpose
from fakes import BrokenEmbedder, LetterEmbedder
from in_process import (
    InProcessProxy,
    a_question,
    a_stream,
    an_answer,
    an_answer_with_usage,
    ask,
    end,
    in_process,
    waiting,
)

ASKED, REWORDED, WRITTEN = "how do I reset my password", "how can I reset my password", "How do I reset my password?"
SEMANTIC = "ai-cache; fwd=miss; collapsed; detail=semantic"
SAME_WORDS = "ai-cache; fwd=miss; collapsed; detail=same-words"


class CountingEmbedder(LetterEmbedder):
    """An embedder that keeps what it has embedded."""

    def __init__(self) -> None:
        self.embedded: list[str] = []

    async def embed(self, texts: Sequence[str], purpose: Purpose, partition: str = "") -> Vector:
        self.embedded += texts
        return await super().embed(texts, purpose, partition)


@contextlib.asynccontextmanager
async def by_meaning(
    tmp_path: Path, config: str = "", embedder: LetterEmbedder | None = None, **rules: Any
) -> AsyncIterator[InProcessProxy]:
    """Run the addon with hits by meaning of what is in flight; *config* adds to its YAML."""
    (tmp_path / "config.yaml").write_text(f"in_flight: {{by_meaning: true}}\n{config}")
    async with in_process(tmp_path / "config.yaml") as proxy:
        engine = proxy.runtime.engine
        engine.rules = replace(engine.rules, threshold=0.9, **rules)
        engine.use_semantic(embedder or CountingEmbedder(), MemoryIndex(), embedder_timeout=1.0, index_timeout=1.0)
        yield proxy


async def goes_upstream(proxy: InProcessProxy, flow: HTTPFlow) -> None:
    """Pass a request through the hooks that must neither wait nor be answered."""
    await asyncio.wait_for(ask(proxy, flow), 5)
    assert flow.response is None


def status_of(flow: HTTPFlow) -> str:
    assert flow.response is not None
    return flow.response.headers["cache-status"]


async def test_a_request_in_other_words_is_a_hit_by_meaning_that_was_collapsed(tmp_path: Path) -> None:
    async with by_meaning(tmp_path) as proxy:
        leader, follower = a_question(ASKED), a_question(REWORDED)
        await ask(proxy, leader)
        task = await waiting(proxy, follower)
        assert proxy.runtime.engine.queues["collapsed"] == 1
        await end(proxy, leader, an_answer_with_usage("Like this."))
        await task
        await end(proxy, follower)
        metrics = proxy.addon.parts.observability.metrics.text().decode()

    assert leader.response is not None
    assert follower.response is not None
    assert follower.response.json() == leader.response.json()
    assert status_of(follower) == SEMANTIC
    assert follower.response.headers["x-cache-status"] == "hit"
    assert 0.9 < float(follower.response.headers["x-ai-cache-similarity"]) < 1
    assert follower.response.headers["x-ai-cache-key"] == leader.response.headers["x-ai-cache-key"]
    assert (follower.marked, follower.metadata["ai_cache"]) == (":large_blue_circle:", "semantic hit")
    assert f"the answer of flow {leader.id[:8]}, which was in flight" in follower.comment
    assert "saved 12 tokens" in follower.comment
    assert "old" not in follower.comment
    assert 'aicache_hits_total{api="chat",model="m",tier="semantic"} 1.0' in metrics
    assert 'aicache_collapsed_semantic_hits_total{api="chat"} 1.0' in metrics


async def test_many_in_other_words_at_once_are_one_request_to_the_upstream(tmp_path: Path) -> None:
    async with by_meaning(tmp_path) as proxy:
        flows = [a_question(f"how {word} I reset my password") for word in ("do", "can", "could", "may")]
        tasks = [asyncio.create_task(ask(proxy, flow)) for flow in flows]
        await asyncio.sleep(0.1)
        done = [task for task in tasks if task.done()]
        assert len(done) == 1  # nothing of this sort was asked before, and all are looked up at the same time
        [leader] = [flow for flow, task in zip(flows, tasks, strict=True) if task.done()]
        assert leader.response is None
        await end(proxy, leader, an_answer("Like this."))
        await asyncio.wait_for(asyncio.gather(*tasks), 5)

        assert {status_of(flow) for flow in flows if flow is not leader} == {SEMANTIC}
        embedder = proxy.runtime.engine.semantic
        assert embedder is not None
        assert isinstance(embedder.embedder.port, CountingEmbedder)
        assert len(embedder.embedder.port.embedded) == len(set(embedder.embedder.port.embedded)) == len(flows)


@pytest.mark.parametrize("embedder", [CountingEmbedder(), BrokenEmbedder()])
async def test_the_same_words_need_no_embedding(tmp_path: Path, embedder: LetterEmbedder) -> None:
    async with by_meaning(tmp_path, embedder=embedder, same_words=True) as proxy:
        leader, follower = a_question(ASKED), a_question(WRITTEN)
        await ask(proxy, leader)
        task = await waiting(proxy, follower)
        assert WRITTEN not in getattr(embedder, "embedded", [])
        await end(proxy, leader, an_answer("Like this."))
        await task

    assert status_of(follower) == SAME_WORDS


@pytest.mark.parametrize(
    "other",
    [
        a_question("how do I reset 2 passwords"),  # refused by a guard
        a_question("what is the weather like"),  # far off
        a_question(REWORDED, credential="sk-bob"),
        a_question(REWORDED, cache_control="no-store"),
        a_question(REWORDED, x_ai_cache_threshold="1"),
        a_question("how can I reset my password today"),  # volatile
    ],
)
async def test_what_no_stored_answer_would_be_given_to_goes_upstream(tmp_path: Path, other: HTTPFlow) -> None:
    async with by_meaning(tmp_path) as proxy:
        await ask(proxy, a_question(ASKED))

        await goes_upstream(proxy, other.copy())


@pytest.mark.parametrize(
    "leader",
    [a_question("how do I reset my password now"), a_question(ASKED, cache_control="no-store")],
)
async def test_nothing_waits_for_an_answer_that_would_not_be_found_by_meaning(tmp_path: Path, leader: HTTPFlow) -> None:
    async with by_meaning(tmp_path) as proxy:
        await ask(proxy, leader.copy())

        await goes_upstream(proxy, a_question(REWORDED))


async def test_it_is_off_unless_it_is_configured() -> None:
    async with in_process() as proxy:
        engine = proxy.runtime.engine
        engine.rules = replace(engine.rules, threshold=0.9, same_words=True)
        engine.use_semantic(CountingEmbedder(), MemoryIndex(), embedder_timeout=1.0, index_timeout=1.0)
        await ask(proxy, a_question(ASKED))

        await goes_upstream(proxy, a_question(REWORDED))
        await goes_upstream(proxy, a_question(WRITTEN))


async def test_after_an_error_one_of_those_that_wait_goes_upstream_in_its_place(tmp_path: Path) -> None:
    async with by_meaning(tmp_path) as proxy:
        leader, second, third = a_question(ASKED), a_question(REWORDED), a_question("how could I reset my password")
        await ask(proxy, leader)
        tasks = [await waiting(proxy, flow) for flow in (second, third)]
        await end(proxy, leader, Response.make(500, b"{}", {"content-type": "application/json"}))
        await asyncio.wait_for(tasks[0], 5)
        assert second.response is None
        assert not tasks[1].done()
        await end(proxy, second, an_answer("Like this."))
        await asyncio.wait_for(tasks[1], 5)

    assert status_of(second) == "ai-cache; fwd=miss; collapsed=?0; stored"
    assert status_of(third) == SEMANTIC


async def test_after_two_errors_all_go_their_own_way(tmp_path: Path) -> None:
    async with by_meaning(tmp_path) as proxy:
        flows = [a_question(f"how {word} I reset my password") for word in ("do", "can", "could", "may")]
        await ask(proxy, flows[0])
        tasks = [await waiting(proxy, flow) for flow in flows[1:]]
        for leader in flows[:2]:
            await end(proxy, leader, Response.make(500, b"{}", {"content-type": "application/json"}))
            await asyncio.sleep(0.1)  # one of the others takes its place
        await asyncio.wait_for(asyncio.gather(*tasks), 5)

        assert [flow.response for flow in flows[2:]] == [None, None]


async def test_what_declines_answers_its_own_question_alone(tmp_path: Path) -> None:
    async with by_meaning(tmp_path) as proxy:
        leader, follower = a_question(ASKED), a_question(REWORDED)
        await ask(proxy, leader)
        task = await waiting(proxy, follower)
        await end(proxy, leader, an_answer("I'm sorry, but I can't help with that."))
        await asyncio.wait_for(task, 5)

        assert follower.response is None


@pytest.mark.parametrize(("refusals", "follows"), [("always", True), ("exact", False)])
async def test_a_stream_is_followed_where_answers_that_decline_may_be_shared(
    tmp_path: Path, refusals: str, follows: bool
) -> None:
    async with by_meaning(tmp_path, f"store: {{refusals: {refusals}}}\n") as proxy:
        leader, follower = a_question(ASKED, stream=True), a_question(REWORDED, stream=True)
        await ask(proxy, leader)
        leader.response = a_stream("Like ", "this.")
        body, leader.response.raw_content = leader.response.raw_content or b"", None
        await proxy.hook("responseheaders", leader)
        task = asyncio.create_task(ask(proxy, follower))
        await asyncio.sleep(0.1)
        assert task.done() is follows
        tee = leader.response.stream
        assert callable(tee)
        for chunk in (body, b""):
            tee(chunk)
        leader.response.timestamp_end = leader.response.timestamp_start + 0.1
        await proxy.hook("response", leader)
        await asyncio.wait_for(task, 5)
        await proxy.settle()
        metrics = proxy.addon.parts.observability.metrics.text().decode()

        assert status_of(follower) == SEMANTIC
        assert "x-ai-cache-similarity" in (follower.response or Response.make()).headers
        assert 'aicache_collapsed_semantic_hits_total{api="chat"} 1.0' in metrics
        assert "the answer of flow" in follower.comment
        if follows:
            source = proxy.addon.parts.live._sources[follower]
            assert b"".join(source.take()) == body


async def test_an_answer_that_must_not_be_stored_frees_those_that_wait(tmp_path: Path) -> None:
    async with by_meaning(tmp_path) as proxy:
        leader, follower = a_question(ASKED), a_question(REWORDED)
        await ask(proxy, leader)
        task = await waiting(proxy, follower)
        answer = an_answer("Like th")
        answer.text = (answer.text or "").replace('"stop"', '"length"')
        await end(proxy, leader, answer)
        await asyncio.wait_for(task, 5)

        assert follower.response is None
        assert len(proxy.runtime.engine.neighbors_in_flight) == 1  # its own


async def test_a_request_waits_for_a_bounded_time(tmp_path: Path) -> None:
    async with by_meaning(tmp_path) as proxy:
        proxy.runtime.settings = replace(
            proxy.runtime.settings, in_flight=replace(proxy.runtime.settings.in_flight, wait=0.2)
        )
        leader, follower, later = a_question(ASKED), a_question(REWORDED), a_question("how could I reset my password")
        await ask(proxy, leader)
        task = await waiting(proxy, follower)

        await asyncio.wait_for(task, 5)
        assert follower.response is None
        await goes_upstream(proxy, later)
