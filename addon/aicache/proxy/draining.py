"""Ends the proxy on SIGTERM without cutting off answers: no new connections, and open requests are completed first.

A second SIGTERM, or the end of the time allowed, ends it at once, as do SIGINT and mitmproxy's own ways to end.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import Callable, Iterable
from typing import Any

from mitmproxy import ctx
from mitmproxy.http import HTTPFlow
from mitmproxy.proxy.layer import Layer
from mitmproxy.proxy.layers import TCPLayer, UDPLayer, WebsocketLayer
from mitmproxy.proxy.layers.http import HttpLayer
from mitmproxy.proxy.mode_servers import ProxyConnectionHandler

from aicache.config.scalars import show_duration

logger = logging.getLogger(__name__)

CHECK_INTERVAL_S = 0.1
IDLE_S = 0.25
"""Time without a byte after which a connection without an open request is closed."""
TURNS_TO_READ = 20
"""Turns of the event loop that a connection needs at most, from being accepted to its first request."""


class Draining:
    """Handles SIGTERM. *on_begin* is called when it comes, to have every request seen from then on."""

    def __init__(self, on_begin: Callable[[], None]) -> None:
        self.timeout_s = 20.0
        self._on_begin = on_begin
        self._task: asyncio.Task[None] | None = None
        self._is_installed = False

    @property
    def has_begun(self) -> bool:
        return self._task is not None

    def install(self) -> None:
        """Take the place of mitmproxy's handling of SIGTERM, where it has one and the platform allows it."""
        if signal.getsignal(signal.SIGTERM) in (signal.SIG_DFL, signal.SIG_IGN, None):
            return
        try:
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self.terminate)
        except (NotImplementedError, RuntimeError, ValueError):  # Windows, or not the main thread
            return
        self._is_installed = True

    def uninstall(self) -> None:
        """Give SIGTERM back to mitmproxy."""
        if self._is_installed:
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ctx.master.shutdown)
        self._is_installed = False

    def terminate(self) -> None:
        """Begin to end, the second time at once."""
        if self._task is not None:
            logger.info("SIGTERM again: open connections are cut off")
            ctx.master.shutdown()  # type: ignore[no-untyped-call]
            return
        self._task = asyncio.get_running_loop().create_task(self._drain())

    def announce_end(self, flow: HTTPFlow) -> None:
        """Have an HTTP/1 client use another connection for its next request (RFC 9112, section 9.6)."""
        if self.has_begun and flow.response is not None and flow.request.http_version.startswith("HTTP/1"):
            flow.response.headers["connection"] = "close"

    async def _drain(self) -> None:
        try:
            deadline = time.monotonic() + self.timeout_s
            ctx.options.update(server=False)  # type: ignore[no-untyped-call]  # closes the listeners
            self._on_begin()
            logger.info("SIGTERM: no new connections; open requests have %s to end", show_duration(self.timeout_s))
            await _read_what_has_come()
            left = _close_idle()
            while left and time.monotonic() < deadline:
                await asyncio.sleep(CHECK_INTERVAL_S)
                await _read_what_has_come()
                left = _close_idle()
            if not left:
                logger.info("SIGTERM: all connections have ended")
            else:
                after = show_duration(self.timeout_s)
                logger.warning("connections that are still open %s after SIGTERM are cut off: %d", after, left)
        except Exception:
            logger.exception("the connections could not be drained")
        finally:
            ctx.master.shutdown()  # type: ignore[no-untyped-call]


async def _read_what_has_come() -> None:
    """Let connections be accepted, and requests begin, that came before: the loop may be late, and notice them now."""
    for _ in range(TURNS_TO_READ):
        await asyncio.sleep(0)


def _close_idle() -> int:
    """Close the clients' connections on which nothing goes on; return how many are left."""
    proxyserver: Any = ctx.master.addons.get("proxyserver")  # type: ignore[no-untyped-call]
    left = 0
    for handler in [*proxyserver.connections.values()]:
        io = handler.transports.get(handler.client)
        if io is None or handler.client.transport_protocol != "tcp":
            continue
        left += 1
        if io.handler is None:
            continue  # it has just been accepted
        if not count_open(handler) and time.time() - handler.timeout_watchdog.last_activity >= IDLE_S:
            io.handler.cancel("closed before the end")
    return left


def count_open(handler: ProxyConnectionHandler) -> int:
    """Return how many requests, WebSockets and other streams are open on a client's connection.

    Bytes that the client has not read yet count as one.
    """
    io = handler.transports.get(handler.client)
    transport = getattr(None if io is None else io.writer, "transport", None)
    unread = 0 if transport is None else transport.get_write_buffer_size()
    return _count(handler.layer.context.layers) + bool(unread)


def _count(layers: Iterable[Layer]) -> int:
    count = 0
    for layer in layers:
        if isinstance(layer, HttpLayer):
            for stream in layer.streams.values():
                inner = stream.context.layers[stream.context.layers.index(stream) + 1 :]
                count += _count(inner) if inner else 1  # a tunnel is open as long as something in it is
        elif isinstance(layer, TCPLayer | UDPLayer | WebsocketLayer):
            count += 1
    return count
