"""Replay: recorded traffic past an engine by the recorded clock, from an empty cache on."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mitmproxy.http import HTTPFlow, Response
from mitmproxy.io import FlowWriter

from aicache.adapters.memory import MemoryIndex
from aicache.cli.replay.memory import DiskBackedStore
from aicache.cli.replay.replay import Replay
from aicache.cli.replay.summary import format_summary, summarize
from aicache.cli.warm.question_exchange import RequestDefaults, build_question_flow
from aicache.cli.warm.records import build_flow
from aicache.config import Config, Shared
from aicache.domain.model import Entry, Mode, Usage
from aicache.domain.policy import Policy
from e2e.preloaded import PRELOADED
from fakes import LetterEmbedder

NOON = 1_795_867_200.0
DEFAULTS = RequestDefaults("gpt-4o", upstream="https://api.test/v1")
DAY = 86400.0


def recorded_flow(
    question: str, start: float, end: float, answer: str = "So.", key: str = "sk-a", **headers: str
) -> HTTPFlow:
    """Return a flow whose request came and whose answer had come so many seconds after noon."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    turns = [{"role": "user", "content": question}]
    flow = build_question_flow(
        turns, answer, DEFAULTS, NOON + end, Usage(100, 10), {"authorization": f"Bearer {key}", **named}
    )
    flow.request.timestamp_start = NOON + start
    return flow


Play = Callable[..., Any]


@pytest.fixture
async def play() -> AsyncIterator[Play]:
    """Replay flows under some settings, and return the figures."""
    replays: list[Replay] = []

    async def play(*flows: HTTPFlow, config: Config | None = None, embedder: Any = None) -> dict[str, Any]:
        replay = Replay(config or Config(), embedder or LetterEmbedder())
        replays.append(replay)
        for flow in flows:
            await replay.play(flow)
        await replay.finish()
        return summarize(replay)

    yield play
    for replay in replays:
        await replay.close()


async def test_the_same_request_is_a_hit_once_its_answer_had_come(play: Play) -> None:
    found = await play(
        recorded_flow("Why?", 0, 5),
        recorded_flow("Why?", 4, 6),  # came while the first was still under way
        recorded_flow("Why?", 7, 9),
        recorded_flow("Why?", 8, 9, key="sk-b"),
    )

    assert (found["hits"], found["misses"]) == (1, 3)
    assert found["hits_by_tier"] == {"exact": 1}
    assert found["from"] == "2026-11-28T12:00:00+00:00"
    assert found["saved"]["prompt_tokens"] == 100
    assert found["saved"]["dollars"] == pytest.approx((100 * 2.5 + 10 * 10) / 1e6)
    assert found["saved"]["share_of_tokens"] == pytest.approx(1 / 4)


async def test_an_answer_lives_by_the_recorded_clock(play: Play) -> None:
    week = Config().exact.ttl

    found = await play(
        recorded_flow("Why?", 0, 0),
        recorded_flow("Why?", week - 9, week - 8),
        recorded_flow("Why?", week + 9, week + 9),
    )

    assert (found["hits"], found["misses"]) == (1, 2)


async def test_near_questions_are_hits_by_meaning_or_refused_by_guards(play: Play) -> None:
    config = replace(Config(), semantic=replace(Config().semantic, threshold=0.9))

    found = await play(
        recorded_flow("how far away are all of the 5 miles", 0, 1),
        recorded_flow("so how far away are all of the 5 miles", 2, 3),
        recorded_flow("how far away are all of the 50 miles", 4, 5),
        recorded_flow("zzz", 6, 7),
        config=config,
    )

    assert found["hits_by_tier"] == {"semantic": 1}
    assert found["misses_by_reason"]["guard:numbers"] == 1
    assert found["guards"] == {"numbers": 1}
    assert sum(row["hits"] for row in found["similarities"]) == 1
    assert sum(row["misses"] for row in found["similarities"]) == 2
    assert all(row["from"] < row["to"] <= 1 for row in found["similarities"])


async def test_what_is_no_business_of_the_caches_passes_or_is_not_kept_is_told_apart(play: Play) -> None:
    other, failed = recorded_flow("x", 0, 1), recorded_flow("Why?", 2, 3)
    other.request.path = "/v1/models"
    assert failed.response is not None
    failed.response.status_code = 429

    found = await play(other, failed, recorded_flow("Why?", 4, 5, x_higress_skip_ai_cache="on"))

    assert found["others"] == {"no LLM call": 1}
    assert (found["requests"], found["misses"], found["bypasses_by_reason"]) == (2, 1, {"skip": 1})
    assert found["not_kept_by_reason"] == {"status": 1}


async def test_with_a_shared_scope_each_caller_must_have_been_accepted(play: Play) -> None:
    found = await play(
        recorded_flow("Why?", 0, 1), recorded_flow("Why?", 2, 3, key="sk-b"), recorded_flow("Why?", 4, 5, key="sk-b"),
        recorded_flow("Why?", 4 + DAY, 5 + DAY, key="sk-b"),
        config=replace(Config(), scope=Shared()),
    )  # fmt: skip

    assert (found["hits"], found["misses_by_reason"]) == (1, {"credential-unproven": 3})


