"""Indexes of zvec: an empty one, and the files of one that is filled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aicache.adapters.vectors.zvec import ZvecIndex
from aicache.domain.model import Vector
from sample_vectors import LATER, digest, random_vector

DIMENSIONS = 8


def a_vector(seed: int) -> Vector:
    return random_vector(seed, DIMENSIONS)


@pytest.fixture
async def zvec(tmp_path: Path) -> AsyncIterator[ZvecIndex]:
    index = ZvecIndex(tmp_path / "data" / "zvec", DIMENSIONS)
    await index.open()
    yield index
    await index.close()


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 300 vectors in five namespaces, to be copied."""
    folder = tmp_path_factory.mktemp("filled") / "zvec"

    async def fill() -> None:
        index = ZvecIndex(folder, DIMENSIONS)
        await index.open()
        for i in range(300):
            await index.upsert(digest(i), digest(i % 5), a_vector(i), LATER)
        await index.close()

    asyncio.run(fill())
    return folder
