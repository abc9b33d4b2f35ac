"""Coding agents do their task again without the upstream: real programs with their tools, and a model of ours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from e2e.agents.cli import Agent, Place
from e2e.agents.model import Model
from e2e.agents.table import AGENTS
from e2e.apis import APIS
from e2e.proxy import EXACT_ONLY, Proxy, post

if TYPE_CHECKING:
    from demo.answers import Request
    from e2e.conftest import Upstream

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]  # the first use of an agent installs it

WEST, EAST = "Etc/GMT+12", "Pacific/Kiritimati"
"""Time zones 26 hours apart: in them it is never the same day."""
HOP_BY_HOP = ("host", "connection", "content-length", "transfer-encoding", "expect")
CONFIG = f"""{EXACT_ONLY}
scope: shared
built_in_masks: [agents]
ignore: [stream, stream_options, user, metadata, safety_identifier, prompt_cache_key, service_tier, store, "input[].id"]
"""


@pytest.fixture(scope="module")
def proxy(module_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with Proxy(module_upstream.url, tmp_path_factory.mktemp("proxy"), CONFIG) as running:
        yield running


@pytest.mark.parametrize("agent", AGENTS, ids=str)
def test_an_agent_does_its_task_again_elsewhere_without_the_upstream(
    agent: Agent, proxy: Proxy, upstream: Upstream, tmp_path: Path
) -> None:
    """From another home, checkout, commit and session, with another key, and on another day."""
    upstream.script = Model(agent.turns)
    here = Place(tmp_path / "alice", tmp_path / "alice" / "src" / "weather", "Begin", WEST)
    there = Place(tmp_path / "ci" / "home", tmp_path / "build-0042", "Another history", EAST)
    before = upstream.calls
    first = agent.run(here, proxy.url, f"sk-alice-{agent}")
    assert (first.exit_code, first.files) == (0, agent.result), first.output
    requests = asked(agent, upstream, before)
    accept(proxy, agent, requests[0], f"sk-ci-{agent}")
    calls = upstream.calls

    again = agent.run(there, proxy.url, f"sk-ci-{agent}")

    assert (again.exit_code, again.files) == (0, agent.result), again.output
    assert len(requests) >= len(agent.turns)
    assert not asked(agent, upstream, calls)


def asked(agent: Agent, upstream: Upstream, before: int) -> list[Request]:
    """The requests to the model that came after the first *before* ones."""
    requests = upstream.stand_in.requests[before:]
    return [r for r in requests if r.method == "POST" and r.path.partition("?")[0] == agent.path]


def accept(proxy: Proxy, agent: Agent, request: Request, key: str) -> None:
    """Let the upstream accept a key for an agent's model: only such keys get the answers that others were given."""
    api = APIS[agent.api]
    body = api.ask(f"Are you there, {agent}?")
    body |= {"model": request.json["model"]} if "model" in request.json else {}
    headers = {name: value for name, value in request.headers.items() if name not in HOP_BY_HOP}
    headers |= {api.key: f"Bearer {key}" if api.key == "authorization" else key}
    reply = post(proxy.port, json.dumps(body).encode(), headers, path=request.path)
    assert (reply.status, reply.cache) == (200, "miss")
