"""Stored streams over the wire, at the pace that `stream_pace` wants: the first event at once, and the same bytes."""

from __future__ import annotations

import json
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from demo.answers import Reply
from e2e.proxy import EXACT_ONLY, Proxy
from e2e.test_streams_in_flight import Stream, ask, send
from e2e.wire import metric

if TYPE_CHECKING:
    from e2e.conftest import Upstream

CONFIG = EXACT_ONLY + "stream_pace: {every: 50ms}\n"
EIGHT_WORDS = "One two three four five six seven eight."
PER_TOKEN = 0.05
SLOWLY = Reply((EIGHT_WORDS,), per_token=PER_TOKEN)
TAKES_S = 7 * PER_TOKEN * 0.7  # from the first word to the last; the machine may have been late with the first
SOON = 0.3


@pytest.fixture(scope="module")
def proxy(module_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """One with the fast path."""
    home = tmp_path_factory.mktemp("paced")
    with Proxy(module_upstream.url, home, CONFIG, options=("--set", "flow_detail=0")) as proxy:
        yield proxy
        assert "Traceback" not in proxy.log, proxy.log


def lasted(stream: Stream) -> float:
    return stream.pieces[-1][0] - stream.pieces[0][0]


@pytest.fixture(scope="module")
def stored(proxy: Proxy, module_upstream: Upstream) -> Stream:
    """The stream that is stored, as it came from the upstream."""
    module_upstream.script = lambda _: SLOWLY
    stream = ask(proxy, "Stored?")
    proxy.ask_until("exact", "Stored?", stream=True)
    return stream


@pytest.mark.parametrize("http2", [False, True])
def test_a_stream_comes_as_it_was_recorded_each_time(proxy: Proxy, stored: Stream, http2: bool) -> None:
    again = [ask(proxy, "Stored?", http2=http2) for _ in range(2)]

    for stream in again:
        assert stream.body == stored.body
        assert stream.headers["content-length"] == str(len(stored.body))
        assert stream.headers["cache-status"].startswith("ai-cache; hit; detail=exact; ttl=")
        assert stream.pieces[0][0] < SOON
        assert lasted(stream) > TAKES_S
        assert len(stream.pieces) > 3


def test_a_rendered_stream_comes_in_steps_and_a_whole_answer_at_once(proxy: Proxy, upstream: Upstream) -> None:
    upstream.script = lambda _: Reply((EIGHT_WORDS,))
    proxy.ask("Rendered?")
    whole = proxy.ask_until("exact", "Rendered?")
    stream = ask(proxy, "Rendered?")

    assert whole.end - whole.first_byte < lasted(stream) / 2
    events = stream.body.count(b"\n\n")
    assert events > 2
    assert stream.pieces[0][0] < SOON
    assert lasted(stream) > 0.05 * (events - 1) * 0.7
    said = [json.loads(line[6:]) for line in stream.body.splitlines() if line.startswith(b"data: {")]
    assert "".join(choice["delta"].get("content") or "" for each in said for choice in each["choices"]) == EIGHT_WORDS


def test_a_client_that_leaves_disturbs_nothing(proxy: Proxy, stored: Stream) -> None:
    broken_off = r'not_stored_total\{reason="broken off"\}'
    with socket.create_connection(("127.0.0.1", proxy.port), 5) as client:
        send(client, "Stored?")
        assert client.recv(65536).startswith(b"HTTP/1.1 200")
    time.sleep(0.2)

    assert ask(proxy, "Stored?").body == stored.body
    assert metric(proxy, broken_off) == 0


def test_a_stream_is_sent_to_its_end_after_sigterm(proxy: Proxy, stored: Stream) -> None:
    with ThreadPoolExecutor(1) as pool:
        with socket.create_connection(("127.0.0.1", proxy.port), 30) as client:
            send(client, "Stored?")
            received = client.recv(65536)
            stopping = pool.submit(proxy.stop, signal.SIGTERM)
            while not received.endswith(b"\r\n\r\n" + stored.body) and (piece := client.recv(65536)):
                received += piece
        assert stopping.result() == 0

    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert body == stored.body
    assert "SIGTERM: all connections have ended" in proxy.log
