"""A client's request: one for the cache's own pages, one that leads back to this proxy, or one to look up."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol

from mitmproxy.http import HTTPFlow, Response

from aicache.proxy.cassette_flows import CassetteFlows
from aicache.proxy.own_connections import OwnConnections, render_refusal
from aicache.proxy.proxy_context import ProxyContext
from aicache.proxy.request_lookup import RequestLookup
from aicache.runtime.lifecycle import Runtime


class OwnPages(Protocol):
    """The cache's own pages."""

    def handles(self, flow: HTTPFlow) -> bool:
        """Tell whether a request may be for one of them."""

    async def answer(self, flow: HTTPFlow) -> Response | None:
        """Return the page; None for a request to another host after all."""

    def forget(self, flow: HTTPFlow) -> None:
        """Remove a request for a page from mitmproxy's list of flows."""


class RequestHandler:
    """Answers requests, or lets them go on upstream."""

    def __init__(
        self,
        context: ProxyContext,
        lookup: RequestLookup,
        cassettes: CassetteFlows,
        own: OwnConnections,
        pages: OwnPages,
    ) -> None:
        self._context = context
        self._lookup = lookup
        self._cassettes = cassettes
        self._own = own
        self._pages = pages

    def request(self, flow: HTTPFlow) -> Awaitable[None] | None:
        """Answer a request or let it go on. Not a coroutine, so that a hit at hand costs no task."""
        runtime = self._context.runtime()
        if flow.response or flow.error or not flow.live or runtime is None:
            return None
        if self._context.flows.of(flow).replay is not None:
            return None
        if flow.client_conn in self._own:
            self._context.flows.answer(flow, render_refusal())
            return None
        if self._pages.handles(flow):
            return self._show_page(flow, runtime)
        if self._cassettes.never_connects:  # nor may a name be resolved
            return self._cassettes.request(flow)
        if (leads_back := self._own.leads_back(flow)) is not None:
            return self._refuse_loop(leads_back, flow, runtime)
        return self._answer(flow, runtime)

    def close(self) -> None:
        self._lookup.close()

    async def _refuse_loop(self, leads_back: Awaitable[bool | None], flow: HTTPFlow, runtime: Runtime) -> None:
        """Go on with a request unless it leads back to this proxy."""
        if await leads_back:
            self._context.flows.answer(flow, render_refusal())
        else:
            await self._go_on(flow, runtime)

    async def _show_page(self, flow: HTTPFlow, runtime: Runtime) -> None:
        if (page := await self._pages.answer(flow)) is not None:
            self._context.flows.answer(flow, page)
            self._pages.forget(flow)
        else:
            await self._go_on(flow, runtime)

    def _answer(self, flow: HTTPFlow, runtime: Runtime) -> Awaitable[None] | None:
        """Answer a request from the cassette, where there is one, or from the cache."""
        if self._cassettes.session is not None:
            return self._cassettes.request(flow)
        return self._lookup.start(flow, runtime) if runtime.settings.enabled else None

    async def _go_on(self, flow: HTTPFlow, runtime: Runtime) -> None:
        if (answering := self._answer(flow, runtime)) is not None:
            await answering
