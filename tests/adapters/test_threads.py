"""The worker thread: order, refusal, cancellation, and an end that never blocks."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from aicache.adapters.threads import Pool, Worker
from aicache.domain.ports import StoreError

ADDON = Path(__file__).parents[2] / "addon"


async def test_calls_run_in_order_on_one_thread_of_its_name() -> None:
    worker = Worker("of-one-kind")
    seen: list[tuple[int, str]] = []

    await asyncio.gather(
        *(worker.run(lambda i=i: seen.append((i, threading.current_thread().name))) for i in range(20))
    )

    assert seen == [(i, "of-one-kind") for i in range(20)]
    await worker.close()


async def test_what_a_call_raises_reaches_its_caller_and_the_next_call_runs() -> None:
    worker = Worker("test")

    with pytest.raises(ZeroDivisionError):
        await worker.run(lambda: 1 / 0)

    assert await worker.run(pow, 2, 5) == 32
    await worker.close()


async def test_the_loop_runs_on_while_a_call_blocks() -> None:
    worker = Worker("test")
    ticks = 0

    blocking = asyncio.create_task(worker.run(time.sleep, 0.2))
    while not blocking.done():
        await asyncio.sleep(0.01)
        ticks += 1

    assert ticks > 5
    await worker.close()


async def test_too_many_waiting_calls_are_refused_at_once() -> None:
    worker = Worker("test", max_waiting=2)
    free = threading.Event()
    running = asyncio.create_task(worker.run(free.wait))
    await asyncio.sleep(0.05)
    waiting = [asyncio.create_task(worker.run(int)) for _ in range(2)]
    await asyncio.sleep(0)

    with pytest.raises(StoreError, match="2 calls are waiting already"):
        await worker.run(int)

    free.set()
    await asyncio.gather(running, *waiting)
    assert await worker.run(int) == 0
    await worker.close()


async def test_a_call_whose_caller_has_gone_does_not_begin() -> None:
    worker = Worker("test")
    free = threading.Event()
    ran: list[str] = []
    running = asyncio.create_task(worker.run(free.wait))
    leaver = asyncio.create_task(worker.run(ran.append, "left"))
    stayer = asyncio.create_task(worker.run(ran.append, "stayed"))
    await asyncio.sleep(0.05)

    leaver.cancel()
    await asyncio.sleep(0)
    free.set()
    await asyncio.gather(running, stayer)

    assert ran == ["stayed"]
    await worker.close()


async def test_closing_lets_waiting_calls_finish_then_runs_the_last_one() -> None:
    worker = Worker("test")
    ran: list[int] = []

    def slowly(i: int) -> None:
        time.sleep(0.01)
        ran.append(i)

    calls = [asyncio.create_task(worker.run(slowly, i)) for i in range(5)]
    await asyncio.sleep(0)

    await worker.close(lambda: ran.append(99))

    assert ran == [0, 1, 2, 3, 4, 99]
    await asyncio.gather(*calls)
    with pytest.raises(StoreError, match="closed"):
        await worker.run(int)
    await worker.close()


async def test_closing_behind_a_hung_call_gives_up_in_time() -> None:
    worker = Worker("test")
    free = threading.Event()
    hung = asyncio.create_task(worker.run(free.wait))
    await asyncio.sleep(0.02)

    with pytest.raises(StoreError, match=r"not finished within 0\.1 s"):
        await worker.close(within=0.1)

    free.set()
    await hung


def test_a_hung_call_does_not_keep_the_interpreter_alive() -> None:
    code = """
import asyncio, threading
from aicache.adapters.threads import Pool, Worker

async def main():
    worker = Worker("hung")
    asyncio.create_task(worker.run(threading.Event().wait))
    await asyncio.sleep(0.05)
    print("leaving")

asyncio.run(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(ADDON)}, capture_output=True, text=True, timeout=10
    )

    assert (done.returncode, done.stdout) == (0, "leaving\n")


@pytest.mark.parametrize("error", [SystemExit(1), KeyboardInterrupt(), StopIteration(), GeneratorExit()])
async def test_what_would_end_the_program_is_raised_as_an_ordinary_error(error: BaseException) -> None:
    worker = Worker("raising")

    def fail() -> None:
        raise error

    with pytest.raises(RuntimeError, match=type(error).__name__):
        async with asyncio.timeout(5):
            await worker.run(fail)

    await worker.close()


@pytest.mark.parametrize("worker", [Worker("test"), Pool("test", 3)], ids=["worker", "pool"])
async def test_a_call_for_which_there_is_no_thread_fails_at_once_and_the_next_one_may_succeed(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as full:
        full.setattr(threading.Thread, "start", start)
        async with asyncio.timeout(5):
            with pytest.raises(StoreError, match="test: a thread cannot be started"):
                await worker.run(pow, 2, 5)

    async with asyncio.timeout(5):
        assert await worker.run(pow, 2, 5) == 32
    await worker.close()
