"""The connection to the upstream is opened during a look-up by meaning; nothing is sent on it before the decision."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from certificates import a_certificate
from demo.answers import Reply, Request, answer
from e2e.conftest import Upstream
from e2e.proxy import Proxy, free_port

LOOKUP_S = 0.5
"""How long the embedder takes."""
CONFIG = """
lookup_timeout: 5s
semantic:
  policy: static
  threshold: 0.85
  embedder: {{kind: openai, base_url: "{embedder}/v1", model: m, timeout: 4s}}
{more}
"""


def embed(request: Request) -> Reply:
    """Embed like texts alike: each letter and each pair of them has a place."""
    texts = request.json.get("input", "")
    rows = []
    for index, text in enumerate([texts] if isinstance(texts, str) else texts):
        vector = [0.001] * 64
        for i in range(len(text) - 1):
            vector[hashlib.sha256(text[i : i + 2].encode()).digest()[0] % 64] += 1
        rows.append({"object": "embedding", "index": index, "embedding": vector})
    body = {"object": "list", "model": "m", "data": rows, "usage": {"prompt_tokens": 1, "total_tokens": 1}}
    slow = 0.0 if "fast" in str(texts) else LOOKUP_S
    return Reply(body=json.dumps(body).encode(), content_type="application/json", first_token=slow)


class Relay:
    """Passes connections on to a port, and knows when each came. While it is closed it refuses them."""

    def __init__(self, target: int) -> None:
        self.port, self._target = free_port(), target
        self.accepted: list[float] = []
        self._loop = asyncio.new_event_loop()
        self._tasks: set[Any] = set()
        self._writers: list[asyncio.StreamWriter] = []
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self.open()

    def open(self) -> None:
        self._server = self._run(asyncio.start_server(self._pass_on, "127.0.0.1", self.port))

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._server.close)
        self._run(asyncio.sleep(0))

    def drop(self) -> None:
        """Close all connections."""
        for writer in self._writers:
            self._loop.call_soon_threadsafe(writer.close)
        self._run(asyncio.sleep(0.1))

    def end(self) -> None:
        self.close()
        self._loop.call_soon_threadsafe(self._loop.stop)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted.append(time.monotonic())
        self._tasks.add(asyncio.current_task())
        self._writers.append(writer)
        there, out = await asyncio.open_connection("127.0.0.1", self._target)

        async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            try:
                while data := await source.read(65536):
                    sink.write(data)
                    await sink.drain()
            except OSError:
                pass
            finally:
                sink.close()

        await asyncio.gather(pump(reader, out), pump(there, writer))

    def _run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)


class World:
    """An API over TLS, HTTP/1.1 and HTTP/2, each behind a relay, and proxies in front of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        certificate, key = a_certificate(folder)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate, key)
        self.api, self._plain_api, self.embedder = Upstream(tls), Upstream(), Upstream()
        self.asked_at: list[float] = []
        self.api.script = self._plain_api.script = self._answer
        self.embedder.script = embed
        self.relay = Relay(int(self.api.url.rpartition(":")[2]))
        self._h2_port = free_port()
        both = folder / "both.pem"
        both.write_bytes(key.read_bytes() + certificate.read_bytes())
        self._h2 = subprocess.Popen(
            [
                *(Path(sys.executable).with_name("mitmdump"), "-q", "--mode", f"reverse:{self._plain_api.url}"),
                *("--listen-host", "127.0.0.1", "--listen-port", str(self._h2_port), "--certs", both),
                *("--set", f"confdir={folder / 'h2'}"),
            ]
        )
        self.h2_relay = Relay(self._h2_port)

    def _answer(self, request: Request) -> Reply:
        self.asked_at.append(time.monotonic())
        return answer(request)

    def proxy(self, more: str = "") -> Proxy:
        """Return a reverse proxy that is a forward proxy at another port."""
        regular = free_port()
        options = ("--mode", f"regular@127.0.0.1:{regular}", "--set", "connection_strategy=lazy", "--ssl-insecure")
        config = CONFIG.format(embedder=self.embedder.url, more=more)
        proxy = Proxy(
            f"https://127.0.0.1:{self.relay.port}", self.folder, config, data=f"data{regular}", options=options
        )
        proxy.regular = regular  # type: ignore[attr-defined]
        return proxy

    def wait_h2(self) -> None:
        for _ in range(100):
            try:
                httpx.get(f"https://127.0.0.1:{self._h2_port}/", verify=False, timeout=10)
                return
            except httpx.TransportError:
                time.sleep(0.2)

    def end(self) -> None:
        self._h2.terminate()
        self._h2.wait(10)
        self.relay.end()
        self.h2_relay.end()
        self.api.close()
        self._plain_api.close()
        self.embedder.close()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("preconnect"))
    yield world
    world.end()


