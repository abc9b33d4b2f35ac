"""Warm-up: recorded flows become the entries they stand for, of their own callers, and nothing newer is lost."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mitmproxy.http import Headers, HTTPFlow, Response

from aicache.adapters.memory import MemoryStore
from aicache.cli.warm.backends import OpenCache
from aicache.cli.warm.caller_overrides import CallerOverrides
from aicache.cli.warm.fill import NO_API_KEY, CacheFiller
from aicache.cli.warm.records import build_flow
from aicache.config import Config, Header
from aicache.config.request_settings import Settings
from aicache.domain.model import Entry, Vector
from aicache.domain.ports import StoreError
from aicache.domain.request_directives import TTL
from aicache.maintenance import EntryTransfer
from aicache.proxy.cache_warming import BATCH_SIZE, RETRY_PAUSES_S, Warmup
from aicache.proxy.flow_metadata import note_directives
from aicache.proxy.recorded_flows import Skipped, entries_of
from fakes import BrokenStore, LetterEmbedder
from scripts.warming import (
    DEFAULTS,
    KEY,
    NOW,
    RULES,
    SETTINGS,
    Cache,
    CountingEmbedder,
    chat,
    interaction,
    kept,
    passed,
    written,
)

# ---------------------------------------------------------------------- recorded flows


def test_an_answer_is_as_old_as_it_was_recorded_and_its_life_counts_from_then() -> None:
    entry = kept(chat(at=NOW - 100))

    assert (entry.stored_at, entry.expires_at) == (NOW - 100, NOW - 100 + RULES.ttl)
    assert entry.question == "Hi?"


def test_a_time_that_is_yet_to_come_is_now() -> None:
    assert kept(chat(at=NOW + 1e6)).stored_at == NOW


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("ai-cache; hit; detail=exact; ttl=5", "answered from the cache"),
        ('other; fwd=miss, ai-cache; fwd=partial; detail="1/2"', "answered from the cache"),
    ],
)
def test_what_this_cache_has_answered_is_no_answer_of_the_upstreams(status: str, reason: str) -> None:
    flow = chat()
    assert flow.response is not None
    flow.response.headers["cache-status"] = status

    assert passed(flow) == reason


def test_what_another_cache_has_answered_or_this_one_let_pass_is() -> None:
    flow = chat()
    assert flow.response is not None
    flow.response.headers["cache-status"] = "cdn; hit, ai-cache; fwd=miss; stored"
    flow.response.headers["x-cache-status"] = "HIT"

    assert kept(flow)


def test_what_is_no_call_no_answer_or_not_good_is_passed_by_with_its_reason() -> None:
    other, silent, failed, odd = chat(), chat(), chat(), chat()
    other.request.path = "/v1/models"
    silent.response = None
    assert failed.response is not None and odd.response is not None
    failed.response.status_code = 500
    odd.response.headers["content-encoding"] = "br"

    assert [passed(flow) for flow in (other, silent, failed, odd)] == [
        "no LLM call",
        "no answer",
        "status 500",
        "content-encoding br",
    ]


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "deflate"])
def test_an_answer_that_becomes_too_large_is_not_kept(encoding: str) -> None:
    flow = chat(answer="a" * (RULES.max_bytes + 1))
    assert flow.response is not None
    flow.response.encode(encoding)

    assert passed(flow) == "larger than store.max_bytes"


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "deflate"])
def test_an_answer_that_came_compressed_is_kept_as_it_was_before(encoding: str) -> None:
    plain, flow = chat(), chat()
    assert flow.response is not None
    flow.response.headers["content-encoding"] = encoding
    flow.response.content = flow.response.raw_content

    assert kept(flow).body == kept(plain).body


@pytest.mark.parametrize(
    ("directives", "reason"),
    [
        ({"x-higress-skip-ai-cache": "on"}, "skip"),
        ({"x-ai-cache-ttl": "0"}, "not to be kept"),
        ({"cache-control": "no-store"}, "not to be kept"),
    ],
)
def test_what_a_caller_wanted_holds_when_its_flow_is_read(directives: dict[str, str], reason: str) -> None:
    noted, kept_on = chat(), chat()
    note_directives(noted, directives)
    for name, value in directives.items():
        kept_on.request.headers[name] = value

    reasons = [passed(flow) for flow in ((kept_on,) if "cache-control" in directives else (kept_on, noted))]

    assert set(reasons) == {reason}


def test_a_flow_without_a_host_header_has_the_key_of_one_with_it() -> None:
    without, wanted = chat(), chat()
    without.request.headers.pop("host", None)
    wanted.request.headers["host"] = "api.test"

    assert kept(without).key == kept(wanted).key


def test_each_text_of_a_batch_is_an_entry() -> None:
    body = json.dumps({"model": "e", "input": ["a", "b"]}).encode()
    said = {"object": "list", "model": "e", "usage": {"prompt_tokens": 2, "total_tokens": 2}}
    said["data"] = [{"object": "embedding", "index": i, "embedding": [0.5, 0.25]} for i in range(2)]
    response = Response.make(200, json.dumps(said), {"content-type": "application/json"})
    flow = build_flow("POST", "https://api.test/v1/embeddings", KEY, body, response, NOW - 5)

    entries = entries_of(flow, SETTINGS, RULES, NOW)

    assert not isinstance(entries, Skipped)
    assert len({entry.key for entry in entries}) == 2


# ---------------------------------------------------------------------- filling


async def fill(cache: Cache, flows: Iterable[HTTPFlow], *, dated: bool = True) -> Warmup:
    warming = cache.warming()
    for flow in flows:
        await warming.add(flow, dated=dated)
    await warming.finish()
    return warming


async def test_everything_is_stored_with_its_vector_also_what_does_not_fill_a_batch() -> None:
    cache = Cache()

    warming = await fill(cache, (chat(f"What is the number {i}?") for i in range(BATCH_SIZE + 3)))

    assert len(cache.store.entries) == len(cache.index.vectors) == BATCH_SIZE + 3
    assert warming.tally.summary().startswith(f"{BATCH_SIZE + 3} stored ({BATCH_SIZE + 3} to be found by meaning, too)")


async def test_what_is_newer_stays_and_what_has_no_date_replaces_nothing() -> None:
    cache = Cache()
    await fill(cache, [chat(answer="old", at=NOW - 50)])

    older = await fill(cache, [chat(answer="older", at=NOW - 60)])
    undated = await fill(cache, [chat(answer="undated", at=NOW), chat("Other?", at=NOW)], dated=False)
    [first] = [entry for entry in cache.store.entries.values() if entry.question == "Hi?"]
    assert b"old" in first.body and b"older" not in first.body
    newer = await fill(cache, [chat(answer="newer", at=NOW - 40)])

    assert (older.tally.imported.stored, older.tally.imported.not_newer) == (0, 1)
    assert (undated.tally.imported.stored, undated.tally.imported.not_newer) == (1, 1)
    assert newer.tally.imported.stored == 1


class SlowStore(MemoryStore):
    """It writes nothing before it is let, and says when somebody wants to."""

    def __init__(self) -> None:
        super().__init__(clock=lambda: NOW)
        self.wanted, self.let = asyncio.Event(), asyncio.Event()

    async def put(self, entry: Entry) -> None:
        self.wanted.set()
        await self.let.wait()
        await super().put(entry)


async def test_questions_are_embedded_while_entries_are_written() -> None:
    store = SlowStore()
    cache = Cache(store)
    warming = cache.warming()
    embedder = CountingEmbedder()
    cache.engine.use_semantic(embedder, cache.index, embedder_timeout=1.0, index_timeout=1.0)

    for i in range(2 * BATCH_SIZE):
        await warming.add(chat(f"What is the number {i}?"))
    await store.wanted.wait()
    while embedder.count < 2 * BATCH_SIZE:
        await asyncio.sleep(0)

    assert not store.entries
    store.let.set()
    await warming.finish()
    assert len(store.entries) == warming.tally.imported.stored == 2 * BATCH_SIZE


async def test_of_the_same_request_in_two_batches_the_newer_answer_stays() -> None:
    store = SlowStore()
    warming = Cache(store).warming()
    others = [chat(f"What is the number {i}?") for i in range(BATCH_SIZE - 1)]

    for flow in (chat(answer="newer", at=NOW - 10), *others):
        await warming.add(flow)
    asyncio.get_running_loop().call_later(0.05, store.let.set)
    await warming.add(chat(answer="older", at=NOW - 20))
    await warming.finish()

    [entry] = [entry for entry in store.entries.values() if entry.question == "Hi?"]
    assert b"newer" in entry.body
    assert (warming.tally.imported.stored, warming.tally.imported.not_newer) == (BATCH_SIZE, 1)


async def test_what_has_expired_since_is_not_stored() -> None:
    warming = await fill(Cache(), [chat(at=NOW - RULES.ttl - 1)])

    assert "1 expired" in warming.tally.summary()


async def test_a_store_that_fails_for_a_while_loses_nothing() -> None:
    class Slow(LetterEmbedder):
        failures = 2

        async def embed(self, *args: Any) -> Vector:
            self.failures -= 1
            if self.failures >= 0:
                raise StoreError("busy")
            return await super().embed(*args)

    cache = Cache()
    cache.engine.use_semantic(Slow(), cache.index, embedder_timeout=1.0, index_timeout=1.0)
    warming = cache.warming()
    warming._pauses = (0.0,) * len(RETRY_PAUSES_S)

    await warming.add(chat())
    await warming.finish()

    assert (warming.tally.imported.findable, warming.tally.failed) == (1, 0)


async def test_a_store_that_fails_for_good_is_told_with_its_reason() -> None:
    cache = Cache(BrokenStore())
    warming = cache.warming()
    warming._pauses = (0.0,)

    await warming.add(chat())
    await warming.finish()

    assert "1 could not be stored (exact store: broken, as it should be)" in warming.tally.summary()


# ---------------------------------------------------------------------- whom it is for


def test_a_key_takes_the_place_of_every_credential_in_the_apis_own_header(tmp_path: Path) -> None:
    urls = {
        "https://a.test/v1/chat/completions?api_key=old": ("authorization", "Bearer new"),
        "https://a.test/v1/messages": ("x-api-key", "new"),
        "https://a.test/v1beta/models/m:generateContent?key=old": ("x-goog-api-key", "new"),
    }
    for url, (name, value) in urls.items():
        headers = {"authorization": "Bearer old", "x-api-key": "old", "openai-project": "p"}
        flow = build_flow("POST", url, headers, b"{}", Response.make(), NOW)

        CallerOverrides(upstream="http://127.0.0.1:9", key="new", headers={"x-team": "a"}).apply(flow)

        credentials = {
            n: v for n, v in flow.request.headers.items() if v in ("old", "new", "Bearer old", "Bearer new", "p")
        }
        assert credentials == {name: value}
        assert "old" not in flow.request.url
        assert flow.request.url.startswith("http://127.0.0.1:9/")
        assert (flow.request.headers["host"], flow.request.headers["x-team"]) == ("127.0.0.1:9", "a")


async def filled(
    cache: Cache, file: Path, overrides: CallerOverrides, *, keyless: bool = False, from_now: bool = False
) -> Any:
    filler = CacheFiller(
        OpenCache(cache.engine, cache.settings), DEFAULTS, overrides, prefix="", keyless=keyless, from_now=from_now
    )
    return await filler.fill(str(file))


@pytest.mark.parametrize(
    ("authorization", "overrides", "keyless", "stored"),
    [
        ("Bearer sk-test", CallerOverrides(), False, 1),
        ("[REDACTED]", CallerOverrides(), False, 0),
        ("Bearer ***", CallerOverrides(), False, 0),
        ("[REDACTED]", CallerOverrides(), True, 1),
        ("[REDACTED]", CallerOverrides(key="sk-mine"), False, 1),
        ("", CallerOverrides(headers={"api-key": "x"}), False, 1),
    ],
)
async def test_what_has_no_caller_is_not_stored_unless_it_is_for_those_without_a_key(
    tmp_path: Path, authorization: str, overrides: CallerOverrides, keyless: bool, stored: int
) -> None:
    recorded = interaction()
    recorded["request"]["headers"] = {"authorization": [authorization]}
    file = tmp_path / "c.json"
    file.write_text(json.dumps({"interactions": [recorded]}), "utf-8")

    result = await filled(Cache(MemoryStore()), file, overrides, keyless=keyless)

    assert result.tally.imported.stored + result.tally.skipped[NO_API_KEY] == 1
    assert result.tally.imported.stored == stored


async def test_from_now_on_what_has_long_expired_lives_and_replaces_nothing(tmp_path: Path) -> None:
    old = {"question": "Why?", "answer": "So.", "at": "2020-01-01"}
    file, cache = written(tmp_path / "f", old), Cache(MemoryStore())

    expired = await filled(cache, file, CallerOverrides(), keyless=True)
    taken = await filled(cache, file, CallerOverrides(), keyless=True, from_now=True)
    again = await filled(cache, file, CallerOverrides(), keyless=True, from_now=True)

    [entry] = cache.store.entries.values()
    assert (expired.tally.imported.expired, taken.tally.imported.stored, again.tally.imported.not_newer) == (1, 1, 1)
    assert abs(entry.stored_at - time.time()) < 60
    assert entry.expires_at == pytest.approx(entry.stored_at + RULES.ttl)


async def test_what_another_cache_exported_is_taken_as_it_is(tmp_path: Path) -> None:
    file, one, other = tmp_path / "entries.jsonl", Cache(MemoryStore()), Cache(MemoryStore())
    await filled(one, written(tmp_path / "f", {"question": "Why?", "answer": "So."}), CallerOverrides(), keyless=True)
    await EntryTransfer(one.engine).export_file(file)
    with file.open("a") as damaged:
        damaged.write("{}\n")

    result = await filled(other, file, CallerOverrides())

    assert (result.read, result.broken, result.tally.imported.stored) == (2, 1, 1)
    assert other.store.entries == one.store.entries


def test_how_long_an_answer_took_is_not_known_where_its_end_was_not_recorded() -> None:
    timed, untimed = chat(), chat()
    for flow in (timed, untimed):
        flow.request.timestamp_start -= 2
    assert untimed.response is not None
    untimed.response.timestamp_end = None

    assert (kept(timed).took, kept(untimed).took) == (2.0, 0.0)


async def test_where_a_header_says_whose_it_is_that_header_is_asked_for(tmp_path: Path) -> None:
    config = replace(Config(), scope=Header("x-team"))
    file = written(tmp_path / "f", {"question": "Why?", "answer": "So."})

    without = await filled(Cache(MemoryStore(), Settings.of(config)), file, CallerOverrides())
    having = await filled(Cache(MemoryStore(), Settings.of(config)), file, CallerOverrides(headers={"x-team": "a"}))

    assert without.tally.skipped == {"no-scope": 1}
    assert having.tally.imported.stored == 1


def test_how_long_an_answer_was_to_live_elsewhere_it_does_here() -> None:
    flow = chat(at=NOW - 5)
    flow.request.headers[TTL] = "60.250"

    assert kept(flow).expires_at == NOW - 5 + 60.25


def test_headers_of_a_made_flow_are_its_own() -> None:
    headers = Headers([(b"a", b"b")])

    assert build_flow("POST", "https://x.test/", headers, b"", Response.make(), None).request.headers["a"] == "b"
