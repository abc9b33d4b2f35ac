"""Parses the heads of plain HTTP/1.1 POST requests; anything unusual is left to mitmproxy. Pure.

It accepts a narrow subset of RFC 9112, in which the length of the body admits of one reading only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

END_OF_HEAD = b"\r\n\r\n"
MAX_HEAD_BYTES = 16 * 1024
MAX_BODY_BYTES = 1024 * 1024
IGNORED_FIELDS = frozenset(
    {b"content-length", b"date", b"idempotency-key", b"x-request-id", b"x-correlation-id", b"x-stainless-retry-count"}
    | {b"traceparent", b"tracestate", b"sentry-trace", b"b3", b"x-b3-traceid", b"x-b3-spanid"}
    | {b"x-b3-parentspanid", b"x-b3-sampled", b"x-datadog-trace-id", b"x-datadog-parent-id"}
    | {b"request-id", b"correlation-id", b"x-trace-id", b"x-client-request-id", b"x-amzn-trace-id", b"cf-ray"}
    | {b"x-fc-request-id"}
    | {b"x-claude-code-session-id", b"x-openwebui-chat-id", b"x-openwebui-message-id"}
)
"""Header fields, in lower case, that differ from request to request and do not affect the answer: some of those known
to be harmless."""
NEVER_IGNORED_FIELDS = frozenset(
    {b"cache-control", b"origin", b"host", b"x-higress-skip-ai-cache", b"x-ai-cache-ttl", b"x-ai-cache-threshold"}
    | {b"x-ai-cache-feedback", b"x-ai-cache-key", b"content-encoding"}
)
"""Header fields that affect how a request is answered, even if the settings ignore them."""

_START = b"POST /"
_LINE = re.compile(rb"POST (/[\x21-\x7e]*) HTTP/1\.1")
_FIELD = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?)?[ \t]*")
_LENGTH = re.compile(rb"[1-9][0-9]{0,7}")
_UNSUPPORTED_FIELDS = frozenset(
    {b"transfer-encoding", b"expect", b"upgrade", b"te", b"trailer", b"proxy-connection", b"proxy-authorization"}
    | {b"http2-settings", b"keep-alive"}
)


@dataclass(frozen=True, slots=True)
class Head:
    """A request's head, with the length of the body that follows it."""

    target: bytes
    body_length: int
    significant: bytes
    """The request line and the header fields that may change the answer."""


def may_become_plain(start: bytes) -> bool:
    """Tell whether an incomplete head may yet become one that `parse_head` accepts."""
    method = start[: len(_START)]
    if not _START.startswith(method) or len(start) > MAX_HEAD_BYTES:
        return False
    return start.count(b"\n") == start.count(b"\r\n")  # mitmproxy takes a bare LF for an end of line, too


def parse_head(raw: bytes, ignored: frozenset[bytes] = IGNORED_FIELDS) -> Head | None:
    """Parse a head, `END_OF_HEAD` included; None if it is not plain. *ignored* fields are not significant."""
    line, *fields = raw[: -len(END_OF_HEAD)].split(b"\r\n")
    if len(raw) > MAX_HEAD_BYTES or not (request := _LINE.fullmatch(line)):
        return None
    significant, length, hosts = [line], None, 0
    for field in fields:
        if not (match := _FIELD.fullmatch(field)):
            return None
        name, value = match[1].lower(), match[2] or b""
        if name in _UNSUPPORTED_FIELDS or (name == b"connection" and value.lower() != b"keep-alive"):
            return None
        if name == b"content-length":
            if length is not None or not _LENGTH.fullmatch(value):
                return None
            length = int(value)
        hosts += name == b"host"
        if name not in ignored:
            significant.append(field)
    if length is None or length > MAX_BODY_BYTES or hosts != 1:
        return None
    return Head(request[1], length, b"\r\n".join(significant))
