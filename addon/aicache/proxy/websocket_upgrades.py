"""Requests to become a WebSocket at the path of an LLM API: they are declined, or passed on as a bypass.

What goes over a WebSocket is not looked up. Clients that can use either (such as Codex, at ``/v1/responses``) take HTTP
once the upgrade is declined with 426. APIs that are spoken over WebSockets alone have other paths, which are not
touched. mitmproxy knows no WebSockets over HTTP/2 (RFC 8441).
"""

from __future__ import annotations

from mitmproxy.http import Request, Response

from aicache import formats
from aicache.config.request_settings import Settings
from aicache.domain.model import Bypass
from aicache.domain.request_directives import Directives
from aicache.formats.api_errors import APIError
from aicache.proxy.error_responses import render_error
from aicache.proxy.http_messages import method_of

DECLINED = Bypass("websocket-declined")
PASSED = Bypass("websocket")
_MESSAGE = (
    "This proxy answers from its cache over HTTP only: send the request as POST, or have its operator set "
    "websockets: pass."
)


def websocket_format_of(request: Request) -> formats.Format | None:
    """Return the API that a request would speak over a WebSocket, if it has the same path over HTTP; else None."""
    headers = request.headers
    if "upgrade" not in headers or method_of(request) != "GET":
        return None
    protocols = [each.strip().lower() for each in headers["upgrade"].split(",")]
    if "websocket" not in protocols:
        return None
    return formats.match("POST", request.path.partition("?")[0])


def decide(directives: Directives, settings: Settings, *, is_switched_off: bool) -> Bypass:
    """Return `DECLINED`, or why a WebSocket is passed on."""
    if is_switched_off:
        return Bypass("switched-off")
    if directives.skip:
        return Bypass("skip")
    return DECLINED if settings.declines_websockets else PASSED


def render_declined(format: formats.Format) -> Response:
    """Return the response that makes a client use HTTP; 426 names the protocol to use (RFC 9110, 15.5.22)."""
    headers = {"upgrade": "HTTP/1.1", "connection": "upgrade"}
    headers |= {"cache-status": "ai-cache; detail=websocket-declined", "x-cache-status": "bypass"}
    return render_error(format, APIError(426, _MESSAGE, "invalid_request_error", "websocket_declined"), headers)
