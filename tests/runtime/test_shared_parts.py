"""What a worker gets from the process that owns the data folder: vectors of texts, and nothing of another embedder."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from aicache.adapters.embedders.local import MAX_TEXT_CHARS
from aicache.adapters.embedders.remote_embedder import RemoteEmbedder
from aicache.adapters.memory import MemoryIndex
from aicache.adapters.unix_rpc.client import RpcClient
from aicache.adapters.unix_rpc.server import RpcServer
from aicache.adapters.vectors.remote_index import RemoteIndex
from aicache.domain.model import Vector
from aicache.domain.policy import Rules
from aicache.domain.ports import StoreError
from aicache.engine import Engine
from aicache.runtime.shared_parts import SharedParts
from aicache.runtime.worker_process import connect_to_owner, owner_socket
from fakes import BrokenEmbedder, LetterEmbedder

SPACE = "use-multilingual-3-512"


class Letters(LetterEmbedder):
    """In the place of the local encoder: as wide, and under its name."""

    model = RemoteEmbedder.model
    dimensions = RemoteEmbedder.dimensions


@pytest.fixture
def engine() -> Engine:
    return Engine(Rules(100, 10_000, None, 0.95, 5, 400), 1.0)


@pytest.fixture
async def owner(tmp_path: Path, engine: Engine) -> AsyncIterator[RpcClient]:
    server = RpcServer(owner_socket(tmp_path), SharedParts(engine).procedures())
    await server.start()
    client = connect_to_owner(tmp_path)
    yield client
    await client.close()
    await server.close()


def use(engine: Engine, embedder: LetterEmbedder, begun_at: float = 0.0) -> MemoryIndex:
    index = MemoryIndex()
    engine.use_semantic(embedder, index, embedder_timeout=1.0, index_timeout=1.0, begun_at=begun_at)
    return index


async def test_texts_of_all_lengths_are_embedded(engine: Engine, owner: RpcClient) -> None:
    use(engine, Letters())
    embedder, texts = RemoteEmbedder(owner), ["", "abc", "x" * 10_000]
    await embedder.load()

    rows: Vector = await embedder.embed(texts, "query", "alice")

    assert rows.dtype == np.float32
    assert np.array_equal(rows, await Letters().embed(["", "abc", "x" * MAX_TEXT_CHARS], "query"))
    assert (await embedder.embed([], "query")).shape == (0, 512)


async def test_until_it_has_them_and_after_it_has_lost_them_there_are_none(engine: Engine, owner: RpcClient) -> None:
    engine.use_no_semantic()
    with pytest.raises(StoreError, match="no embedder and index yet"):
        await RemoteEmbedder(owner).load()
    with pytest.raises(StoreError, match="no embedder and index yet"):
        await RemoteIndex(owner, SPACE).open()


async def test_errors_of_the_embedder_are_its_own(engine: Engine, owner: RpcClient) -> None:
    broken = BrokenEmbedder()
    broken.model = RemoteEmbedder.model
    use(engine, broken)

    with pytest.raises(StoreError, match="broken, as it should be"):
        await RemoteEmbedder(owner).probe()


async def test_another_embedder_or_its_index_is_refused(engine: Engine, owner: RpcClient) -> None:
    use(engine, LetterEmbedder())

    with pytest.raises(StoreError, match="another embedder is in use"):
        await RemoteEmbedder(owner).embed(["a"], "query")
    with pytest.raises(StoreError, match="the index is of another embedder"):
        await RemoteIndex(owner, SPACE).search("a" * 40, np.ones(512, np.float32), 1)


async def test_an_index_that_began_anew_is_opened_again(engine: Engine, owner: RpcClient) -> None:
    use(engine, Letters(), begun_at=100.0)
    index = RemoteIndex(owner, SPACE)
    await index.open()
    assert (index.begun_at, await index.find_problem()) == (100.0, None)

    use(engine, Letters(), begun_at=200.0)

    assert await index.find_problem() == "vectors were lost there"
