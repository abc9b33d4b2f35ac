"""Stored streams sent at a pace: which hits, and when each event comes. Time leaps where nothing else is to be done."""

from __future__ import annotations

import asyncio
import gzip
import selectors
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mitmproxy.connection import Client
from mitmproxy.flow import Error
from mitmproxy.http import HTTPFlow
from mitmproxy.test import tflow

from aicache.entries.stream_pace import ChunkTimes, Schedule
from aicache.patches.live_responses import ChunkSource
from aicache.patches.unread_responses import UnreadResponses
from aicache.proxy.followed_stream import FollowedStream
from aicache.proxy.paced_streams import PacedBody
from in_process import InProcessProxy, a_question, a_stream, an_answer, ask, in_process

STEADY = "stream_pace: {scale: null, every: 10s}\n"
RECORDED = "stream_pace: {max_gap: 10s, every: 7s}\n"


class LeapingLoop(asyncio.SelectorEventLoop):
    """An event loop that does not wait for its timers, but sets its clock to them."""

    def __init__(self) -> None:
        self._leapt = 0.0
        super().__init__(Leaping(self))

    def time(self) -> float:
        return super().time() + self._leapt

    def leap(self, seconds: float) -> None:
        self._leapt += seconds

    def timers(self) -> int:
        scheduled: list[Any] = self._scheduled  # type: ignore[attr-defined]  # asyncio's own list
        return sum(not timer.cancelled() for timer in scheduled)


