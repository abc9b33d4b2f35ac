"""Goes on reading an upstream's response though its client has left. Whether that is wanted, its owner decides.

mitmproxy ends a flow, and closes the upstream's connection, as soon as the client has left. Here that is put off: the
flow goes on as if the client were there, but nothing is sent to it, until the response is complete, the owner does not
want it any more, or it has lasted too long.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Generator
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from mitmproxy import version
from mitmproxy.connection import Client
from mitmproxy.http import HTTPFlow
from mitmproxy.proxy.commands import Command, RequestWakeup
from mitmproxy.proxy.events import Event, Wakeup
from mitmproxy.proxy.layer import Layer
from mitmproxy.proxy.layers.http import HttpLayer, HttpStream, SendHttp
from mitmproxy.proxy.layers.http._events import RequestProtocolError
from mitmproxy.proxy.layers.http._http1 import Http1Client, Http1Connection
from mitmproxy.proxy.server import ConnectionHandler

from aicache.patches.source_fingerprint import fingerprint_source

logger = logging.getLogger(__name__)

_handle_protocol_error: Callable[..., Any] = HttpStream.handle_protocol_error
_handle_event: Callable[..., Any] = HttpStream._handle_event
RELIED_ON: tuple[Callable[..., Any], ...] = (
    *(_handle_protocol_error, HttpStream.check_killed, HttpStream.send_response, HttpStream.flow_done),
    *(HttpStream.start_response_stream, HttpStream.state_wait_for_response_headers),
    *(HttpStream.state_stream_response_body, HttpStream.state_consume_response_body),
    *(HttpLayer.event_to_child, HttpLayer._handle_event, Layer.handle_event),
    *(Http1Connection.wait, Http1Client.send, ConnectionHandler.handle_client, ConnectionHandler.server_event),
    *(ConnectionHandler.handle_connection, ConnectionHandler.wakeup),
)
"""mitmproxy functions that end flows, and that keep the upstream's connection until `client_disconnected` is over."""
KNOWN_FINGERPRINTS = frozenset({"0fd1b6ea121b2ba9"})
"""The fingerprints of their source that were reviewed: mitmproxy 12.2.2 to 12.3.1 have the same one."""

Commands = Generator[Command, Any, None]


class UnattendedResponses:
    """The flows whose clients have left. *begins* tells for how many seconds at most one is to go on then, or None for
    not at all; *goes_on* tells whether it still is. Both must not raise."""

    def __init__(self, begins: Callable[[HTTPFlow], float | None], goes_on: Callable[[HTTPFlow], bool]) -> None:
        self._begins, self._goes_on = begins, goes_on
        self._until: WeakKeyDictionary[HTTPFlow, float] = WeakKeyDictionary()  # by `time.monotonic`
        self._waiting: WeakKeyDictionary[Client, asyncio.Event] = WeakKeyDictionary()
        self._previous = _handle_protocol_error
        self.is_installed = False

    def install(self) -> None:
        """Have mitmproxy ask before it ends a flow. An unknown mitmproxy is left as it is.

        To be installed after what else changes how flows end, and to be uninstalled before it.
        """
        if fingerprint_source(RELIED_ON) not in KNOWN_FINGERPRINTS:
            logger.info("mitmproxy %s is unknown: an answer ends when its client leaves", version.VERSION)
            return
        self._previous = HttpStream.handle_protocol_error
        setattr(HttpStream, "handle_protocol_error", self._handling())  # noqa: B010  # mypy: no method assigned
        self.is_installed = True

    def uninstall(self) -> None:
        """Let mitmproxy end flows as it does, those that go on as well."""
        if self.is_installed:
            self.is_installed = False
            setattr(HttpStream, "handle_protocol_error", self._previous)  # noqa: B010
        self._until.clear()
        for changed in self._waiting.values():
            changed.set()

    def __contains__(self, flow: HTTPFlow) -> bool:
        return flow in self._until

    def __len__(self) -> int:
        return len(self._until)

    def ended(self, flow: HTTPFlow) -> None:
        """A flow has ended, and so its connection need not be kept for it."""
        if self._until.pop(flow, None) is not None and (changed := self._waiting.get(flow.client_conn)) is not None:
            changed.set()

    def client_disconnected(self, client: Client) -> Awaitable[None] | None:
        """Keep a client's connections to upstreams until its flows have ended: mitmproxy closes them afterwards."""
        return self._wait(client) if any(flow.client_conn is client for flow in self._until) else None

    async def _wait(self, client: Client) -> None:
        changed = self._waiting[client] = asyncio.Event()
        try:
            while until := [at for flow, at in self._until.items() if flow.client_conn is client]:
                changed.clear()
                async with asyncio.timeout(max(until) - time.monotonic()):
                    await changed.wait()
        except TimeoutError:
            pass
        finally:
            del self._waiting[client]

    def _handling(self) -> Callable[..., Commands]:
        def handle_protocol_error(stream: HttpStream, event: Any) -> Commands:
            if not isinstance(event, RequestProtocolError) or not _is_awaited(stream):
                yield from self._previous(stream, event)
            elif stream.flow not in self._until:  # else it has left before
                if (seconds := self._begins(stream.flow)) is None:
                    yield from self._previous(stream, event)
                    return
                self._until[stream.flow] = time.monotonic() + seconds
                setattr(stream, "_handle_event", partial(self._handle_event, stream, event))  # noqa: B010
                yield RequestWakeup(seconds)  # for a connection that stays, and an upstream that is silent

        return handle_protocol_error

    def _handle_event(self, stream: HttpStream, left: RequestProtocolError, event: Event) -> Commands:
        """Handle an event of a stream whose client has left, but send nothing to that client."""
        if not isinstance(event, Wakeup):
            yield from _unsent(_handle_event(stream, event), stream)
        if not _is_awaited(stream):
            self.ended(stream.flow)
        elif time.monotonic() >= self._until.get(stream.flow, 0.0) or not self._goes_on(stream.flow):
            yield from self._previous(stream, left)
            self.ended(stream.flow)


def _is_awaited(stream: HttpStream) -> bool:
    """Tell whether a request has been sent, and its response has not ended."""
    ended = (stream.state_done, stream.state_errored)
    return stream.client_state == stream.state_done and stream.server_state not in ended


def _unsent(commands: Commands, stream: HttpStream) -> Commands:
    """Leave out what is to be sent to the client."""
    reply: Any = None
    while True:
        try:
            command = commands.send(reply)
        except StopIteration:
            return
        reply = None
        if not (isinstance(command, SendHttp) and command.connection is stream.context.client):
            reply = yield command