async def test_texts_to_embed_are_counted_one_by_one(play: Play) -> None:
    def batch(start: float, *texts: str) -> HTTPFlow:
        body = json.dumps({"model": "e", "input": list(texts)}).encode()
        data = [{"object": "embedding", "index": i, "embedding": [0.5]} for i in range(len(texts))]
        said = {"object": "list", "model": "e", "data": data, "usage": {"prompt_tokens": 2, "total_tokens": 2}}
        response = Response.make(200, json.dumps(said), {"content-type": "application/json"})
        return build_flow("POST", "https://api.test/v1/embeddings", {}, body, response, NOON + start)

    found = await play(batch(0, "a", "b"), batch(1, "b", "c"), batch(2, "a", "c"))

    assert found["embeddings"] == {"texts": 6, "known": 3}
    assert (found["hits_by_tier"], found["misses"]) == ({"embeddings": 1}, 2)


async def test_the_verified_policy_learns_as_it_would_have(play: Play) -> None:
    semantic = replace(Config().semantic, policy=Policy.VERIFIED)

    found = await play(
        *(recorded_flow(f"how are you {'today, ' * (i % 3)}my dear friend", i, i + 0.5, "Fine.") for i in range(30)),
        config=replace(Config(), semantic=semantic),
    )

    assert found["policy"] == "verified"
    assert found["hits"] + found["misses"] == 30


async def test_the_table_says_it_all_without_a_text_of_anybody(play: Play) -> None:
    found = await play(recorded_flow("Which secret?", 0, 1), recorded_flow("Which secret?", 2, 3, "Hush."))

    table = format_summary(found)

    assert "1  50.0%" in table
    assert "exact" in table and "no-neighbor" in table
    assert "saved: 100 prompt and 10 completion tokens (50.0% of all that were counted), $0.0003" in table
    assert "secret" not in table and "Hush" not in table and "sk-a" not in table


async def test_nothing_at_all_is_a_table_too(play: Play) -> None:
    assert "0 requests to LLM APIs" in format_summary(await play())


# ---------------------------------------------------------------------- its store and index


def an_entry(key: str, body: bytes) -> Entry:
    return Entry(
        *(key, "n", "chat", "m", Mode.WHOLE, False, Mode.WHOLE, "application/json", body, None, 0, 0),
        stored_at=NOON,
        expires_at=NOON + 5,
    )


async def test_bodies_lie_in_a_file_and_come_back_until_they_expire() -> None:
    now = NOON
    store = DiskBackedStore(lambda: now)
    for i in range(3):
        await store.put(an_entry(str(i), bytes([i]) * 1000))
    await store.put(an_entry("1", b"again"))

    assert [(await store.get(str(i)) or an_entry("", b"")).body[:5] for i in range(3)] == [
        b"\0" * 5,
        b"again",
        b"\2" * 5,
    ]
    now = NOON + 5
    assert await store.get("0") is None
    assert len(store.entries) == 2
    await store.close()


async def test_the_nearest_are_found_among_what_was_neither_removed_nor_replaced() -> None:
    index, vectors = MemoryIndex(), np.eye(20, dtype=np.float32)
    for i in range(20):
        await index.upsert(str(i), "n", vectors[i], 0.0)
    await index.upsert("3", "n", vectors[4], 0.0)
    await index.delete(["4", "19", "nobody"])
    await index.upsert("other", "m", vectors[4], 0.0)

    found = await index.search("n", vectors[4], 2)

    assert (found[0].key, found[0].similarity) == ("3", 1.0)
    assert found[1].similarity == 0.0
    assert {n.key for n in await index.search("n", vectors[0], 50)} == {str(i) for i in range(19)} - {"4"}
    assert [n.key for n in (await index.search_all(vectors[4], 2))] == ["3", "other"]
    assert await index.search("nowhere", vectors[0], 5) == []


# ---------------------------------------------------------------------- the command


def run(*arguments: object, code: int = 0) -> tuple[str, str]:
    done = PRELOADED.run([sys.executable, "-m", "aicache", "replay", *map(str, arguments)], os.environ, 60)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout, done.stderr


def saved(file: Path, *flows: HTTPFlow) -> Path:
    with file.open("wb") as opened:
        for flow in flows:
            FlowWriter(opened).add(flow)  # type: ignore[no-untyped-call]
    return file


def test_flows_are_replayed_with_the_real_embedder_and_no_store_is_touched(tmp_path: Path) -> None:
    questions = ("How do I reset my password?", "How do I reset my password?", "How can I reset my password?")
    file = saved(tmp_path / "f.mitm", *(recorded_flow(text, 2 * i, 2 * i + 1) for i, text in enumerate(questions)))

    out, _ = run(file, "--json")
    table, _ = run(file)

    found = json.loads(out)
    assert (found["hits_by_tier"], found["misses"]) == ({"exact": 1, "semantic": 1}, 1)
    assert "semantic" in table
    assert [path.name for path in tmp_path.iterdir()] == ["f.mitm"]


def test_what_cannot_be_replayed_is_said(tmp_path: Path) -> None:
    file = saved(tmp_path / "f.mitm", recorded_flow("Why?", 0, 1), recorded_flow("Why?", 2, 3))
    file.write_bytes(file.read_bytes()[:-100])
    off = tmp_path / "off.yaml"
    off.write_text("enabled: false\n")

    out, cut = run(file, "--json", code=1)
    _, redis = run("redis://127.0.0.1:1/0", code=1)
    _, none = run(tmp_path / "none", code=1)
    _, disabled = run(file, "--config", off, code=1)

    assert json.loads(out)["requests"] == 1
    assert "flow 2: cannot be read" in cut
    assert "answers, but no traffic" in redis
    assert "No such file or directory" in none
    assert "pass" in disabled and "untouched" in disabled
