"""A small HTTP/1.1 client that measures the time to the first byte and to the end of an answer, unlike wrk.

It is for low rates: at higher ones Python would be the bottleneck. `python -m benchmarks.client` reads a `Workload`
from stdin and writes `TimedAnswer`s to stdout, so that it has its own process. It parses what these servers send,
not all of HTTP.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import Sequence

import msgspec

KEY = "sk-bench"
ANSWER_TIMEOUT_S = 120.0


class TimedAnswer(msgspec.Struct, frozen=True):
    """One answer. Times are in seconds from the request; *status* is 0 without an answer."""

    status: int
    first: float = 0.0
    end: float = 0.0
    cache: str = ""
    """The value of ``x-cache-status``."""


class Workload(msgspec.Struct, frozen=True):
    """The requests: each of *series* on its own connection, one body after the other.

    Connections start *apart* seconds after one another.
    """

    port: int
    series: Sequence[Sequence[str]]
    apart: float = 0.0


class Connection:
    """One connection, opened on first use, and reopened after the server closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, body: str, headers: str = "") -> TimedAnswer:
        """Send a request and return its result; server errors raise nothing. Each of *headers* ends in CR LF."""
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                return await self._ask(body.encode(), headers.encode())
        except (OSError, EOFError, ValueError, TimeoutError):
            self.close()
            return TimedAnswer(0)

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _ask(self, body: bytes, headers: bytes) -> TimedAnswer:
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
        seen = TimedAnswer(status, first - began, time.perf_counter() - began, answered.get("x-cache-status", ""))
        if answered.get("connection", "").lower() == "close":
            self.close()
        return seen


def _head(head: bytes) -> tuple[int, dict[str, str]]:
    first, *lines = head.decode("latin-1").strip().split("\r\n")
    headers = (line.partition(":") for line in lines)
    return int(first.split(" ")[1]), {name.strip().lower(): value.strip() for name, _, value in headers}


async def _body(reader: asyncio.StreamReader, headers: dict[str, str]) -> float:
    """Read a body to its end; return the time of its first byte."""
    if "content-length" in headers:
        await reader.readexactly(int(headers["content-length"]))
        return time.perf_counter()
    first = 0.0
    while size := int(await reader.readline(), 16):
        await reader.readexactly(size + 2)
        first = first or time.perf_counter()
    await reader.readline()
    return first


async def run_workload(workload: Workload) -> list[TimedAnswer]:
    """Send all requests of a workload."""

    async def one(place: int, bodies: Sequence[str]) -> list[TimedAnswer]:
        await asyncio.sleep(place * workload.apart)
        with contextlib.closing(Connection(workload.port)) as connection:
            return [await connection.ask(body) for body in bodies]

    found = await asyncio.gather(*(one(place, bodies) for place, bodies in enumerate(workload.series)))
    return [seen for each in found for seen in each]


if __name__ == "__main__":
    workload = msgspec.json.decode(sys.stdin.buffer.read(), type=Workload)
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(run_workload(workload))))
