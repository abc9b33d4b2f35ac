"""SIGTERM: no new connections, open requests are completed and stored, and then the process ends."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from demo.answers import Reply
from e2e.proxy import EXACT_ONLY, WANTS_FAST_PATH, Proxy

if TYPE_CHECKING:
    from e2e.conftest import Upstream

Start = Callable[..., Proxy]
WORDS = tuple(f"word{i} " for i in range(12))
SLOW = Reply(("".join(WORDS),), per_token=0.1)


class Asking(threading.Thread):
    """Asks in the background. *begun* is set by the first byte of the answer."""

    def __init__(self, proxy: Proxy, question: str) -> None:
        super().__init__(daemon=True)
        self._proxy, self._question = proxy, question
        self.begun = threading.Event()
        self.body, self.error = b"", ""
        self.start()

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._proxy.port, timeout=30)
        try:
            connection.request("POST", "/v1/chat/completions", request(self._question, stream=True), HEADERS)
            response = connection.getresponse()
            while chunk := response.read1(65536):
                self.body += chunk
                self.begun.set()
        except (OSError, http.client.HTTPException) as exc:
            self.error = repr(exc)
        finally:
            self.begun.set()
            connection.close()


HEADERS = {"authorization": "Bearer sk-test", "content-type": "application/json"}


def request(question: str, **fields: Any) -> bytes:
    return json.dumps({"model": "gpt-test", "messages": [{"role": "user", "content": question}], **fields}).encode()


def send(proxy: Proxy, how: signal.Signals) -> None:
    assert proxy.process is not None
    proxy.process.send_signal(how)


def is_refused(proxy: Proxy) -> bool:
    try:
        socket.create_connection(("127.0.0.1", proxy.port), 1).close()
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:  # it came just as the socket closed
        return False
    return False


def test_an_open_stream_is_completed_and_stored(start: Start, upstream: Upstream) -> None:
    upstream.script = lambda _: SLOW
    proxy = start(EXACT_ONLY)
    asking = Asking(proxy, "What takes its time?")
    half_sent = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=30)
    body = request("What comes in two pieces?")
    half_sent.putrequest("POST", "/v1/chat/completions")
    for name, value in (HEADERS | {"content-length": str(len(body))}).items():
        half_sent.putheader(name, value)
    half_sent.endheaders(body[:20])
    asking.begun.wait(10)

    send(proxy, signal.SIGTERM)
    proxy.wait_for(lambda: is_refused(proxy))
    time.sleep(0.5)
    upstream.script = lambda _: Reply(("Both of them.",))
    half_sent.send(body[20:])
    other = half_sent.getresponse()
    said = other.read()
    asking.join(20)
    assert proxy.process is not None
    code = proxy.process.wait(10)

    assert (other.status, other.getheader("connection")) == (200, "close")
    assert b"Both of them." in said
    assert not asking.error
    assert b"word11" in asking.body
    assert asking.body.rstrip().endswith(b"data: [DONE]")
    assert code == 0
    assert "cut off" not in proxy.log, proxy.log
    assert "Traceback" not in proxy.log
    proxy.start()
    assert proxy.ask("What takes its time?", stream=True).cache == "exact"
    assert proxy.ask("What comes in two pieces?").cache == "exact"


def test_whoever_asks_is_told_that_it_is_not_ready_any_more(start: Start, upstream: Upstream) -> None:
    upstream.script = lambda _: SLOW
    proxy = start(EXACT_ONLY)
    asking = Asking(proxy, "What takes its time here?")
    asking.begun.wait(10)
    before = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=30)
    before.request("GET", "/_ai_cache/ready")
    half_sent = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=30)
    half_sent.putrequest("GET", "/_ai_cache/ready")
    half_sent.putheader("content-length", "2")
    half_sent.endheaders(b"a")
    ready = before.getresponse()
    said = json.loads(ready.read())

    send(proxy, signal.SIGTERM)
    proxy.wait_log("SIGTERM: no new connections")
    half_sent.send(b"b")
    not_ready = half_sent.getresponse()
    said_then = json.loads(not_ready.read())
    asking.join(20)

    assert (ready.status, said) == (200, {"status": "ready", "degraded": []})
    assert (not_ready.status, said_then) == (503, {"status": "draining", "degraded": []})
    assert (ready.getheader("connection"), not_ready.getheader("connection")) == (None, "close")
    assert b"word11" in asking.body


@WANTS_FAST_PATH
def test_hits_that_need_no_flow_say_so_as_well(start: Start, upstream: Upstream) -> None:
    proxy = start(EXACT_ONLY, options=("--set", "flow_detail=0"))
    proxy.ask("What is asked again?")
    proxy.ask_until("exact", "What is asked again?")
    upstream.script = lambda _: SLOW
    asking = Asking(proxy, "What takes its time meanwhile?")
    asking.begun.wait(10)
    kept_alive = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=30)

    def hit() -> tuple[str | None, str | None]:
        kept_alive.request("POST", "/v1/chat/completions", request("What is asked again?"), HEADERS)
        response = kept_alive.getresponse()
        response.read()
        return response.getheader("x-cache-status"), response.getheader("connection")

    before = [hit() for _ in range(3)]
    send(proxy, signal.SIGTERM)
    last = hit()
    while last[1] is None and asking.is_alive():
        last = hit()
    asking.join(20)

    assert before == [("hit", None)] * 3
    assert last == ("hit", "close")
    assert b"word11" in asking.body


def test_idle_connections_do_not_hold_up_the_end(start: Start) -> None:
    proxy = start(EXACT_ONLY)
    idle = socket.create_connection(("127.0.0.1", proxy.port), 5)
    kept_alive = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=5)
    kept_alive.request("GET", "/_ai_cache/live")
    assert kept_alive.getresponse().read() == b'{"status":"live"}'

    send(proxy, signal.SIGTERM)
    assert proxy.process is not None

    assert proxy.process.wait(10) == 0
    assert idle.recv(1) == b""
    assert "cut off" not in proxy.log


@pytest.mark.parametrize(
    ("config", "second"),
    [("drain_timeout: 60s\n", signal.SIGTERM), ("drain_timeout: 60s\n", signal.SIGINT), ("drain_timeout: 1s\n", None)],
    ids=["second SIGTERM", "SIGINT", "time is up"],
)
def test_what_does_not_end_is_cut_off(
    start: Start, upstream: Upstream, config: str, second: signal.Signals | None
) -> None:
    upstream.script = lambda _: Reply(WORDS, ends="hang", ends_after=2)
    proxy = start(config + EXACT_ONLY)
    asking = Asking(proxy, "What never ends?")
    asking.begun.wait(10)

    send(proxy, signal.SIGTERM)
    time.sleep(0.7)
    assert proxy.process is not None
    assert proxy.process.poll() is None
    if second is not None:
        send(proxy, second)

    assert proxy.process.wait(10) == 0
    asking.join(10)
    assert not asking.body.rstrip().endswith(b"data: [DONE]")
    assert ("are cut off" in proxy.log) == (second is not signal.SIGINT)
