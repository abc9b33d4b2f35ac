"""Warmup: sources are read as the flows they stand for, a bad record loses no other, and nothing newer is lost."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import os
import pickle
import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
import yaml
from mitmproxy.http import Headers, HTTPFlow, Response
from mitmproxy.io import FlowWriter

from aicache.adapters.memory import MemoryIndex, MemoryStore
from aicache.cli.warm import bounded_reader, questions, sources
from aicache.cli.warm.backends import OpenCache
from aicache.cli.warm.caller_overrides import CallerOverrides
from aicache.cli.warm.fill import NO_API_KEY, CacheFiller
from aicache.cli.warm.question_exchange import RequestDefaults, build_question_flow
from aicache.cli.warm.records import BrokenRecord, FlowRecord, SourceError, build_flow, parse_time
from aicache.cli.warm.sources import expand_folders, read_records
from aicache.config import Config, Header
from aicache.config.request_settings import Settings
from aicache.domain.model import Entry, Vector
from aicache.domain.policy import Rules
from aicache.domain.ports import StoreError
from aicache.domain.request_directives import TTL
from aicache.engine import Engine
from aicache.formats import FORMATS
from aicache.maintenance import EntryTransfer
from aicache.proxy.cache_warming import BATCH_SIZE, RETRY_PAUSES_S, Warmup
from aicache.proxy.flow_metadata import note_directives
from aicache.proxy.recorded_flows import Skipped, entries_of
from aicache.runtime.preflight import rules_for
from fakes import BrokenStore, LetterEmbedder

NOW = 1_900_000_000.0
SETTINGS, RULES = Settings.of(Config()), rules_for(Config())
DEFAULTS = RequestDefaults("gpt-test", upstream="https://api.test/v1")
KEY = {"authorization": "Bearer sk-test"}


def chat(question: str = "Hi?", answer: str = "Hello.", at: float | None = NOW - 10, **headers: str) -> HTTPFlow:
    turns = [{"role": "user", "content": question}]
    return build_question_flow(
        turns, answer, DEFAULTS, at, headers=KEY | {k.replace("_", "-"): v for k, v in headers.items()}
    )


def kept(flow: HTTPFlow, rules: Rules = RULES, settings: Settings = SETTINGS) -> Entry:
    entries = entries_of(flow, settings, rules, NOW)
    assert not isinstance(entries, Skipped), entries
    [entry] = entries
    return entry


def passed(flow: HTTPFlow) -> str:
    found = entries_of(flow, SETTINGS, RULES, NOW)
    assert isinstance(found, Skipped)
    return found.reason


class CountingEmbedder(LetterEmbedder):
    count = 0

    async def embed(self, texts: Sequence[str], *args: Any) -> Vector:
        self.count += len(texts)
        return await super().embed(texts, *args)


class Cache:
    """What is filled: an engine over fakes."""

    def __init__(self, store: MemoryStore | None = None, settings: Settings = SETTINGS) -> None:
        self.store = store or MemoryStore(clock=lambda: NOW)
        self.index = MemoryIndex()
        self.settings = settings
        self.engine = Engine(RULES, 1.0)
        self.engine.use_exact(self.store, 1.0)
        self.engine.use_semantic(LetterEmbedder(), self.index, embedder_timeout=1.0, index_timeout=1.0)

    def warming(self) -> Warmup:
        return Warmup(self, clock=lambda: NOW)


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


# ---------------------------------------------------------------------- sources


def read(path: Path | str, defaults: RequestDefaults = DEFAULTS) -> tuple[list[FlowRecord], list[str]]:
    """Return what is found, and the complaints."""
    found: list[FlowRecord] = []
    complaints = []
    for record in read_records(str(path), defaults, "higress-ai-cache:"):
        if isinstance(record, BrokenRecord):
            complaints.append(f"{record.position.name.removeprefix(str(path))}: {record.reason}")
        else:
            assert 0 <= record.position.done <= record.position.total
            found.append(record)
    return found, complaints


def written(path: Path, *documents: Any) -> Path:
    lines = [each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in documents]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def question_and_answer(found: FlowRecord) -> tuple[str | None, str]:
    """Return question and answer."""
    entry = kept(found.flow)
    format = next(format for format in FORMATS if format.api == entry.api)
    answer = format.to_answer(format.parse_answer(entry.body, variant=entry.asked_variant)[1])
    return entry.question, "".join(part.text for part in answer.choices[0].parts if hasattr(part, "text"))


@pytest.mark.parametrize("api", [format.api for format in FORMATS])
def test_a_question_is_asked_as_the_clients_of_every_api_do(tmp_path: Path, api: str) -> None:
    params = {"max_tokens": 100} if api == "messages" else {}
    file = written(tmp_path / "f", {"question": "Why?", "answer": "So.", "params": params, "api": api})

    [found], complaints = read(file, replace(DEFAULTS, upstream="https://api.test"))

    assert complaints == []
    assert question_and_answer(found) == (None if api == "completions" else "Why?", "So.")


def test_lines_may_say_all_that_the_command_line_says(tmp_path: Path) -> None:
    line = {
        "question": "Why?",
        "answer": "So.",
        "model": "other",
        "system": "Be brief.",
        "params": {"temperature": 0},
        "upstream": "http://127.0.0.1:1",
        "at": "2026-11-28T12:00:00Z",
        "usage": {"input": 7, "output": 9},
    }
    [found], _ = read(written(tmp_path / "f", line))

    entry, request = kept(found.flow), json.loads(found.flow.request.content or b"")
    assert found.flow.request.url == "http://127.0.0.1:1/v1/chat/completions"
    assert request["messages"][0] == {"role": "system", "content": "Be brief."}
    assert (request["model"], request["temperature"]) == ("other", 0)
    assert (entry.prompt_tokens, entry.completion_tokens, entry.stored_at) == (7, 9, 1795867200.0)
    assert found.dated


def test_a_conversation_may_end_in_its_answer(tmp_path: Path) -> None:
    turns = [{"role": role, "content": role} for role in ("system", "user", "assistant", "user", "assistant")]
    file = written(tmp_path / "f", {"messages": turns}, {"messages": turns[:-1], "answer": "assistant"})

    (one, other), complaints = read(file)

    assert complaints == []
    assert one.flow.request.content == other.flow.request.content
    assert question_and_answer(one) == ("user", "assistant")


def test_a_whole_exchange_keeps_its_bytes(tmp_path: Path) -> None:
    stream = 'data: {"choices":[{"index":0,"delta":{"content":"Ho"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    request = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "Hi"}]}
    file = written(
        tmp_path / "f", {"url": "https://a.test/v1/chat/completions", "request": request, "response": stream}
    )

    [found], _ = read(file)

    entry = kept(found.flow)
    assert (entry.mode, entry.body) == ("stream", stream.encode())
    assert not found.dated


def test_a_bad_line_is_named_with_what_is_wrong_and_loses_no_other(tmp_path: Path) -> None:
    good = {"question": "Why?", "answer": "So."}
    file = written(
        tmp_path / "f.jsonl",
        *(good, "", "{not json", [1], {"question": "secret"}, {**good, "anwser": 1}, {**good, "api": "soap"}),
        *(
            {**good, "at": "yesterday"},
            {**good, "answer": " "},
            {**good, "params": 3},
            {**good, "usage": {"input": -1}},
        ),
        *(
            {**good, "api": "messages"},
            {"url": "x", "request": {}, "response": {}},
            {"messages": [1], "answer": "x"},
            good,
        ),
    )

    found, complaints = read(file)

    assert len(found) == 2
    assert [complaint.partition(":")[0] for complaint in complaints] == [f" line {i}" for i in range(3, 15)]
    wanted = (
        "is not JSON",
        "not a JSON object",
        'no "answer"',
        "did you mean answer?",
        "not one of chat",
        "not a date such as",
    )
    wanted += (
        "answer is empty",
        "params is not a JSON object",
        "its usage",
        "max_tokens",
        "no scheme and host",
        "JSON objects",
    )
    for complaint, words in zip(complaints, wanted, strict=True):
        assert words in complaint
    assert not any("secret" in complaint for complaint in complaints)


@pytest.mark.parametrize(
    ("defaults", "option"), [(replace(DEFAULTS, model=None), "--model"), (RequestDefaults("m"), "--upstream")]
)
def test_what_a_question_needs_to_be_asked_is_said(tmp_path: Path, defaults: RequestDefaults, option: str) -> None:
    _, [complaint] = read(written(tmp_path / "f", {"question": "Why?", "answer": "So."}), defaults)

    assert option in complaint


def test_a_file_may_be_gzipped_and_a_cut_off_one_is_named(tmp_path: Path) -> None:
    lines = b"".join(
        json.dumps({"question": f"{i}?", "answer": os.urandom(200).hex()}).encode() + b"\n" for i in range(99)
    )
    packed = gzip.compress(lines)
    (tmp_path / "whole").write_bytes(packed)
    (tmp_path / "cut").write_bytes(packed[:-100])

    assert len(read(tmp_path / "whole")[0]) == 99
    with pytest.raises(SourceError, match="cut"):
        read(tmp_path / "cut")


def test_what_is_compressed_becomes_only_so_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both bounds are made small here: what is read is counted, not how much memory that takes."""
    monkeypatch.setattr(bounded_reader, "MAX_READ_BYTES", 100_000)
    monkeypatch.setattr(bounded_reader, "MAX_LINE_BYTES", 10_000)
    good = json.dumps({"question": "Hi?", "answer": "Hello."}).encode() + b"\n"
    long = json.dumps({"question": "Long?", "answer": "a" * 50_000}).encode() + b"\n"
    (tmp_path / "lines").write_bytes(gzip.compress(good + long + good))
    (tmp_path / "document").write_bytes(gzip.compress(b'{"log": "' + b"a" * 200_000 + b'"}'))
    (tmp_path / "cassette").write_bytes(gzip.compress(b"interactions:\n" + b"- a\n" * 50_000))
    (tmp_path / "flows").write_bytes(gzip.compress(b"900000:" + b"a" * 900_000))

    found, complaints = read(tmp_path / "lines")
    assert len(found) == 2
    assert complaints == [" line 2: is not JSON"]
    for name in ("document", "cassette", "flows"):
        with pytest.raises(SourceError, match=r"have to be read at once|is not JSON"):
            read(tmp_path / name)


