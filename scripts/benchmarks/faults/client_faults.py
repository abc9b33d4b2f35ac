"""Faults of clients: disconnects, slow readers, incomplete requests, and too many connections."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import time
from collections.abc import Callable
from typing import ClassVar

from benchmarks.faults.answer_checker import Verdict
from benchmarks.faults.client import Client, Connection, connect, exchange, request
from benchmarks.faults.fault import Fault
from benchmarks.faults.load import CheckedRequest
from benchmarks.faults.measurements import Expected
from benchmarks.faults.requests import Kind, PlannedRequest
from benchmarks.faults.testbed import Stage
from benchmarks.faults.valkey_faults import Repeated

TOLERATED = Expected(exact=1.0, semantic=3.0, during=0.8, lines=10)
MIN_STORED_HIT_SHARE = 0.95  # with any number of clients
REQUESTS_PER_CONNECTION = 8


class Leaving(Repeated):
    name, title = "5a", "clients leave in midst of a stream"
    every = 0.0
    expected = TOLERATED
    at_once: ClassVar[int] = 20

    async def begin(self, stage: Stage) -> None:
        stage.upstream.set("pace")
        await super().begin(stage)

    async def end(self, stage: Stage) -> None:
        await super().end(stage)
        stage.upstream.set()

    async def once(self, stage: Stage) -> None:
        await asyncio.gather(*(self._leave(stage) for _ in range(self.at_once)))

    async def _leave(self, stage: Stage) -> None:
        ask = dataclasses.replace(stage.load.corpus.new(), stream=True)
        connection = await connect(stage.proxy.port)
        connection.writer.write(request(ask, stage.load.name()))
        with contextlib.suppress(TimeoutError, EOFError):
            async with asyncio.timeout(2):
                await connection.reader.readexactly(300)
        connection.writer.transport.abort()


class SlowReaders(Fault):
    name, title = "5b", "60 slow readers"
    expected = TOLERATED
    count: ClassVar[int] = 60

    async def begin(self, stage: Stage) -> None:
        self._tasks = [asyncio.create_task(self._read(stage)) for _ in range(self.count)]

    async def end(self, stage: Stage) -> None:
        for each in self._tasks:
            each.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _read(self, stage: Stage) -> None:
        while True:
            connection = await connect(stage.proxy.port)
            try:
                ask = stage.load.corpus.repeat()
                connection.writer.write(request(ask, stage.load.name()))
                while await connection.reader.read(64):
                    await asyncio.sleep(0.1)
            finally:
                connection.writer.transport.abort()


class HalfOpen(Fault):
    name, title = "5c", "500 half-open connections"
    expected = dataclasses.replace(TOLERATED, lines=None)
    count: ClassVar[int] = 500

    async def begin(self, stage: Stage) -> None:
        self._open: list[Connection] = []
        for place in range(self.count):
            with contextlib.suppress(OSError):
                connection = await connect(stage.proxy.port)
                data = request(stage.load.corpus.new(), stage.load.name())
                connection.writer.write(data[: len(data) * (place % 4) // 4])
                self._open.append(connection)

    async def end(self, stage: Stage) -> None:
        for connection in self._open:
            connection.writer.transport.abort()


class HugeHeaders(Repeated):
    name, title = "5d", "huge headers"
    every = 0.1
    expected = dataclasses.replace(TOLERATED, lines=None)

    async def once(self, stage: Stage) -> None:
        ask = dataclasses.replace(stage.load.corpus.new(), headers=(("x-huge", "h" * 60_000),))
        connection = await connect(stage.proxy.port)
        async with asyncio.timeout(10):
            await exchange(connection, request(ask, stage.load.name()))
        connection.writer.close()


class AtOnce(Fault):
    """Many simultaneous connections, each with several requests in turn, mostly for stored questions."""

    name, title = "5e", "300 connections at once, 8 requests each"
    expected = Expected(exact=2.0, semantic=6.0, lines=20)
    observation_s = 7.0
    duration_s = 0.0
    count: ClassVar[int] = 300

    async def begin(self, stage: Stage) -> None:
        seen = [each for part in await asyncio.gather(*(self._some(stage) for _ in range(self.count))) for each in part]
        stored = [each for each in seen if each.kind is Kind.REPEAT]
        share = sum(each.hit for each in stored) / len(stored)
        if share < MIN_STORED_HIT_SHARE:
            self.problems.append(f"{share:.0%} of what is stored hit, not {MIN_STORED_HIT_SHARE:.0%}")
        self.share = share

    async def _some(self, stage: Stage) -> list[CheckedRequest]:
        client = Client(stage.proxy.port)
        try:
            corpus = stage.load.corpus
            return [
                await stage.load.ask(corpus.new() if place % 4 == 3 else corpus.repeat(), client)
                for place in range(REQUESTS_PER_CONNECTION)
            ]
        finally:
            client.forget()


class At100(AtOnce):
    name, title, count = "5e1", "100 connections at once, 8 requests each", 100


class At600(AtOnce):
    name, title, count = "5e6", "600 connections at once, 8 requests each", 600
    observation_s = 10.0


class Pipelining(Fault):
    name, title = "5f", "pipelining, 60 times 5 requests"
    expected = TOLERATED
    duration_s = 0.0
    count: ClassVar[int] = 60

    async def begin(self, stage: Stage) -> None:
        counts = await asyncio.gather(*(self._together(stage) for _ in range(self.count)))
        if bad := sum(counts):
            self.problems.append(f"{bad} pipelined requests were not answered well")

    async def _together(self, stage: Stage) -> int:
        asks: list[tuple[PlannedRequest, str]] = [(stage.load.corpus.repeat(), stage.load.name()) for _ in range(5)]
        connection = await connect(stage.proxy.port)
        connection.writer.write(b"".join(request(*each) for each in asks))
        bad = 0
        for ask, name in asks:
            began = time.monotonic()
            async with asyncio.timeout(15):
                response, _ = await exchange(connection, b"")
            bad += stage.load.note(ask, name, response, began).verdict is not Verdict.GOOD
        connection.writer.close()
        return bad


class IdleConnections(Fault):
    name, title, stage_name = "5g", "200 idle connections at ulimit -n 128", "files"
    expected = Expected(
        exact=4.0, semantic=6.0, errors=True
    )  # it cannot accept connections; neither could a bare mitmdump
    count: ClassVar[int] = 200
    observation_s = 8.0

    async def begin(self, stage: Stage) -> None:
        self._open: list[Connection] = []
        await asyncio.gather(*(self._connect(stage) for _ in range(self.count)))

    async def _connect(self, stage: Stage) -> None:
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(2):
                self._open.append(await connect(stage.proxy.port))

    async def end(self, stage: Stage) -> None:
        for connection in self._open:
            connection.writer.transport.abort()


class SlowStreams(SlowReaders):
    name, title, stage_name, count = "5g2", "20 slow streams at ulimit -n 128", "files", 20


ALL: tuple[Callable[[], Fault], ...] = (
    *(Leaving, SlowReaders, HalfOpen, HugeHeaders, At100, AtOnce, At600, Pipelining, SlowStreams, IdleConnections),
)
