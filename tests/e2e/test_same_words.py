"""Over the wire: the same words, written differently, are found at once, also while nothing can be embedded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from e2e.page_visitor import page
from e2e.proxy import Proxy, free_port

if TYPE_CHECKING:
    from e2e.conftest import Upstream

CAPITAL = "What is the capital of France?"
WRITTEN = [
    "what is the capital of france",
    "WHAT IS THE CAPITAL OF FRANCE?",
    "Ｗｈａｔ ｉｓ ｔｈｅ ｃａｐｉｔａｌ ｏｆ Ｆｒａｎｃｅ？",
    "  What  is the capital of France ? ",
    "Please tell me what is the capital of France",
    "Hello, could you please tell me what's the capital of France? Thanks!",
]
NO_EMBEDDER = """
semantic:
  embedder: {{kind: openai, model: m, api_key: k, base_url: "http://127.0.0.1:{port}/v1", dimensions: 64, timeout: 0.2}}
"""


@pytest.fixture(scope="module")
def without_embedder(module_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """A proxy whose embedder refuses every connection."""
    config = NO_EMBEDDER.format(port=free_port())
    proxy = Proxy(module_upstream.url, tmp_path_factory.mktemp("proxy"), config)
    yield proxy.start(wait_for="ready: exact hits")
    proxy.stop()


@pytest.mark.parametrize("written", WRITTEN)
def test_they_are_a_hit_without_an_embedder(without_embedder: Proxy, upstream: Upstream, written: str) -> None:
    proxy = without_embedder
    stored = proxy.ask_until("exact", CAPITAL) if upstream.calls else proxy.ask(CAPITAL)
    calls = upstream.calls

    reply = proxy.ask_until("same-words", written)

    assert reply.text == stored.text
    assert upstream.calls == calls
    assert reply.headers["x-ai-cache-similarity"] == "1.0000"
    assert "detail=same-words" in reply.headers["cache-status"]


def test_other_words_a_threshold_above_one_and_other_callers_are_misses(proxy: Proxy) -> None:
    proxy.ask("How tall is the Zugspitze?")
    proxy.ask_until("exact", "How tall is the Zugspitze?")
    same = proxy.ask("how tall is the Zugspitze")

    no_meaning = proxy.ask("how tall is the Zugspitze??", headers={"x-ai-cache-threshold": "2"})
    other_caller = proxy.ask("how tall is the Zugspitze !", key="sk-other")

    assert same.cache == "same-words"
    assert (no_meaning.cache, other_caller.cache) == ("miss", "miss")


def test_streamed_and_whole_share_it_and_it_is_counted_as_a_hit_by_meaning(proxy: Proxy) -> None:
    proxy.ask("Where is the Matterhorn?")
    proxy.ask_until("exact", "Where is the Matterhorn?")

    streamed = proxy.ask("where is the Matterhorn", stream=True)

    assert streamed.cache == "same-words"
    assert b"data: [DONE]" in streamed.body
    metrics = page(proxy).get("metrics").body.decode()
    assert re.search(r'(?m)^aicache_hits_total\{.*tier="semantic"', metrics)
    assert re.search(r"(?m)^aicache_same_words_hits_total\{", metrics)


def test_an_answer_told_wrong_answers_the_same_words_no_more(proxy: Proxy, upstream: Upstream) -> None:
    proxy.ask("Who built the Cheops pyramid?")
    proxy.ask_until("exact", "Who built the Cheops pyramid?")
    hit = proxy.ask("who built the Cheops pyramid")
    wrong = {"x-ai-cache-feedback": "wrong", "x-ai-cache-key": hit.headers["x-ai-cache-key"]}
    calls = upstream.calls

    fresh = proxy.ask("who built the Cheops pyramid", headers=wrong)

    assert hit.cache == "same-words"
    assert fresh.cache == "miss"
    assert upstream.calls == calls + 1


def test_without_hits_by_meaning_there_are_none(start: Callable[..., Proxy], tmp_path: Path) -> None:
    proxy = start("semantic: {enabled: false}\n", wait_for="ready: exact hits")
    proxy.ask(CAPITAL)
    proxy.ask_until("exact", CAPITAL)

    assert proxy.ask(CAPITAL.lower()).cache == "miss"
