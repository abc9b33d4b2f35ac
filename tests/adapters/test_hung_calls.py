"""Calls of blocking libraries that do not return: they are noticed, and the process can end all the same."""

from __future__ import annotations

import asyncio
import atexit
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator

import pytest

from aicache.adapters import hung_calls
from aicache.adapters.hung_calls import HUNG_AFTER_S, LONG_CALL_FACTOR, LOOK_INTERVAL_S, HungCalls
from aicache.adapters.threads import Worker

LOOKS = round(HUNG_AFTER_S / LOOK_INTERVAL_S) + 1


class Blocked:
    """A worker whose thread is in a call until it is *let go*."""

    def __init__(self) -> None:
        self.worker, self.go, self.begun = Worker("ai-cache-test"), threading.Event(), threading.Event()

    def native(self) -> None:
        self.begun.set()
        self.go.wait()

    async def block(self, may_take: float = 0.0) -> asyncio.Task[None]:
        call = asyncio.create_task(self.worker.run(self.native, may_take=may_take))
        await asyncio.to_thread(self.begun.wait)
        return call


@pytest.fixture
async def blocked() -> AsyncIterator[Blocked]:
    made = Blocked()
    yield made
    made.go.set()
    await made.worker.close()
    atexit.unregister(hung_calls._end_soon)  # this process may take its time


async def test_a_call_hangs_after_a_minute_is_told_once_and_may_still_return(blocked: Blocked) -> None:
    told: list[str] = []
    calls = HungCalls([Worker("ai-cache-idle"), blocked.worker], told.append)
    call = await blocked.block()

    for _ in range(LOOKS - 1):
        calls.look()
    assert (calls.any_hangs, told) == (False, [])
    for _ in range(3):
        calls.look()

    assert calls.any_hangs
    assert told == ["the call native of ai-cache-test has not returned for 60 s"]
    blocked.go.set()
    await call
    await blocked.worker.run(time.monotonic)
    assert not calls.any_hangs


async def test_a_call_that_may_take_long_may_also_be_late(blocked: Blocked) -> None:
    told: list[str] = []
    calls = HungCalls([blocked.worker], told.append)
    await blocked.block(may_take=HUNG_AFTER_S)

    for _ in range(LONG_CALL_FACTOR * (LOOKS - 1)):
        calls.look()
    assert not told
    for _ in range(LOOKS):
        calls.look()

    assert calls.any_hangs


async def test_one_call_after_the_other_is_no_hang(blocked: Blocked) -> None:
    calls = HungCalls([blocked.worker], pytest.fail)

    for _ in range(3 * LOOKS):
        blocked.go.clear()
        blocked.begun.clear()
        call = await blocked.block()
        calls.look()
        blocked.go.set()
        await call

    assert not calls.any_hangs


STUCK_AT_THE_END = """
import asyncio, ctypes, threading
from aicache.adapters import hung_calls
from aicache.adapters.threads import Worker

hung_calls.HUNG_AFTER_S, hung_calls.END_WITHIN_S = 0.0, 0.5
libc = ctypes.CDLL(None)
libc.__cxa_atexit(libc.pause, None, None)  # as a library that waits for a thread of its own when it is unloaded

async def main():
    worker = Worker("ai-cache-test")
    call = asyncio.ensure_future(worker.run(threading.Event().wait))
    while worker.running is None:
        await asyncio.sleep(0.01)
    calls = hung_calls.HungCalls([worker], print)
    calls.look()
    assert calls.any_hangs

asyncio.run(main())
print("ended", flush=True)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the C library's name for it")
def test_a_process_ends_although_a_library_waits_for_the_call() -> None:
    done = subprocess.run(
        [sys.executable, "-c", STUCK_AT_THE_END],
        env={"PYTHONPATH": ":".join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        timeout=30,
    )

    assert done.stdout.endswith("ended\n"), done.stderr
    assert done.returncode == -14  # SIGALRM
