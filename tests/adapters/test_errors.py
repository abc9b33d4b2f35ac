"""Errors of libraries and time limits, as StoreError."""

from __future__ import annotations

import asyncio
import time

import pytest

from aicache.adapters.errors import time_limit, translate_errors
from aicache.domain import loop_time
from aicache.domain.ports import Busy, ShareError, StoreError


def test_an_error_is_named_without_its_message() -> None:
    with pytest.raises(StoreError, match=r"^part: ValueError in a call$") as caught, translate_errors("part", "a call"):
        raise ValueError("hunter2")

    assert isinstance(caught.value.__cause__, ValueError)


def test_a_store_error_stays_what_it_is() -> None:
    with pytest.raises(ShareError, match=r"^as it was$"), translate_errors("part"):
        raise ShareError("as it was")


async def test_a_time_limit_that_passes_is_a_store_error() -> None:
    with pytest.raises(StoreError, match=r"^part: no answer from there within 0\.05 s$") as caught:
        async with time_limit(loop_time.loop_timeout(0.05), 0.05, "part", "there"):
            await asyncio.Event().wait()

    assert not isinstance(caught.value, Busy) and isinstance(caught.value.__cause__, TimeoutError)


async def test_a_cancellation_passes_through() -> None:
    async def work() -> None:
        async with time_limit(loop_time.loop_timeout(5), 5, "part"):
            with translate_errors("part"):
                await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_loop_that_was_late_itself_is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop_time, "MAX_LATENESS_S", 0.1)
    with pytest.raises(Busy, match="too busy to listen"):
        async with time_limit(loop_time.loop_timeout(0.05), 0.05, "part"):
            asyncio.get_running_loop().call_later(0.03, time.sleep, 0.5)
            await asyncio.Event().wait()
