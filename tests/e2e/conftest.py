"""The stand-in upstream in a thread of its own, and proxies that end with their test."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import pytest

from benchmarks import processes
from demo.answers import Reply, Request, answer
from demo.upstream import StandIn
from e2e.client import Askers
from e2e.preloaded import PRELOADED
from e2e.proxy import AS_CONFIGURED, EXACT_ONLY, ROOT, Proxy
from e2e.transparent import HOSTS, Internet
from namespaces import Lan, lan
from servers import Process, running_redis


class Upstream:
    """A stand-in LLM API; a test sets *script* to say what it answers."""

    def __init__(self, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1", port: int = 0) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.script: Callable[[Request], Reply] = answer
        self.stand_in = StandIn(lambda request: self.script(request), port, tls, host)
        self._run(self.stand_in.__aenter__())

    @property
    def url(self) -> str:
        return self.stand_in.url

    @property
    def calls(self) -> int:
        return self.stand_in.calls

    @property
    def last(self) -> Request:
        return self.stand_in.requests[-1]

    def close(self) -> None:
        self._run(self.stand_in.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def _run(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)


@pytest.fixture(scope="module")
def module_upstream() -> Iterator[Upstream]:
    upstream = Upstream()
    yield upstream
    upstream.close()


@pytest.fixture
def upstream(module_upstream: Upstream) -> Upstream:
    module_upstream.script = answer
    return module_upstream


@pytest.fixture(scope="module")
def askers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Askers]:
    askers = Askers(tmp_path_factory.mktemp("clients"))
    yield askers
    askers.close()


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A server for the tests of a module."""
    with running_redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="module")
def proxy(module_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """One proxy with its defaults for a module's tests; each asks questions of its own."""
    with Proxy(module_upstream.url, tmp_path_factory.mktemp("proxy")) as running:
        yield running


@pytest.fixture(scope="module")
def exact_proxy(module_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """The same without hits by meaning, which most tests have no use for."""
    with Proxy(module_upstream.url, tmp_path_factory.mktemp("proxy"), EXACT_ONLY) as running:
        yield running


@pytest.fixture
def start(upstream: Upstream, tmp_path: Path) -> Iterator[Callable[..., Proxy]]:
    """Start proxies of the test's own: ``start(config, data="a", wait_for=…)``."""
    started: list[Proxy] = []

    def start(config: str | None = None, *, wait_for: str | None = AS_CONFIGURED, **how: Any) -> Proxy:
        proxy = Proxy(upstream.url, tmp_path, config, **how)
        started.append(proxy)
        return proxy.start(wait_for=wait_for)

    yield start
    for proxy in started:
        if proxy.process is not None and proxy.process.poll() is None:
            proxy.stop()


@pytest.fixture
def forked_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the servers that `benchmarks` starts in this process be forks."""
    start_plainly = processes.start_process

    def start(command: Sequence[str], env: Mapping[str, str], log: IO[bytes]) -> Any:
        return (
            PRELOADED.start(command, env, log, log)
            if PRELOADED.can_start(command, env)
            else start_plainly(command, env, log)
        )

    monkeypatch.setenv("PYTHONPATH", str(ROOT / "scripts"))
    monkeypatch.setattr(processes, "start_process", start)


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lan]:
    with lan(tmp_path_factory.mktemp("net"), HOSTS) as net:
        yield net


@pytest.fixture(scope="module")
def internet(net: Lan, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Internet]:
    with Internet(net, tmp_path_factory.mktemp("internet")) as internet:
        yield internet