def test_a_document_that_holds_very_much_is_not_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MAX_JSON_NODES", 1000)
    monkeypatch.setattr(questions, "MAX_JSON_NODES", 1000)
    (tmp_path / "har").write_text('{"log": {"entries": [' + "[]," * 2000 + "0]}}")
    (tmp_path / "deep").write_text('{"log": ' + "[" * 5000 + "]" * 5000 + "}")
    good = '{"question": "Hi?", "answer": "Hello."}\n'
    (tmp_path / "lines").write_text(good + '{"question": [' + "[]," * 2000 + "0]}\n" + good)

    for name in ("har", "deep"):
        with pytest.raises(SourceError, match=r"JSON of more|nested too deeply"):
            read(tmp_path / name)
    found, complaints = read(tmp_path / "lines")
    assert (len(found), len(complaints)) == (2, 1)


# ---------------------------------------------------------------------- mitmproxy's flows, HAR


def test_saved_flows_are_read_to_the_damage_and_it_is_named(tmp_path: Path) -> None:
    file = tmp_path / "f"
    with file.open("wb") as opened:
        writer = FlowWriter(opened)  # type: ignore[no-untyped-call]
        for i in range(3):
            writer.add(chat(f"{i}?"))
    whole = read(file)
    file.write_bytes(file.read_bytes()[:-200])

    found, [complaint] = read(file)

    assert (len(whole[0]), whole[1]) == (3, [])
    assert [question_and_answer(each)[0] for each in found] == ["0?", "1?"]
    assert complaint.startswith(": flow 3: cannot be read")
    assert all(each.headers_as_sent for each in found)


