"""The addon's hooks with a cassette: what is recorded, what is replayed, and which configurations are refused."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import inspect
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from mitmproxy import ctx
from mitmproxy.addons.proxyserver import Proxyserver
from mitmproxy.connection import ConnectionState, Server
from mitmproxy.exceptions import OptionsError
from mitmproxy.http import HTTPFlow, Response
from mitmproxy.proxy.mode_specs import ProxyMode
from mitmproxy.proxy.server_hooks import ServerConnectionHookData
from mitmproxy.test import taddons

from aicache.addon import AICache
from aicache.cassette.file_format import read_cassette
from aicache.cassette.interaction import Interaction
from aicache.proxy.cassette_session import origin_of
from in_process import a_question, an_answer


class Taped:
    """The addon in this process, on a cassette. *upstream* counts what was not answered from it."""

    def __init__(self, addon: AICache, file: Path) -> None:
        self.addon, self.file = addon, file
        self.upstream = 0

    async def send(
        self, flow: HTTPFlow, answer: Response | None = None, *, leaves_after: int | None = None
    ) -> Response:
        """Pass a flow through the hooks; the client leaves after so many bytes of the response, if any are given."""
        await self._hook("requestheaders", flow)
        await self._hook("request", flow)
        if flow.response is None:
            self.upstream += 1
            flow.response = answer or an_answer(f"answer {self.upstream}")
        await self._hook("responseheaders", flow)
        if callable(stream := flow.response.stream):
            body = (flow.response.raw_content or b"")[:leaves_after]
            for chunk in (body, b"")[: 1 if leaves_after is not None else 2]:
                stream(chunk)
            flow.response.raw_content = None
        await self._hook("response" if leaves_after is None else "error", flow)
        return flow.response

    async def _hook(self, name: str, flow: HTTPFlow) -> None:
        result = getattr(self.addon, name)(flow)
        if inspect.isawaitable(result):
            await result

    @property
    def recordings(self) -> list[Interaction]:
        return read_cassette(self.file.read_bytes(), "run.yaml")[0]


@contextlib.asynccontextmanager
async def taped(mode: str, file: Path, config: str = "", **options: Any) -> AsyncIterator[Taped]:
    """Start the addon on a cassette and end it."""
    settings = file.with_suffix(".config")
    write(settings, config or "{}")
    addon = AICache()
    with taddons.context(Proxyserver(), addon) as context:
        context.options.update(
            ai_cache_config=str(settings), ai_cache_mode=mode, ai_cache_cassette=str(file), **options
        )
        addon.running()
        try:
            yield Taped(addon, file)
        finally:
            if (closing := addon.done()) is not None:
                await closing


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "run.yaml"


def sse(text: str) -> Response:
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    events = [
        chunk | {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]},
        chunk | {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    ]
    body = "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"
    return Response.make(200, body.encode(), {"content-type": "text/event-stream"})


def text_of(file: Path) -> str:
    return file.read_text("utf-8")


def write(file: Path, text: str) -> None:
    file.write_text(text, "utf-8")


async def test_recorded_twice_it_is_the_same_file(file: Path) -> None:
    texts = []
    for _ in range(2):
        async with taped("record", file) as proxy:
            for question in ("One?", "Two?", "One?"):
                await proxy.send(a_question(question))
        texts.append(text_of(file))

    assert texts[0] == texts[1]
    assert texts[0].count("- request:") == 3


async def test_hybrid_records_only_what_is_new(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with taped("hybrid", file) as proxy:
        await proxy.send(a_question("Old?"))
    async with taped("hybrid", file) as proxy:
        for question in ("Old?", "New?", "New?"):
            await proxy.send(a_question(question))

        assert proxy.upstream == 2
    assert len(proxy.recordings) == 3
    assert "1 replayed, 0 missing, 2 recorded" in caplog.text


async def test_identical_requests_at_once_are_answered_in_turn(file: Path) -> None:
    async with taped("record", file) as proxy:
        recorded = [(await proxy.send(a_question("Again?"))).content for _ in range(8)]
    async with taped("replay", file) as proxy:
        replayed = await asyncio.gather(*(proxy.send(a_question("Again?")) for _ in range(8)))

    assert sorted(json.loads(each.content or b"")["choices"][0]["message"]["content"] for each in replayed) == sorted(
        json.loads(each or b"")["choices"][0]["message"]["content"] for each in recorded
    )


async def test_requests_at_once_are_recorded_in_the_order_in_which_they_came(file: Path) -> None:
    """Whichever is answered first."""
    async with taped("record", file) as proxy:
        flows = [a_question(f"Question {number}?") for number in range(4)]
        for flow in flows:
            await proxy._hook("request", flow)
        for flow in reversed(flows):
            flow.response = an_answer("yes")
            await proxy._hook("response", flow)

    asked = [json.loads(each.request.body)["messages"][0]["content"] for each in proxy.recordings]
    assert asked == [f"Question {number}?" for number in range(4)]


async def test_the_record_is_on_disk_before_the_client_has_its_end(file: Path) -> None:
    async with taped("record", file) as proxy:
        for number in range(3):
            await proxy.send(a_question(f"{number}?"))
            assert len(proxy.recordings) == number + 1


async def test_a_client_that_leaves_after_the_last_event_is_recorded(file: Path) -> None:
    """As OpenAI's own does."""
    async with taped("record", file) as proxy:
        whole = sse("Hello")
        await proxy.send(a_question("Hi?", stream=True), whole, leaves_after=len(whole.raw_content or b""))
        await proxy.send(a_question("Cut?", stream=True), sse("Hello"), leaves_after=40)

    assert [json.loads(each.request.body)["messages"][0]["content"] for each in proxy.recordings] == ["Hi?"]


