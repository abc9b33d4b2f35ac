"""Coding agents do a task through the proxy: real programs with their tools, and a model that says each step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from e2e.agents.cli import Agent, Place
from e2e.agents.model import Model
from e2e.agents.table import AGENTS
from e2e.proxy import Proxy

if TYPE_CHECKING:
    from e2e.conftest import Upstream

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]  # the first use of an agent installs it

KEY = "sk-agent"
WEST, EAST = "Etc/GMT+12", "Pacific/Kiritimati"
"""Time zones 26 hours apart: in them it is never the same day."""
HIT_AGAIN = ("opencode", "aider")


@pytest.fixture(scope="module")
def proxy(exact_proxy: Proxy) -> Proxy:
    return exact_proxy


@pytest.fixture
def asked(agent: Agent, upstream: Upstream) -> Callable[[], int]:
    """Tells how often the model was asked in this test."""
    upstream.script = Model(agent.turns)
    before = upstream.calls

    def asked() -> int:
        requests = upstream.stand_in.requests[before:]
        return sum(r.method == "POST" and r.path.partition("?")[0] == agent.path for r in requests)

    return asked


@pytest.mark.parametrize("agent", AGENTS, ids=str)
def test_an_agent_does_its_task_through_the_proxy(
    agent: Agent, proxy: Proxy, asked: Callable[[], int], tmp_path: Path
) -> None:
    place = Place(tmp_path / "home", tmp_path / "checkout", "Begin", WEST)

    first = agent.run(place, proxy.url, KEY)

    assert (first.exit_code, first.files) == (0, agent.result), first.output
    assert (calls := asked()) >= len(agent.turns)
    if agent.name in HIT_AGAIN:
        again = agent.run(place, proxy.url, KEY)
        assert (again.exit_code, again.files) == (0, agent.result), again.output
        assert asked() == calls
