"""An HTTP/1.1 client with persistent connections that detects incomplete responses.

It is the harness's own, since it must see what libraries mend or hide.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass

from benchmarks.faults.answer_checker import Response
from benchmarks.faults.requests import PlannedRequest
from benchmarks.processes import LOOPBACK

CLOSE_DETECTION_S = 0.1  # to detect that an idle connection was closed
MAX_LINE_BYTES = 1 << 20


@dataclass(slots=True)
class Connection:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    used: bool = False


class Client:
    """Sends requests to a port, on the loopback unless another *host* is given. It raises no error of the server's."""

    def __init__(self, port: int, host: str = LOOPBACK) -> None:
        self.port, self._host = port, host
        self._idle: list[Connection] = []

    async def ask(self, ask: PlannedRequest, name: str, within: float) -> Response:
        try:
            async with asyncio.timeout(within):
                return await self._ask(request(ask, name))
        except TimeoutError:
            return Response(0, failure="no answer in time")

    def forget(self) -> None:
        """Close the idle connections, since the server is gone or was replaced."""
        for each in self._idle:
            each.writer.close()
        self._idle.clear()

    async def _ask(self, data: bytes) -> Response:
        while True:
            try:
                connection = await self._connected()
            except OSError as exc:
                return Response(0, failure=f"no connection ({type(exc).__name__})")
            began, used = time.monotonic(), connection.used
            response, kept = await exchange(connection, data)
            if kept:
                connection.used = True
                self._idle.append(connection)
            else:
                connection.writer.close()
            stale = used and not response.status and time.monotonic() - began < CLOSE_DETECTION_S
            if not stale:
                return response

    async def _connected(self) -> Connection:
        while self._idle:
            if not (connection := self._idle.pop()).reader.at_eof():
                return connection
            connection.writer.close()
        return await connect(self.port, self._host)


async def connect(port: int, host: str = LOOPBACK) -> Connection:
    return Connection(*await asyncio.open_connection(host, port, limit=MAX_LINE_BYTES))


def request(ask: PlannedRequest, name: str) -> bytes:
    """Return the bytes of a request."""
    body = ask.body()
    headers = {
        "host": "upstream.test",
        "content-type": "application/json",
        "authorization": f"Bearer {ask.key}",
        "x-request-id": name,
        **dict(ask.headers),
        "content-length": str(len(body)),
    }
    lines = [f"POST {ask.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode() + body


async def exchange(connection: Connection, data: bytes) -> tuple[Response, bool]:
    """Send a request (or nothing) and read a response; return it, and whether the connection can be reused."""
    status, headers, body = 0, dict[str, str](), bytearray()
    try:
        connection.writer.write(data)
        await connection.writer.drain()
        status, headers = await _head(connection.reader)
        kept = await _body(connection.reader, headers, body)
        return Response(status, headers, bytes(body)), kept
    except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as exc:
        return Response(status, headers, bytes(body), f"cut off ({type(exc).__name__})"), False
    except BaseException:
        connection.writer.close()
        raise


async def _head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").strip().split("\r\n")
    fields = (line.partition(":") for line in lines)
    return int(first.split(" ")[1]), {name.strip().lower(): value.strip() for name, _, value in fields}


async def _body(reader: asyncio.StreamReader, headers: dict[str, str], body: bytearray) -> bool:
    kept = headers.get("connection", "").lower() != "close"
    if headers.get("transfer-encoding") == "chunked":
        while size := int((await reader.readuntil(b"\r\n")).strip(), 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readuntil(b"\r\n")
        return kept
    if "content-length" in headers:
        left = int(headers["content-length"])
        while left:
            piece = await reader.read(min(left, 1 << 16))
            if not piece:
                raise EOFError
            body += piece
            left -= len(piece)
        return kept
    body += await reader.read()
    return False


async def close(connection: Connection) -> None:
    connection.writer.close()
    with contextlib.suppress(OSError):
        await connection.writer.wait_closed()
