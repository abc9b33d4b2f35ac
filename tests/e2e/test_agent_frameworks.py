"""Agents built with frameworks do their task again without the upstream, with tools, whole and streamed."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from e2e.agents.model import Model, Turn
from e2e.client import Askers, Client
from e2e.proxy import Proxy
from e2e.taped import Taped
from e2e.test_clients import AI

if TYPE_CHECKING:
    from e2e.conftest import Upstream

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]  # the first use of a framework makes its environment

MODES = ("whole", "stream")
# Both ends of each range were run.
FRAMEWORKS = (
    "pydantic-ai-slim[openai,anthropic]>=2.68,<3",
    "openai-agents>=0.20,<1",
    "langchain>=1,<2",
    "langchain-openai>=1,<2",
)
OPENAI, ALL = ("chat", "responses"), ("chat", "responses", "messages", "gemini")
SCRIPTS = {
    "agent_pydantic_ai.py": (FRAMEWORKS, ("chat", "responses", "messages")),
    "agent_openai_agents.py": (FRAMEWORKS, OPENAI),
    "agent_langchain.py": (FRAMEWORKS, OPENAI),
    "agent_ai.mjs": (AI[1], ALL),
}
CLIENTS = tuple(
    Client(f"{Path(script).stem.removeprefix('agent_')}-{api}", script, requirements, api, MODES, purpose="agents")
    for script, (requirements, apis) in SCRIPTS.items()
    for api in apis
)
TURNS = (
    Turn("I look it up.", (("weather", {"city": "Zürich"}), ("weather", {"city": "Oslo"}))),
    Turn("I convert it.", (("fahrenheit", {"celsius": 18}),)),
    Turn("It is 64.4 °F in both."),
)
ONE_EACH = ("pydantic_ai-messages", "openai_agents-responses", "langchain-chat", "ai-gemini")
NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def proxy(exact_proxy: Proxy) -> Proxy:
    return exact_proxy


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("client", CLIENTS, ids=str)
def test_an_agent_does_its_task_again_without_the_upstream(
    askers: Askers, proxy: Proxy, upstream: Upstream, client: Client, mode: str
) -> None:
    upstream.script = Model(TURNS)
    asker, task = askers[client], f"How warm is it in Zürich and Oslo? Report {next(NUMBERS)}."
    before = upstream.calls
    first = asker.ask(proxy.url, task, mode, client)
    assert upstream.calls == before + len(TURNS)

    again = asker.ask(proxy.url, task, mode, client)

    assert first["text"] == again["text"] == TURNS[-1].text
    assert upstream.calls == before + len(TURNS)


@pytest.mark.parametrize("client", [client for client in CLIENTS if client.name in ONE_EACH], ids=str)
def test_a_run_on_a_cassette_is_replayed_and_a_changed_prompt_is_named(
    askers: Askers, upstream: Upstream, client: Client, tmp_path: Path
) -> None:
    upstream.script = Model(TURNS)
    asker, task = askers[client], "How warm is it in Zürich and Oslo?"
    with Taped(upstream.url, tmp_path, "record") as proxy:
        recorded = asker.ask(proxy.url, task, "stream", client)
    calls = upstream.calls

    with Taped(upstream.url, tmp_path, "replay") as proxy:
        replayed = asker.ask(proxy.url, task, "stream", client, key="none")
        with pytest.raises(AssertionError) as refused:
            asker.ask(proxy.url, task.replace("Oslo", "Rome"), "stream", client, key="none")

    assert replayed["text"] == recorded["text"] == TURNS[-1].text
    assert re.search(r"differs in .*recorded [^,]* Oslo\?', asked [^,]* Rome\?'", str(refused.value))
    assert "3 replayed, 1 missing" in proxy.log
    assert upstream.calls == calls
