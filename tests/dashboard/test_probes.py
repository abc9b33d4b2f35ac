"""Health probes: without a token, at the proxy itself only, and with nothing in them for a stranger."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from mitmproxy.http import HTTPFlow, Request
from mitmproxy.proxy.mode_specs import ProxyMode
from mitmproxy.test import tflow

from aicache.adapters.memory import MemoryIndex, MemoryStore
from aicache.config import Config
from aicache.dashboard.probes import LIVE, READY, is_probe, render
from aicache.domain.judging import JudgeQuestion
from aicache.domain.model import Vector
from aicache.domain.ports import StoreError
from aicache.engine import Engine
from aicache.engine.judge_on_path import JudgeLimits
from aicache.runtime.preflight import rules_for
from dashboard import probe_table
from dashboard.probe_table import Probes, documented
from fakes import BrokenStore, LetterEmbedder, NeighborOracle
from in_process import a_question, an_answer, in_process

UPSTREAM = "https://api.test"


def a_probe(path: str, *, method: str = "GET", mode: str = f"reverse:{UPSTREAM}") -> HTTPFlow:
    flow = tflow.tflow(req=Request.make(method, UPSTREAM + path))
    flow.live = True
    flow.client_conn.proxy_mode = ProxyMode.parse(mode)
    return flow


@pytest.mark.parametrize("config", ["", "dashboard: {enabled: false}", "enabled: false"])
@pytest.mark.parametrize("path", ["/_ai_cache/live", "/_ai_cache/ready", "/_ai_cache/ready?from=kubelet"])
async def test_a_probe_is_answered_without_a_token_whatever_is_off(config: str, path: str, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(config)

    async with in_process(file) as proxy:
        flow = await proxy.send(a_probe(path), an_answer("from upstream"))

    assert flow.response is not None
    assert flow.response.status_code == 200
    assert set(flow.response.json()) <= {"status", "degraded"}
    assert flow.response.headers["cache-control"] == "no-store"
    assert proxy.upstream == 0


async def test_head_has_no_content_and_a_change_is_no_probe() -> None:
    async with in_process() as proxy:
        head = await proxy.send(a_probe("/_ai_cache/live", method="HEAD"), an_answer("a"))
        post = await proxy.send(a_probe("/_ai_cache/live", method="POST"), an_answer("a"))

    assert head.response is not None
    assert post.response is not None
    assert (head.response.status_code, head.response.raw_content) == (200, b"")
    assert post.response.status_code == 404
    assert proxy.upstream == 0


async def test_at_another_host_the_path_is_that_hosts() -> None:
    async with in_process() as proxy:
        flow = await proxy.send(a_probe("/_ai_cache/ready", mode="regular"), an_answer("from upstream"))

    assert flow.response is not None
    assert b"from upstream" in (flow.response.content or b"")
    assert proxy.upstream == 1


@pytest.mark.parametrize(
    "target", [b"/_ai_cache/lives", b"/_ai_cache/live/", b"/_ai_cache/LIVE", b"/x?/_ai_cache/live"]
)
def test_no_other_target_is_a_probe(target: bytes) -> None:
    assert not is_probe(target)


def test_what_has_not_started_is_degraded_and_the_proxy_is_ready_all_the_same() -> None:
    config = Config()
    engine = Engine(rules_for(config), 0.5)

    response = render(b"/_ai_cache/ready", engine, config, draining=False)

    assert response.status_code == 200
    assert response.json() == {"status": "ready", "degraded": ["exact store", "embedder", "vector index"]}


async def test_a_store_that_fails_is_degraded_until_it_works() -> None:
    async with in_process() as proxy:
        engine = proxy.runtime.engine
        engine.use_exact(BrokenStore(), 0.1)
        for number in range(10):
            await proxy.send(a_question(f"What is {number}?"), an_answer("a"))
        failing = await proxy.send(a_probe("/_ai_cache/ready"), an_answer("from upstream"))
        engine.use_exact(MemoryStore(), 0.1)
        working = await proxy.send(a_probe("/_ai_cache/ready"), an_answer("from upstream"))

    assert failing.response is not None
    assert working.response is not None
    assert failing.response.status_code == 200
    assert failing.response.json()["degraded"] == ["exact store", "embedder", "vector index"]
    assert working.response.json()["degraded"] == ["embedder", "vector index"]


def test_who_ends_is_not_ready_and_still_lives() -> None:
    engine = Engine(rules_for(Config()), 0.5)

    assert render(b"/_ai_cache/ready", engine, Config(), draining=True).status_code == 503
    assert json.loads(render(b"/_ai_cache/live", None, Config(), draining=True).content or b"") == {"status": "live"}


async def test_an_index_that_refuses_writes_and_a_judge_that_fails_are_degraded_as_documented() -> None:
    engine, vector = Engine(rules_for(Config()), 0.5), np.ones(4, np.float32)
    engine.use_exact(MemoryStore(), 0.1)
    engine.use_semantic(LetterEmbedder(), ReadOnlyIndex(), embedder_timeout=1.0, index_timeout=1.0)
    before = probed(engine)

    while (semantic := engine.semantic) is not None and probed(engine) == before:
        with pytest.raises(StoreError):
            await semantic.index.upsert("01", "02", vector, 0.0)
    read_only = probed(engine)
    engine.use_semantic(LetterEmbedder(), MemoryIndex(), embedder_timeout=1.0, index_timeout=1.0)
    engine.use_judge(NeighborOracle(broken), 1.0, JudgeLimits())
    while (judge := engine.backends.neighbor_judge) is not None and probed(engine) == before:
        await judge.ask(JudgeQuestion("Which way?", "What way?"), "segment", 0.8, 1)

    assert before == Probes(200, 200)
    assert read_only == documented()[probe_table.NO_INDEX_WRITES]
    assert probed(engine) == documented()[probe_table.NO_JUDGE]


class ReadOnlyIndex(MemoryIndex):
    """An index that refuses to write."""

    async def upsert(self, key: str, namespace: str, vector: Vector, expires_at: float) -> None:
        raise StoreError("read-only")


def broken(question: JudgeQuestion) -> bool:
    raise StoreError("broken")


def probed(engine: Engine) -> Probes:
    live, ready = (render(target, engine, Config(), draining=False) for target in (LIVE, READY))
    return Probes(live.status_code, ready.status_code, tuple(ready.json()["degraded"]))
