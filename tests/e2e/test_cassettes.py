"""A run recorded once is replayed without key and upstream, by a real mitmdump in several modes."""

from __future__ import annotations

import json
import signal
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from demo.answers import Reply, Request, answer
from e2e.conftest import Upstream
from e2e.proxy import free_port, post
from e2e.taped import Taped

KEY = "sk-proj-0123456789abcdefghij"
SYSTEM = {"role": "system", "content": "You are kind.\n" * 8}


@pytest.fixture
def run(tmp_path: Path, upstream: Upstream) -> Iterator[Callable[..., Taped]]:
    """Start proxies on the cassette of the test; without an upstream their requests have nowhere to go."""
    started: list[Taped] = []

    def run(what: str, *options: str, offline: bool = False, **how: Any) -> Taped:
        url = f"http://127.0.0.1:{free_port()}" if offline else upstream.url
        proxy = Taped(url, tmp_path, what, *options, **how)
        started.append(proxy)
        proxy.start()
        return proxy

    yield run
    for proxy in started:
        if proxy.process is not None and proxy.process.poll() is None:
            proxy.stop()


def other(request: Request) -> Reply:
    """What an upstream has beside chats."""
    if request.path == "/v1/models":
        return Reply(body=b'{"data":[{"id":"m"}]}')
    if request.path == "/v1/images":
        return Reply(body=b"\x89PNG\r\n\x00", content_type="image/png")
    if request.method == "HEAD":
        return Reply(body=b"")
    return answer(request)


def test_a_run_is_replayed_without_upstream_and_key(run: Callable[..., Taped], upstream: Upstream) -> None:
    upstream.script = other
    recording = run("record")
    asks: list[dict[str, Any]] = [
        {"question": [SYSTEM, {"role": "user", "content": "One?"}]},
        {"question": [SYSTEM, {"role": "user", "content": "Two?"}], "stream": True},
    ]
    first = [recording.ask(**how, key=KEY) for how in asks]
    with httpx.Client(base_url=recording.url, headers={"authorization": f"Bearer {KEY}"}) as client:
        models, image = client.get("/v1/models"), client.get("/v1/images")
        client.head("/")
    assert recording.stop() == 0

    calls = upstream.calls
    replaying = run("replay", "--set", "ai_cache_strict=true", offline=True)
    again = [replaying.ask(**how, key="dummy") for how in asks]
    with httpx.Client(base_url=replaying.url) as client:
        assert client.get("/v1/models").json() == models.json()
        assert client.get("/v1/images").content == image.content
        assert client.head("/").status_code == 200

    assert [json.loads(reply.body) if reply.body[:1] == b"{" else reply.body for reply in again] == [
        json.loads(reply.body) if reply.body[:1] == b"{" else reply.body for reply in first
    ]
    assert [reply.headers["cache-status"] for reply in again] == ["ai-cache; hit; detail=cassette"] * 2
    assert upstream.calls == calls

    refused = replaying.ask([SYSTEM, {"role": "user", "content": "Three?"}])
    body = json.dumps({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}).encode()
    messages = post(replaying.port, body, {}, "/v1/messages")

    assert (refused.status, refused.headers["x-should-retry"]) == (400, "false")
    told = json.loads(refused.body)["error"]
    assert told["code"] == "not_on_cassette"
    assert "Recording 1 is nearest; it differs in message 2 (user): recorded 'One?', asked 'Three?'" in told["message"]
    assert json.loads(messages.body)["type"] == "error"
    assert replaying.stop() == 1
    assert "cassette run.yaml: 5 replayed, 2 missing" in replaying.log
    assert "differs in message 2 (user)" in replaying.log
    assert "Three?" not in replaying.log
    assert KEY not in replaying.file.read_text()
    assert not (replaying.home / "data").exists()


def test_killed_it_has_lost_nothing(run: Callable[..., Taped]) -> None:
    proxy = run("record")
    for number in range(3):
        proxy.ask([SYSTEM, {"role": "user", "content": f"Number {number}?"}], stream=number == 1)
    proxy.stop(signal.SIGKILL)

    assert len(proxy.recordings) == 3


def test_as_an_https_proxy_with_the_upstream_gone(
    run: Callable[..., Taped], upstream: Upstream, tmp_path: Path
) -> None:
    """CONNECT and TLS need nothing of the upstream either: not its address, not its certificate."""
    request = {"method": "POST", "url": "https://api.invalid/v1/chat/completions"}
    body = {"model": "m", "messages": [{"role": "user", "content": "Secure?"}]}
    (tmp_path / "run.yaml").write_text(
        json.dumps(
            {
                "cassette": 1,
                "interactions": [
                    {
                        "request": request | {"json": body},
                        "response": {
                            "status": 200,
                            "headers": {"content-type": "application/json"},
                            "json": {"id": "c1"},
                        },
                    }
                ],
            }
        )
    )
    proxy = run("replay", mode="regular", offline=True)

    trust = ssl.create_default_context(cafile=str(tmp_path / "confdir" / "mitmproxy-ca-cert.pem"))
    for http2 in (False, True):
        with httpx.Client(proxy=proxy.url, verify=trust, http2=http2) as client:
            found = client.post(request["url"], json=body)
            missing = client.get("https://other.invalid/v1/models")

        assert found.json() == {"id": "c1"}
        assert missing.status_code == 400
    assert "server connect" not in proxy.log

    # nor does anything else leave: no tunnel of bytes that are no HTTP, no WebSocket
    upstream_port, calls = int(upstream.url.rpartition(":")[2]), upstream.calls

    with socket.create_connection(("127.0.0.1", proxy.port), 5) as tunnel:
        tunnel.sendall(f"CONNECT 127.0.0.1:{upstream_port} HTTP/1.1\r\n\r\n".encode())
        assert b"200" in tunnel.recv(1000)
        tunnel.sendall(b"\x00\x01not http at all\r\n\r\n")
        assert tunnel.recv(1000) == b""
    upgrade = {"connection": "upgrade", "upgrade": "websocket", "sec-websocket-key": "x", "sec-websocket-version": "13"}
    with httpx.Client(proxy=proxy.url) as client:
        assert client.get(f"{upstream.url}/v1/responses", headers=upgrade).status_code == 426

    assert upstream.calls == calls
