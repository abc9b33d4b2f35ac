"""Clients that leave before their answer is there: it is read to its end, stored, and given to others."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import h2.config
import h2.connection
import h2.events
import pytest

from demo.answers import Reply
from e2e.proxy import EXACT_ONLY, Proxy
from e2e.test_bounds import over_tls
from e2e.test_streams_in_flight import LONG, ask, send
from e2e.wire import body_of

if TYPE_CHECKING:
    from e2e.conftest import Upstream

Start = Callable[..., Proxy]


@pytest.fixture(scope="module")
def proxy(exact_proxy: Proxy) -> Proxy:
    return exact_proxy


def leave(proxy: Proxy, upstream: Upstream, question: str, *, once: bytes = b"data:", **fields: object) -> None:
    """Ask, and close the connection once these bytes have come; with none, once the upstream has been asked."""
    calls = upstream.calls
    with socket.create_connection(("127.0.0.1", proxy.port), 5) as client:
        send(client, question, **fields)  # type: ignore[arg-type]
        proxy.wait_for(lambda: upstream.calls > calls)
        received = b""
        while once not in received:
            received += (more := client.recv(65536))
            assert more


def send_over_http2(connection: h2.connection.H2Connection, question: str, stream: int) -> None:
    body = body_of(question, stream=True)
    head = [(":method", "POST"), (":scheme", "https"), (":authority", "api.example")]
    head += [(":path", "/v1/chat/completions"), ("authorization", "Bearer sk-test")]
    head += [("content-type", "application/json"), ("content-length", str(len(body)))]
    connection.send_headers(stream, head)
    connection.send_data(stream, body, end_stream=True)


def test_the_answer_of_a_client_that_has_left_is_stored(proxy: Proxy, upstream: Upstream) -> None:
    upstream.script = lambda _: Reply((LONG,), per_token=0.03)
    calls, aborted = upstream.calls, upstream.stand_in.aborted

    leave(proxy, upstream, "Left early?")

    assert proxy.ask_until("exact", "Left early?", stream=True).body.endswith(b"data: [DONE]\n\n")
    assert upstream.calls == calls + 1
    assert upstream.stand_in.aborted == aborted


def test_so_is_a_whole_answer_that_has_not_begun(proxy: Proxy, upstream: Upstream) -> None:
    upstream.script = lambda _: Reply((LONG,), first_token=0.5)
    calls = upstream.calls

    leave(proxy, upstream, "Left while it was thinking?", once=b"", stream=False)

    assert proxy.ask_until("exact", "Left while it was thinking?").text == LONG
    assert upstream.calls == calls + 1


def test_the_next_one_follows_what_goes_on_without_a_client(proxy: Proxy, upstream: Upstream) -> None:
    upstream.script = lambda _: Reply((LONG,), per_token=0.05)
    calls = upstream.calls

    leave(proxy, upstream, "Left alone?")
    late = ask(proxy, "Left alone?")

    assert late.is_collapsed
    assert late.body.endswith(b"data: [DONE]\n\n")
    assert upstream.calls == calls + 1


def test_over_http2_a_stream_that_is_reset_is_stored_and_the_connection_goes_on(
    proxy: Proxy, upstream: Upstream
) -> None:
    upstream.script = lambda _: Reply((LONG,), per_token=0.03)
    calls = upstream.calls
    with over_tls(proxy, "h2") as tls:
        connection = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding=None))
        connection.initiate_connection()
        send_over_http2(connection, "Reset?", 1)
        tls.sendall(connection.data_to_send())
        while not any(isinstance(event, h2.events.DataReceived) for event in connection.receive_data(tls.recv(65536))):
            pass
        connection.reset_stream(1, 8)
        send_over_http2(connection, "Reset?", 3)
        tls.sendall(connection.data_to_send())
        body = b""
        ended = False
        while not ended:
            for event in connection.receive_data(tls.recv(65536)):
                if isinstance(event, h2.events.DataReceived) and event.stream_id == 3:
                    body += event.data or b""
                ended = ended or isinstance(event, h2.events.StreamEnded)

    assert body.endswith(b"data: [DONE]\n\n")
    assert upstream.calls == calls + 1


@pytest.fixture(scope="module")
def hasty(module_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """A proxy that reads no answer on after its client has left."""
    config = EXACT_ONLY + "in_flight: {finish: null}\n"
    with Proxy(module_upstream.url, tmp_path_factory.mktemp("hasty"), config) as running:
        yield running


def test_followers_are_not_cut_off_when_the_first_client_leaves(hasty: Proxy, upstream: Upstream) -> None:
    upstream.script = lambda _: Reply((LONG,), per_token=0.1)
    calls = upstream.calls
    clients = [socket.create_connection(("127.0.0.1", hasty.port), 20) for _ in range(3)]
    received = []
    for client in clients:
        send(client, "Who goes first?")
        received.append(client.recv(65536))  # the answer has begun, here as well
    clients[0].close()
    for number in (1, 2):
        while b"data: [DONE]" not in received[number]:
            received[number] += (more := clients[number].recv(65536))
            assert more
        clients[number].close()

    assert [b"collapsed" in each for each in received] == [False, True, True]
    assert upstream.calls == calls + 1
    assert hasty.ask_until("exact", "Who goes first?", stream=True).status == 200


def test_with_null_the_request_to_the_upstream_ends_with_its_client(hasty: Proxy, upstream: Upstream) -> None:
    upstream.script = lambda _: Reply((LONG,), per_token=0.05)
    aborted = upstream.stand_in.aborted

    leave(hasty, upstream, "Left for good?")

    hasty.wait_for(lambda: upstream.stand_in.aborted == aborted + 1)
    upstream.script = lambda _: Reply((LONG,))
    assert hasty.ask("Left for good?", stream=True).cache == "miss"


def test_an_answer_that_would_not_be_stored_ends_with_its_client(start: Start, upstream: Upstream) -> None:
    proxy = start(EXACT_ONLY + "store: {max_temperature: 0.5, max_bytes: 2kb, cache_control: obey}\n")
    too_large = Reply((LONG,), per_token=0.05)
    forbidden = Reply(("Not to be stored by anyone.",), per_token=0.1, headers={"cache-control": "no-store"})
    for reply, fields in ((too_large, {"temperature": 0}), (forbidden, {"temperature": 0}), (too_large, {})):
        upstream.script = lambda _, reply=reply: reply  # type: ignore[misc]
        aborted = upstream.stand_in.aborted

        leave(proxy, upstream, f"Not to be stored ({reply.headers})?", **fields)

        proxy.wait_for(lambda aborted=aborted: upstream.stand_in.aborted == aborted + 1)  # type: ignore[misc]


def test_an_upstream_that_says_no_more_is_left_after_a_while(start: Start, upstream: Upstream) -> None:
    shown = ("--set", "termlog_verbosity=debug")  # where flow_detail is 0, too
    proxy = start(EXACT_ONLY + "in_flight: {finish: 1s}\n", options=shown)
    upstream.script = lambda _: Reply((LONG,), ends="hang", ends_after=3)

    leave(proxy, upstream, "Is anyone there?")
    time.sleep(0.3)
    assert "server disconnect" not in proxy.log[proxy.log.rindex("client disconnect") :]

    proxy.wait_for(lambda: proxy.log.rfind("server disconnect") > proxy.log.rindex("client disconnect"))
    upstream.script = lambda _: Reply((LONG,))
    assert proxy.ask("Is anyone there?", stream=True).cache == "miss"
    assert "Traceback" not in proxy.log
