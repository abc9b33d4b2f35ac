"""The health probes of a real proxy while one thing after the other fails: the documents' table, row by row."""

from __future__ import annotations

import asyncio
import http.client
import itertools
import json
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dashboard import probe_table
from dashboard.probe_table import Probes, documented
from demo.cloud.dashscope import Fault
from e2e.conftest import Upstream
from e2e.embedding_service import EmbeddingService
from e2e.proxy import Proxy
from query_engine import SearchServer
from servers import Process

HANGS_AFTER_S = 1.0
FINE = Probes(200, 200)


class Services:
    """An embedder, and a Redis with a search module, in a thread of their own."""

    def __init__(self) -> None:
        self._embedding, self.index = EmbeddingService(), SearchServer()
        self.embedder = self._embedding.stand_in
        self._embedding.run(self.index.__aenter__())

    def close(self) -> None:
        self._embedding.run(self.index.__aexit__())
        self._embedding.close()


class Watched:
    """A proxy with services for all that it needs, each of which can fail."""

    def __init__(self, redis: Process, home: Path) -> None:
        self.redis, self.services = redis, Services()
        self.at_start = (FINE, 0)
        """What the proxy said to the probes and to a request while it started."""
        self.upstream: Upstream | None = Upstream()
        embedder, index = self.services.embedder, self.services.index
        self.proxy = Proxy(
            self.upstream.url,
            home,
            f"exact: {{redis: {{url: 'redis://127.0.0.1:{redis.port}/0'}}, secret: 0123456789abcdef}}\n"
            f"semantic:\n  threshold: 0.9\n  index: {{kind: redis, url: '{index.url}'}}\n"
            f"  embedder: {{kind: openai, model: text-embedding-v4, dimensions: 256, api_key: {embedder.key},"
            f" base_url: '{embedder.compatible_url}'}}\n",
        )
        self._questions = (f"Is this question number {number}?" for number in itertools.count())

    def start(self) -> tuple[Probes, int]:
        """Start the proxy; return what it said before it reached its Redis."""
        self.redis.signal(signal.SIGSTOP)
        self.proxy.start(wait_for=None)
        self.proxy.wait_listening()
        self.proxy.wait_for(lambda: self.probes().ready is not None)
        starting = self.probes(), self.ask()
        self.redis.signal(signal.SIGCONT)
        self.wait_until(FINE)
        return starting

    def probes(self) -> Probes:
        live, _ = self._get("live")
        ready, said = self._get("ready")
        return Probes(live, ready, tuple(said.get("degraded", ())))

    def ask(self) -> int:
        return self.proxy.ask(next(self._questions)).status

    def wait_until(self, wanted: Probes) -> None:
        """Ask, ever more rarely, until the probes say so."""
        began = time.monotonic()
        for pause in itertools.chain([0.05] * 5, itertools.repeat(0.5)):
            self.ask()
            if (found := self.probes()) == wanted:
                return
            assert time.monotonic() < began + 20, f"{found} instead of {wanted}:\n{self.proxy.log}"
            time.sleep(pause)

    def _get(self, probe: str) -> tuple[int | None, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.proxy.port, timeout=HANGS_AFTER_S)
        try:
            connection.request("GET", f"/_ai_cache/{probe}")
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        except TimeoutError:
            return None, {}
        finally:
            connection.close()

    def close_upstream(self) -> None:
        upstream, self.upstream = self.upstream, None
        if upstream is not None:
            upstream.close()

    def close(self) -> None:
        self.proxy.stop()
        self.services.close()
        self.close_upstream()


@pytest.fixture(scope="module")
def watched(redis: Process, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    each = Watched(redis, tmp_path_factory.mktemp("watched"))
    each.at_start = each.start()
    yield each
    each.close()


def test_the_table_has_what_is_measured_and_nothing_else() -> None:
    assert tuple(documented()) == probe_table.ALL


def test_a_proxy_that_starts_is_ready(watched: Watched) -> None:
    starting, status = watched.at_start

    assert replace(starting, degraded=()) == documented()[probe_table.STARTS]
    assert "exact store" in starting.degraded
    assert set(starting.degraded) <= {"exact store", "embedder", "vector index"}
    assert status == 200


def no_writes(watched: Watched) -> Callable[[], Any]:
    asyncio.run(watched.redis.ask("ACL", "SETUSER", "default", "-set"))
    return lambda: asyncio.run(watched.redis.ask("ACL", "SETUSER", "default", "+set"))


def no_redis(watched: Watched) -> Callable[[], Any]:
    watched.redis.signal(signal.SIGSTOP)
    return lambda: watched.redis.signal(signal.SIGCONT)


def no_embedder(watched: Watched) -> Callable[[], Any]:
    watched.services.embedder.always = Fault(status=500)
    return lambda: setattr(watched.services.embedder, "always", None)


def no_index(watched: Watched) -> Callable[[], Any]:
    watched.services.index.refusal = "LOADING the index"
    return lambda: setattr(watched.services.index, "refusal", "")


def mistakes(watched: Watched) -> Callable[[], Any]:
    before = watched.proxy.config_file.read_text()
    watched.proxy.config_file.write_text(before + "lookup_timeout: soon\n")
    watched.proxy.wait_log("lookup_timeout")
    return lambda: watched.proxy.config_file.write_text(before)


FAILURES = {
    probe_table.NO_WRITES: no_writes,
    probe_table.NO_REDIS: no_redis,
    probe_table.NO_EMBEDDER: no_embedder,
    probe_table.NO_INDEX: no_index,
    probe_table.MISTAKES: mistakes,
}


@pytest.mark.parametrize("what", FAILURES)
def test_a_proxy_whose_part_fails_is_ready_and_says_which(watched: Watched, what: str) -> None:
    restore = FAILURES[what](watched)
    try:
        watched.wait_until(documented()[what])
        answered = watched.ask()
    finally:
        restore()

    assert answered == 200
    watched.wait_until(FINE)


def test_without_its_upstream_it_is_ready_and_answers_hits(watched: Watched) -> None:
    watched.proxy.ask("What is stored?")
    watched.proxy.ask_until("exact", "What is stored?")
    watched.close_upstream()

    assert watched.ask() == 502
    assert watched.probes() == documented()[probe_table.NO_UPSTREAM]
    assert watched.proxy.ask("What is stored?").cache == "exact"


def test_one_that_hangs_answers_no_probe(watched: Watched) -> None:
    assert watched.proxy.process is not None
    watched.proxy.process.send_signal(signal.SIGSTOP)
    hanging = watched.probes()
    watched.proxy.process.send_signal(signal.SIGCONT)

    assert hanging == documented()[probe_table.HANGS]


def test_one_that_ends_is_not_ready_and_lives(watched: Watched) -> None:
    half_sent = [http.client.HTTPConnection("127.0.0.1", watched.proxy.port, timeout=20) for _ in range(2)]
    for connection, probe in zip(half_sent, ("live", "ready"), strict=True):
        connection.putrequest("GET", f"/_ai_cache/{probe}")
        connection.putheader("content-length", "2")
        connection.endheaders(b"a")

    assert watched.proxy.process is not None
    watched.proxy.process.send_signal(signal.SIGTERM)
    watched.proxy.wait_log("SIGTERM: no new connections")
    for connection in half_sent:
        connection.send(b"b")
    live, ready = (connection.getresponse() for connection in half_sent)

    assert Probes(live.status, ready.status) == documented()[probe_table.ENDS]
