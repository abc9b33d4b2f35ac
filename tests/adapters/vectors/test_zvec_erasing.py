"""What was deleted from zvec leaves its files, and nothing else does."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from aicache.adapters.vectors import zvec_rewrite
from aicache.adapters.vectors.zvec import ZvecIndex
from aicache.domain.model import PINNED, Vector
from sample_vectors import ALICE, K1, K2, K3, LATER, digest, random_vector

DIMENSIONS = 8


def a_vector(seed: int) -> Vector:
    return random_vector(seed, DIMENSIONS)


def in_files(index: ZvecIndex, *seeds: int) -> set[int]:
    """Return the seeds of those vectors whose numbers are in the index's files, in whatever order."""
    data = [path.read_bytes() for path in index._folder.path.parent.rglob("*") if path.is_file()]
    return {seed for seed in seeds if any(all(n.tobytes() in each for n in a_vector(seed)) for each in data)}


def _names(folder: Path) -> set[str]:
    """Return what is in a folder, but for the notes beside an index."""
    return {path.name for path in folder.iterdir() if not path.name.endswith((".begun", ".erased"))}


async def test_erasing_leaves_no_number_of_what_was_deleted_or_expired_and_finds_the_rest(zvec: ZvecIndex) -> None:
    """Compacting alone keeps them: fewer than a third are deleted."""
    for seed in range(90):
        await zvec.upsert(digest(seed), ALICE, a_vector(seed), 50.0 if seed == 2 else LATER)
    await zvec.delete([digest(1)])
    await zvec.sweep(100.0)
    assert in_files(zvec, 1, 2, 3) >= {1, 3}

    await zvec.erase()

    assert in_files(zvec, 1, 2, 3, 89) == {3, 89}
    assert await zvec.count() == 88
    assert [n.key for n in await zvec.search(ALICE, a_vector(3), 1)] == [digest(3)]


async def test_what_is_written_and_deleted_while_it_is_erased_is_not_lost_and_not_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zvec_rewrite, "COPY_BATCH_SIZE", 10)
    index = ZvecIndex(tmp_path / "zvec", DIMENSIONS)
    await index.open()
    for seed in range(2000):
        await index.upsert(digest(seed), ALICE, a_vector(seed), LATER)
    await index.delete([digest(0)])

    erasing = asyncio.create_task(index.erase())
    await asyncio.sleep(0.01)
    for seed in range(20):
        await index.upsert(digest(f"new {seed}"), ALICE, a_vector(5000 + seed), LATER)
        await index.delete([digest(1999 - seed)])
    assert not erasing.done()
    await erasing
    await index.erase()  # what was deleted meanwhile

    assert await index.count() == 1999
    assert [n.key for n in await index.search(ALICE, a_vector(5019), 1)] == [digest("new 19")]
    assert (await index.search(ALICE, a_vector(1999), 1))[0].similarity < 0.999
    assert in_files(index, 0, 1980, 1999, 5019) == {5019}
    await index.close()


async def test_closing_while_it_is_erased_leaves_it_as_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "vectors" / "space"
    index = ZvecIndex(folder, DIMENSIONS)
    await index.open()
    for seed in range(1000):
        await index.upsert(digest(seed), ALICE, a_vector(seed), LATER)
    await index.delete([digest(0)])
    erasing = asyncio.create_task(index.erase())
    await asyncio.sleep(0.01)
    await index.close()
    await asyncio.wait([erasing])
    assert erasing.exception() is not None

    again = ZvecIndex(folder, DIMENSIONS)
    await again.open()

    assert await again.count() == 999
    assert _names(folder.parent) == {"space"}
    await again.erase()  # that something is left is known over a restart
    assert in_files(again, 0, 1) == {1}
    await again.close()


@pytest.mark.parametrize("there", [("old", "new"), ("old",), ("space", "new"), ("space", "old", "new")])
async def test_a_process_that_ended_while_one_folder_took_the_others_place_costs_no_vector(
    tmp_path: Path, there: Sequence[str]
) -> None:
    index = ZvecIndex(tmp_path / "space", DIMENSIONS)
    await index.open()
    await index.upsert(K1, ALICE, a_vector(1), LATER)
    await index.close()
    whole = tmp_path / "whole"
    (tmp_path / "space").rename(whole)
    for name in there:
        shutil.copytree(whole, tmp_path / ("space" if name == "space" else f"space.{name}"))

    again = ZvecIndex(tmp_path / "space", DIMENSIONS)
    await again.open()

    assert await again.count() == 1
    assert _names(tmp_path) == {"space", "whole"}
    await again.close()


@pytest.mark.slow
async def test_what_is_new_or_erased_is_clean_and_what_was_deleted_from_is_not_also_after_a_restart(
    tmp_path: Path,
) -> None:
    clean = []
    for steps in ("", "upsert", "delete", "", "erase", ""):
        index = ZvecIndex(tmp_path / "space", DIMENSIONS)
        await index.open()
        if steps == "upsert":
            await index.upsert(K1, ALICE, a_vector(1), LATER)
        elif steps == "delete":
            await index.delete([K2])
        elif steps == "erase":
            await index.erase()
        clean.append(index.is_clean)
        await index.close()

    assert clean == [True, True, False, False, True, True]


@pytest.mark.parametrize("page_size", [7, 300])
@pytest.mark.parametrize("lifetimes", [1, 3, 200, PINNED], ids=str)
async def test_all_keys_are_told_page_by_page(zvec: ZvecIndex, page_size: int, lifetimes: float) -> None:
    for seed in range(200):
        expires = PINNED if lifetimes == PINNED else LATER + seed % lifetimes
        await zvec.upsert(digest(seed), digest(-1 - seed % 70), a_vector(seed), expires)
    await zvec.delete([digest(0)])

    pages = [page async for page in zvec.key_pages(page_size)]

    assert sorted(key for page in pages for key in page) == sorted(digest(seed) for seed in range(1, 200))
    assert max(map(len, pages)) <= page_size


async def test_one_namespace_of_one_second_is_a_page_however_large(zvec: ZvecIndex) -> None:
    for seed in range(20):
        await zvec.upsert(digest(seed), "abc" if seed % 2 else "abcd", a_vector(seed), LATER)

    pages = [page async for page in zvec.key_pages(4)]

    assert sorted(map(sorted, pages)) == sorted(
        sorted(digest(seed) for seed in range(start, 20, 2)) for start in (0, 1)
    )


async def test_emptying_leaves_nothing_and_goes_on(zvec: ZvecIndex) -> None:
    for seed in range(10):
        await zvec.upsert(digest(seed), ALICE, a_vector(seed), LATER)

    await zvec.clear()
    await zvec.upsert(K1, ALICE, a_vector(20), LATER)

    assert await zvec.count() == 1
    assert in_files(zvec, 1, 9, 20) == {20}


async def test_a_vector_of_a_clock_that_was_ahead_goes_and_a_pinned_one_stays(zvec: ZvecIndex) -> None:
    for key, until in ((K1, LATER + 10 * 365 * 86400), (K2, LATER - 5), (K3, PINNED)):
        await zvec.upsert(key, ALICE, a_vector(1), until)

    await zvec.sweep(100.0, LATER)

    assert {n.key for n in await zvec.search(ALICE, a_vector(1), 5)} == {K2, K3}
