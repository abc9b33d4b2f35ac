"""The cloud chain in a real mitmdump: the real SDKs against stand-ins for DashScope and DashVector."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from demo.cloud.dashscope import Fault
from demo.cloud.dashvector import DashVector, loopback_environment
from e2e.embedding_service import EmbeddingService
from e2e.proxy import READY_EXACT, Proxy
from servers import Process

Start = Callable[..., Proxy]
NO_STORE: dict[str, Any] = {"headers": {"cache-control": "no-store"}}
LOOKUP_TIMEOUT_S = 0.5
"""The default."""
CONFIG = """\
semantic:
  threshold: 0.9
  embedder: {{kind: {kind}, model: {model}, api_key: "{key}", base_url: "{base_url}"{more}}}
  index: {{kind: dashvector, endpoint: "{endpoint}", api_key: "{index_key}"}}
"""


class Cloud:
    """Both services, in threads of their own."""

    def __init__(self) -> None:
        self._embedding, self.index = EmbeddingService(), DashVector()
        self.embedder = self._embedding.stand_in
        self.index.__enter__()

    def config(self, kind: str = "dashscope", **changes: str) -> str:
        values = {
            "kind": kind,
            "model": "text-embedding-v4",
            "key": self.embedder.key,
            "base_url": self.embedder.base_url if kind == "dashscope" else self.embedder.compatible_url,
            "more": ", dimensions: 256",
            "endpoint": self.index.endpoint,
            "index_key": self.index.api_key,
        }
        return CONFIG.format(**values | changes)

    def close(self) -> None:
        self.index.__exit__(None, None, None)
        self._embedding.close()


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    services = Cloud()
    yield services
    services.close()


@pytest.mark.parametrize("kind", ["dashscope", "openai"])
def test_a_question_in_other_words_is_found(start: Start, cloud: Cloud, kind: str) -> None:
    proxy = start(cloud.config(kind), environment=loopback_environment())
    proxy.ask("How do I reset my password?")

    near = proxy.ask_until("semantic", "How do I reset my passwords?")

    assert float(near.headers["x-ai-cache-similarity"]) > 0.9
    assert proxy.ask("Something else entirely", headers={"cache-control": "no-store"}).cache == "miss"
    assert (
        proxy.ask("How do I reset my passwords?", key="sk-other", headers={"cache-control": "no-store"}).cache == "miss"
    )


@pytest.mark.parametrize("stored_as", ["query", "document"])
def test_questions_are_stored_as_what_the_setting_says(start: Start, cloud: Cloud, stored_as: str) -> None:
    proxy = start(cloud.config(more=f", stored_as: {stored_as}"), environment=loopback_environment())
    cloud.embedder.parsed.clear()
    proxy.ask("How do I reset my password?")
    proxy.ask_until("semantic", "How do I reset my passwords?")

    asked = [(text, each.text_type) for each in cloud.embedder.parsed for text in each.texts]
    look_ups = ("How do I reset my password?", "How do I reset my passwords?")
    stores = [] if stored_as == "query" else [("How do I reset my password?", "document")]
    assert {(text, kind) for text, kind in asked if kind == "query"} == {(text, "query") for text in look_ups}
    assert [each for each in asked if each[1] != "query"] == stores
    assert asked.count(("How do I reset my password?", "query")) == 1
    [collection] = cloud.index.collections
    assert collection == f"text-embedding-v4{'' if stored_as == 'query' else '-document'}-1024"


def test_after_a_change_of_dimensions_or_model_stored_answers_are_found_by_vectors_of_its_own(
    start: Start, cloud: Cloud
) -> None:
    proxy = start(cloud.config(), environment=loopback_environment())
    proxy.ask("How do I reset my password?")
    proxy.ask_until("semantic", "How do I reset my passwords?", **NO_STORE)

    for number, change in enumerate(({"more": ", dimensions: 512"}, {"model": "text-embedding-v3"}), start=2):
        proxy.config_file.write_text(cloud.config(**change), "utf-8")
        proxy.wait_log("ready: hits by meaning", times=number)
        proxy.ask_until("semantic", "How do I reset my passwords?", **NO_STORE)
    proxy.config_file.write_text(cloud.config(), "utf-8")
    proxy.wait_log("ready: hits by meaning", times=4)

    assert proxy.ask("How do I reset my passwords?", **NO_STORE).cache == "semantic"
    [key] = {key for name in cloud.index.collections for key in cloud.index.documents(name)}
    assert {name: list(cloud.index.documents(name)) for name in cloud.index.collections} == {
        "text-embedding-v4-256": [key],
        "text-embedding-v4-512": [key],
        "text-embedding-v3-256": [key],
    }
    assert "1 stored answers are found by meaning again" in proxy.log
    assert "not used here: text-embedding-v4-256\n" in proxy.log
    assert "not used here: text-embedding-v4-256, text-embedding-v4-512\n" in proxy.log


def test_a_collection_of_a_given_name_takes_another_model_but_no_other_dimensions(start: Start, cloud: Cloud) -> None:
    def config(**changes: str) -> str:
        return cloud.config(**changes).replace('api_key: "demo"', 'api_key: "demo", collection: ours')

    proxy = start(config(), environment=loopback_environment())
    proxy.ask("How do I reset my password?")
    proxy.ask_until("semantic", "How do I reset my passwords?", **NO_STORE)
    [of_one_model] = cloud.index.documents("ours").values()

    proxy.config_file.write_text(config(model="text-embedding-v3"), "utf-8")
    proxy.wait_log("ready: hits by meaning", times=2)
    proxy.ask_until("semantic", "How do I reset my passwords?", **NO_STORE)
    [of_another] = cloud.index.documents("ours").values()
    proxy.config_file.write_text(config(more=", dimensions: 512"), "utf-8")
    proxy.wait_log("collection ours has dimension 256, not 512; name another in semantic.index.collection, or delete")

    assert of_one_model.fields["namespace"] != of_another.fields["namespace"]
    assert proxy.ask("How do I reset my password?").cache == "exact"
    assert "Traceback" not in proxy.log


def test_proxies_with_two_models_share_the_answers_and_never_a_vector(
    start: Start, cloud: Cloud, redis: Process
) -> None:
    shared = f"exact: {{redis: {{url: 'redis://127.0.0.1:{redis.port}/0'}}, secret: 0123456789abcdef}}\n"
    new_config = shared + cloud.config()
    old_config = re.sub("embedder: .*", "embedder: {kind: local}", new_config)
    old = start(old_config, data="old", environment=loopback_environment())
    old.ask("How do I reset my password?")
    old.ask_until("semantic", "How can I reset my password?", **NO_STORE)
    cloud.embedder.parsed.clear()

    unfilled = new_config.replace("semantic:", "semantic:\n  refill: false")
    new = start(unfilled, data="new", environment=loopback_environment())
    time.sleep(1)  # in which it would be filled
    assert new.ask("How can I reset my password?", **NO_STORE).cache == "miss"
    assert [each.texts for each in cloud.embedder.parsed] == [("ping",), ("How can I reset my password?",)]
    new.config_file.write_text(new_config, "utf-8")
    new.ask_until("semantic", "How can I reset my password?", within=20, **NO_STORE)

    assert old.ask("How can I reset my password?", **NO_STORE).cache == "semantic"
    assert new.ask("How can I reset my password?", key="sk-other", **NO_STORE).cache == "miss"
    asked = [text for each in cloud.embedder.parsed for text in each.texts]
    assert asked.count("How do I reset my password?") == 1
    metrics = httpx.get(f"{new.url}/_ai_cache/metrics", headers={"authorization": f"Bearer {new.token}"}).text
    assert "aicache_refilled_total 1.0" in metrics
    sizes = {name: len(cloud.index.documents(name)) for name in cloud.index.collections}
    assert sorted(sizes.values()) == [1, 1]
    assert "text-embedding-v4-256" in sizes
    assert "Traceback" not in old.log + new.log


def test_a_collection_that_is_deleted_is_made_again_without_a_restart(start: Start, cloud: Cloud) -> None:
    proxy = start(cloud.config(), environment=loopback_environment())
    proxy.ask("How do I reset my password?")
    proxy.ask_until("semantic", "How do I reset my passwords?")
    del cloud.index.collections["text-embedding-v4-256"]

    assert proxy.ask("How do I reset my passwords?", **NO_STORE).cache == "miss"

    proxy.ask_until("semantic", "How do I reset my passwords?", within=15, **NO_STORE)
    assert proxy.ask("How do I reset my password?").cache == "exact"
    assert proxy.log.count("was deleted; it is created again") == 1
    assert "Traceback" not in proxy.log


def test_services_that_hang_cost_no_client_more_than_the_lookup(start: Start, cloud: Cloud) -> None:
    proxy = start(cloud.config(), environment=loopback_environment())
    proxy.ask("How do I hang?")
    proxy.ask_until("exact", "How do I hang?")
    cloud.embedder.always = Fault(hang=True)

    with cloud.index.hanging(), ThreadPoolExecutor(50) as clients:
        replies = list(clients.map(lambda n: proxy.ask(f"Question number {n}?"), range(50)))
        exact = proxy.ask("How do I hang?")
        # On a busy machine, each of the fifty may have had too little time to blame the embedder.
        proxy.wait_for(lambda: "embedder: " in proxy.log or not proxy.ask("Once more?", **NO_STORE), within=20)

    assert [reply.status for reply in replies] == [200] * 50
    assert all(reply.cache == "miss" for reply in replies)
    assert min(reply.end for reply in replies) < LOOKUP_TIMEOUT_S + 1.0
    assert max(reply.end for reply in replies) < 10 * LOOKUP_TIMEOUT_S  # one after the other, it would be fifty times
    assert exact.cache == "exact"
    assert 1 <= proxy.log.count("embedder: ") < 5  # by no means one for each of the fifty
    assert "Traceback" not in proxy.log


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"key": "sk-wrong"}, "InvalidApiKey"), ({"index_key": "wrong"}, "dashvector"), ({"endpoint": "127.0.0.1:9"}, "")],
)
def test_a_wrong_key_or_endpoint_is_said_once_and_exact_hits_go_on(
    start: Start, cloud: Cloud, changes: dict[str, str], said: str
) -> None:
    proxy = start(cloud.config(**changes), wait_for=READY_EXACT, environment=loopback_environment())

    proxy.wait_log("it is tried again", within=30)
    proxy.ask("Exact all the same?")

    proxy.ask_until("exact", "Exact all the same?")
    assert said in proxy.log
    assert "sk-wrong" not in proxy.log
    assert "Traceback" not in proxy.log
