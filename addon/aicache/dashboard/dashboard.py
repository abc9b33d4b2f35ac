"""The cache's own pages on the proxy: requests for ``/_ai_cache/`` are answered here and go nowhere else.

Nor does a request that has with it what opens them, whatever it is for.
"""

from __future__ import annotations

import asyncio
import logging
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
from mitmproxy import ctx
from mitmproxy.http import HTTPFlow, Response

from aicache.dashboard import access, pages
from aicache.dashboard.access import Access, Area, Secrets, Visitor
from aicache.dashboard.entries_api import EntriesApi, with_timeout
from aicache.dashboard.overview import overview
from aicache.dashboard.pages import STATIC, json_response, respond
from aicache.dashboard.path_aliases import ROOT, is_alias, is_canonical
from aicache.dashboard.token import DashboardToken
from aicache.domain.caller_digests import CallerMatcher
from aicache.domain.ports import StoreError
from aicache.engine import Engine
from aicache.proxy import listeners
from aicache.proxy.http_messages import collect_headers
from aicache.telemetry import prometheus
from aicache.telemetry.observability import Observability
from aicache.telemetry.timeline import STEPS_BY_WINDOW_S
from aicache.ui.command_actions import FILE_PREFIX

logger = logging.getLogger(__name__)

MAX_BODY_BYTES = 64 * 1024
REMOVAL_DELAY_S = 2.0  # seconds after which a request for these pages leaves the list of flows
PURGE_TIMEOUT_S = 300.0
"""Seconds for going through all entries."""
CREDENTIAL_HEADERS = (b"authorization", b"cookie")

_ENTRY = re.compile(r"api/entries/([0-9a-f]{40})(?:/(purge|pin|unpin))?")
_CURSOR = re.compile(r"(?:[\w.:\[\]-]{1,255}/)?(\d{0,20})", re.ASCII)  # of one server, or one of several
_BEGINNING = re.compile(r"[0-9a-f]{4,40}")


class NotFound(Exception):
    """What is asked for is not there, or not in this way."""


