"""Requests in other words at the same time: one goes upstream, and the others are hits by meaning on its answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from demo.answers import Reply
from e2e.page_visitor import page
from e2e.proxy import Proxy

if TYPE_CHECKING:
    from e2e.conftest import Upstream

PASSWORD = [
    *("How do I reset my password?", "How can I reset my password?", "How could I reset my password?"),
    *("How do you reset my password?", "How can you reset my password?", "How to reset my password?"),
    *("How do I reset the password?", "How can I reset the password?", "How could I reset the password?"),
    *("What is the way to reset my password?", "How to reset the password?", "How to reset my password"),
    *("How do I reset my password", "How can I reset my password", "How do you reset my password"),
    *("How can you reset my password", "What is the way to reset my password"),
    *("how do i reset my password", "how can i reset my password", "How do I reset my password ?"),
]
"""Each may answer each other, by the local encoder and the guards."""
OTHERS = ["How do I reset my 2 passwords?", "How do I not reset my password?"]


CONFIG = """
in_flight: {by_meaning: true}
lookup_timeout: 5s  # a busy machine's
semantic: {embedder: {timeout: 5s}}
"""


@pytest.fixture(scope="module")
def proxy(module_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with Proxy(module_upstream.url, tmp_path_factory.mktemp("proxy"), CONFIG) as running:
        yield running
    assert "Traceback" not in running.log


def test_twenty_ways_to_ask_are_one_request_to_the_upstream_and_other_questions_their_own(
    proxy: Proxy, upstream: Upstream
) -> None:
    upstream.script = lambda request: Reply((request.question,), first_token=3.0)
    calls = upstream.calls
    with ThreadPoolExecutor(32) as pool:
        streamed = {"stream": True, "stream_options": {"include_usage": True}}
        modes = [streamed if number % 4 == 1 else {} for number in range(len(PASSWORD))]
        alike = [pool.submit(proxy.ask, question, **mode) for question, mode in zip(PASSWORD, modes, strict=True)]
        others = [pool.submit(proxy.ask, question) for question in OTHERS]
        replies, own = ([future.result(30) for future in futures] for futures in (alike, others))

    assert upstream.calls - calls == 1 + len(OTHERS)
    [leader] = [reply for reply in replies if reply.cache == "miss"]
    followers = [reply for reply in replies if reply is not leader]
    assert {reply.cache for reply in followers} == {"semantic", "same-words"}
    assert all("fwd=miss; collapsed; detail=" in reply.headers["cache-status"] for reply in followers)
    assert {reply.headers["x-ai-cache-key"] for reply in followers} == {leader.headers["x-ai-cache-key"]}
    assert [reply.text for reply in own] == OTHERS
    metrics = page(proxy).get("metrics").body.decode()
    assert re.search(r'(?m)^aicache_collapsed_semantic_hits_total\{api="chat"\} 19\.0', metrics)
    assert proxy.ask_until("semantic", "How may I reset my password?").status == 200  # what was stored answers now


def test_another_callers_question_is_its_own(proxy: Proxy, upstream: Upstream) -> None:
    upstream.script = lambda request: Reply((request.question,), first_token=1.0)
    calls = upstream.calls
    asked = ["How do I close my account?", "How can I close my account?"]
    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(proxy.ask, question, key=f"sk-{question}") for question in asked]
        replies = [future.result(30) for future in futures]

    assert upstream.calls - calls == 2
    assert [reply.text for reply in replies] == asked
