"""mitmproxy's hooks <-> the engine. Nothing in it decides."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar
from weakref import WeakKeyDictionary, WeakSet

from mitmproxy import ctx, exceptions
from mitmproxy.addonmanager import Loader
from mitmproxy.connection import Client
from mitmproxy.http import HTTPFlow, Request, Response
from mitmproxy.proxy.layer import NextLayer
from mitmproxy.proxy.server_hooks import ServerConnectionHookData

from aicache import config as configuration
from aicache.dashboard.dashboard import Dashboard
from aicache.dashboard.token import DashboardToken
from aicache.domain.events import Decided, Erased
from aicache.domain.model import Bypass, Entry, Hit, Miss, Mode
from aicache.domain.request_directives import OWN_HEADERS, Directives, parse_directives
from aicache.domain.trace import Trace
from aicache.engine import PARSE_ON_LOOP, Engine, Exchange, is_large, with_vector
from aicache.entries.embedding_batch import BatchExchange
from aicache.entries.recording import Recording
from aicache.fastpath.fast_path import Speed
from aicache.formats import Embeddings, Format
from aicache.formats.json_body import OnlyAsRecorded
from aicache.patches import large_bodies
from aicache.patches.large_bodies import Way
from aicache.patches.unread_responses import Unread
from aicache.proxy import listeners, malformed_fields
from aicache.proxy.body_readers import Busy, Readers
from aicache.proxy.embedding_batches import Batches, ask_less, embeddings_format_of, hold, read_batch, write_bad_gateway
from aicache.proxy.http_messages import (
    asker_of,
    declared_size,
    format_of,
    mark_forwarded,
    read_headers,
    read_request,
    read_response,
    write_gateway_timeout,
    write_hit,
)
from aicache.proxy.leftover_batches import Leftover
from aicache.proxy.own_connections import OwnConnections, refusal
from aicache.proxy.recorded_flows import note_directives
from aicache.proxy.response_tee import Tee
from aicache.proxy.upstream_replay import Replays
from aicache.proxy.warmup import Warming
from aicache.runtime.reconciler import Wiring, default_data_folder
from aicache.telemetry import reporting
from aicache.telemetry.header_misses import HeaderMisses
from aicache.telemetry.observability import Observability
from aicache.telemetry.watchers import Watchers
from aicache.ui import contentview, flow_marks
from aicache.ui.commands import Commands

logger = logging.getLogger(__name__)

X = TypeVar("X", Exchange, BatchExchange)

WATCH_EVERY = 1.0  # seconds between two looks at the configuration file
NODES_ON_LOOP = 4_000  # what may be arrays, objects or names of a body; more of them are read in the thread
STREAMED = ("text/event-stream", "application/x-ndjson", "application/stream+json", "application/jsonl")


class AICache:
    """The addon. One instance lives as long as its script is loaded."""

    def __init__(self) -> None:
        self._wiring: Wiring | None = None
        self._file: Path | None = None
        self._seen: float | None = None  # modification time of the configuration in force, or last refused
        self._watcher: asyncio.Task[None] | None = None
        self._exchanges: WeakKeyDictionary[HTTPFlow, Exchange | BatchExchange | Bypass] = WeakKeyDictionary()
        self._tees: WeakKeyDictionary[HTTPFlow, Tee] = WeakKeyDictionary()
        self._batches = Batches()
        self._answered: WeakSet[HTTPFlow] = WeakSet()  # by us: their response is not the upstream's
        self._reports: WeakKeyDictionary[HTTPFlow, Decided] = WeakKeyDictionary()
        self._header_misses = HeaderMisses()
        self._watchers = Watchers()
        self._replays = Replays()
        self._desk = Observability(
            self._watchers,
            lambda: self._wiring.engine if self._wiring is not None else None,
            lambda: self._wiring.settings if self._wiring is not None else None,
        )
        self._door = DashboardToken()
        self._dashboard = Dashboard(self._desk, self._door)
        self._own = OwnConnections()
        self._readers = Readers()
        self._unread = Unread()
        self._hold_all_again: Callable[[], None] = lambda: None
        self._commands = Commands(self._desk)
        self._warming: Warming | None = None
        self._checks_itself = malformed_fields.is_safe()
        self._speed = Speed(self, self._engine_in_force, self._watchers.decided)

    # ------------------------------------------------------------------ life cycle

    def load(self, loader: Loader) -> None:
        loader.add_option("ai_cache_config", str, "", "Path of the AI cache's YAML configuration.")
        loader.add_option(
            "ai_cache_data",
            str,
            "",
            "Folder of the AI cache's embedded Valkey and vector index (default: the user's data folder).",
        )
        loader.add_option("ai_cache_warm", bool, True, "Fill the AI cache from the flows that mitmdump -nr FILE reads.")
        contentview.register()
        loader.master.commands.collect_commands(self._commands)

    def configure(self, updated: set[str]) -> None:
        # mitmproxy logs everything to be filtered later, and each line costs as much as a look-up.
        names = ("termlog_verbosity", "console_eventlog_verbosity")  # mitmproxy's console has the latter alone
        verbosity = {getattr(ctx.options, name, "") for name in names}
        logging.getLogger("aicache").setLevel(logging.DEBUG if "debug" in verbosity else logging.INFO)
        if self._watcher is not None and self._wiring is not None:
            self._speed.apply(self._wiring.settings)
        if not updated & {"ai_cache_config", "ai_cache_data"}:
            return
        try:
            self._apply()
        except configuration.ConfigError as exc:
            if self._wiring is not None:
                raise exceptions.OptionsError(str(exc)) from exc  # type: ignore[no-untyped-call]  # mitmproxy puts the option back
            # Raised here, mitmproxy would print it below a traceback; logged, it ends the start just as well.
            logger.error("ai-cache cannot start:\n%s", exc)

    def running(self) -> None:
        if self._wiring is None:
            return
        if ctx.options.connection_strategy == "eager" and all(m.startswith("reverse:") for m in ctx.options.mode):
            # A hit needs no upstream, so none is to be connected before it is known that there is no hit.
            ctx.options.update(connection_strategy="lazy")  # type: ignore[no-untyped-call]
        flow_marks.show_comments()
        self._wiring.start()
        self._hold_all_again = large_bodies.install(self._what_becomes_of)
        self._door.announce(listeners.of_pages())
        self._watcher = asyncio.get_running_loop().create_task(self._watch())
        self._speed.apply(self._wiring.settings)

    def done(self) -> Awaitable[None] | None:
        """Plain, since mitmproxy calls it so when it reloads the script; what it returns is awaited at exit."""
        if self._watcher is not None:
            self._watcher.cancel()
        self._replays.end()
        self._readers.close()
        self._hold_all_again()
        self._commands.close()
        self._speed.leave()
        wiring, self._wiring = self._wiring, None
        self._leave_batches()
        return None if wiring is None else asyncio.ensure_future(self._close(wiring))

    def _leave_batches(self) -> None:
        """Have those completed that less was asked for of the upstream than their clients want."""
        batches = {
            flow: each for flow, each in self._exchanges.items() if isinstance(each, BatchExchange) and each.known
        }
        if batches:
            Leftover(batches).enter()

    async def _close(self, wiring: Wiring) -> None:
        """Store what recorded flows still have, end the parts, then whoever watches them: the last answers count."""
        try:
            if self._warming is not None:
                await self._warming.finish()
                logger.info("%s: %s", ctx.options.rfile, self._warming.tally.line())
        finally:
            try:
                await wiring.close()
            finally:
                await self._desk.close()

    def _engine_in_force(self) -> Engine | None:
        """Return the engine that answers may come from at the moment."""
        return None if self._wiring is None or self._desk.bypassed else self._wiring.engine

    def _apply(self) -> None:
        """Put the configuration in force, or raise ConfigError and leave the old one."""
        path = Path(ctx.options.ai_cache_config).expanduser() if ctx.options.ai_cache_config else None
        data = Path(ctx.options.ai_cache_data).expanduser() if ctx.options.ai_cache_data else default_data_folder()
        seen = _modified(path)
        config = configuration.Config() if path is None else configuration.read(path, os.environ, logger.warning)
        if self._wiring is None:
            self._wiring = Wiring(config, data)
            self._wiring.engine.on_checked = self._watchers.checked
            self._wiring.engine.on_erased = self._erased
        else:
            self._wiring.configure(config, data)
        self._desk.configure(config)
        self._door.configure(config.dashboard, data, self._wiring.secret)
        if not config.enabled:
            logger.info("enabled: false, so every request passes untouched")
        self._file, self._seen = path, seen
        if self._watcher is not None:
            self._speed.apply(self._wiring.settings)
            self._door.announce(listeners.of_pages())

    def _erased(self, erased: Erased) -> None:
        if erased.everything or erased.caller is not None:
            self._header_misses.forget()
        self._watchers.erased(erased)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(WATCH_EVERY)
            modified = _modified(self._file)
            if modified is None or modified == self._seen:
                continue
            try:
                self._apply()
                logger.info("%s: read again, in force", self._file)
            except configuration.ConfigError as exc:
                self._seen = modified
                logger.warning("%s: not taken, the settings before it stay in force:\n%s", self._file, exc)
            except Exception:
                self._seen = modified
                logger.exception("%s: not taken, the settings before it stay in force", self._file)

    # ------------------------------------------------------------------ flows

    def client_connected(self, client: Client) -> None:
        self._own.client_connected(client)
        self._speed.connected(client)

    def client_disconnected(self, client: Client) -> None:
        self._own.client_disconnected(client)

    def server_connect(self, data: ServerConnectionHookData) -> Awaitable[None] | None:
        return self._own.server_connect(data)

    def server_connected(self, data: ServerConnectionHookData) -> None:
        self._own.server_connected(data)

    def server_disconnected(self, data: ServerConnectionHookData) -> None:
        self._own.server_disconnected(data)

    def next_layer(self, next_layer: NextLayer) -> None:
        self._own.next_layer(next_layer)
        self._speed.next_layer(next_layer)

    def requestheaders(self, flow: HTTPFlow) -> None:
        """Have no request leave before `request` could answer it, as mitmproxy does with what it is to stream."""
        if not self._checks_itself and flow.live and flow.response is None and malformed_fields.refuse_request(flow):
            logger.warning("a request with control characters in its head was refused")
            return
        streamed = flow.request.stream or (
            ctx.options.stream_large_bodies and "transfer-encoding" in flow.request.headers
        )
        if streamed and flow.killable and self._dashboard.is_asked(flow):
            flow.kill()  # type: ignore[no-untyped-call]
            return
        size = declared_size(flow.request.headers.get("content-length", ""))
        if not streamed and self._what_becomes_of(flow, True, size) is Way.ON:
            flow.request.stream = True

    def _what_becomes_of(self, flow: HTTPFlow, request: bool, size: int) -> Way | None:
        """Say what becomes of a body of which so many bytes are known; None: mitmproxy holds it."""
        if (wiring := self._wiring) is None or not wiring.settings.enabled or flow in self._replays:
            return None
        if not request:
            return self._what_becomes_of_response(flow, wiring, size)
        if size <= wiring.settings.max_request or not flow.live:
            return None
        if self._dashboard.is_asked(flow):
            return Way.AWAY
        if not (self._speed.nobody_wants_flows() or _is_ours(flow.request)):
            return None
        headers = read_headers(flow.request.headers)
        if parse_directives(headers).only_if_cached:
            return Way.AWAY
        note_directives(flow, headers)
        for name in OWN_HEADERS:
            if name in headers:
                del flow.request.headers[name]
        return Way.ON

    def _what_becomes_of_response(self, flow: HTTPFlow, wiring: Wiring, size: int) -> Way | None:
        """One that is larger than what is kept is passed on, unless what is known of a batch is to complete it."""
        exchange, response = self._exchanges.get(flow), flow.response
        if size <= wiring.engine.rules.max_bytes or response is None or flow in self._answered:
            return None
        if isinstance(exchange, BatchExchange) and exchange.known:
            return None
        if exchange is None and not self._speed.nobody_wants_flows():
            return None
        if flow not in self._tees:
            self._tee(flow, response, exchange, wiring.engine.rules.max_bytes)
        return Way.ON

    def _tee(
        self, flow: HTTPFlow, response: Response, exchange: Exchange | BatchExchange | Bypass | None, most: int
    ) -> None:
        """Have a response passed on as it comes, and a copy kept of at most so many bytes."""
        response.stream = self._tees[flow] = Tee(most)
        if exchange is not None:
            mark_forwarded(response, exchange, stored=False)

    def request(self, flow: HTTPFlow) -> Awaitable[None] | None:
        """Plain, so that what can be answered at once costs no task."""
        if flow in self._replays:
            return None
        if flow.response or flow.error or not flow.live or (wiring := self._wiring) is None:
            return None
        if flow.client_conn in self._own:
            self._answer(flow, refusal())
            return None
        if self._dashboard.is_asked(flow):
            return self._show(flow, wiring)
        if (leading := self._own.leads_back(flow)) is not None:
            return self._unless(leading, flow, wiring)
        return self._ask(flow, wiring) if wiring.settings.enabled else None

    async def _unless(self, leading: Awaitable[bool | None], flow: HTTPFlow, wiring: Wiring) -> None:
        """Go on with a request unless it leads back to this proxy."""
        if await leading:
            self._answer(flow, refusal())
        else:
            await self._go_on(flow, wiring)

    async def http_connect(self, flow: HTTPFlow) -> None:
        leading = self._own.leads_back(flow)
        if flow.response is None and leading is not None and await leading:
            flow.response = refusal()

    async def _show(self, flow: HTTPFlow, wiring: Wiring) -> None:
        if (page := await self._dashboard.answer(flow)) is not None:
            self._answer(flow, page)
            self._dashboard.forget(flow)
        else:
            await self._go_on(flow, wiring)

    async def _go_on(self, flow: HTTPFlow, wiring: Wiring) -> None:
        if wiring.settings.enabled and (asking := self._ask(flow, wiring)) is not None:
            await asking

    def _ask(self, flow: HTTPFlow, wiring: Wiring) -> Awaitable[None] | None:
        began = time.perf_counter()
        try:
            if (format := format_of(flow.request)) is not None:
                names = self._speed.names_of(flow)
                if self._unread.is_behind(flow.client_conn):
                    return self._safely(self._ask_later(flow, wiring, format, names))
                if not self._recall(flow, names, began):
                    return self._safely(self._look_up(flow, wiring, format, names))
            elif wiring.settings.embeddings and (batches := embeddings_format_of(flow.request)) is not None:
                return self._safely(self._look_up_batch(flow, wiring, batches))
        except Exception:
            logger.exception("a request went upstream past the cache")
        return None

    async def _ask_later(self, flow: HTTPFlow, wiring: Wiring, format: Format, names: tuple[bytes, ...]) -> None:
        """Go on with a request once its client has taken most of what it was sent before."""
        began = time.perf_counter()
        if not await self._unread.taken(flow.client_conn):
            self._pass_by(flow, Bypass("unread"), self._wishes_of(flow, wiring)[1], format, began)
        elif not self._recall(flow, names, began):
            await self._look_up(flow, wiring, format, names)

    def _recall(self, flow: HTTPFlow, names: tuple[bytes, ...], began: float) -> bool:
        """Answer a request where that is at hand; False where it is not."""
        if (recalled := self._speed.recall(names, began)) is None:
            return False
        response, report = recalled
        self._answer(flow, response)
        self._decided(flow, report)
        return True

    async def _safely(self, looking_up: Awaitable[None]) -> None:
        try:
            await looking_up
        except Exception:
            logger.exception("a request went upstream past the cache")

    async def _look_up(self, flow: HTTPFlow, wiring: Wiring, format: Format, names: tuple[bytes, ...]) -> None:
        began = time.perf_counter()
        deadline = wiring.engine.deadline()
        if (exchange := await self._identify(flow, wiring, read_request, format, deadline)) is None:
            return
        if (key := exchange.directives.wrong or exchange.directives.right) is not None:
            wiring.engine.feedback(exchange, key, exchange.directives.right is not None)
        trace = Trace()
        outcome = await wiring.engine.lookup(exchange, trace, deadline)
        if isinstance(outcome, Hit):
            try:
                template = wiring.settings.template_for(exchange.call)
                if len(outcome.entry.body) > PARSE_ON_LOOP:
                    response = await asyncio.to_thread(write_hit, outcome, exchange, template)
                else:
                    response = write_hit(outcome, exchange, template)
                if self._unread.is_behind(flow.client_conn) and not await self._unread.taken(flow.client_conn):
                    self._pass_by(flow, Bypass("unread"), exchange.directives, format, began)
                    return
                wishes = exchange.directives
                if outcome.ticket is not None and not (wishes.only_if_cached or wishes.no_store):
                    self._replays.audit(flow, replace(exchange, ticket=outcome.ticket))
                self._answer(flow, response)
                self._speed.learn(names, exchange, outcome, response)
                self._decided(flow, reporting.lookup_report(exchange, outcome, trace, began))
                return
            except ValueError as exc:
                crossing = outcome.entry.api != exchange.call.api  # not all that one API says can be said in another
                level = logging.DEBUG if crossing or isinstance(exc, OnlyAsRecorded) else logging.WARNING
                logger.log(level, "a stored answer cannot be rendered (%s); the request goes upstream", exc)
                outcome = Miss("not-renderable")
        logger.debug("miss: %s", outcome.reason)
        exchange = with_vector(exchange, outcome)
        differing = self._header_misses.differing(exchange.identity.question, exchange.sender, exchange.fields)
        self._decided(flow, reporting.lookup_report(exchange, outcome, trace, began, differing))
        if exchange.directives.only_if_cached:
            self._answer(flow, write_gateway_timeout("miss"))
            return
        self._exchanges[flow] = exchange
        flow.request.headers["accept-encoding"] = "identity"

    async def _look_up_batch(self, flow: HTTPFlow, wiring: Wiring, format: Embeddings) -> None:
        began = time.perf_counter()
        deadline = wiring.engine.deadline()
        if (exchange := await self._identify(flow, wiring, read_batch, format, deadline)) is None:
            return
        streams = bool(ctx.options.stream_large_bodies)  # mitmproxy would not hold a response to be completed
        outcome, known = await self._batches.look_up(
            flow.request, exchange, wiring.engine, deadline, divide=not streams
        )
        answered = isinstance(outcome, Response)
        if isinstance(outcome, Response):
            if self._unread.is_behind(flow.client_conn):
                await self._unread.taken(flow.client_conn)  # over HTTP/2 as well: vectors of a batch are small
            self._answer(flow, outcome)
        elif self._wiring is not None:  # else it has ended meanwhile, and nobody would complete a batch
            self._exchanges[flow] = outcome
            ask_less(flow.request, outcome)
            flow.request.headers["accept-encoding"] = "identity"
        self._decided(flow, reporting.batch_report(exchange, known, began, answered=answered))

    async def _identify(
        self,
        flow: HTTPFlow,
        wiring: Wiring,
        read: Callable[..., X | Bypass],
        format: Format | Embeddings,
        deadline: float,
    ) -> X | None:
        """Read a request, a large one in a thread, so that no other request waits for it; None: it is passed by."""
        began = time.perf_counter()
        headers, wishes = self._wishes_of(flow, wiring)
        reading = (flow, format, headers, wishes, wiring.settings)
        exchange: X | Bypass
        if self._desk.bypassed:
            exchange = Bypass("switched-off")
        elif _is_quickly_read(flow.request.raw_content or b""):
            exchange = read(*reading)
        else:
            try:
                who = asker_of(flow, headers, wiring.settings)
                half = deadline - wiring.engine.lookup_timeout / 2  # the parts that are asked then have the rest
                exchange = await self._readers.run(who, half, read, *reading)
            except Busy:
                exchange = Bypass("busy")
        if not isinstance(exchange, Bypass):
            return exchange
        self._pass_by(flow, exchange, wishes, format, began)
        return None

    def _wishes_of(self, flow: HTTPFlow, wiring: Wiring) -> tuple[dict[str, str], Directives]:
        """Read the headers, and what they ask of the cache, which is not sent on."""
        headers = read_headers(flow.request.headers)
        wishes = parse_directives(headers)
        if wiring.settings.starting:
            wishes = replace(wishes, no_store=True)  # under a key that nobody will ask for
        note_directives(flow, headers)
        for name in OWN_HEADERS:
            if name in headers:
                del flow.request.headers[name]
        return headers, wishes

    def _pass_by(
        self, flow: HTTPFlow, bypass: Bypass, wishes: Directives, format: Format | Embeddings, began: float
    ) -> None:
        logger.debug("bypass: %s", bypass.reason)
        self._decided(flow, reporting.bypass_report(bypass, format.api, began))
        if wishes.only_if_cached:
            self._answer(flow, write_gateway_timeout("bypass"))
        else:
            self._exchanges[flow] = bypass

    def _answer(self, flow: HTTPFlow, response: Response) -> None:
        self._answered.add(flow)
        self._unread.promise(flow, len(response.raw_content or b""))
        flow.response = response

    def _decided(self, flow: HTTPFlow, report: Decided) -> None:
        self._reports[flow] = report
        self._watchers.decided(report)
        flow_marks.decided(flow, report, self._desk.scope)

    def _finished(
        self,
        flow: HTTPFlow,
        exchange: Exchange | BatchExchange | Bypass | None,
        report: Decided | None,
        recording: Recording | None,
        entry: Entry | None,
        why_not: str | None,
        *,
        marked: bool = False,
    ) -> None:
        if entry is not None and isinstance(exchange, Exchange):
            self._header_misses.remember(exchange.identity.question, exchange.sender, exchange.fields)
        if report is not None:
            finished = reporting.finished_event(report, recording, entry, why_not)
            self._watchers.finished(finished)
            if not (marked and entry is not None):
                flow_marks.finished(flow, finished, again=marked)

    def responseheaders(self, flow: HTTPFlow) -> None:
        if not self._checks_itself and flow not in self._answered and malformed_fields.refuse_response(flow):
            logger.warning("a response with control characters in its head was not passed on")
            return
        if flow.response is None or self._wiring is None or flow in self._answered or flow in self._replays:
            return
        exchange = self._exchanges.get(flow)
        response = flow.response
        if isinstance(exchange, BatchExchange) and exchange.known:
            hold(response)
        if isinstance(exchange, Exchange | BatchExchange):
            self._wiring.engine.answered(exchange, response.status_code)
        if isinstance(exchange, BatchExchange) and exchange.known:
            return
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        asked_stream = isinstance(exchange, Exchange) and exchange.call.mode is Mode.STREAM
        if callable(response.stream):
            return  # another addon's; what it makes of the stream is not the upstream's answer
        if kind not in STREAMED and not (asked_stream and "content-length" not in response.headers):
            self._what_becomes_of(flow, False, declared_size(response.headers.get("content-length", "")))
            return
        # mitmproxy would hold the stream back until its end, be it ours to keep or not.
        self._tee(flow, response, exchange, self._wiring.engine.rules.max_bytes)

    def response(self, flow: HTTPFlow) -> Awaitable[None] | None:
        """Plain, so that it costs no task; only a batch that cannot be completed is waited for."""
        self._unread.kept(flow)
        exchange = self._exchanges.pop(flow, None)
        tee = self._tees.pop(flow, None)
        report = self._reports.pop(flow, None)
        response = flow.response
        if response is None or self._wiring is None or flow in self._answered:
            return None
        if not flow.live and self._wiring.settings.enabled and _only_reads():
            self._warming = self._warming or Warming(self._wiring)
            return self._warming.take(flow)
        engine = self._wiring.engine
        asked_at = flow.request.timestamp_start
        body = response.raw_content
        if flow in self._replays:
            if (audited := self._replays.take(flow)) is not None:
                engine.audited(audited, read_response(response, body or b"", asked_at))
            return None
        if tee is not None and body is None:
            body = tee.body
            response.raw_content = body  # so that mitmweb, "save" and other addons can see what passed
        if tee is not None and body is None and isinstance(exchange, Exchange | BatchExchange):
            recording = read_response(response, b"", asked_at)
            self._finished(flow, exchange, report, recording, None, "larger than store.max_bytes")
            return None
        if isinstance(exchange, BatchExchange):  # to be completed, also where the cache was switched off since
            recording = read_response(response, body or b"", asked_at)
            if exchange.known and is_large(recording):
                return self._complete(flow, response, recording, exchange, report, engine)
            taken = self._batches.take(response, recording, exchange, engine)
            self._finished(flow, exchange, report, recording, None, None)
            return None if taken else self._ask_whole(flow, exchange)
        if exchange is None or not self._wiring.settings.enabled:  # switched off since the request
            return None
        if isinstance(exchange, Bypass):
            if tee is None:
                mark_forwarded(response, exchange, stored=False)
            self._finished(flow, exchange, report, read_response(response, body or b"", asked_at), None, "bypass")
            return None
        stored = False
        if body is not None:
            recording = read_response(response, body, asked_at)
            if tee is not None:
                engine.judge_and_keep(exchange, recording, partial(self._finished, flow, exchange, report, recording))
                return None
            if is_large(recording):
                return self._keep_apart(flow, response, recording, exchange, report)
            stored = self._keep(flow, recording, exchange, report, partial(engine.judge, exchange, recording))
        if tee is None:
            mark_forwarded(response, exchange, stored=stored)
        return None

    async def _keep_apart(
        self, flow: HTTPFlow, response: Response, recording: Recording, exchange: Exchange, report: Decided | None
    ) -> None:
        """Judge an answer that takes long to read in a thread: its own client waits for that, and no other."""
        if (wiring := self._wiring) is None:
            return
        judging = asyncio.ensure_future(wiring.engine.judge_apart(exchange, recording))
        await asyncio.wait([judging])
        mark_forwarded(response, exchange, stored=self._keep(flow, recording, exchange, report, judging.result))

    def _keep(
        self,
        flow: HTTPFlow,
        recording: Recording,
        exchange: Exchange,
        report: Decided | None,
        judged: Callable[[], Entry],
    ) -> bool:
        """Keep what *judged* makes of an answer; what came of it is told once that is known.

        The flow itself is marked at once, for mitmproxy may save it now, and again where it came to nothing.
        """
        stored = False

        def tell(entry: Entry | None, why_not: str | None) -> None:
            self._finished(flow, exchange, report, recording, entry, why_not, marked=stored and report is not None)

        try:
            entry = judged()
        except ValueError as exc:
            logger.debug("not stored: %s", exc)
            tell(None, str(exc))
        except Exception:
            logger.exception("an answer was not stored")
            tell(None, "not understood")
        else:
            if self._wiring is None:
                tell(None, "the proxy ends")
            elif (stored := self._wiring.engine.keep(exchange, entry, tell)) and report is not None:
                flow_marks.finished(flow, reporting.finished_event(report, recording, entry, None))
        return stored

    async def _complete(
        self,
        flow: HTTPFlow,
        response: Response,
        recording: Recording,
        exchange: BatchExchange,
        report: Decided | None,
        engine: Engine,
    ) -> None:
        """Complete a batch with a response that takes long to read, the work in a thread."""
        taken = False
        try:
            taken = await self._batches.take_apart(response, recording, exchange, engine)
        except Exception:
            logger.exception("a batch could not be completed")
        if not taken:
            await self._ask_whole(flow, exchange)
        self._finished(flow, exchange, report, recording, None, None)

    async def _ask_whole(self, flow: HTTPFlow, exchange: BatchExchange) -> None:
        """Get the client its answer where the upstream's to a part of its batch does not fit what was known."""
        try:
            response = await self._replays.again(flow, exchange.body)
        except Exception:
            logger.exception("a batch could not be asked for as a whole")
            response = None
        self._answer(flow, response or write_bad_gateway())

    def error(self, flow: HTTPFlow) -> None:
        """The client left or the upstream broke off.

        What came so far is an answer only if the stream's last event is part of it: OpenAI's own client, and so every
        chat UI that is made with it, leaves once it has read that, be the response at its end or not.
        """
        self._unread.kept(flow)
        exchange, tee = self._exchanges.pop(flow, None), self._tees.pop(flow, None)
        report, response = self._reports.pop(flow, None), flow.response
        body = None if tee is None else tee.so_far
        if self._wiring is None or response is None or not body or not isinstance(exchange, Exchange):
            self._finished(flow, exchange, report, None, None, "broken off")
            return
        response.raw_content = body
        if not self._wiring.settings.enabled:  # switched off since the request
            return
        recording = read_response(response, body, flow.request.timestamp_start)
        self._wiring.engine.judge_and_keep(
            exchange, recording, partial(self._finished, flow, exchange, report, recording)
        )


def _is_ours(request: Request) -> bool:
    """Tell whether a request is one that the cache would look at."""
    return format_of(request) is not None or embeddings_format_of(request) is not None


def _is_quickly_read(body: bytes) -> bool:
    """Tell whether a body is read in some ten milliseconds, whatever it holds."""
    return len(body) <= PARSE_ON_LOOP and body.count(b"[") + body.count(b"{") + body.count(b":") <= NODES_ON_LOOP


def _only_reads() -> bool:
    """Tell whether mitmproxy reads a file of flows and then ends: to look at flows in a UI must fill nothing."""
    options = ctx.options
    ends = ctx.master.addons.get("keepserving") is not None  # type: ignore[no-untyped-call]  # mitmdump's own
    return bool(ends and options.ai_cache_warm and options.rfile and not options.server)


def _modified(path: Path | None) -> float | None:
    try:
        return None if path is None else path.stat().st_mtime
    except OSError:
        return None
