"""Of what there is only so much of, one caller never has all: in the background's tasks, and at the embedder."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np
import pytest

from aicache.adapters.embedders.batching import Batcher
from aicache.domain.model import Vector
from aicache.domain.ports import Busy, Purpose
from aicache.engine.background_tasks import BackgroundTasks
from aicache.engine.fair_shares import FairShares


def fill(shares: FairShares, caller: object) -> int:
    """Take all that a caller gets, and return how much that is."""
    count = 0
    while shares.acquire(caller):
        count += 1
    return count


def test_one_caller_has_two_thirds_and_there_is_always_a_place_for_another() -> None:
    shares = FairShares(90)

    assert [fill(shares, who) for who in range(6)] == [60, 20, 7, 2, 1, 0]


def test_what_is_given_back_may_be_taken_again() -> None:
    shares = FairShares(3)
    with shares.place("a"), shares.place("a"):
        with pytest.raises(Busy), shares.place("a"):
            pass
        assert shares.acquire("b")
    shares.release("b")

    assert fill(shares, "a") == 2


def test_what_nobody_in_particular_asks_for_may_have_all_that_is_free() -> None:
    assert fill(FairShares(10), None) == 10


async def test_one_callers_tasks_do_not_take_the_place_of_anothers() -> None:
    refused: list[str] = []
    tasks = BackgroundTasks(30, lambda: refused.append("refused"))
    gate = asyncio.Event()

    async def waits() -> None:
        await gate.wait()

    assert [tasks.spawn(waits(), "a") for _ in range(25)].count(True) == 20
    assert tasks.spawn(waits(), "b")
    assert len(tasks) == 21
    assert len(refused) == 5
    gate.set()
    await tasks.drain(1)
    assert tasks.spawn(waits(), "a")
    await tasks.drain(1)


async def test_the_embedder_takes_partitions_in_turn() -> None:
    batches: list[list[str]] = []
    gate = asyncio.Event()

    async def send(texts: list[str], purpose: Purpose) -> Sequence[Vector]:
        batches.append(texts)
        await gate.wait()
        return [np.ones(2, np.float32)] * len(texts)

    batcher = Batcher("embedder", send, max_batch=4)
    first = asyncio.create_task(batcher.embed(["first"], "query", "a"))
    while not batches:
        await asyncio.sleep(0)
    many = asyncio.create_task(batcher.embed([f"a{i}" for i in range(12)], "query", "a"))
    await asyncio.sleep(0)
    one = asyncio.create_task(batcher.embed(["b"], "query", "b"))
    await asyncio.sleep(0)
    gate.set()

    await asyncio.gather(first, many, one)
    await batcher.close()

    assert batches[1] == ["a0", "b", "a1", "a2"]
    assert [text for batch in batches[2:] for text in batch] == [f"a{i}" for i in range(3, 12)]
