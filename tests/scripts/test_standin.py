"""The stand-in upstream does what the other tests rely on."""

import asyncio
import contextlib
import http.client
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.answers import FAMILIAR, Reply, Request, answer, error, tokens
from demo.upstream import StandIn

PATH = "/compatible-mode/v1/chat/completions"


def connect(upstream: StandIn) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(upstream.url.removeprefix("http://"), timeout=10)


def body(question: str = "Why?", **fields: Any) -> bytes:
    message = {"role": "user", "content": question}
    return json.dumps({"model": "m", "messages": [message], **fields}).encode()


def raw(content: bytes) -> bytes:
    return f"POST {PATH} HTTP/1.1\r\ncontent-length: {len(content)}\r\n\r\n".encode() + content


async def post(upstream: StandIn, question: str = "Why?", **fields: Any) -> bytes:
    """The body of the answer; raises whatever http.client raises."""

    def exchange() -> bytes:
        with contextlib.closing(connect(upstream)) as connection:
            connection.request("POST", PATH, body(question, **fields))
            return connection.getresponse().read()

    return await asyncio.to_thread(exchange)


def chunks(stream: bytes) -> list[dict[str, Any]]:
    *events, done, rest = stream.split(b"\n\n")
    assert (done, rest) == (b"data: [DONE]", b"")
    return [json.loads(event.removeprefix(b"data: ")) for event in events]


def joined_content(stream: bytes, index: int = 0) -> str:
    choices = [choice for chunk in chunks(stream) for choice in chunk["choices"] if choice["index"] == index]
    return "".join(choice["delta"].get("content", "") for choice in choices)


def always(**fields: Any) -> Callable[[Request], Reply]:
    return lambda request: Reply(**fields)


@given(st.text())
def test_tokens_joined_again_are_the_text(text: str) -> None:
    assert "".join(tokens(text)) == text


async def test_whole_and_streamed_say_the_same() -> None:
    async with StandIn() as upstream:
        whole = json.loads(await post(upstream, "如何重置密码？"))
        stream = await post(upstream, "如何重置密码？", stream=True)

    assert whole["choices"][0]["message"]["content"] == joined_content(stream) == FAMILIAR["重置密码"]
    assert whole["choices"][0]["finish_reason"] == chunks(stream)[-1]["choices"][0]["finish_reason"] == "stop"


async def test_usage_is_streamed_only_when_asked_for() -> None:
    async with StandIn() as upstream:
        without = chunks(await post(upstream, stream=True))
        usage = chunks(await post(upstream, stream=True, stream_options={"include_usage": True}))[-1]
        whole = json.loads(await post(upstream))

    assert not any("usage" in chunk for chunk in without)
    assert usage["choices"] == []
    assert usage["usage"] == whole["usage"]


async def test_every_choice_is_answered() -> None:
    async with StandIn(always(texts=("one", "two"))) as upstream:
        whole = json.loads(await post(upstream, n=2))
        stream = await post(upstream, n=2, stream=True)

    assert [choice["message"]["content"] for choice in whole["choices"]] == ["one", "two"]
    assert [joined_content(stream, index) for index in (0, 1)] == ["one", "two"]


async def test_tool_calls_stream_in_bits() -> None:
    arguments = '{"city": "Paris"}'
    reply = always(tool_calls=(("weather", arguments),), finish_reason="tool_calls", reasoning="I look it up.")
    async with StandIn(reply) as upstream:
        message = json.loads(await post(upstream))["choices"][0]["message"]
        stream = chunks(await post(upstream, stream=True))

    deltas = [choice["delta"] for chunk in stream for choice in chunk["choices"]]
    calls = [call["function"] for delta in deltas for call in delta.get("tool_calls", [])]
    assert message["tool_calls"][0]["function"] == {"name": "weather", "arguments": arguments}
    assert len(calls) > 2
    assert calls[0]["name"] == "weather"
    assert "".join(call["arguments"] for call in calls) == arguments
    assert "".join(delta.get("reasoning_content", "") for delta in deltas) == message["reasoning_content"]


async def test_delays_are_kept() -> None:
    async with StandIn(always(texts=("a b c",), first_token=0.2, per_token=0.05)) as upstream:

        def times() -> tuple[float, float]:
            with contextlib.closing(connect(upstream)) as connection:
                began = time.perf_counter()
                connection.request("POST", PATH, body(stream=True))
                response = connection.getresponse()
                response.read1()
                first = time.perf_counter() - began
                response.read()
                return first, time.perf_counter() - began

        first, last = await asyncio.to_thread(times)

    assert 0.2 <= first < last
    assert last >= 0.2 + 3 * 0.05


