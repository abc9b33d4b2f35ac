"""Which requests for a WebSocket are declined, and which are passed on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from mitmproxy.http import HTTPFlow, Response

from in_process import InProcessProxy, a_question, in_process

SWITCHING = {"upgrade": "websocket", "connection": "upgrade", "sec-websocket-accept": "x"}


def an_upgrade(path: str = "/v1/responses", *, method: str = "GET", **headers: str) -> HTTPFlow:
    flow = a_question("?", **({"connection": "Upgrade", "upgrade": "websocket"} | headers))
    flow.request.method, flow.request.path, flow.request.content = method, path, b""
    return flow


async def send(proxy: InProcessProxy, flow: HTTPFlow) -> HTTPFlow:
    return await proxy.send(flow, Response.make(101, b"", SWITCHING))


def passing(folder: Path, setting: str = "websockets: pass\n") -> Path:
    file = folder / "c.yaml"
    file.write_text(setting)
    return file


@pytest.mark.parametrize(
    "flow",
    [
        an_upgrade(),
        an_upgrade("/openai/v1/responses?api-version=preview"),
        an_upgrade("/v1/chat/completions"),
        an_upgrade(upgrade="WebSocket"),
        an_upgrade(upgrade="h2c, websocket"),
    ],
)
async def test_an_upgrade_where_http_is_spoken_as_well_is_declined(flow: HTTPFlow) -> None:
    async with in_process() as proxy:
        await send(proxy, flow)
        metrics = proxy.addon.parts.observability.metrics.text().decode()

    assert proxy.upstream == 0
    assert flow.response is not None
    assert (flow.response.status_code, flow.response.reason) == (426, "Upgrade Required")
    assert flow.response.headers["upgrade"] == "HTTP/1.1"
    assert json.loads(flow.response.content or b"")["error"]["code"] == "websocket_declined"
    assert flow.comment == "bypass: a WebSocket was declined; its client is to use HTTP"
    assert 'reason="websocket-declined"' in metrics


@pytest.mark.parametrize(
    "flow",
    [
        an_upgrade("/v1/realtime?model=m"),
        an_upgrade("/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"),
        an_upgrade("/api-ws/v1/inference"),
        an_upgrade("/socket"),
        an_upgrade(upgrade="h2c"),
    ],
)
async def test_other_upgrades_are_none_of_the_cache_s_business(flow: HTTPFlow) -> None:
    async with in_process() as proxy:
        await send(proxy, flow)

    assert proxy.upstream == 1
    assert flow.response is not None
    assert dict(flow.response.headers.items()) == SWITCHING | {"content-length": "0"}
    assert (flow.comment, flow.marked) == ("", "")


async def test_an_upgrade_that_is_passed_is_counted_and_marked_as_a_bypass(tmp_path: Path) -> None:
    async with in_process(passing(tmp_path)) as proxy:
        flow = await send(proxy, an_upgrade())
        metrics = proxy.addon.parts.observability.metrics.text().decode()

    assert proxy.upstream == 1
    assert flow.response is not None
    assert flow.response.status_code == 101
    assert flow.response.headers["x-cache-status"] == "bypass"
    assert flow.comment.startswith("bypass: a WebSocket, whose messages are not read")
    assert 'aicache_bypasses_total{api="responses",reason="websocket"} 1.0' in metrics


async def test_an_upgrade_is_passed_where_the_client_or_the_operator_wants_no_cache(tmp_path: Path) -> None:
    async with in_process() as proxy:
        skipped = await send(proxy, an_upgrade(x_higress_skip_ai_cache="on"))
        proxy.addon.parts.observability.bypassed = True
        switched_off = await send(proxy, an_upgrade())
    async with in_process(passing(tmp_path, "enabled: false\n")) as disabled:
        untouched = await send(disabled, an_upgrade())

    assert [flow.response and flow.response.status_code for flow in (skipped, switched_off, untouched)] == [101] * 3
    assert untouched.comment == ""


async def test_a_passed_upgrade_never_reaches_the_upstream_of_a_client_that_wants_the_cache_only(
    tmp_path: Path,
) -> None:
    async with in_process(passing(tmp_path)) as proxy:
        flow = await send(proxy, an_upgrade(cache_control="only-if-cached"))

    assert proxy.upstream == 0
    assert flow.response is not None
    assert flow.response.status_code == 504