def har_entry(question: str, **content: Any) -> dict[str, Any]:
    body = {"model": "m", "messages": [{"role": "user", "content": question}]}
    answer = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "So."}, "finish_reason": "stop"}]}
    headers = [{"name": ":authority", "value": "api.test"}, {"name": "authorization", "value": "Bearer sk-test"}]
    request = {"method": "POST", "url": "https://api.test/v1/chat/completions", "httpVersion": "h2", "headers": headers}
    request["postData"] = {"mimeType": "application/json", "text": json.dumps(body)}
    response: dict[str, Any] = {"status": 200, "httpVersion": "h2"}
    response["headers"] = [{"name": "content-type", "value": "application/json"}]
    response["content"] = {"mimeType": "application/json", "text": json.dumps(answer), **content}
    return {
        "startedDateTime": "2026-11-28T12:00:00.000Z",
        "time": 1500.0,
        "request": request,
        "response": response,
    }


def test_the_entries_of_a_har_file_are_good_or_bad_for_themselves(tmp_path: Path) -> None:
    packed = base64.b64encode(har_entry("x")["response"]["content"]["text"].encode()).decode()
    file = tmp_path / "browser.har"
    bad = har_entry("bad")
    del bad["request"]["url"]
    entries = [har_entry("One?"), bad, {}, har_entry("Two?", text=packed, encoding="base64")]
    file.write_text(json.dumps({"log": {"version": "1.2", "entries": entries}}, indent=2), "utf-8")

    found, complaints = read(file)

    assert [question_and_answer(each) for each in found] == [("One?", "So."), ("Two?", "So.")]
    assert [complaint.partition(" ")[2][:20] for complaint in complaints] == [
        "entry 2: has no url,",
        "entry 3: has no star",
    ]
    assert kept(found[0].flow).stored_at == 1795867201.5
    assert ":authority" not in found[0].flow.request.headers


