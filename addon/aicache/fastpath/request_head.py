"""Heads of HTTP/1.1 requests, read as narrowly as can be: what is not as plain as can be is left to others. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

END = b"\r\n\r\n"
LONGEST = 16 * 1024
"""Bytes of a head; longer ones are left to others."""
LARGEST = 1024 * 1024
"""Bytes of a body."""
NOISE = frozenset(
    {b"content-length", b"date", b"idempotency-key", b"x-request-id", b"x-correlation-id", b"x-stainless-retry-count"}
    | {b"traceparent", b"tracestate", b"sentry-trace", b"b3", b"x-b3-traceid", b"x-b3-spanid"}
    | {b"x-b3-parentspanid", b"x-b3-sampled", b"x-datadog-trace-id", b"x-datadog-parent-id"}
    | {b"request-id", b"correlation-id", b"x-trace-id", b"x-client-request-id", b"x-amzn-trace-id", b"cf-ray"}
    | {b"x-claude-code-session-id", b"x-openwebui-chat-id", b"x-openwebui-message-id"}
)
"""Headers that differ from request to request and say nothing of what is asked, in lower case: some of those that are
known to be harmless."""
ALWAYS_SAID = frozenset(
    {b"cache-control", b"origin", b"host", b"x-higress-skip-ai-cache", b"x-ai-cache-ttl", b"x-ai-cache-threshold"}
    | {b"x-ai-cache-feedback", b"x-ai-cache-key"}
)
"""Headers that say how a request is to be answered, whatever the settings ignore."""

_BEGINNING = b"POST /"
_LINE = re.compile(rb"POST (/[\x21-\x7e]*) HTTP/1\.1")
_FIELD = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?)?[ \t]*")
_LENGTH = re.compile(rb"[1-9][0-9]{0,7}")
_ODD = frozenset(
    {b"transfer-encoding", b"expect", b"upgrade", b"te", b"trailer", b"proxy-connection", b"proxy-authorization"}
    | {b"http2-settings", b"keep-alive", b"content-encoding"}
)


@dataclass(frozen=True, slots=True)
class Head:
    """A head whose body can be told from what follows it."""

    target: bytes
    length: int
    """Bytes of the body."""
    said: bytes
    """All of it that may change the answer."""


def may_begin(beginning: bytes) -> bool:
    """Tell whether a head that has not ended may yet become one that `read` takes."""
    start = beginning[: len(_BEGINNING)]
    if not _BEGINNING.startswith(start) or len(beginning) > LONGEST:
        return False
    return beginning.count(b"\n") == beginning.count(b"\r\n")  # mitmproxy takes the former for an end of line, too


def read(raw: bytes, noise: frozenset[bytes] = NOISE) -> Head | None:
    """Read a head, `END` included; None where it is not plain enough. What headers of *noise* say is left out."""
    line, *fields = raw[: -len(END)].split(b"\r\n")
    if len(raw) > LONGEST or not (request := _LINE.fullmatch(line)):
        return None
    said, length, hosts = [line], None, 0
    for field in fields:
        if not (match := _FIELD.fullmatch(field)):
            return None
        name, value = match[1].lower(), match[2] or b""
        if name in _ODD or (name == b"connection" and value.lower() != b"keep-alive"):
            return None
        if name == b"content-length":
            if length is not None or not _LENGTH.fullmatch(value):
                return None
            length = int(value)
        hosts += name == b"host"
        if name not in noise:
            said.append(field)
    if length is None or length > LARGEST or hosts != 1:
        return None
    return Head(request[1], length, b"\r\n".join(said))
