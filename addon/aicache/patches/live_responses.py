"""Sends a response of the addon's own chunk by chunk, as another source has them. It makes no chunk itself.

mitmproxy sends a response that an addon sets in one piece. Here the generator that would do so asks for chunks by a
hook of its own, one after the other: mitmproxy's layers wait for a hook as for any other, and nothing is injected.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from mitmproxy import version
from mitmproxy.http import HTTPFlow
from mitmproxy.proxy.commands import Command, StartHook
from mitmproxy.proxy.layer import Layer
from mitmproxy.proxy.layers.http import HttpLayer, HttpStream, SendHttp, _events
from mitmproxy.proxy.layers.http._events import ResponseData, ResponseHeaders, ResponseProtocolError
from mitmproxy.proxy.layers.http._http1 import Http1Server
from mitmproxy.proxy.mode_servers import ProxyConnectionHandler
from mitmproxy.proxy.server import ConnectionHandler

from aicache.patches.source_fingerprint import fingerprint_source

logger = logging.getLogger(__name__)

_send_response: Callable[..., Any] = HttpStream.send_response
RELIED_ON: tuple[Callable[..., Any], ...] = (
    *(_send_response, HttpStream.state_consume_request_body, HttpStream.check_killed, HttpStream.flow_done),
    *(HttpStream.handle_protocol_error, HttpStream.start_response_stream, HttpLayer.event_to_child),
    *(HttpLayer._handle_event, Layer.handle_event, Http1Server.send),
    *(ConnectionHandler.hook_task, ProxyConnectionHandler.handle_hook),
)
"""mitmproxy functions that the generator here is like, or that carry its hooks and chunks."""
KNOWN_FINGERPRINTS = frozenset({"565fa23ab1f56e6a"})
"""The fingerprints of their source that were reviewed: mitmproxy 12.2.2 to 12.3.1 have the same one."""


class ChunkSource(Protocol):
    """The chunks of one response."""

    @property
    def error(self) -> str | None:
        """Why the response has broken off; to be looked at when it is over."""

    def take(self) -> list[bytes]:
        """Return chunks to be sent now, if there are any."""

    def is_over(self) -> bool:
        """Tell whether there are no more chunks to take, and none will come."""

    def wait(self) -> Awaitable[None] | None:
        """Wait until there is something to do; None if there is. It must not raise."""

    def close(self) -> bytes | None:
        """Take no more chunks. Return the whole body, if it is known."""


@dataclass
class AiCacheNextChunkHook(StartHook):  # type: ignore[no-untyped-call]
    """The next chunk of a response is wanted. The addon waits for it in its hook `ai_cache_next_chunk`."""

    source: ChunkSource


class LiveResponses:
    """The responses to be sent that way, each attached to its flow before the `request` hook ends."""

    def __init__(self) -> None:
        self._sources: WeakKeyDictionary[HTTPFlow, ChunkSource] = WeakKeyDictionary()
        self.is_installed = False

    def install(self) -> None:
        """Have mitmproxy send such responses. An unknown mitmproxy is left as it is."""
        if fingerprint_source(RELIED_ON) not in KNOWN_FINGERPRINTS:
            logger.info("mitmproxy %s is unknown: no stream in flight is followed, none is paced", version.VERSION)
            return
        setattr(HttpStream, "send_response", self._sending())  # noqa: B010  # mypy would have no method assigned
        self.is_installed = True

    def uninstall(self) -> None:
        """Let responses that are being sent go on, but no more begin."""
        if self.is_installed:
            self.is_installed = False
            setattr(HttpStream, "send_response", _send_response)  # noqa: B010

    def attach(self, flow: HTTPFlow, source: ChunkSource) -> None:
        """Have the response that the flow has now, without a body, be sent with the chunks of this source."""
        self._sources[flow] = source

    def drop(self, flow: HTTPFlow) -> None:
        """Drop a source whose flow has ended before anything was sent."""
        if (source := self._sources.pop(flow, None)) is not None:
            source.close()

    def _sending(self) -> Callable[..., Generator[Command, Any, None]]:
        def send_response(stream: HttpStream, already_streamed: bool = False) -> Generator[Command, Any, None]:
            source = None if already_streamed else self._sources.pop(stream.flow, None)
            if source is None:
                yield from _send_response(stream, already_streamed)
            else:
                yield from _send_chunks(stream, source)

        return send_response


def _send_chunks(stream: HttpStream, source: ChunkSource) -> Generator[Command, Any, None]:
    response, client = stream.flow.response, stream.context.client
    assert response is not None
    yield SendHttp(ResponseHeaders(stream.stream_id, response, end_stream=False), client)
    stream.server_state = stream.state_stream_response_body  # as of a response that has begun to reach the client
    while True:
        for chunk in source.take():
            yield SendHttp(ResponseData(stream.stream_id, chunk), client)
        if source.is_over():
            break
        yield AiCacheNextChunkHook(source)
        if (yield from stream.check_killed(True)):
            source.close()
            return
    if source.error is not None:
        source.close()
        code = _events.ErrorCode.GENERIC_SERVER_ERROR  # mitmproxy 11 has none
        error = ResponseProtocolError(stream.stream_id, source.error, code)
        yield from stream.handle_protocol_error(error)
        return
    response.raw_content = source.close()  # for what shows or saves flows
    yield from _send_response(stream, already_streamed=True)
