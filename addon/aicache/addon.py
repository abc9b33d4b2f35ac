"""mitmproxy's hooks, each handed to the part that deals with it, and the graph of those parts. It decides nothing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from mitmproxy import exceptions
from mitmproxy.addonmanager import Loader
from mitmproxy.connection import Client
from mitmproxy.http import HTTPFlow
from mitmproxy.proxy.layer import NextLayer
from mitmproxy.proxy.server_hooks import ServerConnectionHookData

from aicache.config import Config, ConfigError, RunMode
from aicache.dashboard.dashboard import Dashboard
from aicache.dashboard.fellow_workers import FellowWorkers
from aicache.dashboard.token import DashboardToken
from aicache.domain.events import Erased
from aicache.domain.ports import StoreError
from aicache.engine import Engine
from aicache.fastpath.fast_path import FastPath
from aicache.patches import large_bodies
from aicache.patches.live_responses import ChunkSource, LiveResponses
from aicache.patches.unread_responses import UnreadResponses
from aicache.proxy import exit_status, listeners, options
from aicache.proxy.body_limits import BodyLimits
from aicache.proxy.cache_warming import FileWarmup
from aicache.proxy.cassette_flows import CassetteFlows
from aicache.proxy.collapsed_requests import CollapsedRequests
from aicache.proxy.draining import Draining
from aicache.proxy.embedding_batches import EmbeddingBatches
from aicache.proxy.failed_requests import FailedRequests
from aicache.proxy.flow_events import FlowEvents
from aicache.proxy.flow_state import FlowStates
from aicache.proxy.leftover_batches import LeftoverBatches
from aicache.proxy.malformed_fields import MalformedFields
from aicache.proxy.own_connections import OwnConnections
from aicache.proxy.paced_streams import PacedStreams
from aicache.proxy.proxy_context import ProxyContext
from aicache.proxy.request_handler import RequestHandler
from aicache.proxy.request_lookup import RequestLookup
from aicache.proxy.response_recorder import ResponseRecorder
from aicache.proxy.unattended_flows import UnattendedFlows
from aicache.proxy.upstream_replay import UpstreamReplays
from aicache.runtime.idle import IdleRuntime
from aicache.runtime.lifecycle import Lifecycle, Runtime
from aicache.runtime.worker_process import share_limits, this_worker
from aicache.telemetry.event_watchers import Watchers
from aicache.telemetry.header_misses import HeaderMisses
from aicache.telemetry.observability import Observability
from aicache.ui import contentview, flow_marks
from aicache.ui.cassette_commands import CassetteCommands
from aicache.ui.commands import Commands

logger = logging.getLogger(__name__)


def _build_with_backends(config: Config, data: Path, **listeners: Any) -> Runtime:
    """Build what a cassette has no use for, and what its start need not wait for. Raises ConfigError."""
    from aicache.runtime.reconciler import Reconciler
    from aicache.runtime.shared_parts import connect_to_owner

    try:
        owner = None if (worker := this_worker()) is None else connect_to_owner(worker.folder)
    except StoreError as exc:
        raise ConfigError((str(exc),)) from exc
    return Reconciler(config, data, owner=owner, **listeners)


class AICache:
    """The addon. One instance lives as long as its script is loaded.

    *build* makes the engine and its backends from a configuration and a data folder. Raises ConfigError.
    """

    def __init__(self, build: Callable[..., Runtime] = _build_with_backends) -> None:
        self._watchers = Watchers()
        self._build = build
        self._lifecycle = Lifecycle(self._build_runtime, self._applied, self._override)
        self._observability = Observability(self._watchers, self._lifecycle.engine, self._lifecycle.settings)
        self._fellows = FellowWorkers.of_this_process(self._observability)
        self._dashboard_token = DashboardToken()
        self._draining = Draining(lambda: self._fast_path.stop())
        self._dashboard = Dashboard(self._observability, self._dashboard_token, lambda: self._draining.has_begun)
        self._commands = Commands(self._observability)
        self._fast_path = FastPath(self, self._answering_engine, self._watchers.decided)

        runtime, unread = self._lifecycle.current, UnreadResponses()
        self._header_misses = HeaderMisses()
        self._malformed, self._own, self._live = MalformedFields(), OwnConnections(), LiveResponses()
        self._flows = FlowStates(unread)
        self._cassettes = CassetteFlows(self._flows)
        marks = flow_marks.FlowMarks(lambda: self._observability.scope)
        events = FlowEvents(self._flows, self._watchers, marks, self._header_misses)
        self._replays = UpstreamReplays(self._flows)
        self._unattended = UnattendedFlows(runtime, self._flows).responses
        self._limits = BodyLimits(runtime, self._flows, self._fast_path.is_unobserved, self._dashboard.handles)
        collapsed = CollapsedRequests(self._flows, events, unread, self._live)
        paced = PacedStreams(self._flows, unread, self._live)
        batches = EmbeddingBatches()
        context = ProxyContext(runtime, self._flows, events, unread, batches, self._replays, collapsed, paced)
        lookup = RequestLookup(context, self._fast_path, self._header_misses, lambda: self._observability.bypassed)
        self._handler = RequestHandler(context, lookup, self._cassettes, self._own, self._dashboard)
        self._recorder = ResponseRecorder(context, self._limits)
        self._warmup = FileWarmup(runtime)
        self._failed = FailedRequests(runtime, self._flows)
        self._restore_errors: Callable[[], None] = lambda: None
        self._restore_body_check: Callable[[], None] = lambda: None

    # ------------------------------------------------------------------ life cycle

    def load(self, loader: Loader) -> None:
        options.add_options(loader)
        contentview.register()
        loader.master.commands.collect_commands(self._commands)
        loader.master.commands.collect_commands(CassetteCommands(self._cassettes))

    def configure(self, updated: set[str]) -> None:
        options.set_log_level()
        if self._lifecycle.is_started and self._lifecycle.runtime is not None:
            self._fast_path.apply(self._lifecycle.runtime.settings)
        if not updated & options.LOCATIONS:
            return
        try:
            self._lifecycle.apply(options.config_file(), options.data_folder())
        except ConfigError as exc:
            if self._lifecycle.runtime is not None:
                raise exceptions.OptionsError(str(exc)) from exc  # type: ignore[no-untyped-call]  # mitmproxy puts the option back
            # Raised here, mitmproxy would print it below a traceback; logged, it ends the start just as well.
            logger.error("ai-cache cannot start:\n%s", exc)
        if self._cassettes.session is not None:  # before mitmproxy listens
            options.connect_lazily(always=self._cassettes.never_connects)

    def running(self) -> None:
        if (runtime := self._lifecycle.runtime) is None:
            return
        options.connect_lazily()
        flow_marks.show_comments()
        self._live.install()
        self._restore_body_check = large_bodies.install(self._limits.decide)
        self._restore_errors = self._failed.install()
        self._unattended.install()
        self._announce_dashboard()
        self._lifecycle.start(runtime)
        self._fast_path.apply(runtime.settings)
        self._draining.install()
        if self._fellows is not None:
            self._fellows.start(runtime.engine)

    def done(self) -> Awaitable[None] | None:
        """Not a coroutine, since mitmproxy does not await it when it reloads the script; at exit it does."""
        self._draining.uninstall()
        self._replays.close()
        self._handler.close()
        self._live.uninstall()
        self._unattended.uninstall()
        self._restore_errors()
        self._restore_body_check()
        self._commands.close()
        self._fast_path.uninstall()
        all_well = self._cassettes.finish()
        runtime = self._lifecycle.end()
        if batches := dict(self._flows.partial_batches()):
            LeftoverBatches(batches).install()
        return None if runtime is None else asyncio.ensure_future(self._close(runtime, all_well=all_well))

    async def _close(self, runtime: Runtime, *, all_well: bool) -> None:
        """Store the last flows read from a file, close the backends, then the watchers: the last answers count."""
        try:
            await self._warmup.finish()
        finally:
            try:
                await self._observability.accountant.close(runtime.engine.exact)
                await runtime.close()
            finally:
                await self._observability.close()
                if self._fellows is not None:
                    await self._fellows.close()
        if not all_well:
            exit_status.fail()

    def _build_runtime(self, config: Config, data: Path) -> Runtime:
        """Make the engine and its backends; a cassette needs neither backends nor a data folder."""
        build = self._build if config.mode is RunMode.LIVE else IdleRuntime
        watchers = self._watchers
        return build(
            config,
            data,
            on_checked=watchers.checked,
            on_erased=self._erased,
            on_judged=watchers.judged,
            on_spent=watchers.spent,
        )

    def _override(self, config: Config) -> Config:
        config = self._cassettes.prepare(options.override(config))
        return config if (worker := this_worker()) is None else share_limits(config, worker.count)

    def _applied(self, runtime: Runtime, config: Config, data: Path) -> None:
        """Bring everything else in line with a configuration that has been put in force."""
        self._cassettes.use()
        self._observability.configure(config)
        self._draining.timeout_s = config.drain_timeout
        self._dashboard_token.configure(config.dashboard, data, runtime.secret)
        if self._lifecycle.is_started:
            self._fast_path.apply(runtime.settings)
            self._announce_dashboard()

    def _announce_dashboard(self) -> None:
        if self._cassettes.session is None:  # it would show nothing
            self._dashboard_token.announce(listeners.page_endpoints())

    def _erased(self, erased: Erased) -> None:
        if erased.everything or erased.caller is not None:
            self._header_misses.forget()
        self._watchers.erased(erased)
        if self._fellows is not None:
            self._fellows.erased(erased)

    def _answering_engine(self) -> Engine | None:
        """Return the engine that answers may come from at the moment."""
        runtime = self._lifecycle.runtime
        return None if runtime is None or self._observability.bypassed else runtime.engine

    # ------------------------------------------------------------------ connections

    def client_connected(self, client: Client) -> None:
        self._own.client_connected(client)
        self._fast_path.client_connected(client)

    def client_disconnected(self, client: Client) -> Awaitable[None] | None:
        self._own.client_disconnected(client)
        return self._unattended.client_disconnected(client)

    def server_connect(self, data: ServerConnectionHookData) -> Awaitable[None] | None:
        self._cassettes.server_connect(data)
        return self._own.server_connect(data)

    def server_connected(self, data: ServerConnectionHookData) -> None:
        self._own.server_connected(data)

    def server_disconnected(self, data: ServerConnectionHookData) -> None:
        self._own.server_disconnected(data)

    def next_layer(self, next_layer: NextLayer) -> None:
        self._own.next_layer(next_layer)
        self._fast_path.next_layer(next_layer)

    # ------------------------------------------------------------------ flows

    async def http_connect(self, flow: HTTPFlow) -> None:
        await self._own.http_connect(flow)

    def requestheaders(self, flow: HTTPFlow) -> None:
        if not self._malformed.refuse_request(flow):
            self._limits.requestheaders(flow)

    def request(self, flow: HTTPFlow) -> Awaitable[None] | None:
        return self._handler.request(flow)

    def ai_cache_next_chunk(self, source: ChunkSource) -> Awaitable[None] | None:
        """Wait for the next chunk of a response that comes bit by bit (`patches/live_responses.py`)."""
        return source.wait()

    def responseheaders(self, flow: HTTPFlow) -> None:
        passes = self._flows.of(flow).is_answered or not self._malformed.refuse_response(flow)
        if passes and not self._cassettes.responseheaders(flow):
            self._recorder.responseheaders(flow)
        self._draining.announce_end(flow)

    def response(self, flow: HTTPFlow) -> Awaitable[None] | None:
        if (storing := self._warmup.response(flow)) is not None:
            return storing
        if (recording := self._cassettes.response(flow)) is not None:
            return recording
        return self._recorder.response(flow)

    def error(self, flow: HTTPFlow) -> Awaitable[None] | None:
        answering = self._failed.error(flow)
        if (recording := self._cassettes.error(flow)) is not None:
            return recording
        if answering is not None:
            return self._error_once_answered(flow, answering)
        self._recorder.error(flow)
        return None

    async def _error_once_answered(self, flow: HTTPFlow, answering: Awaitable[None]) -> None:
        await answering
        self._recorder.error(flow)
