"""Questions that wait at the same time are answered at once, each with what is its own."""

from __future__ import annotations

import asyncio
import threading

import pytest

from aicache.adapters.threads import CoalescingWorker, Worker
from aicache.domain.ports import StoreError


class Halves:
    """Halves even numbers, odd ones are errors; *go* lets it work."""

    def __init__(self, most: int = 10, max_waiting: int = 256) -> None:
        self.batches: list[list[int]] = []
        self.busy, self.go = threading.Event(), threading.Event()
        self.worker = Worker("test", max_waiting=max_waiting)
        self.together = CoalescingWorker(self.worker, self.answer, most)

    def answer(self, numbers: list[int]) -> list[int | Exception]:
        self.busy.set()
        self.go.wait(5)
        self.batches.append([*numbers])
        return [ValueError(str(each)) if each % 2 else each // 2 for each in numbers]


async def test_what_comes_while_it_is_busy_is_answered_together() -> None:
    halves = Halves(most=4)
    first = asyncio.create_task(halves.together.submit(0))
    await asyncio.sleep(0.05)

    rest = [asyncio.create_task(halves.together.submit(each)) for each in range(2, 14, 2)]
    await asyncio.sleep(0.05)
    halves.go.set()

    assert await asyncio.gather(first, *rest) == [0, 1, 2, 3, 4, 5, 6]
    assert halves.batches == [[0], [2, 4, 6, 8], [10, 12]]
    assert await halves.together.submit(20) == 10
    await halves.worker.close()


async def test_an_error_is_its_askers_alone() -> None:
    halves = Halves()
    halves.go.set()

    answers = await asyncio.gather(*(halves.together.submit(each) for each in (2, 3, 4)), return_exceptions=True)

    assert [str(each) for each in answers] == ["1", "3", "2"]
    await halves.worker.close()


async def test_who_no_longer_waits_takes_the_question_with_it_and_no_answer_from_others() -> None:
    halves = Halves()
    busy = asyncio.create_task(halves.together.submit(0))
    await asyncio.to_thread(halves.busy.wait, 5)
    asking = [asyncio.create_task(halves.together.submit(each)) for each in (2, 4, 6)]
    gone = [asyncio.create_task(halves.together.submit(8))]
    await asyncio.sleep(0.05)

    for each in (busy, asking[0], asking[1], *gone):
        each.cancel()
    await asyncio.sleep(0)
    halves.go.set()

    assert await asking[2] == 3
    assert halves.batches == [[0], [6]]
    await halves.worker.close()


async def test_questions_that_were_refused_refuse_no_later_ones() -> None:
    halves = Halves(most=1, max_waiting=1)
    asking = [asyncio.create_task(halves.together.submit(2))]
    await asyncio.to_thread(halves.busy.wait, 5)
    asking += [asyncio.create_task(halves.together.submit(each)) for each in (4, 6)]
    await asyncio.sleep(0.05)
    halves.go.set()

    answers = await asyncio.gather(*asking, return_exceptions=True)

    assert [type(each) for each in answers] == [int, int, StoreError]
    assert await halves.together.submit(8) == 4
    await halves.worker.close()
    with pytest.raises(StoreError):
        await halves.together.submit(10)
    with pytest.raises(StoreError):
        await halves.together.submit(12)