class Leaping(selectors.SelectSelector):
    def __init__(self, loop: LeapingLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout:
            self._loop.leap(timeout)
        return super().select(0)


async def receive(source: ChunkSource) -> list[tuple[float, bytes]]:
    """Take all chunks as the generator in `live_responses` does; return each with the seconds after which it came."""
    loop, came = asyncio.get_running_loop(), []
    began = loop.time()
    while True:
        came += [(round(loop.time() - began, 1), chunk) for chunk in source.take()]
        if source.is_over():
            return came
        if (waiting := source.wait()) is not None:
            await waiting


def source_of(proxy: InProcessProxy, flow: HTTPFlow) -> ChunkSource | None:
    return proxy.addon.parts.live._sources.pop(flow, None)


def config(folder: Path, text: str) -> Path:
    file = folder / "c.yaml"
    file.write_text(text)
    return file


async def ask_again(proxy: InProcessProxy, *, first: bool = True, **how: Any) -> tuple[HTTPFlow, ChunkSource | None]:
    """Have a streamed answer stored (or a whole one), and ask for it, streamed; return the hit before it is sent."""
    answer = a_stream("one ", "two") if first else an_answer("one two")
    await proxy.send(a_question("What is DNS?", stream=first), answer)
    await proxy.settle()
    flow = a_question("What is DNS?", **({"stream": True} | how))
    await ask(proxy, flow)
    assert flow.response is not None
    assert flow.response.headers["x-cache-status"] == "hit"
    return flow, source_of(proxy, flow)


def run(test: Any) -> None:
    with asyncio.Runner(loop_factory=LeapingLoop) as runner:
        runner.run(test)


def test_events_come_in_steps_and_the_first_at_once(tmp_path: Path) -> None:
    async def test() -> None:
        async with in_process(config(tmp_path, STEADY)) as proxy:
            flow, source = await ask_again(proxy)
            assert source is not None
            assert flow.response is not None
            assert flow.response.raw_content is None
            came = await receive(source)
            whole = source.close()

            assert [at for at, _ in came] == [0.0, 10.0, 20.0, 30.0]
            assert whole == b"".join(chunk for _, chunk in came) == a_stream("one ", "two").raw_content
            assert flow.response.headers["content-length"] == str(len(whole))
            assert proxy.upstream == 1

    run(test())


def test_events_come_as_they_were_recorded(tmp_path: Path) -> None:
    async def test() -> None:
        async with in_process(config(tmp_path, RECORDED)) as proxy:
            await ask_again(proxy)
            [(key, entry)] = proxy.runtime.store.entries.items()
            assert len(entry.pace) == 8  # it came in one piece
            times, ends = ChunkTimes(), [0, entry.body.index(b"\n\n") + 2, len(entry.body) - len(b"data: [DONE]\n\n")]
            for offset, now in zip(ends, (0.0, 3.0, 90.0), strict=True):
                times.note(offset, now)
            proxy.runtime.store.entries[key] = replace(entry, pace=times.packed())
            _, source = await ask_again(proxy)
            assert source is not None

            assert [at for at, _ in await receive(source)] == [0.0, 3.0, 13.0]

    run(test())


def test_what_was_not_recorded_as_it_is_sent_comes_in_steps(tmp_path: Path) -> None:
    async def test() -> None:
        async with in_process(config(tmp_path, RECORDED)) as proxy:
            _, source = await ask_again(proxy, first=False)  # rendered from a whole answer
            assert source is not None
            came = await receive(source)

            assert [at for at, _ in came] == [7.0 * i for i in range(len(came))]
            assert len(came) > 2

    run(test())


def test_a_client_that_leaves_ends_its_stream_and_leaves_no_timer(tmp_path: Path) -> None:
    async def test() -> None:
        async with in_process(config(tmp_path, STEADY)) as proxy:
            ended: list[object] = []
            proxy.addon.parts.watchers.finished = ended.append  # type: ignore[method-assign]
            flow, source = await ask_again(proxy)
            assert source is not None
            ended.clear()
            loop = asyncio.get_running_loop()
            assert isinstance(loop, LeapingLoop)
            before = loop.timers()
            source.take()
            assert loop.timers() == before + 1
            source.close()
            flow.error = Error("Client disconnected.")
            await proxy.hook("error", flow)

            assert loop.timers() == before
            assert ended == []  # it is no request that went upstream

    run(test())


class BehindAtFirst(UnreadResponses):
    """A client that has not read what it was sent before when its stream is to begin."""

    behind = True

    def is_behind(self, client: Client) -> bool:
        return self.behind

    async def wait_until_read(self, client: Client) -> bool:
        await asyncio.sleep(60)
        self.behind = False
        return True


def test_a_stream_begins_once_its_client_has_read_what_came_before() -> None:
    async def test() -> None:
        paced = PacedBody(b"ab", Schedule((1, 2), (0.0, 5.0)))
        source = FollowedStream(paced, tflow.tclient_conn(), BehindAtFirst())

        assert await receive(source) == [(60.0, b"a"), (65.0, b"b")]

    run(test())


def test_a_stream_that_is_let_go_breaks_off() -> None:
    async def test() -> None:
        paced, woken = PacedBody(b"ab", Schedule((1, 2), (0.0, 5.0))), []
        paced.wake = lambda: woken.append(True)
        assert paced.take() == [b"a"]
        paced.let_go()

        assert (paced.is_over, paced.error is None, paced.take(), len(woken)) == (True, False, [], 2)

    run(test())


@pytest.mark.parametrize(
    ("text", "how"), [("", {}), (STEADY, {"first": False, "stream": False}), (STEADY, {"installed": False})], ids=str
)
async def test_other_hits_are_sent_at_once(tmp_path: Path, text: str, how: dict[str, Any]) -> None:
    async with in_process(config(tmp_path, text)) as proxy:
        if not how.pop("installed", True):
            proxy.addon.parts.live.uninstall()
        flow, source = await ask_again(proxy, **how)

        assert source is None
        assert flow.response is not None
        assert flow.response.raw_content


@pytest.mark.parametrize("text", ["", STEADY])
async def test_the_pace_is_stored_only_where_it_is_wanted(tmp_path: Path, text: str) -> None:
    async with in_process(config(tmp_path, text)) as proxy:
        await ask_again(proxy)

        assert [entry.pace for entry in proxy.runtime.store.entries.values()] == [b""]


async def test_offsets_in_a_compressed_stream_are_none_in_its_text(tmp_path: Path) -> None:
    async with in_process(config(tmp_path, RECORDED)) as proxy:
        answer = a_stream("one ", "two")
        answer.raw_content = gzip.compress(answer.raw_content or b"")
        answer.headers["content-encoding"] = "gzip"
        await proxy.send(a_question("What is DNS?", stream=True), answer)
        await proxy.settle()

        [entry] = proxy.runtime.store.entries.values()
        assert (entry.body, entry.pace) == (a_stream("one ", "two").raw_content, b"")
