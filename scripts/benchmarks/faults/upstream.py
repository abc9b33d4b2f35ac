"""The stand-in upstream, in the test's own process. It numbers every answer, and fails on demand."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import socket
import ssl
import struct

from benchmarks.faults.sent_answers import Answer, Ledger, UpstreamRequest, answer, parse_upstream_request
from benchmarks.processes import LOOPBACK
from demo.upstream import read_request

MAX_HEAD_BYTES = 1 << 20
BAD_MODES = ("500", "429", "reset", "close", "close-eof", "errevent", "never")
"""Modes in which every other answer is bad; ``pace``, ``slowfb`` and ``gzip`` have good answers."""


class Upstream:
    """A server on a *port*, of the loopback unless another *host* is given."""

    def __init__(self, port: int, ledger: Ledger, host: str = LOOPBACK) -> None:
        self.port, self.ledger, self._host = port, ledger, host
        self.mode = ""
        self.delay = 0.0  # seconds before an answer
        self.batch_delay = 0.0
        self.tls: ssl.SSLContext | None = None
        self.calls = 0
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()
        self._released = asyncio.Event()

    async def listen(self) -> None:
        self._released = asyncio.Event()
        self._server = await asyncio.start_server(
            self._connected, self._host, self.port, limit=MAX_HEAD_BYTES, ssl=self.tls, backlog=1000
        )

    async def close(self) -> None:
        """Close the listener and all connections."""
        if self._server is not None:
            self._server.close()
            for each in self._open:
                each.cancel()
            await asyncio.gather(*self._open, return_exceptions=True)
            self._server = None

    def set(self, mode: str = "", delay: float = 0.0) -> None:
        """Switch the mode, and release requests that wait for an answer that never comes."""
        self.mode, self.delay = mode, delay
        self._released.set()
        self._released = asyncio.Event()

    def delay_s(self, request: UpstreamRequest) -> float:
        """Return the seconds before the answer to a request."""
        return self.delay + (self.batch_delay if "embeddings" in request.path else 0.0)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            while await self._answered(reader, writer):
                pass
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass  # the proxy closed the connection, or the row is over
        finally:
            self._open.discard(task)
            writer.close()

    async def _answered(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; return whether the connection stays open."""
        request = await read_request(reader)
        parsed = parse_upstream_request(request.path, request.headers, request.body)
        self.calls += 1
        number, mode = self.ledger.number(), self.mode
        if mode in BAD_MODES and number % 2:
            mode = ""
        found = answer(number, parsed, mode)
        await asyncio.sleep(self.delay_s(parsed))
        match mode:
            case "never":
                self.ledger.add(dataclasses.replace(found, good=False))
                await self._released.wait()
                return False
            case "reset" | "close" | "close-eof":
                await self._break_off(dataclasses.replace(found, good=False), mode, writer)
                return False
        self.ledger.add(found)
        await self._send(found, writer, pace=0.05 if mode == "pace" else 0.0)
        return True

    async def _send(self, found: Answer, writer: asyncio.StreamWriter, pace: float) -> None:
        writer.write(head(found, chunked=found.request.stream))
        if not found.request.stream:
            writer.write(found.wire)
        else:
            for piece in pieces(found.wire):
                writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                if pace:
                    await writer.drain()
                    await asyncio.sleep(pace)
            writer.write(b"0\r\n\r\n")
        await writer.drain()

    async def _break_off(self, found: Answer, how: str, writer: asyncio.StreamWriter) -> None:
        """Send the first half of an answer, then reset or close the connection."""
        half = found.wire[: len(found.wire) // 2]
        self.ledger.add(dataclasses.replace(found, wire=half))
        if how == "close-eof":
            writer.write(head(found, chunked=False, length=False) + half)
        elif found.request.stream:
            writer.write(head(found, chunked=True) + b"%x\r\n%b\r\n" % (len(half), half))
        else:
            writer.write(head(found, chunked=False) + half)
        with contextlib.suppress(OSError):
            await writer.drain()
        if how == "reset":
            await asyncio.sleep(0.01)
            connection = writer.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()


def head(found: Answer, *, chunked: bool, length: bool = True) -> bytes:
    headers = dict(found.headers)
    if chunked:
        headers["transfer-encoding"] = "chunked"
    elif length:
        headers["content-length"] = str(len(found.wire))
    else:
        headers["connection"] = "close"
    lines = [f"HTTP/1.1 {found.status} Whatever", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode()


def pieces(body: bytes) -> list[bytes]:
    """Split a stream into its events; anything else is one piece."""
    return [event + b"\n\n" for event in body.split(b"\n\n") if event] if body.endswith(b"\n\n") else [body]
