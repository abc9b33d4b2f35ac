"""Coding agents do their task again without the upstream: real programs with their tools, and a model of ours."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from mitmproxy.io import FlowReader

from benchmarks.processes import Tree
from certificates import a_certificate
from e2e.agents.cli import Agent, Place, Run
from e2e.agents.model import Model
from e2e.agents.table import AGENTS
from e2e.apis import APIS
from e2e.conftest import Upstream
from e2e.proxy import EXACT_ONLY, Proxy, free_port, post
from e2e.taped import Taped

if TYPE_CHECKING:
    from demo.answers import Request

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]  # the first use of an agent installs it

WEST, EAST = "Etc/GMT+12", "Pacific/Kiritimati"
"""Time zones 26 hours apart: in them it is never the same day."""
HOP_BY_HOP = ("host", "connection", "content-length", "transfer-encoding", "expect")
CONFIG = f"{EXACT_ONLY}scope: shared\nbuilt_in_masks: [agents]\nlookup_timeout: 10s\n"
RECORDER_PORT = free_port()
REPLAY_CPU_S = 3
"""For the start of a proxy on a cassette and all of a run's requests."""


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """The cache, in front of a test's recorder."""
    with Proxy(f"http://127.0.0.1:{RECORDER_PORT}", tmp_path_factory.mktemp("proxy"), CONFIG) as running:
        yield running


@pytest.fixture
def recorder(upstream: Upstream, tmp_path: Path) -> Iterator[Proxy]:
    """Between the cache and the upstream."""
    recorder = Taped(upstream.url, tmp_path, "record")
    recorder.port = RECORDER_PORT
    with recorder:
        yield recorder


@pytest.mark.parametrize("agent", AGENTS, ids=str)
def test_an_agent_does_its_task_again_elsewhere_without_the_upstream(
    agent: Agent, proxy: Proxy, recorder: Proxy, upstream: Upstream, tmp_path: Path
) -> None:
    """From another home, checkout, commit and session, with another key, and on another day; then from a cassette.

    What the model says names the directory of the recorded run. A heavy agent does it from the cassette only; what it
    asked then is asked of the cache once more.
    """
    here = Place(tmp_path / "alice", tmp_path / "alice" / "src" / "weather", "Begin", WEST)
    there = Place(tmp_path / "ci" / "home", tmp_path / "build-0042", "Another history", EAST)
    upstream.script = Model(agent.turns_in(here.checkout))
    before = upstream.calls
    first = agent.run(here, proxy.url, f"sk-alice-{agent}")
    check(agent, first)
    requests = asked(agent, upstream, before)
    assert len(requests) >= len(agent.turns)
    accept(proxy, agent, requests[0], f"sk-ci-{agent}")
    calls = upstream.calls

    if not agent.heavy:
        check(agent, agent.run(there, proxy.url, f"sk-ci-{agent}"))
    recorder.stop()
    flows = tmp_path / "asked.mitm"
    with Taped(recorder.upstream, tmp_path, "replay", "--set", "ai_cache_strict=true", "-w", str(flows)) as tape:
        check(agent, agent.run(there, tape.url, f"sk-ci-{agent}"))
        assert Tree(tape.pid).cpu() < REPLAY_CPU_S
        assert tape.stop() == 0, tape.log
    if agent.heavy:
        assert asked_again(agent, proxy, flows) == ["exact"] * len(requests)

    assert not asked(agent, upstream, calls)


@pytest.mark.parametrize(
    ("agent", "trust"), [(AGENTS[0], "NODE_EXTRA_CA_CERTS"), (AGENTS[1], "SSL_CERT_FILE")], ids=str
)
def test_an_agent_whose_address_stays_uses_the_proxy_by_https_proxy(agent: Agent, trust: str, tmp_path: Path) -> None:
    certificate, private_key = a_certificate(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, private_key)
    upstream = Upstream(tls)
    options = ("--set", f"ssl_verify_upstream_trusted_ca={certificate}", "--set", "connection_strategy=lazy")
    options = (*options, "--set", f"map_remote=|//llm.example/|//{upstream.url.partition('//')[2]}/")
    place = Place(tmp_path / "home", tmp_path / "checkout", "Begin", WEST)
    upstream.script = Model(agent.turns_in(place.checkout))

    with Proxy(upstream.url, tmp_path, CONFIG, mode="regular", options=options) as proxy:
        ways = {"HTTPS_PROXY": proxy.url, trust: str(tmp_path / "confdir" / "mitmproxy-ca-cert.pem")}
        check(agent, agent.run(place, "https://llm.example", "sk-agent", **ways))
        calls = upstream.calls
        check(agent, agent.run(place, "https://llm.example", "sk-agent", **ways))

    assert calls >= len(agent.turns)
    assert not asked(agent, upstream, calls)
    upstream.close()


def check(agent: Agent, run: Run) -> None:
    assert (run.exit_code, run.files) == (0, agent.result), run.output


def asked(agent: Agent, upstream: Upstream, before: int) -> list[Request]:
    """The requests to the model that came after the first *before* ones."""
    requests = upstream.stand_in.requests[before:]
    return [r for r in requests if r.method == "POST" and r.path.partition("?")[0] == agent.path]


def asked_again(agent: Agent, proxy: Proxy, flows: Path) -> list[str]:
    """Ask the cache what an agent has asked; return what became of each request."""
    with flows.open("rb") as file:
        read = list(FlowReader(file).stream())  # type: ignore[no-untyped-call]
    found = []
    for request in (flow.request for flow in read if flow.request.path.partition("?")[0] == agent.path):
        headers = {name.lower(): value for name, value in request.headers.items()}
        headers = {name: value for name, value in headers.items() if name not in HOP_BY_HOP}
        found.append(post(proxy.port, request.content, headers, path=request.path).cache)
    return found


def accept(proxy: Proxy, agent: Agent, request: Request, key: str) -> None:
    """Let the upstream accept a key for an agent's model: only such keys get the answers that others were given."""
    api = APIS[agent.api]
    body = api.ask(f"Are you there, {agent}?")
    body |= {"model": request.json["model"]} if "model" in request.json else {}
    headers = {name: value for name, value in request.headers.items() if name not in HOP_BY_HOP}
    headers |= {api.key: f"Bearer {key}" if api.key == "authorization" else key}
    reply = post(proxy.port, json.dumps(body).encode(), headers, path=request.path)
    assert (reply.status, reply.cache) == (200, "miss")
