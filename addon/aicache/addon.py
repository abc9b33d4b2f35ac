"""mitmproxy's hooks, each handed to the part that deals with it. They decide nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from mitmproxy.addonmanager import Loader
from mitmproxy.connection import Client
from mitmproxy.http import HTTPFlow
from mitmproxy.proxy.layer import NextLayer
from mitmproxy.proxy.server_hooks import ServerConnectionHookData

from aicache.assembly.parts import Parts, build_with_backends
from aicache.patches.live_responses import ChunkSource
from aicache.proxy import options
from aicache.runtime.lifecycle import Runtime
from aicache.ui import contentview
from aicache.ui.cassette_commands import CassetteCommands


class AICache:
    """The addon. One instance lives as long as its script is loaded.

    *build* makes the engine and its backends from a configuration and a data folder. Raises ConfigError.
    """

    def __init__(self, build: Callable[..., Runtime] = build_with_backends) -> None:
        self.parts = Parts(self, build)

    # ------------------------------------------------------------------ life cycle

    def load(self, loader: Loader) -> None:
        options.add_options(loader)
        contentview.register()
        loader.master.commands.collect_commands(self.parts.commands)
        loader.master.commands.collect_commands(CassetteCommands(self.parts.cassettes))

    def configure(self, updated: set[str]) -> None:
        options.set_log_level()
        self.parts.follow_options()
        if updated & options.LOCATIONS:
            self.parts.apply_options()

    def running(self) -> None:
        self.parts.start()

    def done(self) -> Awaitable[None] | None:
        """Not a coroutine, since mitmproxy does not await it when it reloads the script; at exit it does."""
        return self.parts.stop()

    # ------------------------------------------------------------------ connections

    def client_connected(self, client: Client) -> None:
        self.parts.own.client_connected(client)
        self.parts.fast_path.client_connected(client)

    def client_disconnected(self, client: Client) -> Awaitable[None] | None:
        self.parts.own.client_disconnected(client)
        return self.parts.unattended.client_disconnected(client)

    def server_connect(self, data: ServerConnectionHookData) -> Awaitable[None] | None:
        self.parts.cassettes.server_connect(data)
        return self.parts.own.server_connect(data)

    def server_connected(self, data: ServerConnectionHookData) -> None:
        self.parts.own.server_connected(data)

    def server_disconnected(self, data: ServerConnectionHookData) -> None:
        self.parts.own.server_disconnected(data)

    def next_layer(self, next_layer: NextLayer) -> None:
        self.parts.own.next_layer(next_layer)
        self.parts.fast_path.next_layer(next_layer)

    # ------------------------------------------------------------------ flows

    async def http_connect(self, flow: HTTPFlow) -> None:
        await self.parts.own.http_connect(flow)

    def requestheaders(self, flow: HTTPFlow) -> None:
        self.parts.platform.requestheaders(flow)
        if not self.parts.malformed.refuse_request(flow):
            self.parts.limits.requestheaders(flow)

    def request(self, flow: HTTPFlow) -> Awaitable[None] | None:
        return self.parts.handler.request(flow)

    def ai_cache_next_chunk(self, source: ChunkSource) -> Awaitable[None] | None:
        """Wait for the next chunk of a response that comes bit by bit (`patches/live_responses.py`)."""
        return source.wait()

    def responseheaders(self, flow: HTTPFlow) -> None:
        passes = self.parts.flows.of(flow).is_answered or not self.parts.malformed.refuse_response(flow)
        if passes and not self.parts.cassettes.responseheaders(flow):
            self.parts.recorder.responseheaders(flow)
        self.parts.draining.announce_end(flow)

    def response(self, flow: HTTPFlow) -> Awaitable[None] | None:
        if (storing := self.parts.warmup.response(flow)) is not None:
            return storing
        if (recording := self.parts.cassettes.response(flow)) is not None:
            return recording
        return self.parts.recorder.response(flow)

    def error(self, flow: HTTPFlow) -> Awaitable[None] | None:
        answering = self.parts.failed.error(flow)
        if (recording := self.parts.cassettes.error(flow)) is not None:
            return recording
        if answering is not None:
            return self._error_once_answered(flow, answering)
        self.parts.recorder.error(flow)
        return None

    async def _error_once_answered(self, flow: HTTPFlow, answering: Awaitable[None]) -> None:
        await answering
        self.parts.recorder.error(flow)
