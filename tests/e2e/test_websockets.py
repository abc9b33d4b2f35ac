"""WebSockets at the path of an LLM API, with a real client and server: declined by default, passed on if asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest
from aiohttp import web

from e2e.proxy import EXACT_ONLY, Proxy, free_port

PATHS = ("/v1/responses", "/v1/realtime")


async def echo(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for message in socket:
        await socket.send_str(f"said: {message.data}")
    return socket


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture
async def upstream(port: int) -> AsyncIterator[None]:
    app = web.Application()
    app.add_routes([web.get(path, echo) for path in PATHS])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield
    await runner.cleanup()


@pytest.fixture(scope="module")
def proxy(port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with Proxy(f"http://127.0.0.1:{port}", tmp_path_factory.mktemp("sockets"), EXACT_ONLY) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def passing(port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    config = EXACT_ONLY + "websockets: pass\n"
    with Proxy(f"http://127.0.0.1:{port}", tmp_path_factory.mktemp("sockets"), config) as proxy:
        yield proxy


async def said(proxy: Proxy, path: str) -> str:
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{proxy.url}{path}") as socket:
        await socket.send_str("Hello")
        return str((await socket.receive()).data)


@pytest.mark.usefixtures("upstream")
async def test_a_client_is_told_to_use_http(proxy: Proxy) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await said(proxy, "/v1/responses")

    assert refused.value.status == 426
    assert refused.value.headers is not None
    assert refused.value.headers["x-cache-status"] == "bypass"


@pytest.mark.usefixtures("upstream")
async def test_other_paths_are_passed_on(proxy: Proxy) -> None:
    assert await said(proxy, "/v1/realtime") == "said: Hello"


@pytest.mark.usefixtures("upstream")
async def test_the_setting_passes_them_on(passing: Proxy) -> None:
    assert await said(passing, "/v1/responses") == "said: Hello"
    assert await said(passing, "/v1/realtime") == "said: Hello"
