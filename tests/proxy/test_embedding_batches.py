"""What is remembered of upstreams that do not divide, and what damage in the store does to a batch."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from mitmproxy.http import Request

from aicache.adapters.memory import MemoryStore
from aicache.domain import policy
from aicache.domain.model import Entry
from aicache.domain.request_directives import Directives
from aicache.engine import Engine
from aicache.entries.embedding_batch import BatchExchange
from aicache.entries.recording import Recording
from aicache.formats.openai.embeddings import OPENAI_EMBEDDINGS
from aicache.proxy.embedding_batches import (
    INDIVISIBLE_FOR_S,
    MAX_INDIVISIBLE,
    EmbeddingBatches,
    IndivisibleNamespaces,
    hold_response,
    reduce_request,
)
from aicache.proxy.http_messages import build_response

TEXTS = ("one", "two", "three")
RULES = policy.Rules(100, 10_000, None, 0.95, 5, 100)


def body(*texts: str) -> bytes:
    data = [{"index": i, "embedding": [len(text)]} for i, text in enumerate(texts)]
    return json.dumps({"data": data, "usage": {"prompt_tokens": 9}}).encode()


def request() -> Request:
    return Request.make("POST", "http://api.test/v1/embeddings", json.dumps({"model": "m", "input": TEXTS}))


def exchange() -> BatchExchange:
    asked = request().content or b""
    batch = OPENAI_EMBEDDINGS.parse_request("/v1/embeddings", asked)
    keys = tuple(f"key-{text}" for text in TEXTS)
    return BatchExchange(batch, keys, "namespace", Directives(), OPENAI_EMBEDDINGS, None, None, body=asked)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
async def engine(store: MemoryStore) -> Engine:
    """One that knows all of the texts."""
    engine = Engine(RULES, 0.5)
    engine.use_exact(store, 0.5)
    recording = Recording(200, "application/json", "", body(*TEXTS))
    assert engine.store_soon(exchange(), engine.record(exchange(), recording))
    await engine.drain(1)
    assert len(store.entries) == len(TEXTS)
    return engine


def test_an_upstream_that_does_not_divide_is_tried_again_after_some_minutes() -> None:
    now = [1000.0]
    indivisible = IndivisibleNamespaces(lambda: now[0])
    indivisible.add("a")

    now[0] += INDIVISIBLE_FOR_S - 1
    assert "a" in indivisible
    now[0] += 2
    assert "a" not in indivisible


def test_of_such_upstreams_no_more_than_so_many_are_remembered() -> None:
    indivisible = IndivisibleNamespaces()

    for number in range(3 * MAX_INDIVISIBLE):
        indivisible.add(str(number))

    assert len(indivisible) == MAX_INDIVISIBLE
    assert str(3 * MAX_INDIVISIBLE - 1) in indivisible
    assert "0" not in indivisible


@pytest.mark.parametrize("damage", [b"", b"{}", b"\xff", b'{"item": 1}'])
async def test_a_stored_vector_that_is_damaged_is_asked_for_and_nothing_else(
    engine: Engine, store: MemoryStore, damage: bytes
) -> None:
    store.entries["key-two"] = replace(store.entries["key-two"], body=damage)
    batches, asked = EmbeddingBatches(), request()

    outcome, known = await batches.look_up(asked, exchange(), engine, engine.deadline(), divide=True)

    assert isinstance(outcome, BatchExchange)
    reduce_request(asked, outcome)
    assert json.loads(asked.content or b"")["input"] == ["two"]
    assert [entry is not None for entry in known] == [True, False, True]


async def test_stored_vectors_that_cannot_be_put_together_are_all_asked_for(engine: Engine, store: MemoryStore) -> None:
    """Each of them is one, as far as that can be told by itself."""
    store.entries["key-two"] = nested(store.entries["key-two"])
    asked = request()

    outcome, _ = await EmbeddingBatches().look_up(asked, exchange(), engine, engine.deadline(), divide=True)

    assert isinstance(outcome, BatchExchange)
    reduce_request(asked, outcome)
    assert json.loads(asked.content or b"")["input"] == list(TEXTS)


def nested(entry: Entry) -> Entry:
    """Damage a stored vector so that it shows only beside others."""
    piece = json.loads(entry.body)
    return replace(entry, body=json.dumps(piece | {"item": [piece["item"]]}).encode())


async def test_damage_that_shows_only_when_a_batch_is_put_together_blames_no_upstream(
    engine: Engine, store: MemoryStore, caplog: pytest.LogCaptureFixture
) -> None:
    store.entries["key-two"] = nested(store.entries["key-two"])
    del store.entries["key-one"]
    batches, response = EmbeddingBatches(), build_response(200, body("one"), {"content-type": "application/json"})

    outcome, _ = await batches.look_up(request(), exchange(), engine, engine.deadline(), divide=True)
    assert isinstance(outcome, BatchExchange)
    assert outcome.known
    taken = batches.complete(response, Recording(200, "application/json", "", body("one")), outcome, engine)

    assert not taken
    again, _ = await batches.look_up(request(), exchange(), engine, engine.deadline(), divide=True)
    assert isinstance(again, BatchExchange)
    assert again.known  # still divided
    assert "does not fit" not in caplog.text


def test_what_is_held_is_not_streamed_whoever_wants_it() -> None:
    response = build_response(200, b"{}", {})
    response.stream = True

    hold_response(response)
    response.stream = True

    assert not response.stream
    assert not response.copy().stream  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(("counted", "tokens"), [(True, 9), (False, 0)])
async def test_known_inputs_count_unless_hits_tell_no_tokens(engine: Engine, *, counted: bool, tokens: int) -> None:
    asked = replace(exchange(), counted=counted)

    outcome, _ = await EmbeddingBatches().look_up(request(), asked, engine, engine.deadline(), divide=True)

    assert not isinstance(outcome, BatchExchange)
    document = json.loads(outcome.content or b"")
    assert document["usage"] == {"prompt_tokens": tokens}
    assert [each["embedding"] for each in document["data"]] == [[3], [3], [5]]


async def test_of_a_completed_batch_only_the_fresh_inputs_count(engine: Engine, store: MemoryStore) -> None:
    del store.entries["key-two"]
    asked = replace(exchange(), counted=False)
    to_send, _ = await EmbeddingBatches().look_up(request(), asked, engine, engine.deadline(), divide=True)
    assert isinstance(to_send, BatchExchange)
    response = build_response(200, body("two"), {"content-type": "application/json"})

    recording = Recording(200, "application/json", "", response.content or b"")
    assert EmbeddingBatches().complete(response, recording, to_send, engine)

    assert json.loads(response.content or b"")["usage"] == {"prompt_tokens": 9}
