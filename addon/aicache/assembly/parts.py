"""The parts that the hooks are handed to, how they are put together, and how they begin and end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from mitmproxy import exceptions

from aicache.config import Config, ConfigError, RunMode
from aicache.dashboard.dashboard import Dashboard
from aicache.dashboard.fellow_workers import FellowWorkers
from aicache.dashboard.token import DashboardToken
from aicache.domain.events import Erased
from aicache.domain.ports import StoreError
from aicache.engine import Engine
from aicache.fastpath.fast_path import FastPath
from aicache.patches import large_bodies
from aicache.patches.live_responses import LiveResponses
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
from aicache.proxy.platform_headers import PlatformHeaders
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
from aicache.ui import flow_marks
from aicache.ui.commands import Commands
from aicache.ui.console_lines import ConsoleLines

logger = logging.getLogger(__name__)


def build_with_backends(config: Config, data: Path, **listeners: Any) -> Runtime:
    """Build what a cassette has no use for, and what its start need not wait for. Raises ConfigError."""
    from aicache.runtime.reconciler import Reconciler
    from aicache.runtime.worker_process import connect_to_owner

    try:
        owner = None if (worker := this_worker()) is None else connect_to_owner(worker.folder)
    except StoreError as exc:
        raise ConfigError((str(exc),)) from exc
    return Reconciler(config, data, owner=owner, **listeners)


class Parts:
    """All that the hooks of one instance of the addon are handed to.

    *build* makes the engine and its backends from a configuration and a data folder. Raises ConfigError.
    """

    def __init__(self, addon: object, build: Callable[..., Runtime] = build_with_backends) -> None:
        self.watchers = Watchers()
        self._build = build
        self.lifecycle = Lifecycle(self._build_runtime, self._applied, self._override)
        self.observability = Observability(
            self.watchers, self.lifecycle.engine, self.lifecycle.settings, lambda: self.lifecycle.loaded
        )
        self._fellows = FellowWorkers.of_this_process(self.observability)
        self.dashboard_token = DashboardToken()
        self.draining = Draining(lambda: self.fast_path.stop())
        self.dashboard = Dashboard(self.observability, self.dashboard_token, lambda: self.draining.has_begun)
        self.commands = Commands(self.observability)
        self.console = ConsoleLines()
        self.watchers.add(self.console)
        self.fast_path = FastPath(addon, self._answering_engine, self.watchers.decided)

        runtime, unread = self.lifecycle.current, UnreadResponses()
        self.header_misses = HeaderMisses()
        self.platform = PlatformHeaders()
        self.malformed, self.own, self.live = MalformedFields(), OwnConnections(), LiveResponses()
        self.flows = FlowStates(unread)
        self.cassettes = CassetteFlows(self.flows)
        marks = flow_marks.FlowMarks(lambda: self.observability.scope)
        events = FlowEvents(self.flows, self.watchers, marks, self.header_misses)
        self.replays = UpstreamReplays(self.flows)
        self.unattended = UnattendedFlows(runtime, self.flows).responses
        self.limits = BodyLimits(runtime, self.flows, self.fast_path.is_unobserved, self.dashboard.handles)
        collapsed = CollapsedRequests(self.flows, events, unread, self.live)
        paced = PacedStreams(self.flows, unread, self.live)
        batches = EmbeddingBatches()
        context = ProxyContext(runtime, self.flows, events, unread, batches, self.replays, collapsed, paced)
        lookup = RequestLookup(context, self.fast_path, self.header_misses, lambda: self.observability.bypassed)
        self.handler = RequestHandler(context, lookup, self.cassettes, self.own, self.dashboard)
        self.recorder = ResponseRecorder(context, self.limits)
        self.warmup = FileWarmup(runtime)
        self.failed = FailedRequests(runtime, self.flows)
        self._restore_errors: Callable[[], None] = lambda: None
        self._restore_body_check: Callable[[], None] = lambda: None

    # ------------------------------------------------------------------ life cycle

    def follow_options(self) -> None:
        """Use the fast path, or not, as mitmproxy's options allow it now, and its console."""
        if self.lifecycle.is_started and self.lifecycle.runtime is not None:
            self.fast_path.apply(self.lifecycle.runtime.settings)
            self.console.apply(wanted=self.observability.config.log.console)

    def apply_options(self) -> None:
        """Put the configuration that mitmproxy's options name in force. Raises OptionsError, or logs an error."""
        try:
            self.lifecycle.apply(options.config_file(), options.data_folder())
        except ConfigError as exc:
            if self.lifecycle.runtime is not None:
                raise exceptions.OptionsError(str(exc)) from exc  # type: ignore[no-untyped-call]  # mitmproxy puts the option back
            # Raised here, mitmproxy would print it below a traceback; logged, it ends the start just as well.
            logger.error("ai-cache cannot start:\n%s", exc)
        if self.cassettes.session is not None:  # before mitmproxy listens
            options.connect_lazily(always=self.cassettes.never_connects)

    def start(self) -> None:
        """Begin, once mitmproxy listens."""
        if (runtime := self.lifecycle.runtime) is None:
            return
        options.connect_lazily()
        flow_marks.show_comments()
        self.live.install()
        self._restore_body_check = large_bodies.install(self.limits.decide)
        self._restore_errors = self.failed.install()
        self.unattended.install()
        self._announce_dashboard()
        self.lifecycle.start(runtime)
        self.fast_path.apply(runtime.settings)
        self.console.apply(wanted=self.observability.config.log.console)
        self.draining.install()
        if self._fellows is not None:
            self._fellows.start(runtime.engine)

    def stop(self) -> Awaitable[None] | None:
        """End, and return what is to be awaited where the process ends: the last answers are stored in it."""
        self.draining.uninstall()
        self.replays.close()
        self.handler.close()
        self.live.uninstall()
        self.unattended.uninstall()
        self._restore_errors()
        self._restore_body_check()
        self.commands.close()
        self.console.uninstall()
        self.fast_path.uninstall()
        all_well = self.cassettes.finish()
        runtime = self.lifecycle.end()
        if batches := dict(self.flows.partial_batches()):
            LeftoverBatches(batches).install()
        return None if runtime is None else asyncio.ensure_future(self._close(runtime, all_well=all_well))

    async def _close(self, runtime: Runtime, *, all_well: bool) -> None:
        """Store the last flows read from a file, close the backends, then the watchers: the last answers count."""
        try:
            await self.warmup.finish()
        finally:
            try:
                await self.observability.accountant.close(runtime.engine.exact)
                await runtime.close()
            finally:
                await self.observability.close()
                if self._fellows is not None:
                    await self._fellows.close()
        if not all_well:
            exit_status.fail()

    def _build_runtime(self, config: Config, data: Path) -> Runtime:
        """Make the engine and its backends; a cassette needs neither backends nor a data folder."""
        build = self._build if config.mode is RunMode.LIVE else IdleRuntime
        watchers = self.watchers
        return build(
            config,
            data,
            on_checked=watchers.checked,
            on_erased=self._erased,
            on_judged=watchers.judged,
            on_spent=watchers.spent,
        )

    def _override(self, config: Config) -> Config:
        config = self.cassettes.prepare(options.override(config))
        return config if (worker := this_worker()) is None else share_limits(config, worker.count)

    def _applied(self, runtime: Runtime, config: Config, data: Path) -> None:
        """Bring everything else in line with a configuration that has been put in force."""
        self.cassettes.use()
        self.observability.configure(config, data)
        self.draining.timeout_s = config.drain_timeout
        self.dashboard_token.configure(config.dashboard, data, runtime.secret)
        if self.lifecycle.is_started:
            self.fast_path.apply(runtime.settings)
            self.console.apply(wanted=config.log.console)
            self._announce_dashboard()

    def _announce_dashboard(self) -> None:
        if self.cassettes.session is None:  # it would show nothing
            self.dashboard_token.announce(listeners.page_endpoints())

    def _erased(self, erased: Erased) -> None:
        if erased.everything or erased.caller is not None:
            self.header_misses.forget()
        self.watchers.erased(erased)
        if self._fellows is not None:
            self._fellows.erased(erased)

    def _answering_engine(self) -> Engine | None:
        """Return the engine that answers may come from at the moment."""
        runtime = self.lifecycle.runtime
        return None if runtime is None or self.observability.bypassed else runtime.engine
