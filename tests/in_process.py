"""The addon in this process: its hooks in mitmproxy's order, an engine with in-memory backends, and no socket."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from mitmproxy.addons.proxyserver import Proxyserver
from mitmproxy.http import Headers, HTTPFlow, Request, Response
from mitmproxy.test import taddons, tflow

from aicache.adapters.memory import MemoryStore
from aicache.addon import AICache
from aicache.config import Config
from aicache.config.request_settings import Settings
from aicache.engine import Engine
from aicache.runtime.preflight import rules_for

URL = "https://api.test/v1/chat/completions"
SALT = bytes(32)


class MemoryRuntime:
    """A `Runtime` whose exact store is in memory. Nothing is found by meaning unless a test sets that up."""

    def __init__(self, config: Config, data: Path, **listeners: Any) -> None:
        self.store = MemoryStore()
        self.engine = Engine(rules_for(config), config.lookup_timeout, **listeners)
        self.engine.use_exact(self.store, 1.0)
        self.engine.use_no_semantic()  # else what is stored waits for an embedder
        self.settings = Settings.of(config, SALT)

    def configure(self, config: Config, data: Path) -> None:
        self.engine.rules = rules_for(config)
        self.settings = Settings.of(config, SALT)

    def secret(self, name: str) -> str:
        return f"secret of {name}"

    def start(self) -> None: ...

    async def close(self) -> None:
        await self.engine.drain(1.0)


class InProcessProxy:
    """Drives the hooks as a connection's layers do. *upstream* counts the requests that no hit answered."""

    def __init__(self, addon: AICache, context: taddons.context, runtime: MemoryRuntime) -> None:
        self.addon = addon
        self.context = context
        self.runtime = runtime
        self.upstream = 0

    async def send(self, flow: HTTPFlow, answer: Response) -> HTTPFlow:
        """Pass a flow through the hooks; *answer* is the upstream's, where the request gets there."""
        await ask(self, flow)
        if flow.response is None:
            self.upstream += 1
            answer.timestamp_start = flow.request.timestamp_start + 0.1
            flow.response = answer
        await self.hook("responseheaders", flow)
        if callable(stream := flow.response.stream):
            for chunk in (flow.response.raw_content, b""):
                stream(chunk or b"")
            flow.response.raw_content = None
        flow.response.timestamp_end = flow.response.timestamp_start + 0.1
        await self.hook("response", flow)
        return flow

    async def hook(self, name: str, flow: HTTPFlow) -> None:
        result = getattr(self.addon, name)(flow)
        if inspect.isawaitable(result):
            await result

    async def settle(self) -> None:
        """Wait until what goes on in the background has been done."""
        await self.runtime.engine._stores.drain(1.0)


@contextlib.asynccontextmanager
async def in_process(config: Path | None = None) -> AsyncIterator[InProcessProxy]:
    """Load, configure, start and end the addon. *config* is a YAML file; None: the defaults."""
    built: list[MemoryRuntime] = []

    def build(config: Config, data: Path, **listeners: Any) -> MemoryRuntime:
        built.append(MemoryRuntime(config, data, **listeners))
        return built[0]

    addon = AICache(build)
    with taddons.context(Proxyserver(), addon) as context:
        context.options.update(ai_cache_config=str(config or ""))
        addon.configure({"ai_cache_config"})
        addon.running()
        try:
            yield InProcessProxy(addon, context, built[0])
        finally:
            if (closing := addon.done()) is not None:
                await closing


async def ask(proxy: InProcessProxy, flow: HTTPFlow) -> None:
    """Pass a request through the hooks, up to where it is answered or goes upstream."""
    await proxy.hook("requestheaders", flow)
    await proxy.hook("request", flow)


async def end(proxy: InProcessProxy, flow: HTTPFlow, answer: Response | None = None) -> None:
    """Pass a response through the hooks: the upstream's *answer*, or the flow's own."""
    flow.response = flow.response or answer
    assert flow.response is not None
    await proxy.hook("responseheaders", flow)
    flow.response.timestamp_end = flow.response.timestamp_start + 0.1
    await proxy.hook("response", flow)


async def waiting(proxy: InProcessProxy, flow: HTTPFlow) -> asyncio.Task[None]:
    """Begin to pass a request through the hooks, which waits there."""
    task = asyncio.create_task(ask(proxy, flow))
    await asyncio.sleep(0.05)
    assert not task.done()
    return task


def a_question(question: str, *, credential: str = "sk-alice", stream: bool = False, **headers: str) -> HTTPFlow:
    """Return a client's flow with a chat request. *headers* have ``_`` for ``-``."""
    flow = tflow.tflow(req=Request.make("POST", URL))
    flow.live = True
    body: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": question}]}
    flow.request.content = json.dumps(body | ({"stream": True} if stream else {})).encode()
    fields = {"authorization": f"Bearer {credential}", "content-type": "application/json", "host": "api.test"}
    for name, value in (fields | headers).items():
        flow.request.headers[name.replace("_", "-")] = value
    return flow


def an_answer(text: str, **headers: str) -> Response:
    """Return an upstream's whole answer."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    document = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
    response = Response.make(200, json.dumps(document), {"content-type": "application/json"})
    response.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return response


def an_answer_with_usage(text: str) -> Response:
    """Return a whole answer of five tokens to a request of seven."""
    answer = an_answer(text)
    usage = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}
    answer.text = json.dumps(answer.json() | {"usage": usage})
    return answer


def a_stream(*texts: str) -> Response:
    """Return an upstream's streamed answer, the texts its deltas."""
    deltas = [{"index": 0, "delta": {"role": "assistant", "content": text}} for text in texts]
    deltas.append({"index": 0, "delta": {}, "finish_reason": "stop"})  # type: ignore[dict-item]
    chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    events = [json.dumps(chunk | {"choices": [delta]}) for delta in deltas]
    body = "".join(f"data: {event}\n\n" for event in [*events, "[DONE]"]).encode()
    return Response(b"HTTP/1.1", 200, b"OK", Headers([(b"content-type", b"text/event-stream")]), body, None, 0.0, None)
