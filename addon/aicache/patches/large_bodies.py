"""Bodies that turn out larger than anybody looks at: passed on as they come from then on, or dropped. It reads none.

mitmproxy holds a body until it has ended, and one that never does for as long as its connection. It can begin to pass
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

from aicache.patches.source_fingerprint import digest_of

logger = logging.getLogger(__name__)

_check: Callable[[HttpStream, bool], Generator[Any, Any, bool]] = HttpStream.check_body_size
RELIED_ON: tuple[Callable[..., Any], ...] = (
    *(_check, HttpStream.start_request_stream, HttpStream.start_response_stream),
    *(HttpStream.state_consume_request_body, HttpStream.state_consume_response_body),
)
"""What of mitmproxy asks whether a body has become too large, and what it does then, which is done here likewise."""
KNOWN = frozenset({"ee9ce1e2f82999c7"})
"""Digests of its source where that was read: mitmproxy 12.2.2 to 12.3.1 have but one."""


class Way(Enum):
    """What becomes of a body that is too large."""

    ON = auto()
    """What has come of it is passed on, and then the rest as it comes."""
    AWAY = auto()
    """It is not kept: the request is answered here, whatever its body says."""


Judge: TypeAlias = Callable[[HTTPFlow, bool, int], Way | None]
"""Says what becomes of a body (of the request, or else of the response) of which so many bytes have come; None: it is
held on."""


def install(judge: Judge) -> Callable[[], None]:
    """Have mitmproxy ask *judge*; return what undoes it. Where mitmproxy is none that was read, nothing is done."""
    if digest_of(RELIED_ON) not in KNOWN:
        logger.info("mitmproxy %s holds bodies without a length whole: it is none that was read", version.VERSION)
        return lambda: None

    def check(stream: HttpStream, request: bool) -> Generator[Any, Any, bool]:
        if (held := stream.request_body_buf if request else stream.response_body_buf) and not _is_limited(stream):
            way = judge(stream.flow, request, len(held))
            if way is Way.AWAY:
                held.clear()  # type: ignore[no-untyped-call]
            elif way is Way.ON:
                yield from _pass_on(stream, request)
                return False
        return (yield from _check(stream, request))

    setattr(HttpStream, "check_body_size", check)  # noqa: B010  # mypy would have no method assigned

    def undo() -> None:
        if HttpStream.check_body_size is check:
            setattr(HttpStream, "check_body_size", _check)  # noqa: B010

    return undo


def _is_limited(stream: HttpStream) -> bool:
    """Tell whether mitmproxy's own options say how large bodies may be."""
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
