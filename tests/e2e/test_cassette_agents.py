"""Coding agents do their task from a cassette: without upstream and key, elsewhere, on another day."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from e2e.agents.cli import Agent, Place
from e2e.agents.model import Model
from e2e.agents.table import AGENTS
from e2e.proxy import free_port
from e2e.test_agents import EAST, WEST
from e2e.test_cassettes import Taped

if TYPE_CHECKING:
    from e2e.conftest import Upstream

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]  # the first use of an agent installs it


@pytest.mark.parametrize("agent", AGENTS, ids=str)
def test_an_agents_run_is_replayed_elsewhere(agent: Agent, upstream: Upstream, tmp_path: Path) -> None:
    upstream.script = Model(agent.turns)
    here = Place(tmp_path / "alice", tmp_path / "alice" / "src" / "weather", "Begin", WEST)
    there = Place(tmp_path / "ci" / "home", tmp_path / "build-0042", "Another history", EAST)
    with Taped(upstream.url, tmp_path, "record") as recording:
        first = agent.run(here, recording.url, "sk-alice-0123456789abcdef")
        assert (first.exit_code, first.files) == (0, agent.result), first.output
    calls = upstream.calls

    with Taped(f"http://127.0.0.1:{free_port()}", tmp_path, "replay") as replaying:
        again = agent.run(there, replaying.url, "sk-none")
        assert (again.exit_code, again.files) == (0, agent.result), again.output + replaying.log

    assert upstream.calls == calls
    assert ", 0 missing" in replaying.log, replaying.log
    assert "0123456789abcdef" not in replaying.file.read_text("utf-8")