class Dashboard:
    """Answers what is asked of the cache itself."""

    def __init__(self, observability: Observability, token: DashboardToken) -> None:
        self._observability = observability
        self._token = token

    def handles(self, flow: HTTPFlow) -> bool:
        """Tell whether a request may be for these pages, by its path, or has with it what opens them."""
        target = flow.request.data.path
        if self._observability.config.dashboard.enabled and (is_canonical(target) or is_alias(target)):
            return True
        secrets = self._token.secrets
        return secrets is not None and _has(flow, secrets)

    async def answer(self, flow: HTTPFlow) -> Response | None:
        """Answer a request; None for one that is another host's after all."""
        try:
            response = await self._answer(flow)
        except NotFound:
            response = json_response({"error": "there is no such page"}, 404)
        except ValueError as exc:
            response = json_response({"error": str(exc)}, 400)
        except StoreError as exc:
            response = json_response({"error": str(exc)}, 503)
        except Exception:
            logger.exception("a page of the dashboard could not be made")
            response = json_response({"error": "this could not be made; the event log says more"}, 500)
        if response is not None and (secrets := self._token.secrets) is not None:
            _clean(flow, secrets)
        if response is not None and flow.request.method == "HEAD":
            response.raw_content = b""  # the length stays as it is said
        return response

    def forget(self, flow: HTTPFlow) -> None:
        """Take a request for these pages out of the list of flows, which a page that is left open would fill."""
        if (view := getattr(ctx.master, "view", None)) is not None:
            asyncio.get_running_loop().call_later(REMOVAL_DELAY_S, _remove, view, flow)

    async def _answer(self, flow: HTTPFlow) -> Response | None:
        token, secrets, wanted = self._token.value, self._token.secrets, self._observability.config.dashboard
        if token is None or secrets is None:
            return None
        target = flow.request.data.path
        if wanted.enabled and is_canonical(target):
            path, visitor = _read(flow)
            # At another host's name they are for who has the token alone: its path is its own.
            if access.has_token(visitor, token) or await listeners.is_for_proxy(flow):
                return await self._admit(flow, path, visitor, token)
        elif wanted.enabled and is_alias(target) and await listeners.is_for_proxy(flow):
            raise NotFound
        if not _has(flow, secrets):
            return None
        return json_response(
            {"error": "this has the dashboard's token with it, which is not for who it would go to"}, 403
        )

    async def _admit(self, flow: HTTPFlow, path: str, visitor: Visitor, token: str) -> Response:
        area = _area(_method(flow), path)
        open_metrics = self._observability.config.dashboard.open_metrics
        granted = access.authorize(visitor, area, token, open_metrics=open_metrics)
        _clean(flow, Secrets.of(token))
        match granted:
            case Access.UNAUTHENTICATED:
                return _ask_for_token(flow, path, wrong=bool(visitor.offered))
            case Access.FORBIDDEN:
                return json_response({"error": f"a change needs the header {access.CHANGE_HEADER}"}, 403)
        if visitor.offered and area is Area.PAGE:
            return pages.log_in(token, secure=flow.client_conn.tls)
        return await self._respond(flow, path)

    async def _respond(self, flow: HTTPFlow, path: str) -> Response:
        asked = path.removeprefix(ROOT).removeprefix("/")
        match _method(flow):
            case "GET" if path == ROOT:
                return pages.redirect_to_root()
            case "GET" if asked in STATIC:
                return pages.static_file(asked)
            case "GET" if asked == "metrics":
                return respond(200, self._observability.metrics.text(), prometheus.CONTENT_TYPE)
            case "GET":
                return json_response(await self._read(asked, flow))
            case "POST":
                return json_response(await self._change(asked, flow))
            case _:
                raise NotFound

    async def _read(self, asked: str, flow: HTTPFlow) -> Any:
        if asked == "api/overview":
            window = flow.request.query.get("window", str(min(STEPS_BY_WINDOW_S)))
            if window not in map(str, STEPS_BY_WINDOW_S):
                raise ValueError(f"window: one of {', '.join(map(str, STEPS_BY_WINDOW_S))}")
            return overview(self._observability, int(window))
        if asked == "api/models":
            return await with_timeout(self._entries_api.count_by_model())
        found = _ENTRY.fullmatch(asked)
        if (
            found is None
            or found[2] is not None
            or (entry := await with_timeout(self._entries_api.read(found[1]))) is None
        ):
            raise NotFound
        return entry

    async def _change(self, asked: str, flow: HTTPFlow) -> Any:
        if asked == "api/search":  # no change, but what is looked for is not to be in an address
            return await with_timeout(self._search(_body(flow)))
        if asked == "api/callers/purge":
            wanted, sure = self._wanted(_body(flow))
            flow.request.raw_content = b""  # a caller's key, which is not to be shown or saved with the flow
            return await with_timeout(self._entries_api.purge_caller(wanted, sure=sure), PURGE_TIMEOUT_S)
        if (found := _ENTRY.fullmatch(asked)) and found[2] is not None:
            return {"done": await with_timeout(self._entries_api.change(found[1], found[2]))}
        raise NotFound

    def _wanted(self, said: Any) -> tuple[CallerMatcher, bool]:
        match said:
            case {"caller": str(who)} if who.startswith(FILE_PREFIX):
                raise ValueError("caller: file:PATH is read by the command aicache.purge.caller alone")
            case {"caller": str(who), "purge": bool(sure)}:
                return self._observability.resolve_caller(who), sure
            case {"caller": str(who)} if "purge" not in said:
                return self._observability.resolve_caller(who), False
            case _:
                raise ValueError("a caller (a key as it is, or the name shown with an entry), and purge: true or false")

    async def _search(self, wanted: Any) -> Any:
        match wanted:
            case {"key": str(key)}:
                if not _BEGINNING.fullmatch(key.strip().lower()):
                    raise ValueError("key: 4 to 40 hex digits")
                return await self._entries_api.find_by_key(key.strip().lower())
            case {"like": str(text), "similarity": int() | float() as similarity} if text.strip():
                return await self._entries_api.find_similar(text.strip()[:MAX_BODY_BYTES], float(similarity))
            case {"cursor": str(cursor)} if _is_cursor(cursor):
                return await self._entries_api.page(cursor)
            case _:
                raise ValueError("search: a key, a text and a similarity, or a cursor that was given")

    @property
    def _entries_api(self) -> EntriesApi:
        engine: Engine | None = self._observability.engine()
        if engine is None:
            raise StoreError("the cache has not started")
        return EntriesApi(engine)


