"""Streams on a miss: they pass as they come, and only what came whole is kept."""

from __future__ import annotations

import json
import socket
import time
from typing import TYPE_CHECKING

import pytest

from demo.answers import Reply
from e2e.proxy import Proxy, post

if TYPE_CHECKING:
    from e2e.conftest import Upstream

LONG = "A long answer that takes its time to say what it has to say, token by token, until it is said."


@pytest.fixture(scope="module")
def proxy(exact_proxy: Proxy) -> Proxy:
    return exact_proxy


def test_the_first_token_is_there_long_before_the_last(proxy: Proxy, upstream: Upstream) -> None:
    upstream.script = lambda _: Reply((LONG,), first_token=0.1, per_token=0.05)

    reply = proxy.ask("Take your time?", stream=True)

    assert reply.cache == "miss"
    assert reply.end > 1
    assert reply.first_byte < reply.end / 2


def test_streams_of_apis_the_cache_does_not_speak_pass_as_they_come(proxy: Proxy, upstream: Upstream) -> None:
    body = b"".join(b'event: ping\ndata: {"n": %d}\n\n' % n for n in range(30))
    upstream.script = lambda _: Reply(
        body=body, content_type="text/event-stream", piece=30, per_token=0.05, framing="chunked"
    )

    reply = post(proxy.port, b'{"model": "m"}', {}, path="/v1/something/new")

    assert reply.body == body
    assert reply.first_byte < reply.end / 2


def test_a_skipped_stream_passes_as_it_comes(proxy: Proxy, upstream: Upstream) -> None:
    upstream.script = lambda _: Reply((LONG,), per_token=0.05)

    reply = proxy.ask("Skip this stream", stream=True, headers={"x-higress-skip-ai-cache": "on"})

    assert reply.cache == "bypass"
    assert reply.first_byte < reply.end / 2


@pytest.mark.parametrize("piece", [1, 7, 1000])
def test_chunk_edges_fall_anywhere(proxy: Proxy, upstream: Upstream, piece: int) -> None:
    upstream.script = lambda _: Reply(("天空是蓝色的。☀️ Yes!",), piece=piece)
    question = f"Chunks of {piece}?"

    first = proxy.ask(question, stream=True)

    assert proxy.ask_until("exact", question, stream=True).body == first.body
    assert proxy.ask(question).text == "天空是蓝色的。☀️ Yes!"


@pytest.mark.parametrize("framing", ["chunked", "close"])
@pytest.mark.parametrize("ends", ["close", "reset"])
def test_a_stream_that_breaks_off_is_never_stored(proxy: Proxy, upstream: Upstream, ends: str, framing: str) -> None:
    upstream.script = lambda _: Reply((LONG,), ends=ends, ends_after=5, framing=framing)  # type: ignore[arg-type]
    question = f"Broken off by {ends} of {framing}?"
    for _ in range(2):
        try:
            proxy.ask(question, stream=True)
        except OSError:  # what the upstream's client would have seen without us
            pass
        except Exception as exc:
            assert type(exc).__name__ in ("IncompleteRead", "RemoteDisconnected", "BadStatusLine")
        time.sleep(0.1)

    upstream.script = lambda _: Reply((LONG,))
    assert proxy.ask(question, stream=True).cache == "miss"


def test_a_complete_stream_delimited_by_close_is_stored(proxy: Proxy, upstream: Upstream) -> None:
    upstream.script = lambda _: Reply((LONG,), framing="close")
    first = proxy.ask("Until close?", stream=True)

    assert proxy.ask_until("exact", "Until close?", stream=True).body == first.body


def leave_at(proxy: Proxy, question: str, words: bytes) -> None:
    """Ask, and close the connection as soon as these words have come."""
    messages = [{"role": "user", "content": question}]
    body = json.dumps({"model": "gpt-test", "messages": messages, "stream": True}).encode()
    with socket.create_connection(("127.0.0.1", proxy.port), 5) as client:
        client.sendall(
            b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer sk-test\r\n"
            b"content-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)
        )
        read = b""
        while words not in read:
            read += (more := client.recv(65536))
            assert more, "the proxy has closed first"


def test_the_answer_of_a_client_that_leaves_at_the_last_event_is_kept(proxy: Proxy, upstream: Upstream) -> None:
    """OpenAI's client does, and the response ends half a second later."""
    upstream.script = lambda _: Reply(("Short.",), per_token=0.5)

    leave_at(proxy, "Leaving at the end?", b"data: [DONE]\n\n")

    kept = proxy.ask_until("exact", "Leaving at the end?", stream=True)
    assert b'finish_reason": "stop' in kept.body


def test_a_gzip_answer_nobody_asked_for_is_passed_as_it_is_and_kept_decoded(proxy: Proxy, upstream: Upstream) -> None:
    import gzip

    document = {
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "zipped"}, "finish_reason": "stop"}],
    }
    packed = gzip.compress(json.dumps(document).encode())
    upstream.script = lambda _: Reply(body=packed, headers={"content-encoding": "gzip"})

    first = proxy.ask("Zip?")
    again = proxy.ask_until("exact", "Zip?")

    assert first.body == packed
    assert json.loads(again.body) == document
    assert "content-encoding" not in again.headers
