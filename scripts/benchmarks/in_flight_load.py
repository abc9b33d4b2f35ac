"""The load of the soak of requests in flight: scenes of a few clients each, in a separate process, until time is over.

`python -m benchmarks.in_flight_load` reads a `Workload` from stdin and writes `Scene`s to stdout.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import re
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec

from benchmarks import questions, requests
from benchmarks.in_flight_upstream import BREAKS_OFF, CUT_SHORT, LARGE
from benchmarks.upstream import PACE

ANSWER_TIMEOUT_S = 60.0
SLOW_READ_BYTES, SLOW_READ_INTERVAL_S = 16 * 1024, 0.05
_ID = re.compile(rb"chatcmpl-(\d+)")
STREAMED = PACE.format(tokens=30, first=0.2, each=0.03)
"""A stream of about a second."""
WHOLE = PACE.format(tokens=5, first=0.5, each=0.02)


class Workload(msgspec.Struct, frozen=True):
    """Scenes at the proxies at these *ports* for so many *seconds*, so many *at_once*.

    The second proxy gives no hits by meaning. What is stored has expired after *ttl* seconds.
    """

    ports: tuple[int, int]
    seconds: float
    at_once: int
    ttl: float


class Scene(msgspec.Struct, frozen=True):
    """What came of a scene that began *at* this time (`time.monotonic`, which all processes of a machine share)."""

    kind: str
    at: float
    took: float
    requests: int
    hits: int
    answers: int
    """How many different ones the upstream has given."""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """One response as a client saw it."""

    status: int
    cache: str = ""
    body: bytes = b""
    is_whole: bool = False

    @property
    def id(self) -> bytes:
        return found[1] if (found := _ID.search(self.body)) is not None else b""


async def ask(port: int, body: str, after: float = 0.0, *, leaves: bool = False, slow: bool = False) -> Seen:
    """Send a request on a connection of its own. The client *leaves* once the body has begun, or reads *slow*."""
    await asyncio.sleep(after)
    try:
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            return await _ask(port, body.encode(), leaves, slow)
    except (OSError, EOFError, ValueError, TimeoutError):
        return Seen(0)


async def _ask(port: int, body: bytes, leaves: bool, slow: bool) -> Seen:
    connection = socket.socket()
    connection.setblocking(False)
    if slow:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SLOW_READ_BYTES)
    await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", port))
    reader, writer = await asyncio.open_connection(sock=connection, limit=SLOW_READ_BYTES if slow else 2**16)
    with contextlib.closing(writer):
        head = "POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        head += f"authorization: Bearer {requests.KEY}\r\nconnection: close\r\ncontent-length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").strip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        status, cache = int(first.split(" ")[1]), headers.get("x-cache-status", "")
        if leaves:
            return Seen(status, cache, await reader.read(100))
        received = bytearray()
        with contextlib.suppress(OSError):
            while more := await reader.read(SLOW_READ_BYTES if slow else 2**16):
                received += more
                await asyncio.sleep(SLOW_READ_INTERVAL_S if slow else 0)
        wanted = headers.get("content-length")
        is_whole = received.endswith(b"0\r\n\r\n") if wanted is None else len(received) == int(wanted)
        return Seen(status, cache, bytes(received), is_whole)


class Play:
    """The scenes, each with questions of its own."""

    def __init__(self, workload: Workload) -> None:
        self._first, self._second = workload.ports
        self._ttl = workload.ttl
        self._numbers = itertools.count()
        self.kinds: dict[str, Callable[[], Awaitable[list[Seen]]]] = {
            "equal": self.equal,
            "stream": self.stream,
            "two proxies": self.two_proxies,
            "other words": self.other_words,
            "client leaves": self.client_leaves,
            "slow reader": self.slow_reader,
            "breaks off": self.breaks_off,
            "cut short": self.cut_short,
            "asked again": self.asked_again,
        }

    def _body(self, pace: str, *more: str, stream: bool = False) -> str:
        [question] = questions.new(next(self._numbers), 1)
        return requests.body(question, " ".join((pace, *more)), stream=stream)

    async def equal(self) -> list[Seen]:
        body = self._body(WHOLE)
        return await asyncio.gather(*(ask(self._first, body) for _ in range(4)))

    async def stream(self) -> list[Seen]:
        body = self._body(STREAMED, stream=True)
        return await asyncio.gather(*(ask(self._first, body, after) for after in (0.0, 0.1, 0.4, 0.8)))

    async def two_proxies(self) -> list[Seen]:
        body = self._body(STREAMED, stream=random.random() < 0.5)
        ports = (self._first, self._second, self._second, self._first)
        return await asyncio.gather(*(ask(port, body, number * 0.15) for number, port in enumerate(ports)))

    async def other_words(self) -> list[Seen]:
        place = next(self._numbers) % 10_000
        [stored] = questions.stored(place + 1)[place:]
        asked = [
            stored,
            stored.replace("How do I", "How can I"),
            stored.replace("How do I", "How could I"),
            stored[:-1],
        ]
        return await asyncio.gather(*(ask(self._first, requests.body(each, WHOLE)) for each in asked))

    async def client_leaves(self) -> list[Seen]:
        body = self._body(STREAMED, stream=True)
        left, *others = await asyncio.gather(
            ask(self._first, body, leaves=True), ask(self._first, body, 0.3), ask(self._first, body, 0.6)
        )
        return others if left.status == 200 else [left]

    async def slow_reader(self) -> list[Seen]:
        body = self._body(STREAMED, LARGE, stream=True)
        return [*await asyncio.gather(ask(self._first, body), ask(self._first, body, 0.1, slow=True))]

    async def breaks_off(self) -> list[Seen]:
        body = self._body(STREAMED, BREAKS_OFF, stream=True)
        return await asyncio.gather(*(ask(self._first, body, after) for after in (0.0, 0.1, 0.2)))

    async def cut_short(self) -> list[Seen]:
        body = self._body(WHOLE, CUT_SHORT)
        return await asyncio.gather(*(ask(self._first, body) for _ in range(3)))

    async def asked_again(self) -> list[Seen]:
        """When what was stored has expired: a stale answer, if the upstream does not answer."""
        body = self._body(WHOLE)
        return [await ask(self._first, body), await ask(self._first, body, self._ttl + 1)]


def find_problem(kind: str, seen: list[Seen]) -> str:
    """Return what is wrong with the responses of a scene; empty if nothing is."""
    if kind == "breaks off":
        return "it did not break off" if any(each.is_whole for each in seen if each.status == 200) else ""
    if wrong := [each.status for each in seen if each.status != 200]:
        return f"status {wrong[0]}"
    if not all(each.is_whole for each in seen):
        return "not whole"
    return ""


async def run_workload(workload: Workload) -> list[Scene]:
    play, scenes, until = Play(workload), list[Scene](), time.monotonic() + workload.seconds
    kinds = itertools.cycle(play.kinds.items())

    async def work() -> None:
        while (at := time.monotonic()) < until:
            kind, scene = next(kinds)
            seen = await scene()
            hits = sum(each.cache == "hit" for each in seen)
            answers = len({each.id for each in seen if each.id})
            scenes.append(Scene(kind, at, time.monotonic() - at, len(seen), hits, answers, find_problem(kind, seen)))

    await asyncio.gather(*(work() for _ in range(workload.at_once)))
    return scenes


if __name__ == "__main__":
    given = msgspec.json.decode(sys.stdin.buffer.read(), type=Workload)
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(run_workload(given))))