async def test_pieces_may_cut_anywhere() -> None:
    async with StandIn(always(texts=("天空为什么是蓝色的",), piece=1)) as upstream:
        stream = await post(upstream, stream=True)

    assert joined_content(stream) == "天空为什么是蓝色的"


async def test_connection_stays_open_and_requests_are_remembered() -> None:
    async with StandIn() as upstream:

        def twice() -> list[int]:
            with contextlib.closing(connect(upstream)) as connection:
                statuses = []
                for question in ("one", "two"):
                    connection.request("POST", PATH, body(question), {"Authorization": "Bearer key"})
                    response = connection.getresponse()
                    response.read()
                    statuses.append(response.status)
                    local.append(connection.sock.getsockname() if connection.sock else None)
                return statuses

        local: list[object] = []
        statuses = await asyncio.to_thread(twice)

    assert statuses == [200, 200]
    assert local[0] is not None
    assert local[0] == local[1]
    assert upstream.calls == 2
    assert [request.question for request in upstream.requests] == ["one", "two"]
    assert upstream.requests[0].headers["authorization"] == "Bearer key"
    assert upstream.requests[0].path == PATH


async def test_errors_have_their_status_and_body() -> None:
    async with StandIn(lambda request: error(429, "slow down")) as upstream:

        def exchange() -> tuple[int, bytes]:
            with contextlib.closing(connect(upstream)) as connection:
                connection.request("POST", PATH, body())
                response = connection.getresponse()
                return response.status, response.read()

        status, told = await asyncio.to_thread(exchange)

    assert status == 429
    assert json.loads(told)["error"]["message"] == "slow down"


def test_other_routes_are_not_found() -> None:
    assert answer(Request("GET", "/v1/models", {}, b"")).status == 404


async def test_closing_mid_stream_is_seen_when_chunked_and_not_when_closing_is_the_end() -> None:
    async with StandIn(always(texts=("a b c",), ends="close", ends_after=2)) as upstream:
        with pytest.raises(http.client.IncompleteRead):
            await post(upstream, stream=True)
    async with StandIn(always(texts=("a b c",), ends="close", ends_after=2, framing="close")) as upstream:
        stream = await post(upstream, stream=True)

    assert stream.count(b"data: ") == 2
    assert b"[DONE]" not in stream


async def test_close_delimited_body_is_complete() -> None:
    async with StandIn(always(texts=("a b c",), framing="close")) as upstream:
        assert joined_content(await post(upstream, stream=True)) == "a b c"


async def test_whole_body_can_be_cut_short() -> None:
    async with StandIn(always(texts=("a b c",), piece=10, ends="close", ends_after=1)) as upstream:
        with pytest.raises(http.client.IncompleteRead):
            await post(upstream)


async def test_reset_is_a_reset() -> None:
    async with StandIn(always(texts=("a b c",), ends="reset", ends_after=2, per_token=0.05)) as upstream:
        with pytest.raises(ConnectionResetError):
            await post(upstream, stream=True)


@pytest.mark.parametrize("ends_after", [0, 2])
async def test_hanging_goes_on_until_the_client_leaves(ends_after: int) -> None:
    async with StandIn(always(texts=("a b c",), ends="hang", ends_after=ends_after)) as upstream:
        reader, writer = await asyncio.open_connection(*upstream.url.removeprefix("http://").split(":"))
        writer.write(raw(body(stream=True)))
        received = b""
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                while part := await reader.read(65536):
                    received += part
        writer.close()

    assert received.count(b"data: ") == ends_after


async def test_client_that_leaves_is_counted() -> None:
    async with StandIn(always(texts=("word " * 200,), per_token=0.01)) as upstream:
        _, writer = await asyncio.open_connection(*upstream.url.removeprefix("http://").split(":"))
        writer.write(raw(body(stream=True)))
        await asyncio.sleep(0.1)
        writer.transport.abort()
        await asyncio.sleep(0.3)

        assert upstream.aborted == 1


async def test_chunked_request_is_read() -> None:
    async with StandIn() as upstream:

        def exchange() -> bytes:
            with contextlib.closing(connect(upstream)) as connection:
                half = len(body()) // 2
                connection.request("POST", PATH, iter([body()[:half], body()[half:]]), encode_chunked=True)
                return connection.getresponse().read()

        await asyncio.to_thread(exchange)

    assert upstream.requests[0].body == body()