@pytest.fixture(scope="module")
def proxy(world: World) -> Iterator[Proxy]:
    with world.proxy() as proxy:
        yield proxy


def reverse(proxy: Proxy, world: World) -> tuple[httpx.Client, str, Relay]:
    return httpx.Client(timeout=20), f"http://127.0.0.1:{proxy.port}", world.relay


def reverse_by_tls(proxy: Proxy, world: World) -> tuple[httpx.Client, str, Relay]:
    return httpx.Client(verify=False, timeout=20), f"https://127.0.0.1:{proxy.port}", world.relay


def forward(proxy: Proxy, world: World) -> tuple[httpx.Client, str, Relay]:
    return _forward(proxy, http2=False), f"https://127.0.0.1:{world.relay.port}", world.relay


def forward_by_http2(proxy: Proxy, world: World) -> tuple[httpx.Client, str, Relay]:
    world.wait_h2()
    return _forward(proxy, http2=True), f"https://127.0.0.1:{world.h2_relay.port}", world.h2_relay


def forward_http2_by_http1(proxy: Proxy, world: World) -> tuple[httpx.Client, str, Relay]:
    return _forward(proxy, http2=True), f"https://127.0.0.1:{world.relay.port}", world.relay


class Http2First(ssl.SSLContext):
    """Offers HTTP/2 before HTTP/1.1, as browsers do."""

    def set_alpn_protocols(self, alpn_protocols: Iterable[str]) -> None:
        super().set_alpn_protocols(sorted(alpn_protocols, key="h2".__ne__))


def _forward(proxy: Proxy, *, http2: bool) -> httpx.Client:
    via = f"http://127.0.0.1:{proxy.regular}"  # type: ignore[attr-defined]
    tls = Http2First(ssl.PROTOCOL_TLS_CLIENT)
    tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    return httpx.Client(http2=http2, proxy=via, verify=tls, timeout=20)


def ask(client: httpx.Client, base: str, question: str, **headers: str) -> httpx.Response:
    fields = {"authorization": "Bearer sk-a", **{name.replace("_", "-"): value for name, value in headers.items()}}
    body = {"model": "m", "messages": [{"role": "user", "content": question}]}
    return client.post(f"{base}/v1/chat/completions", json=body, headers=fields)


def new_question() -> str:
    """Return a question that is like no other."""
    return "".join(random.choices("abcdefghijklmnopqrstuvwxyz ", k=60)) + "?"


def store_one(client: httpx.Client, base: str) -> None:
    """Have a question stored and found by meaning: where there is none, nothing is searched for."""
    for _ in range(100):
        ask(client, base, "Which fast question is the first?")
        hit = ask(client, base, "Which fast question is the first one?", cache_control="only-if-cached, no-store")
        if hit.headers["x-cache-status"] == "hit":
            return
        time.sleep(0.05)
    raise AssertionError("nothing was stored")


Way = Callable[[Proxy, World], tuple[httpx.Client, str, Relay]]


@pytest.mark.parametrize(
    ("way", "version"),
    [
        (reverse, "HTTP/1.1"),
        (reverse_by_tls, "HTTP/1.1"),
        (forward, "HTTP/1.1"),
        (forward_by_http2, "HTTP/2"),
        (forward_http2_by_http1, "HTTP/2"),
    ],
)
def test_a_miss_finds_its_connection_open(way: Way, version: str, proxy: Proxy, world: World) -> None:
    client, base, relay = way(proxy, world)
    with client:
        store_one(client, base)
    client, base, relay = way(proxy, world)
    before = len(relay.accepted)
    with client:
        first = ask(client, base, new_question())
        opened = relay.accepted[before:]
        waited = world.asked_at[-1] - opened[0]
        second = ask(client, base, new_question())

    assert first.headers["x-cache-status"] == second.headers["x-cache-status"] == "miss"
    assert first.http_version == version
    assert len(opened) == 1
    assert waited > LOOKUP_S * 0.6
    is_new_for_each = way is forward_http2_by_http1  # so it is without us, in mitmproxy
    assert len(relay.accepted) - before == (2 if is_new_for_each else 1)
    assert "Traceback" not in proxy.log
    assert "crashed" not in proxy.log


