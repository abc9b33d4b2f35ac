"""A mitmproxy addon of someone else's, that notes what it hears, and is slow, broken or in the way when asked to be."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

from mitmproxy import ctx
from mitmproxy.http import HTTPFlow, Response


def note(what: str) -> None:
    with Path(ctx.options.companion_file).open("a") as file:
        file.write(what + "\n")


class Ready(logging.Handler):
    """Waits for the cache to say that it is."""

    def emit(self, record: logging.LogRecord) -> None:
        if "ready: exact hits" in record.getMessage():
            note("ready")


class Inner:
    """An addon inside another one."""

    name = "companion-inner"

    def request(self, flow: HTTPFlow) -> None:
        note("request inner")

    def response(self, flow: HTTPFlow) -> None:
        note("response inner")


class Companion:
    name = "companion"

    def __init__(self) -> None:
        self.addons = [Inner()]

    def load(self, loader: Any) -> None:
        loader.add_option("companion_file", str, "", "Where it notes what it hears.")
        logging.getLogger("aicache").addHandler(Ready())

    def client_connected(self, client: Any) -> None:
        note("client_connected")

    def client_disconnected(self, client: Any) -> None:
        note("client_disconnected")

    def server_connected(self, data: Any) -> None:
        note("server_connected")

    def requestheaders(self, flow: HTTPFlow) -> None:
        note("requestheaders")

    async def request(self, flow: HTTPFlow) -> None:
        await asyncio.sleep(0.01)
        text = flow.request.get_text() or ""
        note(f"request, modified: {flow.request.headers.get('x-modified')}")
        resume_soon(flow)
        if "break-this" in text:
            raise ValueError("broken on purpose")
        if "answer-this" in text:
            flow.response = Response.make(418)

    def responseheaders(self, flow: HTTPFlow) -> None:
        note("responseheaders")

    def response(self, flow: HTTPFlow) -> None:
        assert flow.response is not None
        flow.response.headers["x-companion"] = "was here"
        note(f"response {flow.response.status_code}")
        resume_soon(flow)

    def update(self, flows: list[HTTPFlow]) -> None:
        note("update")


def resume_soon(flow: HTTPFlow) -> None:
    """mitmweb and the console hold what the option ``intercept`` says until somebody lets it go."""
    if "hold-this" in (flow.request.get_text() or ""):
        asyncio.get_running_loop().call_later(0.1, resume, flow)


def resume(flow: HTTPFlow) -> None:
    note(f"held: {flow.intercepted}")
    flow.resume()


addons = [Companion()]
