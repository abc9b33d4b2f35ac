"""mitmproxy's hooks <-> the engine. With ``ui/`` the only code that imports mitmproxy, and nothing in it decides."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Awaitable
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path
from weakref import WeakKeyDictionary, WeakSet

from mitmproxy import ctx, exceptions
from mitmproxy.addonmanager import Loader
from mitmproxy.http import Headers, HTTPFlow, Response

from aicache import config as configuration
from aicache import controls, formats, keys
from aicache.engine import PARSE_ON_LOOP, Exchange, with_vector
from aicache.entries import Recording, replay
from aicache.model import Bypass, Hit, Mode
from aicache.tee import Tee
from aicache.wiring import Wiring, default_data_folder

logger = logging.getLogger(__name__)

WATCH_EVERY = 1.0  # seconds between two looks at the configuration file
CORS = "access-control-"
REASONS = {200: b"OK", 504: b"Gateway Timeout"}
STREAMED = ("text/event-stream", "application/x-ndjson", "application/stream+json", "application/jsonl")


class AICache:
    """The addon. One instance lives as long as its script is loaded."""

    def __init__(self) -> None:
        self._wiring: Wiring | None = None
        self._file: Path | None = None
        self._seen: float | None = None  # modification time of the configuration in force, or last refused
        self._watcher: asyncio.Task[None] | None = None
        self._exchanges: WeakKeyDictionary[HTTPFlow, Exchange | Bypass] = WeakKeyDictionary()
        self._tees: WeakKeyDictionary[HTTPFlow, Tee] = WeakKeyDictionary()
        self._answered: WeakSet[HTTPFlow] = WeakSet()  # by us: their response is not the upstream's

    # ------------------------------------------------------------------ life cycle

    def load(self, loader: Loader) -> None:
        loader.add_option("ai_cache_config", str, "", "Path of the AI cache's YAML configuration.")
        loader.add_option(
            "ai_cache_data",
            str,
            "",
            "Folder of the AI cache's embedded Valkey and vector index (default: the user's data folder).",
        )

    def configure(self, updated: set[str]) -> None:
        # mitmproxy logs everything to be filtered later, and each line costs as much as a look-up.
        verbosity = {ctx.options.termlog_verbosity, getattr(ctx.options, "console_eventlog_verbosity", "")}
        logging.getLogger("aicache").setLevel(logging.DEBUG if "debug" in verbosity else logging.INFO)
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
        self._wiring.start()
        self._watcher = asyncio.get_running_loop().create_task(self._watch())

    def done(self) -> Awaitable[None] | None:
        """Plain, since mitmproxy calls it so when it reloads the script; what it returns is awaited at exit."""
        if self._watcher is not None:
            self._watcher.cancel()
        wiring, self._wiring = self._wiring, None
        return None if wiring is None else asyncio.ensure_future(wiring.close())

    def _apply(self) -> None:
        """Put the configuration in force, or raise ConfigError and leave the old one."""
        path = Path(ctx.options.ai_cache_config).expanduser() if ctx.options.ai_cache_config else None
        data = Path(ctx.options.ai_cache_data).expanduser() if ctx.options.ai_cache_data else default_data_folder()
        seen = _modified(path)
        config = configuration.Config() if path is None else configuration.read(path, os.environ)
        if self._wiring is None:
            self._wiring = Wiring(config, data)
        else:
            self._wiring.configure(config, data)
        self._file, self._seen = path, seen

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

    async def request(self, flow: HTTPFlow) -> None:
        if flow.response or flow.error or not flow.live or self._wiring is None:
            return
        path, _, query = flow.request.path.partition("?")
        if (format := formats.match(flow.request.method, path)) is None:
            return
        try:
            await self._look_up(flow, self._wiring, format, path, query)
        except Exception:
            logger.exception("a request went upstream past the cache")

    async def _look_up(self, flow: HTTPFlow, wiring: Wiring, format: formats.Format, path: str, query: str) -> None:
        headers = _read(flow.request.headers)
        wishes = controls.parse_controls(headers)
        exchange = self._exchange(flow, wiring, format, headers, wishes, path, query)
        for name in controls.OWN_HEADERS:
            if name in headers:
                del flow.request.headers[name]
        if isinstance(exchange, Bypass):
            logger.debug("bypass: %s", exchange.reason)
            if wishes.only_if_cached:
                self._answer(flow, _gateway_timeout("bypass"))
            else:
                self._exchanges[flow] = exchange
            return
        outcome = await wiring.engine.lookup(exchange)
        if isinstance(outcome, Hit):
            try:
                if len(outcome.entry.body) > PARSE_ON_LOOP:
                    self._answer(flow, await asyncio.to_thread(_response, outcome, exchange))
                else:
                    self._answer(flow, _response(outcome, exchange))
                return
            except ValueError as exc:
                logger.warning("a stored answer cannot be rendered (%s); the request goes upstream", exc)
        else:
            logger.debug("miss: %s", outcome.reason)
            exchange = with_vector(exchange, outcome)
        if wishes.only_if_cached:
            self._answer(flow, _gateway_timeout("miss"))
            return
        self._exchanges[flow] = exchange
        flow.request.headers["accept-encoding"] = "identity"

    def _answer(self, flow: HTTPFlow, response: Response) -> None:
        self._answered.add(flow)
        flow.response = response

    def _exchange(
        self,
        flow: HTTPFlow,
        wiring: Wiring,
        format: formats.Format,
        headers: dict[str, str],
        wishes: controls.Controls,
        path: str,
        query: str,
    ) -> Exchange | Bypass:
        """Identify a request, or say why it is not the cache's business."""
        settings = wiring.settings
        if wishes.skip:
            return Bypass("skip")
        body = flow.request.raw_content
        if body is None:
            return Bypass("streamed")  # mitmproxy's stream_large_bodies
        if len(body) > settings.max_request:
            return Bypass("too-large")
        if headers.get("content-encoding", "identity") != "identity":
            return Bypass("content-encoding")
        credential = keys.credential(headers, query)
        scope = settings.scope_of(headers, credential)
        if scope is None:
            return Bypass("no-scope")
        origin = keys.Origin(
            upstream=_upstream(flow, headers.get("host", "")),
            target=keys.target(path, query),
            scope=scope,
            headers=tuple(headers.get(name, "") for name in settings.key_rules.key_headers),
        )
        try:
            call = format.parse_request(path, body, tools_semantic=settings.tools)
            identity = keys.identify(call, origin, settings.key_rules)
        except (ValueError, RecursionError) as exc:
            logger.debug("not understood: %s", exc)
            return Bypass("not-understood")
        proof = keys.digest("accepted", credential, origin.upstream, call.model) if settings.shares else None
        return Exchange(call, identity, wishes, format, proof, headers.get("origin"))

    def responseheaders(self, flow: HTTPFlow) -> None:
        if flow.response is None or self._wiring is None or flow in self._answered:
            return
        exchange = self._exchanges.get(flow)
        response = flow.response
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        asked_stream = isinstance(exchange, Exchange) and exchange.call.mode is Mode.STREAM
        if kind not in STREAMED and not (asked_stream and "content-length" not in response.headers):
            return
        # mitmproxy would hold the stream back until its end, be it ours to keep or not.
        limit = self._wiring.engine.rules.max_bytes
        if callable(response.stream):
            return  # another addon's; what it makes of the stream is not the upstream's answer
        response.stream = self._tees[flow] = Tee(limit)
        if exchange is not None:
            _mark_forwarded(response, exchange, stored=False)

    def response(self, flow: HTTPFlow) -> None:
        exchange = self._exchanges.pop(flow, None)
        tee = self._tees.pop(flow, None)
        response = flow.response
        if response is None or self._wiring is None or flow in self._answered:
            return
        engine = self._wiring.engine
        body = response.raw_content
        if tee is not None and body is None:
            body = tee.body
            response.raw_content = body  # so that mitmweb, "save" and other addons can see what passed
        if exchange is None:
            return
        if isinstance(exchange, Bypass):
            if tee is None:
                _mark_forwarded(response, exchange, stored=False)
            return
        if response.status_code == 200:
            engine.accepted(exchange)
        stored = False
        if body is not None:
            recording = Recording(
                status=response.status_code,
                content_type=response.headers.get("content-type", ""),
                content_encoding=response.headers.get("content-encoding", "").strip().lower(),
                body=body,
                cors=tuple(item for item in _read(response.headers).items() if item[0].startswith(CORS)),
            )
            if tee is not None:
                engine.judge_and_keep(exchange, recording)
                return
            try:
                stored = engine.keep(exchange, engine.judge(exchange, recording))
            except ValueError as exc:
                logger.debug("not stored: %s", exc)
            except Exception:
                logger.exception("an answer was not stored")
        if tee is None:
            _mark_forwarded(response, exchange, stored=stored)

    def error(self, flow: HTTPFlow) -> None:
        """The client left or the upstream broke off: what came so far is not an answer."""
        self._exchanges.pop(flow, None)
        self._tees.pop(flow, None)


