"""Large bodies are read one at a time, callers in turn, and nobody waits longer than its deadline."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator

import pytest

from aicache.proxy.body_readers import MAX_WAITING, MAX_WAITING_PER_CALLER, BodyReaders, Busy


@pytest.fixture
async def readers() -> AsyncIterator[BodyReaders]:
    readers = BodyReaders()
    yield readers
    readers.close()


def soon(seconds: float = 10.0) -> float:
    return asyncio.get_running_loop().time() + seconds


async def test_what_is_read_is_returned_and_what_is_raised_is_raised(readers: BodyReaders) -> None:
    def fails() -> None:
        raise ValueError("no")

    assert await readers.run("a", soon(), max, 1, 2) == 2
    with pytest.raises(ValueError, match="no"):
        await readers.run("a", soon(), fails)
    assert await readers.run("a", soon(), threading.current_thread) is not threading.main_thread()


async def test_callers_are_read_in_turn(readers: BodyReaders) -> None:
    read: list[str] = []
    gate = threading.Event()
    first = asyncio.create_task(readers.run("a", soon(), gate.wait, 10))
    await asyncio.sleep(0)
    rest = [asyncio.create_task(readers.run("a", soon(), read.append, f"a{i}")) for i in range(5)]
    await asyncio.sleep(0)
    rest += [asyncio.create_task(readers.run(who, soon(), read.append, who)) for who in "bc"]
    await asyncio.sleep(0)

    gate.set()
    await asyncio.gather(first, *rest)

    assert read == ["a0", "b", "c", "a1", "a2", "a3", "a4"]


async def test_one_is_read_at_a_time_though_its_caller_has_gone(readers: BodyReaders) -> None:
    active, most = 0, 0

    def reading() -> None:
        nonlocal active, most
        active += 1
        most = max(most, active)
        time.sleep(0.02)
        active -= 1

    with pytest.raises(Busy):
        await readers.run("a", soon(0.005), reading)
    leaver = asyncio.create_task(readers.run("a", soon(), reading))
    await asyncio.sleep(0)
    leaver.cancel()
    await asyncio.gather(*(readers.run(who, soon(), reading) for who in "abcd"))

    assert most == 1


async def test_what_waits_past_its_deadline_is_never_begun(readers: BodyReaders) -> None:
    began: list[str] = []
    gate = threading.Event()
    first = asyncio.create_task(readers.run("a", soon(), gate.wait, 10))
    await asyncio.sleep(0)

    with pytest.raises(Busy):
        await readers.run("b", soon(0.01), began.append, "b")
    gate.set()
    await first
    await readers.run("c", soon(), began.append, "c")

    assert began == ["c"]


async def test_one_callers_queue_is_full_before_all_of_it_is(readers: BodyReaders) -> None:
    gate = threading.Event()
    waiting = [asyncio.create_task(readers.run("a", soon(), gate.wait, 10)) for _ in range(MAX_WAITING_PER_CALLER + 1)]
    await asyncio.sleep(0)

    with pytest.raises(Busy):
        await readers.run("a", soon(), max, 1, 2)
    other = asyncio.create_task(readers.run("b", soon(), max, 1, 2))
    await asyncio.sleep(0)
    more = [asyncio.create_task(readers.run(i, soon(), max, 1, 2)) for i in range(MAX_WAITING)]
    await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(*waiting)

    assert await other == 2
    refused = [each for each in await asyncio.gather(*more, return_exceptions=True) if isinstance(each, Busy)]
    assert len(refused) == MAX_WAITING_PER_CALLER + 1
    assert await readers.run("a", soon(), max, 1, 2) == 2