def _method(flow: HTTPFlow) -> str:
    """Return the method; HEAD is a GET whose answer is not sent."""
    return "GET" if flow.request.method == "HEAD" else flow.request.method


def _area(method: str, path: str) -> Area:
    asked = path.removeprefix(ROOT).removeprefix("/")
    if asked == "metrics":
        return Area.METRICS
    if asked == "" or (asked in STATIC and method == "GET"):
        return Area.PAGE  # the token is given by a POST to the page itself
    return Area.DATA if method == "GET" else Area.CHANGE


def _read(flow: HTTPFlow) -> tuple[str, Visitor]:
    """Read who asks for which path; a token may be in the address, or in the form."""
    request = flow.request
    parts = urlsplit(request.path)
    offered = parse_qs(parts.query).get("token", [""])[0]
    if request.method == "POST" and parts.path == f"{ROOT}/":
        form = (request.raw_content or b"")[:MAX_BODY_BYTES].decode("ascii", "replace")
        offered = parse_qs(form).get("token", [""])[0]
    return parts.path, Visitor(collect_headers(request.headers), offered)


def _has(flow: HTTPFlow, secrets: Secrets) -> bool:
    """Tell whether a request has one of them in its head."""
    data = flow.request.data
    fields = data.headers.fields
    said = [data.method, data.authority, *(part for field in fields for part in field)]
    if secrets.are_in(b"\n".join(said)) or secrets.are_in_target(data.path):
        return True
    return any(name.lower().endswith(b"authorization") and secrets.are_in_credentials(value) for name, value in fields)


def _clean(flow: HTTPFlow, secrets: Secrets) -> None:
    """Take tokens out of the flow, which mitmproxy prints, shows and saves."""
    request = flow.request
    request.headers.fields = tuple(
        (name, value)
        for name, value in request.headers.fields
        if name.lower() not in CREDENTIAL_HEADERS and not secrets.are_in(name + b"\n" + value)
    )
    if is_canonical(request.data.path) and "token" in request.query:
        request.query = [(name, value) for name, value in request.query.items(True) if name != "token"]
    if secrets.are_in_target(request.data.path):
        request.path = f"{ROOT}/"
    if request.path.partition("?")[0] == f"{ROOT}/" or secrets.are_in(request.raw_content or b""):
        request.raw_content = b""


def _is_cursor(text: str) -> bool:
    """Tell whether a store may have given it: any other would be an error of the store, and count as one."""
    found = _CURSOR.fullmatch(text)
    return found is not None and int(found[1] or 0) < 1 << 64


def _body(flow: HTTPFlow) -> Any:
    body = flow.request.raw_content or b""
    if len(body) > MAX_BODY_BYTES:
        raise ValueError(f"more than {MAX_BODY_BYTES} bytes")
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        raise ValueError("not JSON") from None


def _ask_for_token(flow: HTTPFlow, path: str, *, wrong: bool) -> Response:
    asked = path.removeprefix(ROOT).removeprefix("/")
    if asked in pages.LOGIN_FILES:
        return pages.static_file(asked)
    if asked == "" and "text/html" in flow.request.headers.get("accept", ""):
        return pages.login_form(wrong=wrong)
    return json_response({"error": "a token is wanted: Authorization: Bearer …"}, 401, {"www-authenticate": "Bearer"})


def _remove(view: Any, flow: HTTPFlow) -> None:
    if not flow.live:
        view.remove([flow])
