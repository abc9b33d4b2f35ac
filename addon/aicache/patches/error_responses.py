"""Sends the response that an `error` hook gives a flow whose upstream failed. It makes none.

mitmproxy sends an HTML page of its own to a client whose request got no response, and nothing that a hook could set
changes it. Here `flow.response` is sent instead, if the hook has set it. A response that has begun to reach the client
breaks off as ever.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator
from typing import Any

from mitmproxy import version
from mitmproxy.flow import Error
from mitmproxy.http import HTTPFlow, Response
from mitmproxy.proxy.layers.http import DropStream, HttpStream, SendHttp, _events
from mitmproxy.proxy.layers.http._events import (
    RequestProtocolError,
    ResponseData,
    ResponseEndOfMessage,
    ResponseHeaders,
    ResponseProtocolError,
)
from mitmproxy.proxy.layers.http._hooks import HttpErrorHook
from mitmproxy.proxy.layers.http._http1 import Http1Connection, Http1Server
from mitmproxy.proxy.layers.http._http2 import Http2Connection

from aicache.patches.replaced_methods import replace_method
from aicache.patches.source_fingerprint import fingerprint_source

logger = logging.getLogger(__name__)

_handle: Callable[[HttpStream, Any], Generator[Any, Any, None]] = HttpStream.handle_protocol_error
RELIED_ON: tuple[Callable[..., Any], ...] = (
    *(_handle, HttpStream.check_killed, HttpStream.make_server_connection, HttpStream.send_response),
    *(Http1Server.send, Http1Connection.mark_done, Http2Connection._handle_event),
)
"""mitmproxy functions that are re-implemented here, or that send the response: they deal with a failed upstream."""
KNOWN_FINGERPRINTS = frozenset({"a0ae1d95419dc9f9", "0df69a4d224a852f"})
"""The fingerprints of their source that were reviewed: mitmproxy 12.2.2 and 12.2.3, 12.3.0 and 12.3.1."""

CLIENT_LEFT = "client disconnected"
"""What mitmproxy says of a connection to the upstream that it no longer waits for, since the client has left."""


def install(expect: Callable[[HTTPFlow], None]) -> Callable[[], None]:
    """Have mitmproxy send such responses; return a function that undoes that. An unknown mitmproxy is left as it is.

    *expect* is called with a flow whose `error` hook may set the response, before the hook.
    """
    if fingerprint_source(RELIED_ON) not in KNOWN_FINGERPRINTS:
        logger.info("mitmproxy %s is unknown: clients see its own pages where the upstream fails", version.VERSION)
        return lambda: None
    failures = (_events.ErrorCode.CONNECT_FAILED, _events.ErrorCode.GENERIC_SERVER_ERROR)  # mitmproxy 11 has none

    def handle(stream: HttpStream, event: RequestProtocolError | ResponseProtocolError) -> Generator[Any, Any, None]:
        if isinstance(event, ResponseProtocolError) and event.code in failures and event.message != CLIENT_LEFT:
            return _fail(stream, event, expect) if _is_unanswered(stream) else _handle(stream, event)
        return _handle(stream, event)

    return replace_method(HttpStream, "handle_protocol_error", handle, _handle)


def _is_unanswered(stream: HttpStream) -> bool:
    """Tell whether nothing of a response has been sent to the client, who waits for one."""
    unsent = (stream.state_uninitialized, stream.state_wait_for_response_headers, stream.state_consume_response_body)
    return stream.client_state != stream.state_errored and stream.server_state in unsent


def _fail(
    stream: HttpStream, event: ResponseProtocolError, expect: Callable[[HTTPFlow], None]
) -> Generator[Any, Any, None]:
    """Do as mitmproxy's own method for such a stream, but for the response."""
    flow, received = stream.flow, stream.flow.response
    flow.error = Error(event.message)
    expect(flow)
    yield HttpErrorHook(flow)
    if (yield from stream.check_killed(False)):
        return
    if flow.response is None or flow.response is received:
        yield SendHttp(event, stream.context.client)
    else:
        yield from _send(stream, flow.response)
    stream.server_state = stream.state_errored
    flow.live = False
    yield DropStream(stream.stream_id)


def _send(stream: HttpStream, response: Response) -> Generator[Any, Any, None]:
    client, number, body = stream.context.client, stream.stream_id, response.raw_content
    is_request_complete = stream.client_state == stream.state_done
    if not is_request_complete:
        response.headers["connection"] = "close"
    response.timestamp_start = response.timestamp_end = time.time()
    yield SendHttp(ResponseHeaders(number, response, end_stream=not body), client)
    if body:
        yield SendHttp(ResponseData(number, body), client)
    yield SendHttp(ResponseEndOfMessage(number), client)
    if not is_request_complete:
        yield SendHttp(
            ResponseProtocolError(number, "the request is not read any further", _events.ErrorCode.KILL), client
        )