def _read(headers: Headers) -> dict[str, str]:
    """Read the headers once, by lower-case name, repeated ones joined: each look into mitmproxy's own costs as much."""
    found: dict[str, str] = {}
    for name, value in headers.items(multi=True):  # type: ignore[no-untyped-call]
        name = name.lower()
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def _upstream(flow: HTTPFlow, host_header: str) -> str:
    """Name the LLM API a request goes to, as ``scheme://name:port``.

    In transparent mode the address is a number that changes by the minute, so there the name is the one that TLS
    verifies. The Host header says it only where it is all there is beside the address: a client may write anything
    into it, so the address stays part of the name.
    """
    request = flow.request
    host = request.host
    if _is_ip(host):
        host = flow.client_conn.sni or host
    named = f"{request.scheme}://{host}:{request.port}"
    asked = host_header or request.authority  # HTTP/2 has the latter only
    return named if asked in (host, f"{host}:{request.port}") else f"{named} {asked}"


@lru_cache
def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _response(hit: Hit, exchange: Exchange) -> Response:
    """Write a hit as HTTP. Raises ValueError when the stored answer cannot be read."""
    body, content_type = replay(hit.entry, exchange.call, exchange.format)
    tier = "exact" if hit.similarity is None else "semantic"
    now = time.time()
    headers = dict(hit.entry.cors) | {
        "content-type": content_type,
        "age": str(max(0, int(now - hit.entry.stored_at))),
        "cache-status": f"ai-cache; hit; detail={tier}; ttl={int(hit.entry.expires_at - now)}",
        "x-cache-status": "hit",
        "x-ai-cache-key": hit.entry.key,
    }
    if hit.similarity is not None:
        headers["x-ai-cache-similarity"] = f"{hit.similarity:.4f}"
    return _make(200, body, headers)


