"""Streams in flight on all ways to the upstream: client certificates, HTTP/2, an upstream proxy."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from certificates import a_certificate
from demo.answers import Reply, Request
from e2e.conftest import Upstream
from e2e.preloaded import PRELOADED, Fork
from e2e.proxy import EXACT_ONLY, Proxy, free_port
from e2e.test_streams_in_flight import COLLAPSED, IN_A_SECOND, context

PATH = "/v1/chat/completions"
WENT_BY = "x-went-by"


class Helper:
    """A mitmdump without the cache: at one port an API that speaks HTTP/2, at another a proxy. It marks requests."""

    def __init__(self, upstream: str, folder: Path, certificates: Path) -> None:
        self.http2_port, self.proxy_port = free_port(), free_port()
        command = [
            *(str(Path(sys.executable).with_name("mitmdump")), "-q", "--listen-host", "127.0.0.1"),
            *("--mode", f"reverse:{upstream}@{self.http2_port}", "--mode", f"regular@{self.proxy_port}"),
            *("--certs", str(certificates), "--set", f"confdir={folder}", "--set", "stream_large_bodies=1"),
            *("--set", f"modify_headers=/~q/{WENT_BY}/helper"),
        ]
        self._process: Fork | subprocess.Popen[bytes]
        with (folder / "helper.log").open("wb") as log:
            if PRELOADED.can_start(command, os.environ):
                self._process = PRELOADED.start(command, os.environ, log, log)
            else:
                self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(10)


@dataclass(frozen=True)
class Way:
    """A way of a client to an API."""

    name: str
    upstream: Upstream
    url: str
    via: str | None = None
    http2: bool = False

    def client(self) -> httpx.Client:
        return httpx.Client(http2=self.http2, verify=context(self.http2), timeout=30, proxy=self.via, trust_env=False)

    def stream(self, client: httpx.Client, question: str, **fields: Any) -> Any:
        body = {"model": "gpt-test", "messages": [{"role": "user", "content": question}], "stream": True} | fields
        return client.stream("POST", f"{self.url}{PATH}", json=body, headers={"authorization": "Bearer sk-test"})

    def ask(self, question: str) -> tuple[httpx.Response, bytes, float]:
        """Return a streamed response, its body, and the seconds until its first piece."""
        with self.client() as client, self.stream(client, question) as response:
            assert response.http_version == ("HTTP/2" if self.http2 else "HTTP/1.1")
            began, pieces = time.monotonic(), []
            first = 0.0
            for piece in response.iter_raw():
                first = first or time.monotonic() - began
                pieces.append(piece)
            return response, b"".join(pieces), first

    def leave(self, question: str) -> None:
        """Ask, and close the connection with the first piece."""
        with self.client() as client, self.stream(client, question) as response:
            assert next(response.iter_raw())


@pytest.fixture(scope="module")
def ways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Way]]:
    """One proxy in three modes, with the fast path, before an API that wants its certificate, and the helper."""
    folder = tmp_path_factory.mktemp("ways")
    (folder / "client").mkdir()
    (certificate, key), (own, own_key) = a_certificate(folder), a_certificate(folder / "client")
    (served := folder / "served.pem").write_bytes(key.read_bytes() + certificate.read_bytes())
    (shown := folder / "client.pem").write_bytes(own_key.read_bytes() + own.read_bytes())
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    tls.load_verify_locations(own)
    tls.verify_mode = ssl.CERT_REQUIRED
    secure, plain = Upstream(tls), Upstream()
    helper = Helper(plain.url, folder, served)
    regular, upstream_mode = free_port(), free_port()
    options = (
        *("--mode", f"regular@127.0.0.1:{regular}"),
        *("--mode", f"upstream:http://127.0.0.1:{helper.proxy_port}@127.0.0.1:{upstream_mode}"),
        *("--set", f"client_certs={shown}", "--set", f"ssl_verify_upstream_trusted_ca={certificate}"),
        *("--set", "tls_version_server_min=TLS1_3", "--set", "flow_detail=0"),
    )
    with Proxy(secure.url, folder, f"{EXACT_ONLY}speed: {{fast_lane: true}}\n", options=options) as proxy:
        yield {
            way.name: way
            for way in (
                Way("client-certificate", secure, proxy.url),
                Way("http2", plain, f"https://127.0.0.1:{helper.http2_port}", f"http://127.0.0.1:{regular}", True),
                Way("upstream-proxy", plain, plain.url, f"http://127.0.0.1:{upstream_mode}"),
            )
        }
        assert "Traceback" not in proxy.log, proxy.log
    helper.close()
    secure.close()
    plain.close()


NAMES = ("client-certificate", "http2", "upstream-proxy")


@pytest.mark.parametrize("name", NAMES)
def test_a_latecomer_follows(ways: dict[str, Way], name: str) -> None:
    way, question = ways[name], f"Who follows by {name}?"
    way.upstream.script = lambda _: IN_A_SECOND
    calls = way.upstream.calls
    with ThreadPoolExecutor(4) as pool:
        leader: Future[Any] = pool.submit(way.ask, question)
        wait_for(lambda: way.upstream.calls > calls)
        time.sleep(0.5)
        followers = [pool.submit(way.ask, question) for _ in range(3)]
        first = leader.result(20)
        others = [future.result(20) for future in followers]

    assert way.upstream.calls == calls + 1
    assert (way.upstream.last.headers.get(WENT_BY) == "helper") is (name != "client-certificate")
    assert first[1].endswith(b"data: [DONE]\n\n")
    assert {body for _, body, _ in others} == {first[1]}
    assert {response.headers["cache-status"] for response, _, _ in others} == {COLLAPSED}
    assert first[2] < 0.5  # it came as it was said


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_is_read_to_its_end_though_its_client_has_left(ways: dict[str, Way], name: str) -> None:
    way, question = ways[name], f"Who has left by {name}?"

    def script(_: Request) -> Reply:
        return IN_A_SECOND

    way.upstream.script = script
    calls, aborted = way.upstream.calls, way.upstream.stand_in.aborted

    way.leave(question)
    response, body, _ = way.ask(question)  # follows it, or has what was stored

    assert response.headers["x-cache-status"] == "hit"
    assert body.endswith(b"data: [DONE]\n\n")
    assert (way.upstream.calls, way.upstream.stand_in.aborted) == (calls + 1, aborted)


def wait_for(what: Any, within: float = 5) -> None:
    deadline = time.monotonic() + within
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)
