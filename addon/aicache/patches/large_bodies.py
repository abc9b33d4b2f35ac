"""Passes on, or drops, bodies that turn out larger than the cache uses, while they arrive. It reads none of them.

mitmproxy holds a body until it has ended, and one that never ends for as long as its connection. It can begin to pass
on what it holds (its option ``stream_large_bodies``), but then does so for every flow alike.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from enum import Enum, auto
from typing import Any, TypeAlias

from mitmproxy import version
from mitmproxy.http import HTTPFlow
from mitmproxy.proxy.layers.http import HttpStream
from mitmproxy.proxy.layers.http._events import RequestData, ResponseData

from aicache.patches.replaced_methods import replace_method
from aicache.patches.source_fingerprint import fingerprint_source

logger = logging.getLogger(__name__)

_check: Callable[[HttpStream, bool], Generator[Any, Any, bool]] = HttpStream.check_body_size
RELIED_ON: tuple[Callable[..., Any], ...] = (
    *(_check, HttpStream.start_request_stream, HttpStream.start_response_stream),
    *(HttpStream.state_consume_request_body, HttpStream.state_consume_response_body),
)
"""mitmproxy functions re-implemented here: they check the size of a body and begin to stream it."""
KNOWN_FINGERPRINTS = frozenset({"ee9ce1e2f82999c7"})
"""The fingerprints of their source that were reviewed: mitmproxy 12.2.2 to 12.3.1 have the same one."""


class LargeBody(Enum):
    """The treatment of a body that is too large."""

    PASS_ON = auto()
    """The part that has arrived is passed on, and then the rest as it arrives."""
    DROP = auto()
    """It is not kept: the request is answered here, whatever its body holds."""


Decide: TypeAlias = Callable[[HTTPFlow, bool, int], LargeBody | None]
"""Decides on a body (the request's if true, else the response's) of which so many bytes have arrived; None: mitmproxy
goes on holding it."""


def install(decide: Decide) -> Callable[[], None]:
    """Have mitmproxy call *decide*; return a function that undoes that. An unknown mitmproxy is left as it is."""
    if fingerprint_source(RELIED_ON) not in KNOWN_FINGERPRINTS:
        logger.info("mitmproxy %s is unknown: it holds bodies without a length to their end", version.VERSION)
        return lambda: None

    def check(stream: HttpStream, request: bool) -> Generator[Any, Any, bool]:
        if (held := stream.request_body_buf if request else stream.response_body_buf) and not _is_limited(stream):
            decision = decide(stream.flow, request, len(held))
            if decision is LargeBody.DROP:
                held.clear()  # type: ignore[no-untyped-call]
            elif decision is LargeBody.PASS_ON:
                yield from _pass_on(stream, request)
                return False
        return (yield from _check(stream, request))

    return replace_method(HttpStream, "check_body_size", check, _check)


def _is_limited(stream: HttpStream) -> bool:
    """Tell whether mitmproxy's own options limit the size of bodies."""
    options = stream.context.options
    return bool(options.stream_large_bodies or options.body_size_limit)


def _pass_on(stream: HttpStream, request: bool) -> Generator[Any, Any, None]:
    held = stream.request_body_buf if request else stream.response_body_buf
    body = bytes(held)
    held.clear()  # type: ignore[no-untyped-call]
    if request:
        stream.flow.request.stream = True
        yield from stream.start_request_stream()
        yield from stream.handle_event(RequestData(stream.stream_id, body))
        return
    assert stream.flow.response is not None
    stream.flow.response.stream = stream.flow.response.stream or True
    yield from stream.start_response_stream()
    yield from stream.handle_event(ResponseData(stream.stream_id, body))
