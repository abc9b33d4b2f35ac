"""The cache's own pages on the proxy: requests for ``/_ai_cache/`` are answered here and never sent upstream.

Neither is any other request that carries the dashboard's token or cookie.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from mitmproxy import ctx
from mitmproxy.http import HTTPFlow, Response

from aicache.dashboard import access, pages, probes
from aicache.dashboard.access import Access, Area, Secrets, Visitor
from aicache.dashboard.api import Api, Csv, NotFound
from aicache.dashboard.flow_secrets import carries_secret, read_visitor, remove_secrets
from aicache.dashboard.pages import STATIC, json_response, respond
from aicache.dashboard.path_aliases import ROOT, is_alias, is_canonical
from aicache.dashboard.token import DashboardToken
from aicache.domain.ports import StoreError
from aicache.proxy import listeners
from aicache.telemetry import prometheus
from aicache.telemetry.observability import Observability
from aicache.telemetry.prometheus import Metrics

logger = logging.getLogger(__name__)

CSV = "text/csv; charset=utf-8"
REMOVAL_DELAY_S = 2.0
"""Time for which a request for these pages stays in mitmproxy's list of flows."""


class Dashboard:
    """Answers requests for the cache's own pages and its API."""

    def __init__(
        self, observability: Observability, token: DashboardToken, is_draining: Callable[[], bool] = lambda: False
    ) -> None:
        """*is_draining* tells whether the proxy has begun to end."""
        self._observability = observability
        self._is_draining = is_draining
        self._token = token
        self._api = Api(observability)

    def handles(self, flow: HTTPFlow) -> bool:
        """Tell whether a request may be for these pages, by its path, or carries the token or cookie."""
        target = flow.request.data.path
        if probes.is_probe(target):
            return True
        if self._observability.config.dashboard.enabled and (is_canonical(target) or is_alias(target)):
            return True
        secrets = self._token.secrets
        return secrets is not None and carries_secret(flow, secrets)

    async def answer(self, flow: HTTPFlow) -> Response | None:
        """Return the response; None for a request to another host after all."""
        try:
            response = await self._answer(flow)
        except NotFound:
            response = json_response({"error": "there is no such page"}, 404)
        except ValueError as exc:
            response = json_response({"error": str(exc)}, 400)
        except StoreError as exc:
            response = json_response({"error": str(exc)}, 503)
        except Exception:
            logger.exception("dashboard: request failed")
            response = json_response({"error": "the request failed; the event log has the reason"}, 500)
        if response is not None and (secrets := self._token.secrets) is not None:
            remove_secrets(flow, secrets)
        if response is not None and flow.request.method == "HEAD":
            response.raw_content = b""  # content-length stays
        return response

    def forget(self, flow: HTTPFlow) -> None:
        """Remove a request for these pages from mitmproxy's list of flows, which an open page would fill."""
        if (view := getattr(ctx.master, "view", None)) is not None:
            asyncio.get_running_loop().call_later(REMOVAL_DELAY_S, _remove, view, flow)

    async def _answer(self, flow: HTTPFlow) -> Response | None:
        token, secrets, settings = self._token.value, self._token.secrets, self._observability.config.dashboard
        if probes.is_probe(flow.request.data.path) and await listeners.is_for_proxy(flow):
            return self._answer_probe(flow)
        if token is None or secrets is None:
            return None
        target = flow.request.data.path
        if settings.enabled and is_canonical(target):
            path, visitor = read_visitor(flow)
            # At another host's name the pages are only for those with the token: the path belongs to that host.
            if access.has_token(visitor, token) or await listeners.is_for_proxy(flow):
                return await self._admit(flow, path, visitor, token)
        elif settings.enabled and is_alias(target) and await listeners.is_for_proxy(flow):
            raise NotFound
        if not carries_secret(flow, secrets):
            return None
        return json_response(
            {"error": "this request carries the dashboard's token, which must not be sent to another host"}, 403
        )

    def _answer_probe(self, flow: HTTPFlow) -> Response:
        if _method(flow) != "GET":
            raise NotFound
        config, engine = self._observability.config, self._observability.engine()
        return probes.render(flow.request.data.path, engine, config, draining=self._is_draining())

    async def _admit(self, flow: HTTPFlow, path: str, visitor: Visitor, token: str) -> Response:
        area = _area(_method(flow), path)
        open_metrics = self._observability.config.dashboard.open_metrics
        granted = access.authorize(visitor, area, token, open_metrics=open_metrics)
        remove_secrets(flow, Secrets.of(token))
        match granted:
            case Access.UNAUTHENTICATED:
                return _ask_for_token(flow, path, wrong=bool(visitor.offered))
            case Access.FORBIDDEN:
                return json_response({"error": f"a change needs the header {access.CHANGE_HEADER}"}, 403)
        if visitor.offered and area is Area.PAGE:
            return pages.log_in(token, _relative(path), secure=flow.client_conn.tls)
        return await self._respond(flow, path)

    async def _respond(self, flow: HTTPFlow, path: str) -> Response:
        relative = _relative(path)
        match _method(flow):
            case "GET" if path == ROOT:
                return pages.redirect_to_root()
            case "GET" if relative in STATIC:
                return pages.static_file(relative)
            case "GET" if relative == "metrics":
                return respond(200, await self._metrics(), prometheus.CONTENT_TYPE)
            case "GET":
                value = await self._api.read(relative, flow)
                return csv_response(value) if isinstance(value, Csv) else json_response(value)
            case "POST":
                return json_response(await self._api.change(relative, flow))
            case _:
                raise NotFound

    async def _metrics(self) -> bytes:
        seen = self._observability
        figures, usage = await asyncio.gather(seen.collect(False), seen.resources.measure())
        return Metrics.of(figures, usage, bypassed=seen.bypassed).text()


def csv_response(table: Csv) -> Response:
    return respond(200, table.content, CSV, {"content-disposition": f'attachment; filename="{table.name}"'})


def _relative(path: str) -> str:
    """Return what follows `ROOT` and a slash."""
    return path.removeprefix(ROOT).removeprefix("/")


def _method(flow: HTTPFlow) -> str:
    """Return the method; HEAD counts as GET, its content is removed later."""
    return "GET" if flow.request.method == "HEAD" else flow.request.method


def _area(method: str, path: str) -> Area:
    relative = _relative(path)
    if relative == "metrics":
        return Area.METRICS
    if relative in pages.PAGES or (relative in STATIC and method == "GET"):
        return Area.PAGE  # a POST to a page itself is the login form
    return Area.DATA if method == "GET" else Area.CHANGE


def _ask_for_token(flow: HTTPFlow, path: str, *, wrong: bool) -> Response:
    relative = _relative(path)
    if relative in pages.LOGIN_FILES:
        return pages.static_file(relative)
    if relative in pages.PAGES and "text/html" in flow.request.headers.get("accept", ""):
        return pages.login_form(relative, wrong=wrong)
    return json_response({"error": "a token is required: Authorization: Bearer …"}, 401, {"www-authenticate": "Bearer"})


def _remove(view: Any, flow: HTTPFlow) -> None:
    if not flow.live:
        view.remove([flow])