async def test_a_client_that_has_read_enough_gets_as_much_again(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with taped("record", file) as proxy:
        flow, stream = a_question("Hi?", stream=True), sse("Hello")
        flow.client_conn.state = ConnectionState.CLOSED
        first = (stream.raw_content or b"").index(b"\n\n") + 2
        await proxy.send(flow, stream, leaves_after=first + 20)
    async with taped("replay", file) as replaying:
        again = await replaying.send(a_question("Hi?", stream=True))
        whole = await replaying.send(a_question("Hi?"))

    assert again.content == (sse("Hello").raw_content or b"")[:first]
    assert whole.status_code == 400  # it is not known what else there was
    assert "as far as its client read it" in caplog.text


async def test_failures_are_replayed_without_the_pause_that_they_asked_for(file: Path) -> None:
    async with taped("record", file) as proxy:
        limited = Response.make(429, b'{"error":{}}', {"content-type": "application/json", "retry-after": "20"})
        assert (await proxy.send(a_question("Hi?"), limited)).headers["retry-after"] == "20"
        await proxy.send(a_question("Hi?"))
    async with taped("replay", file) as replaying:
        first, second = [await replaying.send(a_question("Hi?")) for _ in range(2)]

    assert (first.status_code, first.headers["retry-after"]) == (429, "0")
    assert second.status_code == 200


async def test_what_became_of_a_flow_is_its_comment(file: Path) -> None:
    async with taped("record", file) as proxy:
        await proxy.send(a_question("One?"))
    async with taped("replay", file) as replaying:
        flows = [a_question("One?"), a_question("Two?")]
        for flow in flows:
            await replaying.send(flow)

    assert [flow.comment for flow in flows] == ["cassette: recording 1", "cassette: missing"]


async def test_a_change_of_protocol_is_not_recorded(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with taped("record", file) as proxy:
        await proxy.send(a_question("One?"), Response.make(101, b"", {"upgrade": "websocket"}))
        await proxy.send(a_question("Two?"), Response.make(999, b"", {}))

    assert [each.response.status for each in proxy.recordings] == [999]
    assert "it changes the protocol" in caplog.text


async def test_compressed_responses_are_recorded_as_what_they_say(file: Path) -> None:
    answer = an_answer("yes")
    answer.headers["content-encoding"] = "gzip"
    answer.content = answer.raw_content
    async with taped("record", file) as proxy:
        flow = a_question("Hi?")
        await proxy.send(flow, answer)

    assert b"yes" in proxy.recordings[0].response.body
    assert flow.request.headers["accept-encoding"] == "identity"


async def test_no_credential_is_in_the_file(file: Path) -> None:
    flow = a_question("My key is sk-secret-of-alice.", credential="sk-secret-of-alice", cookie="session=abcdef123")
    async with taped("record", file) as proxy:
        await proxy.send(flow, an_answer("You said sk-secret-of-alice and abcdef123.", **{"set-cookie": "a=b1234567"}))

    for secret in ("sk-secret-of-alice", "b1234567", "abcdef123;"):
        assert secret not in text_of(file)
    assert flow.request.headers["authorization"] == "Bearer sk-secret-of-alice"  # the upstream gets it all the same


async def test_what_a_password_or_cookie_is_made_of_is_not_in_the_file_either(file: Path) -> None:
    flow = a_question("hunter2-hunter2 and abcdef123?", cookie="theme=dark; session=abcdef123")
    flow.request.headers["authorization"] = "Basic " + base64.b64encode(b"ann:hunter2-hunter2").decode()
    async with taped("record", file) as proxy:
        await proxy.send(flow)

    assert "hunter2" not in text_of(file)
    assert "abcdef123" not in text_of(file)


async def test_what_cannot_be_redacted_in_time_goes_upstream_unrecorded(
    file: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("aicache.cassette.redaction.TIME_LIMIT_S", 0.05)
    config, question = "cassette: {redact: ['(a|aa)+$']}", a_question("a" * 60 + "b")
    async with taped("record", file, config) as proxy:
        assert (await proxy.send(question)).status_code == 200
        assert proxy.upstream == 1
    write(file, "cassette: 1\ninteractions: []\n")
    async with taped("replay", file, config) as replaying:
        assert (await replaying.send(a_question("a" * 60 + "b"))).status_code == 400

    assert "took longer than 0.05 s" in caplog.text


async def test_the_users_patterns_are_redacted(file: Path) -> None:
    async with taped("record", file, r"cassette: {redact: ['customer \d+']}") as proxy:
        await proxy.send(a_question("About customer 4711?"), an_answer("customer 4711 is fine"))
    async with taped("replay", file, r"cassette: {redact: ['customer \d+']}") as replaying:
        response = await replaying.send(a_question("About customer 4712?"))

    assert "4711" not in text_of(file)
    assert response.status_code == 200
    assert replaying.upstream == 0


async def test_a_cut_off_cassette_is_still_replayed(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with taped("record", file) as proxy:
        for question in ("One?", "Two?"):
            await proxy.send(a_question(question))
        content = text_of(file)
    write(file, content[:-40])

    async with taped("replay", file) as replaying:
        assert (await replaying.send(a_question("One?"))).status_code == 200

    assert "cut off" in caplog.text


async def test_the_cassette_before_stays_until_something_is_recorded(file: Path) -> None:
    async with taped("record", file) as proxy:
        await proxy.send(a_question("One?"))
    before = text_of(file)
    async with taped("record", file):
        pass

    assert text_of(file) == before


async def test_replaying_keeps_every_connection_from_leaving(file: Path) -> None:
    write(file, "cassette: 1\ninteractions: []\n")
    async with taped("replay", file) as proxy:
        server = Server(address=("127.0.0.1", 9))
        proxy.addon.server_connect(ServerConnectionHookData(server, a_question("x").client_conn))

        assert server.error is not None
        refused = await proxy.send(a_question("x"))

    assert refused.status_code == 400
    assert proxy.upstream == 0


@pytest.mark.parametrize(
    ("mode", "host", "port", "sni", "origin"),
    [
        ("reverse:https://10.0.0.1", "10.0.0.1", 443, "localhost", "https://10.0.0.1"),
        ("transparent", "10.0.0.1", 443, "api.test", "https://api.test"),
        ("transparent", "2001:db8::1", 443, None, "https://[2001:db8::1]"),
        ("regular", "api.test", 8443, "api.test", "https://api.test:8443"),
    ],
)
def test_the_upstream_is_named_as_its_certificate_names_it(
    mode: str, host: str, port: int, sni: str | None, origin: str
) -> None:
    flow = a_question("x")
    flow.client_conn.proxy_mode, flow.client_conn.sni = ProxyMode.parse(mode), sni
    flow.request.scheme, flow.request.host, flow.request.port = "https", host, port

    assert origin_of(flow) == origin


@pytest.mark.parametrize(
    ("options", "config", "says"),
    [
        ({"ai_cache_mode": "replay"}, "", "cassette.file: not set, but mode is replay"),
        ({}, "mode: record", "cassette.file: not set, but mode is record"),
        ({"ai_cache_cassette": "x.yaml"}, "", "ai_cache_mode: not set, but there is a cassette"),
        ({"ai_cache_strict": True}, "", "ai_cache_mode: not set, but there is a cassette"),
        ({}, "mode: replay\ncassette: {file: /nowhere/x.yaml}", "/nowhere/x.yaml: there is no such file; record it"),
        ({}, "mode: replay\ncassette: {file: /dev}", "/dev: cannot be read (Is a directory)"),
        ({}, "mode: record\ncassette: {file: /proc/x.yaml}", "/proc/x.yaml: cannot be written"),
        ({}, "enabled: false\nmode: replay\ncassette: {file: x.yaml}", "enabled: false, but mode is replay"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_reason(
    options: dict[str, Any], config: str, says: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = tmp_path / "config.yaml"
    settings.write_text(config or "{}")
    addon = AICache()
    with taddons.context(Proxyserver(), addon) as context:
        context.options.update(ai_cache_config=str(settings), ai_cache_data=str(tmp_path / "data"), **options)

    assert says in caplog.text
    assert not (tmp_path / "data").exists()


async def test_masks_can_be_tried_while_replaying_but_not_while_recording(file: Path) -> None:
    """Another way to compare opens the cassette anew, which would lose what has just been recorded."""
    config = file.with_suffix(".other")
    write(config, r"mask: ['\d+']")
    asked, other = ([{"role": "system", "content": f"Day {day}"}, {"role": "user", "content": "x"}] for day in "12")

    def question(messages: object) -> HTTPFlow:
        flow = a_question("x")
        flow.request.content = json.dumps({"model": "m", "messages": messages}).encode()
        return flow

    async with taped("record", file) as proxy:
        await proxy.send(question(asked))
        with pytest.raises(OptionsError, match="is fixed until the next start"):
            ctx.options.update(ai_cache_config=str(config))
    async with taped("replay", file) as proxy:
        assert (await proxy.send(question(other))).status_code == 400
        ctx.options.update(ai_cache_config=str(config))
        assert (await proxy.send(question(other))).status_code == 200


async def test_the_mode_stays_until_the_next_start(file: Path) -> None:
    async with taped("record", file) as proxy:
        with pytest.raises(OptionsError, match="until the next start"):
            ctx.options.update(ai_cache_mode="live", ai_cache_cassette="")
        assert (await proxy.send(a_question("One?"))).status_code == 200

    assert len(proxy.recordings) == 1
