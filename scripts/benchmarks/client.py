"""A small HTTP/1.1 client that times the first byte of an answer and its end, which wrk does not.

It is for low rates: Python would be the bottleneck of any other load. `python -m benchmarks.client` takes an `Order` on
stdin and gives its `Seen`s on stdout, so that it has a process, and a clock, of its own. It reads what the measured
servers send, not all that HTTP allows.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import Sequence

import msgspec

KEY = "sk-bench"
ANSWER_WITHIN = 120.0  # seconds


class Seen(msgspec.Struct, frozen=True):
    """One answer. Times are in seconds from the request; *status* is 0 when there was none."""

    status: int
    first: float = 0.0
    end: float = 0.0
    cache: str = ""
    """What ``x-cache-status`` says."""


class Order(msgspec.Struct, frozen=True):
    """What to ask: each of *series* on a connection of its own, one body after the other.

    Connections begin *apart* seconds after one another.
    """

    port: int
    series: Sequence[Sequence[str]]
    apart: float = 0.0


class Connection:
    """One connection, opened when it is first needed, and anew when the server has closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, body: str, headers: str = "") -> Seen:
        """Return what was seen; it never raises for what the server does. Each of *headers* ends in CR LF."""
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                return await self._ask(body.encode(), headers.encode())
        except (OSError, EOFError, ValueError, TimeoutError):
            self.close()
            return Seen(0)

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _ask(self, body: bytes, headers: bytes) -> Seen:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        began = time.perf_counter()
        writer.write(
            b"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
            b"authorization: Bearer %b\r\n%bcontent-length: %d\r\n\r\n%b" % (KEY.encode(), headers, len(body), body)
        )
        await writer.drain()
        status, answered = _head(await reader.readuntil(b"\r\n\r\n"))
        first = await _body(reader, answered)
        seen = Seen(status, first - began, time.perf_counter() - began, answered.get("x-cache-status", ""))
        if answered.get("connection", "").lower() == "close":
            self.close()
        return seen


def _head(head: bytes) -> tuple[int, dict[str, str]]:
    first, *lines = head.decode("latin-1").strip().split("\r\n")
    headers = (line.partition(":") for line in lines)
    return int(first.split(" ")[1]), {name.strip().lower(): value.strip() for name, _, value in headers}


async def _body(reader: asyncio.StreamReader, headers: dict[str, str]) -> float:
    """Read a body to its end; return when its first byte was there."""
    if "content-length" in headers:
        await reader.readexactly(int(headers["content-length"]))
        return time.perf_counter()
    first = 0.0
    while size := int(await reader.readline(), 16):
        await reader.readexactly(size + 2)
        first = first or time.perf_counter()
    await reader.readline()
    return first


async def carry_out(order: Order) -> list[Seen]:
    """Ask all of an order."""

    async def one(place: int, bodies: Sequence[str]) -> list[Seen]:
        await asyncio.sleep(place * order.apart)
        with contextlib.closing(Connection(order.port)) as connection:
            return [await connection.ask(body) for body in bodies]

    found = await asyncio.gather(*(one(place, bodies) for place, bodies in enumerate(order.series)))
    return [seen for each in found for seen in each]


if __name__ == "__main__":
    asked = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(carry_out(asked))))
