"""Background tasks that are kept until they are done."""

from __future__ import annotations

import asyncio
import gc

from aicache.domain.asyncio_tasks import TaskSet


async def test_a_task_is_kept_until_it_is_done() -> None:
    tasks, go, done = TaskSet(), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        await go.wait()
        done.set()

    tasks.spawn(work())
    gc.collect()
    assert len(tasks) == 1
    go.set()
    await done.wait()
    await asyncio.sleep(0)

    assert len(tasks) == 0


async def test_canceling_waits_for_every_end() -> None:
    tasks, ended = TaskSet(), []

    async def work(number: int) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.01)
            ended.append(number)

    for number in range(3):
        tasks.spawn(work(number))
    await asyncio.sleep(0)
    await tasks.cancel_and_wait()

    assert sorted(ended) == [0, 1, 2] and len(tasks) == 0
