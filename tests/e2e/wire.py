"""Bytes to a proxy and bytes from it, in any pieces and at any time; no client library comes between."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import time
from collections.abc import Sequence
from typing import Literal

from e2e.page_visitor import page
from e2e.proxy import Proxy

Step = bytes | float | Literal["half-close", "read"]
"""Send this; wait so many seconds; say that nothing more is sent; or read one response."""

SILENCE = 0.7  # seconds without a byte after which nothing more is expected
_CHANGING = (
    (re.compile(rb"(?m)^age: \d+"), b"age: N"),
    (re.compile(rb"(?m)^(x-ai-cache-source: .*; at=)\d+"), rb"\1N"),
    (re.compile(rb"ttl=\d+"), b"ttl=N"),
    (re.compile(rb"(?m)^date: .*$"), b"date: D"),
    (re.compile(rb"stand-in-\d+"), b"stand-in-N"),
    (re.compile(rb"; stored"), b""),  # whether it was so soon is a matter of timing
)


def body_of(question: str, **fields: object) -> bytes:
    return json.dumps({"model": "m", "messages": [{"role": "user", "content": question}], **fields}).encode()


def request(
    body: bytes,
    *headers: str,
    line: str = "POST /v1/chat/completions HTTP/1.1",
    host: str = "host: api.example",
    length: str | None = None,
) -> bytes:
    """Return a request, its content-length last; *length* takes the place of that line, and empty it is left out."""
    length = f"content-length: {len(body)}" if length is None else length
    fields = [line, host, "authorization: Bearer sk-test", "content-type: application/json", *headers, length]
    return "\r\n".join([field for field in fields if field] + ["", ""]).encode("latin-1") + body


class Wire:
    """One connection."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), 10)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._left = b""

    def close(self) -> None:
        self._socket.close()

    def run(self, steps: Sequence[Step]) -> bytes:
        """Do all of it and return what came until the proxy closed, or had nothing more to say."""
        seen = b""
        with contextlib.suppress(OSError, EOFError):  # the proxy has closed
            for step in steps:
                match step:
                    case bytes():
                        self._socket.sendall(step)
                    case float():
                        time.sleep(step)
                    case "half-close":
                        self._socket.shutdown(socket.SHUT_WR)
                    case "read":
                        seen += self.response()
        return steady(seen + self._rest())

    def ask(self, *parts: bytes, pause: float = 0.0) -> bytes:
        """Send a request in parts and return its response."""
        for i, part in enumerate(parts):
            if i and pause:
                time.sleep(pause)
            self._socket.sendall(part)
        return steady(self.response())

    def response(self) -> bytes:
        """Read one response, with a content-length or in chunks."""
        self._socket.settimeout(10)
        while b"\r\n\r\n" not in self._left:
            self._left += self._more()
        head, _, body = self._left.partition(b"\r\n\r\n")
        if length := re.search(rb"(?im)^content-length: (\d+)", head):
            while len(body) < int(length[1]):
                body += self._more()
            size = int(length[1])
        elif b"chunked" in head.lower():
            while b"0\r\n\r\n" not in body:
                body += self._more()
            size = body.index(b"0\r\n\r\n") + 5
        else:
            size = 0
        self._left = body[size:]
        return head + b"\r\n\r\n" + body[:size]

    def _more(self) -> bytes:
        if not (data := self._socket.recv(65536)):
            raise EOFError("the proxy has closed")
        return data

    def _rest(self) -> bytes:
        seen, self._left = self._left, b""
        self._socket.settimeout(SILENCE)
        try:
            while data := self._socket.recv(65536):
                seen += data
        except TimeoutError:
            return seen + b"<open>"
        except OSError:
            pass  # closed before it has read all that was sent
        return seen + b"<closed>"


def steady(seen: bytes) -> bytes:
    """Return what was seen less what changes from moment to moment."""
    for pattern, instead in _CHANGING:
        seen = pattern.sub(instead, seen)
    return seen


def metric(proxy: Proxy, pattern: str) -> int:
    found = re.search(rf"(?m)^aicache_{pattern} ([\d.e+]+)$", page(proxy).get("metrics").body.decode())
    return int(float(found[1])) if found else 0


def in_lane(proxy: Proxy) -> int:
    """Return how many hits went through the lane."""
    return metric(proxy, r'step_seconds_count\{step="fast lane"\}')


def learn(proxy: Proxy, ask: bytes) -> None:
    """Ask until the answer is known, and at hand."""
    deadline = time.monotonic() + 10
    known = 0
    while known < 2:
        wire = Wire(proxy.port)
        known = known + 1 if b"x-cache-status: hit" in wire.ask(ask) else 0
        wire.close()
        assert time.monotonic() < deadline