def _gateway_timeout(status: str) -> Response:
    """RFC 9111, 5.2.1.7; in the error shape of the API, so that a client's own parsing gets hold of it."""
    body = (
        b'{"error":{"message":"The answer is not in the cache, and the request says only-if-cached.",'
        b'"type":"cache_miss","param":null,"code":"only_if_cached"}}'
    )
    headers = {"content-type": "application/json", "cache-status": "ai-cache; detail=only-if-cached"}
    return _make(504, body, headers | {"x-cache-status": status})


def _make(status: int, body: bytes, headers: dict[str, str]) -> Response:
    """Build a response as ``Response.make`` does, in a third of its time."""
    fields = [(name.encode(), value.encode("utf-8", "surrogateescape")) for name, value in headers.items()]
    fields.append((b"content-length", str(len(body)).encode()))
    now = time.time()
    return Response(b"HTTP/1.1", status, REASONS[status], Headers(fields), body, None, now, now)


def _mark_forwarded(response: Response, exchange: Exchange | Bypass, *, stored: bool) -> None:
    """Say what the cache did, in RFC 9211's terms: an upstream cache's own member comes first."""
    if isinstance(exchange, Bypass):
        status, value = "bypass", "ai-cache; fwd=bypass"
    else:
        status = "miss"
        value = "ai-cache; fwd=request" if exchange.controls.no_cache else "ai-cache; fwd=miss"
        response.headers["x-ai-cache-key"] = exchange.identity.key
    if stored:
        value += "; stored"
    before = response.headers.get("cache-status")
    response.headers["cache-status"] = f"{before}, {value}" if before else value
    response.headers["x-cache-status"] = status


def _modified(path: Path | None) -> float | None:
    try:
        return None if path is None else path.stat().st_mtime
    except OSError:
        return None
