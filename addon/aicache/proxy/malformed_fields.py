"""Refuses messages whose fields hold control characters, which end a line in HTTP/1, where mitmproxy does not.

mitmproxy before 12.2.2 comes with an HTTP/2 library that passes such bytes on (CVE-2025-57804), and writes them into
HTTP/1 unchanged: one request becomes two upstream, and the answer to the first is stored as that to another question.
"""

from __future__ import annotations

import logging
import re

from mitmproxy import version
from mitmproxy.http import HTTPFlow, Request, Response

from aicache.domain.request_headers import CONTROL_BYTES

logger = logging.getLogger(__name__)

SAFE = (12, 2, 2)
"""The first mitmproxy whose own HTTP/2 refuses them, and without the known vulnerabilities of earlier versions."""


def is_safe(running: str = version.VERSION) -> bool:
    """Tell whether a version of mitmproxy (by default the running one) is `SAFE` or newer."""
    return tuple(map(int, re.findall(r"\d+", running)[:3])) >= SAFE


class MalformedFields:
    """Refuses malformed messages where mitmproxy itself does not."""

    def __init__(self) -> None:
        self._is_needed = not is_safe()

    def refuse_request(self, flow: HTTPFlow) -> bool:
        """Answer a malformed request; tell whether it was one."""
        if not self._is_needed or not flow.live or flow.response is not None or not refuse_request(flow):
            return False
        logger.warning("a request with control characters in its head was refused")
        return True

    def refuse_response(self, flow: HTTPFlow) -> bool:
        """End the connection instead of passing a malformed response on; tell whether it was one."""
        if not self._is_needed or not refuse_response(flow):
            return False
        logger.warning("a response with control characters in its head was not passed on")
        return True


def refuse_request(flow: HTTPFlow) -> bool:
    """Answer a malformed request with 400 (RFC 9113, 8.1.1); tell whether it was one."""
    data = flow.request.data
    if not (
        CONTROL_BYTES.search(b"\t".join((data.method, data.scheme, data.authority, data.path)))
        or _has_control(flow.request)
    ):
        return False
    flow.request.stream = False
    flow.response = Response.make(
        400,
        b'{"error":{"message":"A header, the method or the target holds a control character (RFC 9110, 5.5).",'
        b'"type":"invalid_request_error","param":null,"code":"control_character"}}',
        {"content-type": "application/json"},
    )
    return True


def refuse_response(flow: HTTPFlow) -> bool:
    """End the connection instead of passing a malformed response on; tell whether it was one."""
    if flow.response is None or not _has_control(flow.response):
        return False
    flow.kill()  # type: ignore[no-untyped-call]
    return True


def _has_control(message: Request | Response) -> bool:
    return any(CONTROL_BYTES.search(name) or CONTROL_BYTES.search(value) for name, value in message.headers.fields)
