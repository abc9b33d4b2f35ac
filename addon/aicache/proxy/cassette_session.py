"""One cassette from its opening on: answers flows from it, and records the upstream's responses on it."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import logging
from collections import deque
from pathlib import Path
from urllib.parse import parse_qsl

from mitmproxy.http import HTTPFlow, Response
from mitmproxy.proxy.mode_specs import ReverseMode

from aicache.cassette import refusal
from aicache.cassette.cassette import Cassette, CassetteMode, Missing, Played
from aicache.cassette.cassette_file import CassetteFile
from aicache.cassette.file_format import MIN_STATUS, CassetteError
from aicache.cassette.interaction import Interaction, RecordedResponse, make_request, make_response
from aicache.cassette.matching import MatchRules
from aicache.cassette.redaction import Redaction, RedactionTooSlow
from aicache.config import Config, ConfigError
from aicache.config.request_settings import Settings
from aicache.domain.caller_identity import CREDENTIAL_PARAMETERS
from aicache.domain.known_request_headers import CREDENTIALS
from aicache.domain.request_headers import looks_like_credential
from aicache.proxy.error_responses import render_miss_on_cassette
from aicache.proxy.flow_metadata import strip_directives
from aicache.proxy.flow_state import CassetteFlow, FlowStates
from aicache.proxy.http_messages import collect_headers, has_client_left, method_of
from aicache.proxy.response_tee import Tee
from aicache.proxy.websocket_upgrades import render_declined, websocket_format_of

logger = logging.getLogger(__name__)

MAX_RESPONSE_BYTES = 256 * 1024**2
MAX_REFUSALS_KEPT = 20
NO_PAUSE = {"retry-after": "0", "retry-after-ms": "1"}
"""Has clients repeat a request that failed when it was recorded at once; OpenAI's and Anthropic's read the latter."""


class CassetteSession:
    """One cassette from its opening on. Raises ConfigError if it cannot be opened."""

    def __init__(self, config: Config, mode: CassetteMode, path: Path, *, may_be_missing: bool = False) -> None:
        self.mode, self._strict, self._with_texts = mode, config.cassette.strict, config.log.text
        self._file = CassetteFile(path)
        self.name = path.name
        self._orders = itertools.count()
        self.refusals: deque[str] = deque(maxlen=MAX_REFUSALS_KEPT)
        """What was missing, with texts."""
        interactions: list[Interaction] = []
        problem = ""
        try:
            if mode is not CassetteMode.REPLAY:
                self._file.check_writable()
            if mode is not CassetteMode.RECORD:
                interactions, problem = self._file.read()
        except FileNotFoundError:
            if mode is CassetteMode.REPLAY and not may_be_missing:
                raise ConfigError([f"cassette.file: {path}: there is no such file; record it first"]) from None
        except CassetteError as exc:
            raise ConfigError([f"cassette.file: {exc}"]) from exc
        if problem:
            logger.warning("%s: %s", self.name, problem)
        self._file.keep(interactions)
        rules = match_rules(config)
        redaction = Redaction(config.cassette.redact)
        try:
            self.cassette = Cassette(interactions, rules, redaction, repeat_last=config.cassette.repeat_last)
        except RedactionTooSlow as exc:
            raise ConfigError([f"{exc} on a recording in {path}"]) from exc
        logger.info("cassette %s: %s, %d recordings", self.name, mode, len(interactions))

    async def request(self, flow: HTTPFlow, flows: FlowStates) -> Response | None:
        """Return the response to a request; None if it is to go upstream, and be recorded."""
        headers = collect_headers(flow.request.headers)
        strip_directives(flow, headers)
        request = flow.request
        if (declined := websocket_format_of(request)) is not None:
            return render_declined(declined)
        if request.raw_content is None:
            return self._pass_on(flow, "a request was passed on unread (stream_large_bodies)")
        credentials = credentials_of(headers, request.path)
        made = make_request(
            method_of(request), origin_of(flow), request.path, headers, request.get_content(strict=False) or b""
        )
        order = next(self._orders)
        try:
            asked = await asyncio.to_thread(self.cassette.match, made, credentials)
        except RedactionTooSlow as exc:
            return self._pass_on(flow, str(exc))
        if self.mode is not CassetteMode.RECORD:
            played = self.cassette.play(asked)
            if isinstance(played, Played):
                flow.comment = flow.comment or f"cassette: recording {played.number}"
                return _render(played.response)
            if self.mode is CassetteMode.REPLAY:
                return self.refuse(flow, await asyncio.to_thread(self.cassette.explain, asked, played))
        request.headers["accept-encoding"] = "identity"
        flows.of(flow).recorded = CassetteFlow(self, order, asked, credentials, Tee(MAX_RESPONSE_BYTES))
        return None

    def _pass_on(self, flow: HTTPFlow, why: str) -> Response | None:
        """Let a request that cannot be compared go upstream unrecorded, unless nothing may."""
        if self.mode is CassetteMode.REPLAY:
            return self.refuse(flow, Missing(_name(flow), f"could not be compared: {why}"))
        self._lose(why)
        return None

    def refuse(self, flow: HTTPFlow, missing: Missing) -> Response:
        """Return the refusal of a request, and log it."""
        self.cassette.tally.missing += 1
        flow.comment = flow.comment or "cassette: missing"
        self.refusals.append(refusal.describe(missing, self.name, with_texts=True))
        logger.warning("%s", refusal.describe(missing, self.name, with_texts=self._with_texts))
        return render_miss_on_cassette(flow.request, refusal.to_error(missing, self.name))

    async def record(self, flow: HTTPFlow, recorded: CassetteFlow) -> None:
        """Record a response. Never raises."""
        assert flow.response is not None
        if flow.response.status_code < MIN_STATUS:
            self._lose("it changes the protocol")
            return
        if flow.response.raw_content is None:
            if (body := recorded.tee.body) is None:
                self._lose("it is too large, or another addon streams it")
                return
            flow.response.raw_content = body
        try:
            content = flow.response.get_content(strict=True) or b""
            response = make_response(flow.response.status_code, collect_headers(flow.response.headers), content)
            await asyncio.to_thread(self._record, recorded, response)
        except Exception as exc:
            self._lose(str(exc) if isinstance(exc, RedactionTooSlow | OSError) else type(exc).__name__)

    async def record_broken(self, flow: HTTPFlow, recorded: CassetteFlow) -> None:
        """Record a stream whose client left: all of it, or the whole events that had come. Never raises.

        OpenAI's own client leaves once it has read the last event; others, when they have read enough.
        """
        asked, body = recorded.asked, recorded.tee.so_far
        if flow.response is None or not body or asked.format is None or asked.call is None:
            self._lose("it broke off")
            return
        try:
            asked.format.parse_answer(body, n=asked.call.n, variant=asked.call.variant)
        except (ValueError, RecursionError):
            body = body[: body.rfind(b"\n\n") + 2]
            if not has_client_left(flow) or len(body) < 3:
                self._lose("it broke off")
                return
            logger.info("cassette %s: a stream was recorded as far as its client read it", self.name)
        flow.response.raw_content = body
        await self.record(flow, recorded)

    def _lose(self, why: str) -> None:
        """Count and log a response that is not recorded."""
        self.cassette.tally.lost += 1
        logger.warning("cassette %s: a response was not recorded: %s", self.name, why)

    def finish(self) -> bool:
        """Write the cassette in its final form and log the tally; tell whether all went well, or need not."""
        tally = self.cassette.tally
        try:
            self._file.finish()
        except OSError as exc:
            tally.lost += 1
            logger.error("cassette %s: cannot be written: %s", self.name, exc.strerror)
        logger.info("cassette %s: %s", self.name, tally)
        return not (self._strict and (tally.missing or tally.lost))

    def _record(self, recorded: CassetteFlow, response: RecordedResponse) -> None:
        interaction = self.cassette.add(recorded.asked.request, response, recorded.credentials)
        self._file.append(recorded.order, interaction)


def match_rules(config: Config) -> MatchRules:
    """Return the settings that decide which requests are the same."""
    settings = Settings.of(config)
    return MatchRules(settings.key_rules, settings.edits)


def origin_of(flow: HTTPFlow) -> str:
    """Return the upstream as ``scheme://host``, with its port unless that is the scheme's own.

    In transparent mode the address is a number, so the name is the one that TLS verifies.
    """
    request, sni = flow.request, flow.client_conn.sni
    is_address = request.host.replace(".", "").isdigit() or ":" in request.host
    host = request.host
    if sni and is_address and not isinstance(flow.client_conn.proxy_mode, ReverseMode):  # there it names this proxy
        host = sni
    host = f"[{host}]" if ":" in host else host
    own = {"http": 80, "https": 443}.get(request.scheme)
    return f"{request.scheme}://{host}" + ("" if request.port == own else f":{request.port}")


def credentials_of(headers: dict[str, str], target: str) -> tuple[str, ...]:
    """Return the values in a request that are, or may be, credentials, and what they are made of."""
    found = [value for name, value in headers.items() if name in CREDENTIALS or _names_secret(name)]
    found += [value for name, value in parse_qsl(target.partition("?")[2]) if name.lower() in CREDENTIAL_PARAMETERS]
    found += [each.partition("=")[2].strip() for each in headers.get("cookie", "").split(";")]
    scheme, _, encoded = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        with contextlib.suppress(ValueError):
            user_and_password = base64.b64decode(encoded + "==").decode("utf-8", "replace")  # RFC 7617
            found += [user_and_password, user_and_password.partition(":")[2]]
    return tuple(found)


def _name(flow: HTTPFlow) -> str:
    return f"{flow.request.method} {flow.request.path.partition('?')[0]}"


def _names_secret(name: str) -> bool:
    """Tell whether a header's name is like a credential's; names of users and clients are in texts for good reasons."""
    return looks_like_credential(name) and any(
        word in name for word in ("key", "token", "auth", "secret", "credential", "passw", "cookie", "signature")
    )


def _render(response: RecordedResponse) -> Response:
    headers = dict(response.headers) | {"cache-status": "ai-cache; hit; detail=cassette", "x-cache-status": "hit"}
    if "retry-after" in headers or response.status == 429 or response.status >= 500:
        headers |= NO_PAUSE
    return Response.make(response.status, response.body, headers)
