"""Finds the endpoints where mitmproxy listens, and whether a host and port, or a request, lead there. Read-only."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

from mitmproxy import ctx
from mitmproxy.http import HTTPFlow
from mitmproxy.proxy.mode_specs import ProxyMode, RegularMode, ReverseMode, TransparentMode, UpstreamMode

from aicache.proxy.addresses import is_loopback, parse_address, parse_numeric, reaches_any, resolve

RESOLVE_TIMEOUT_S = 2.0

Endpoint = tuple[str, int]


def endpoints(protocol: str = "tcp") -> list[Endpoint]:
    """Return every address and port where mitmproxy listens."""
    return [at for mode, at in _listening() if mode.transport_protocol in (protocol, "both")]


def page_endpoints() -> list[Endpoint]:
    """Return the endpoints from which a browser can load a page as from any web server."""
    return [at for mode, at in _listening() if _speaks_http(mode)]


async def leads_here(host: str, port: int, protocol: str = "tcp") -> bool | None:
    """Tell whether a connection to *host* would reach one of these endpoints; None if its name cannot be resolved."""
    listeners = [parse_address(at) for at, own in endpoints(protocol) if own == port]
    known = [each for each in listeners if each is not None]
    if not known:
        return False
    if (address := parse_numeric(host)) is not None:
        return reaches_any(known, [address])
    try:
        async with asyncio.timeout(RESOLVE_TIMEOUT_S):
            return reaches_any(known, await resolve(host))
    except (OSError, UnicodeError):  # TimeoutError is one
        return None


async def is_for_proxy(flow: HTTPFlow) -> bool:
    """Tell whether a request is for the proxy itself, and not for another host.

    Requests for this machine's own names are, at any port: a container's port may be published under another number.
    So are requests for a name that cannot be resolved, at a port where mitmproxy listens: passed on, they might come
    back.
    """
    request = flow.request
    if isinstance(flow.client_conn.proxy_mode, ReverseMode):
        return True
    hosts = {request.host, request.pretty_host}
    if any(_is_local(host) for host in hosts):
        return True
    return any([await leads_here(host, request.port) is not False for host in hosts])


def _is_local(host: str) -> bool:
    if host.lower().rstrip(".") == "localhost":
        return True
    return (address := parse_numeric(host)) is not None and is_loopback(address)


def _listening() -> Iterator[tuple[ProxyMode, Endpoint]]:
    proxyserver: Any = ctx.master.addons.get("proxyserver")  # type: ignore[no-untyped-call]
    for server in getattr(proxyserver, "servers", ()):
        for host, port, *_ in server.listen_addrs:
            yield server.mode, (host, port)


def _speaks_http(mode: ProxyMode) -> bool:
    if isinstance(mode, ReverseMode):
        return mode.scheme in ("http", "https")
    return isinstance(mode, RegularMode | UpstreamMode | TransparentMode)
