"""Vectors held in memory: they answer as zvec does whatever is written meanwhile, and stay within their bytes."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from adapters.vectors.vector_checks import brute, check_one_thread_searches_while_another_writes
from aicache.adapters.vectors import in_memory_vectors, promotion
from aicache.adapters.vectors.in_memory_vectors import InMemoryVectors
from aicache.adapters.vectors.namespace_matrix import INITIAL_ROWS, NamespaceMatrix
from aicache.adapters.vectors.zvec import ZvecIndex
from aicache.domain.model import Vector
from aicache.domain.ports import StoreError
from sample_vectors import LATER, digest

DIMENSIONS = 8


def hash_of(*what: object) -> int:
    return int(digest(what)[:8], 16)


def a_vector(seed: int) -> Vector:
    return np.random.default_rng(seed).standard_normal(DIMENSIONS).astype(np.float32)


@pytest.mark.parametrize("seed", range(20))
def test_it_finds_what_a_loop_finds_after_any_writes(seed: int) -> None:
    chance = random.Random(seed)
    held, vectors = NamespaceMatrix(DIMENSIONS), dict[str, Vector]()
    for step in range(chance.choice((5, 50, 5 * INITIAL_ROWS))):
        key = str(chance.randrange(200))
        if chance.random() < 0.7:
            vectors[key] = a_vector(1000 * seed + step)
            held.put(key, vectors[key], LATER)
        else:
            held.drop(key)
            vectors.pop(key, None)

    for top_k in (1, 5, 1000):
        found = [(n.key, n.similarity) for n in held.nearest(a_vector(seed), top_k)]
        expected = brute(vectors, a_vector(seed), top_k)
        assert [key for key, _ in found] == [key for key, _ in expected]
        assert [cosine for _, cosine in found] == pytest.approx([cosine for _, cosine in expected], abs=1e-5)


def test_several_are_found_as_each_alone() -> None:
    held = NamespaceMatrix(DIMENSIONS)
    for i in range(5 * INITIAL_ROWS):
        held.put(str(i), a_vector(i), LATER)
    wanted = [a_vector(1000 + i) for i in range(7)]

    for found, alone in zip(held.nearest_to_each(wanted, 5), [held.nearest(each, 5) for each in wanted], strict=True):
        assert [n.key for n in found] == [n.key for n in alone]
        assert [n.similarity for n in found] == pytest.approx([n.similarity for n in alone], abs=1e-6)


def test_an_empty_one_finds_nothing() -> None:
    assert NamespaceMatrix(DIMENSIONS).nearest(a_vector(1), 5) == []
    assert NamespaceMatrix(DIMENSIONS).nearest_to_each([a_vector(1), a_vector(2)], 5) == [[], []]


async def test_searches_at_once_have_each_its_own_answer(tmp_path: Path) -> None:
    index = ZvecIndex(tmp_path / "zvec", DIMENSIONS)
    await index.open()
    spaces = [digest("held"), digest("rare")]
    vectors = {space: {digest((space, i)): a_vector(hash_of(space, i)) for i in range(50)} for space in spaces}
    for space in spaces:
        for key, vector in vectors[space].items():
            await index.upsert(key, space, vector, LATER)
    for _ in range(5):
        await index.search(spaces[0], a_vector(0), 1)
    async with asyncio.timeout(5):
        while not (await index._find(spaces[0], a_vector(0), 1))[1]:
            await asyncio.sleep(0.01)

    asked = [(spaces[i % 3 == 0], a_vector(i), 1 + i % 4) for i in range(150)]  # more than go at once
    found = await asyncio.gather(*(index.search(*each) for each in asked))

    for (space, vector, top_k), neighbors in zip(asked, found, strict=True):
        assert [n.key for n in neighbors] == [key for key, _ in brute(vectors[space], vector, top_k)]
    await index.close()


def test_the_namespaces_searched_last_stay_within_the_limit() -> None:
    one = INITIAL_ROWS * DIMENSIONS * 4
    held = InMemoryVectors(DIMENSIONS, 3 * one)
    for name in "abcd":
        held.begin(name)
        held.nearest_to_each("a", [a_vector(1)], 1)
        held.put(f"key of {name}", name, a_vector(1), LATER)

    assert [name for name in "abcd" if name in held._namespaces] == ["a", "c", "d"]
    for i in range(3 * INITIAL_ROWS):  # it outgrows the limit alone
        held.nearest_to_each("a", [a_vector(1)], 1)
        held.put(f"{i}", "a", a_vector(i), LATER)
    assert [name for name in "abcd" if name in held._namespaces] == []
    held.drop(["key of a", "0"])  # known to nobody any more


async def test_what_is_in_memory_waits_for_no_write_and_no_compaction(tmp_path: Path) -> None:
    index = ZvecIndex(tmp_path / "zvec", DIMENSIONS)
    await index.open()
    space = digest("space")
    await index.upsert(digest("key"), space, a_vector(1), LATER)
    async with asyncio.timeout(5):
        while not (await index._find(space, a_vector(1), 1))[1]:
            await index.search(space, a_vector(1), 1)
    free = threading.Event()
    busy = asyncio.create_task(index._call(free.wait, 5))
    await asyncio.sleep(0.05)

    [found] = await index.search(space, a_vector(1), 1)

    assert found.key == digest("key")
    assert not busy.done()
    free.set()
    await busy
    await index.close()


def test_one_thread_searches_while_another_writes() -> None:
    check_one_thread_searches_while_another_writes(InMemoryVectors(DIMENSIONS, 1 << 20), DIMENSIONS, 3000)


async def test_zvec_and_memory_agree_while_a_namespace_is_brought_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writes and deletions come between the parts of the loading."""
    monkeypatch.setattr(promotion, "PROMOTION_BATCH_SIZE", 10)
    index = ZvecIndex(tmp_path / "zvec", DIMENSIONS)
    await index.open()
    space, other = digest("space"), digest("other")
    vectors = {digest(i): a_vector(i) for i in range(300)}
    for key, vector in vectors.items():
        await index.upsert(key, space, vector, LATER)

    chance = random.Random(7)
    for step in range(120):
        key = digest(chance.randrange(320))
        match chance.randrange(4):
            case 0:
                await index.delete([key])
                vectors.pop(key, None)
            case 1:
                await index.upsert(key, other, a_vector(step), LATER)
                vectors.pop(key, None)
            case _:
                vectors[key] = a_vector(1000 + step)
                await index.upsert(key, space, vectors[key], LATER)
        found = await index.search(space, a_vector(step), 20)
        assert [n.key for n in found] == [key for key, _ in brute(vectors, a_vector(step), 20)], step
    await index._promotion.loading.wait()

    assert (await index._find(space, a_vector(1), 5))[1]
    await index.close()