async def test_a_header_that_would_be_two_is_none_wherever_it_was_recorded(tmp_path: Path) -> None:
    entry = har_entry("Why?")
    entry["response"]["headers"] = [
        {"name": "content-type", "value": "application/json\r\nset-cookie: pwn=1"},
        {"name": "access-control-allow-origin", "value": "*"},
        {"name": "access-control-allow-headers", "value": "a\r\nset-cookie: pwn=1"},
        {"name": "access-control-x\r\nset-cookie", "value": "pwn=1"},
    ]
    file = tmp_path / "evil.har"
    file.write_text(json.dumps({"log": {"version": "1.2", "entries": [entry]}}), "utf-8")

    [found], _ = read(file)
    taken = kept(found.flow)

    assert taken.content_type == "application/json"
    assert taken.cors == (("access-control-allow-origin", "*"),)


# ---------------------------------------------------------------------- cassettes


def interaction(uri: str = "https://api.test/v1/chat/completions", **changes: Any) -> dict[str, Any]:
    entry = har_entry("Why?")
    response = {
        "status": {"code": 200, "message": "OK"},
        "headers": {"Content-Type": ["application/json"], "Date": [formatdate(NOW - 30, usegmt=True)]},
        "body": {"string": entry["response"]["content"]["text"]},
    }
    request = {"method": "POST", "uri": uri, "headers": {"authorization": ["Bearer sk-test"]}}
    return {"request": {**request, "body": entry["request"]["postData"]["text"]}, "response": {**response, **changes}}


def test_interactions_are_read_in_every_way_that_recorders_write_them(tmp_path: Path) -> None:
    text = interaction()["response"]["body"]["string"]
    encoded = {"Content-Encoding": ["gzip"], "Date": [formatdate(NOW - 30, usegmt=True)]}
    httpx = interaction()
    httpx["response"] = {"status_code": 200, "headers": encoded, "content": text}
    ways = [
        interaction(),
        interaction(body={"string": gzip.compress(text.encode())}, headers=encoded),
        interaction(body={"string": text}, headers=encoded),  # inflated, and its header left
        interaction(body={"base64_string": base64.b64encode(text.encode()).decode()}),
        httpx,
    ]
    file = tmp_path / "c.yaml"
    file.write_text(yaml.safe_dump({"interactions": ways, "version": 1}), "utf-8")

    found, complaints = read(file)

    assert complaints == []
    assert [question_and_answer(each) for each in found] == [("Why?", "So.")] * 5
    assert {kept(each.flow).key for each in found} == {kept(found[0].flow).key}
    assert all(each.dated and kept(each.flow).stored_at == NOW - 30 for each in found)


def test_json_cassettes_and_rubys_are_read_too(tmp_path: Path) -> None:
    one, other = tmp_path / "c.json", tmp_path / "ruby.yml"
    one.write_text(json.dumps({"version": 1, "interactions": [interaction()]}), "utf-8")
    packed = base64.b64encode(interaction()["response"]["body"]["string"].encode()).decode()
    request = json.dumps(interaction()["request"]["body"])
    other.write_text(
        f"""---
http_interactions:
- request:
    method: post
    uri: https://api.test/v1/chat/completions
    body: {{encoding: UTF-8, string: {request}}}
    headers: {{Authorization: [Bearer sk-test]}}
  response:
    status: {{code: 200, message: OK}}
    headers: {{Content-Type: [application/json]}}
    body:
      encoding: ASCII-8BIT
      string: !binary |-
        {packed}
  recorded_at: {formatdate(NOW - 7, usegmt=True)}
recorded_with: VCR 6.3.1
""",
        "utf-8",
    )

    ([first], _), ([second], complaints) = read(one), read(other)

    assert complaints == []
    assert question_and_answer(first) == question_and_answer(second) == ("Why?", "So.")
    assert kept(second.flow).stored_at == NOW - 7


def test_a_bad_interaction_is_named_with_its_line_and_loses_no_other(tmp_path: Path) -> None:
    good = yaml.safe_dump([interaction()])
    file = tmp_path / "c.yaml"
    file.write_text(
        "interactions:\n- request: {method: GET}\n  response: {}\n- !python/object:x.Y {a: 1}\n" + good + "version: 1\n"
    )

    found, complaints = read(file)

    assert len(found) == 1
    assert [complaint.partition(":")[0] for complaint in complaints] == [" line 2", " line 4"]