def test_an_exact_hit_opens_nothing(proxy: Proxy, world: World) -> None:
    client, base, relay = reverse(proxy, world)
    store_one(client, base)
    before = len(relay.accepted)

    with httpx.Client(timeout=20) as other:
        hit = ask(other, base, "Which fast question is the first?")

    assert hit.headers["x-cache-status"] == "hit"
    assert len(relay.accepted) == before


def test_a_request_that_must_not_go_upstream_opens_nothing(proxy: Proxy, world: World) -> None:
    client, base, relay = reverse(proxy, world)
    before = len(relay.accepted)

    with client:
        refused = ask(client, base, new_question(), cache_control="only-if-cached")

    assert refused.status_code == 504
    assert len(relay.accepted) == before


def test_a_hit_by_meaning_leaves_its_connection_to_later_requests(proxy: Proxy, world: World) -> None:
    client, base, relay = reverse(proxy, world)
    with client:
        ask(client, base, "How do I reset my password?")

    def is_hit() -> bool:
        with httpx.Client(timeout=20) as other:
            response = ask(other, base, "How can I reset my password?", cache_control="no-store")
            return "semantic" in response.headers.get("cache-status", "")

    proxy.wait_for(is_hit, within=10)
    before, asked = len(relay.accepted), len(world.asked_at)
    with httpx.Client(timeout=20) as other:
        hit = ask(other, base, "How can I reset my password?", cache_control="no-store")
        opened = len(relay.accepted) - before
        miss = ask(other, base, new_question())

    assert "semantic" in hit.headers["cache-status"]
    assert miss.headers["x-cache-status"] == "miss"
    assert (opened, len(relay.accepted) - before) == (1, 1)
    assert len(world.asked_at) - asked == 1
    metrics = httpx.get(f"{base}/_ai_cache/metrics", headers={"authorization": f"Bearer {proxy.token}"}).text
    assert 'aicache_preconnects_total{outcome="unused"} ' in metrics
    assert 'aicache_preconnects_total{outcome="used"} ' in metrics


def test_a_failure_to_connect_early_changes_nothing(proxy: Proxy, world: World) -> None:
    client, base, relay = reverse(proxy, world)
    with client:
        relay.close()
        reopening = threading.Timer(LOOKUP_S / 2, relay.open)
        reopening.start()
        answered = ask(client, base, new_question())
        reopening.join()
        relay.close()
        refused = ask(httpx.Client(timeout=20), base, new_question())
        relay.open()
        again = ask(client, base, new_question())

    assert (answered.status_code, answered.headers["x-cache-status"]) == (200, "miss")
    assert refused.status_code == 502
    assert again.status_code == 200
    assert "crashed" not in proxy.log


def test_a_connection_that_the_upstream_closes_unused_is_replaced(proxy: Proxy, world: World) -> None:
    _, base, relay = reverse(proxy, world)
    ask(httpx.Client(timeout=20), base, "Where do tourists find invoices?")

    def hit(client: httpx.Client) -> bool:
        response = ask(client, base, "Where can tourists find invoices?", cache_control="no-store")
        return "semantic" in response.headers.get("cache-status", "")

    proxy.wait_for(lambda: hit(httpx.Client(timeout=20)), within=10)
    with httpx.Client(timeout=20) as client:
        assert hit(client)
        before = len(relay.accepted)
        relay.drop()
        miss = ask(client, base, new_question())

    assert (miss.status_code, miss.headers["x-cache-status"]) == (200, "miss")
    assert len(relay.accepted) == before + 1
    assert "crashed" not in proxy.log


def test_it_can_be_turned_off(world: World) -> None:
    with world.proxy("speed: {preconnect: false}\n") as proxy:
        client, base, relay = reverse(proxy, world)
        store_one(httpx.Client(timeout=20), base)
        with client:
            ask(client, base, new_question())

    assert world.asked_at[-1] - relay.accepted[-1] < LOOKUP_S * 0.5