async def test_a_namespace_that_is_too_large_is_searched_in_zvec(tmp_path: Path) -> None:
    index = ZvecIndex(tmp_path / "zvec", DIMENSIONS, max_memory_bytes=2 * INITIAL_ROWS * DIMENSIONS * 4)
    await index.open()
    space = digest("space")
    for i in range(INITIAL_ROWS + 1):
        await index.upsert(digest(i), space, a_vector(i), LATER)

    for i in range(10):
        assert (await index.search(space, a_vector(i), 1))[0].key == digest(i)
        await index._promotion.loading.wait()

    assert not (await index._find(space, a_vector(1), 5))[1]
    await index.close()


async def test_a_namespace_that_takes_too_long_to_search_is_brought_into_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = ZvecIndex(tmp_path / "zvec", DIMENSIONS)
    await index.open()
    space = digest("space")
    await index.upsert(digest(1), space, a_vector(1), LATER)
    monkeypatch.setattr(index._folder, "search", lambda *_: time.sleep(0.1))

    for _ in range(promotion.PROMOTE_AFTER_SEARCHES):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(index.search(space, a_vector(1), 1), 0.01)
    await index._promotion.loading.wait()

    assert [each.key for each in await index.search(space, a_vector(1), 1)] == [digest(1)]
    await index.close()


async def test_a_namespace_whose_loading_has_failed_is_loaded_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(promotion, "TRY_AGAIN_AFTER_SEARCHES", 8)
    index = ZvecIndex(tmp_path / "zvec", DIMENSIONS)
    await index.open()
    space = digest("space")
    await index.upsert(digest(1), space, a_vector(1), LATER)
    failures = []

    def fail(*_: object) -> None:
        failures.append(1)
        raise StoreError("zvec: no answer within 5 s")

    with monkeypatch.context() as busy:
        busy.setattr(index._folder, "promote", fail)
        for _ in range(promotion.PROMOTE_AFTER_SEARCHES + 2):
            await index.search(space, a_vector(1), 1)
            await index._promotion.loading.wait()
    assert failures == [1]
    assert not (await index._find(space, a_vector(1), 1))[1]

    for _ in range(8):
        await index.search(space, a_vector(1), 1)
        await index._promotion.loading.wait()

    assert (await index._find(space, a_vector(1), 1))[1]
    await index.close()


def test_a_small_namespace_is_searched_at_once_unless_it_is_being_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_memory_vectors, "SMALL_TO_VECTORS", 10)
    memory = InMemoryVectors(DIMENSIONS, 1 << 20)
    memory.begin("space")
    for i in range(10):
        memory.put(digest(i), "space", a_vector(i), LATER)
    assert memory.nearest_in_small("space", a_vector(3), 5) is None  # not complete
    memory.complete("space")

    found = memory.nearest_in_small("space", a_vector(3), 5)
    among_all = memory.nearest_to_each("space", [a_vector(3)], 5)
    with memory._lock:  # as another thread has it that writes
        held: list[object] = []
        thread = threading.Thread(target=lambda: held.append(memory.nearest_in_small("space", a_vector(3), 5)))
        thread.start()
        thread.join(5)
    memory.put(digest(11), "space", a_vector(11), LATER)

    assert [found] == among_all
    assert found is not None and found[0].key == digest(3)
    assert held == [None]
    assert memory.nearest_in_small("space", a_vector(3), 5) is None  # not small
    assert memory.nearest_in_small("another", a_vector(3), 5) is None