# ---------------------------------------------------------------------- GPTCache


def test_the_tables_of_gptcache_are_read_but_for_what_is_deleted_or_no_text(tmp_path: Path) -> None:
    """Its own schema, of version 0.1.44; an end-to-end test has GPTCache write it."""
    file = tmp_path / "sqlite.db"
    with sqlite3.connect(file) as db:
        db.execute("CREATE TABLE faq_question (id INTEGER, question TEXT, create_on DATETIME, deleted INTEGER)")
        db.execute("CREATE TABLE faq_answer (id INTEGER, question_id INTEGER, answer TEXT, answer_type INTEGER)")
        db.execute("CREATE TABLE faq_question_dep (question_id INTEGER)")
        created = time.strftime("%Y-%m-%d %H:%M:%S.000000", time.localtime(NOW - 60))
        rows = [
            (1, "One?", created, 0),
            (2, "Gone?", created, -1),
            (3, "Picture?", created, 0),
            (4, "Seen?", created, 0),
        ]
        db.executemany("INSERT INTO faq_question VALUES (?, ?, ?, ?)", rows)
        db.executemany(
            "INSERT INTO faq_answer VALUES (?, ?, ?, ?)", [(1, 1, "So.", 0), (2, 3, "…", 1), (3, 4, "A.", 0)]
        )
        db.execute("INSERT INTO faq_question_dep VALUES (4)")

    [found], complaints = read(file)

    assert question_and_answer(found) == ("One?", "So.")
    assert kept(found.flow).stored_at == NOW - 60
    assert [complaint[15:] for complaint in complaints] == [
        "3: has no answer in text",
        "4: depends on more than its question (an image, a sound)",
    ]


def test_what_gptcache_imports_is_read_from_json(tmp_path: Path) -> None:
    lists = {"questions": ["One?", "Two?", 3], "answers": ["1", "2", "3"]}
    found, complaints = read(written(tmp_path / "f.json", json.dumps(lists, indent=1)))

    assert [question_and_answer(each) for each in found] == [("One?", "1"), ("Two?", "2")]
    assert len(complaints) == 1
    assert not found[0].dated


# ---------------------------------------------------------------------- what cannot be read at all


def test_what_a_file_is_that_cannot_be_read_is_said_with_the_way_out(tmp_path: Path) -> None:
    bad = {
        "pickle": (pickle.dumps([1]), "is a pickle"),
        "empty": (b"", "is empty"),
        "other.json": (b'{\n"a": 1\n}', "unknown format"),
        "broken.json": (b'{\n"log": {,}\n}', "line 2: is not JSON"),
        "broken.yaml": (b"a: [1\nb: }", "line 2: is not YAML"),
        "text": (b"just some words", "is not a cassette"),
        "bytes": (b"\x7fELF\0\0", "unknown format"),
        "other.db": (b"SQLite format 3\0" + b"x" * 100, "SQLite database of GPTCache"),
        "lists.json": (b'{"questions": [1],\n "answers": []}', "two lists of the same length"),
    }
    for name, (content, words) in bad.items():
        (tmp_path / name).write_bytes(content)

        with pytest.raises(SourceError, match=words):
            read(tmp_path / name)
    with pytest.raises(SourceError, match="No such file"):
        read(tmp_path / "none")
    with pytest.raises(SourceError, match="no file in this folder"):
        expand_folders([str(tmp_path.parent / "nothing")] if (tmp_path.parent / "nothing").mkdir() is None else [])


def test_a_redis_that_is_not_there_is_named_without_its_password() -> None:
    with pytest.raises(SourceError, match=r"redis://127\.0\.0\.1:1/0") as raised:
        read("redis://:hush-hush@127.0.0.1:1/0")

    assert "hush-hush" not in str(raised.value)


def test_a_folder_stands_for_the_files_in_it(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.har", "notes.txt"):
        (tmp_path / name).touch()

    assert expand_folders([str(tmp_path), "x"]) == [str(tmp_path / "a.har"), str(tmp_path / "b.yaml"), "x"]


@pytest.mark.parametrize(
    ("value", "wanted"), [(None, None), (1795867200, 1795867200.0), ("2026-11-28T12:00:00Z", 1795867200.0)]
)
def test_times_are_seconds_or_dates(value: Any, wanted: float | None) -> None:
    assert parse_time(value) == wanted


@pytest.mark.parametrize("value", [True, [], "soon", -1, 1.8e12, "99999-01-01"])
def test_what_is_no_time_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="its time"):
        parse_time(value)


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
