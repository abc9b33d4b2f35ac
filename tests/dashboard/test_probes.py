"""Health probes: without a token, at the proxy itself only, and with nothing in them for a stranger."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from mitmproxy.http import HTTPFlow, Request
from mitmproxy.proxy.mode_specs import ProxyMode
from mitmproxy.test import tflow

from aicache.adapters.memory import MemoryStore
from aicache.config import Config
from aicache.dashboard.probes import is_probe, render
from aicache.engine import Engine
from aicache.runtime.preflight import rules_for
from fakes import BrokenStore
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
