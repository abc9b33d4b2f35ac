"""What a worker has in common with the others that share its port: figures that add up, and what an operator wants.

Each worker serves its figures over a Unix socket; the one that is asked by a client asks all others. Before it tells a
count to anybody, a worker writes it to a file, from which its successor goes on counting: so a sum never goes down,
which Prometheus would take for a restart of all. The file stands in for a worker that does not answer.

What is deleted, marked as wrong or sent past the cache at one worker is so at all: each has a memory of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import msgspec

from aicache.adapters.unix_rpc.client import RpcClient
from aicache.adapters.unix_rpc.server import Procedure, RpcServer
from aicache.domain.asyncio_tasks import TaskSet
from aicache.domain.caller_digests import CallerMatcher
from aicache.domain.events import Erased
from aicache.domain.judging import JudgeQuestion
from aicache.domain.ports import StoreError
from aicache.engine import Engine
from aicache.runtime.erasures import correction_procedures, erasure_procedures
from aicache.runtime.worker_process import Worker, connect_to_owner, report_alive, this_worker
from aicache.telemetry.figures import Figures, add_counters, add_up, pack, pack_alone, pack_counters
from aicache.telemetry.latest_requests import LatestRequest, newest, unpack
from aicache.telemetry.latest_requests import pack as pack_latest
from aicache.telemetry.observability import Observability
from aicache.telemetry.timeline import Timeline

logger = logging.getLogger(__name__)

REPLY_TIMEOUT_S = 1.0
"""Wait for the figures of another worker."""
SAVE_INTERVAL_S = 1.0
"""Interval at which counts are saved, of which at most so much is lost with a worker that is killed."""


class FellowWorkers:
    """The other workers, for this one."""

    def __init__(self, worker: Worker, observability: Observability) -> None:
        self._worker, self._observability = worker, observability
        self._others = [RpcClient(path, "another worker") for path in worker.fellow_sockets]
        self._owner = connect_to_owner(worker.folder)
        self._server: RpcServer | None = None
        self._telling = TaskSet()
        self._saving: asyncio.Task[None] | None = None
        self._reporting: asyncio.Task[None] | None = None
        self._saved = b""
        self._save_lock = asyncio.Lock()
        self._is_told = False
        """Whether an erasure is one that another worker has told of."""

    @classmethod
    def of_this_process(cls, observability: Observability) -> FellowWorkers | None:
        """Return them; None in a proxy by itself."""
        return None if (worker := this_worker()) is None else cls(worker, observability)

    def start(self, engine: Engine) -> None:
        """Go on counting where this worker's predecessor has ended, and be there for the others."""
        self._load()
        self._observability.collect = self.collect
        self._observability.find_latest = self.find_latest
        self._observability.on_bypass = self._tell_bypass
        engine.erasures.on_added = self._tell_erasing
        engine.backends.on_withdrawn = self._tell_withdrawn
        engine.backends.on_contradicted = self._tell_contradicted
        procedures: dict[str, Procedure] = {
            "figures": self._tell_figures,
            "latest": self._tell_latest,
            "bypass": self._be_told_bypass,
            **erasure_procedures(engine, self._set_told),
            **correction_procedures(engine),
        }
        self._server = RpcServer(self._worker.socket, procedures)
        loop = asyncio.get_running_loop()
        self._saving = loop.create_task(self._run(self._server))
        self._reporting = loop.create_task(report_alive(self._worker.report_up))

    async def close(self) -> None:
        for task in filter(None, (self._saving, self._reporting)):
            task.cancel()
        if self._server is not None:
            await self._server.close()
        await self._save(pack_counters(self._observability.counters))
        self._telling.cancel()
        for each in (*self._others, self._owner):
            await each.close()

    def erased(self, erased: Erased) -> None:
        """Have the others forget what they remember of deleted entries, too."""
        if not self._is_told:
            self._tell((*self._others, self._owner), "erased", msgspec.msgpack.encode(erased))

    async def collect(self, with_history: bool) -> Figures:
        """Return the sum of all workers' figures."""
        others = await asyncio.gather(*(self._ask(number, with_history) for number in range(len(self._others))))
        own = await self._tell_figures(with_history)
        cost = self._observability.counters.cost
        return add_up(cost, [own, *filter(None, others)], Timeline(cost))

    async def find_latest(self, outcome: str, text: str) -> list[LatestRequest]:
        """Return the latest requests of all workers that answer."""
        others = await asyncio.gather(*(self._ask_latest(other, outcome, text) for other in self._others))
        own = self._observability.latest.find(outcome, text)
        return newest(each for requests in (own, *others) for each in requests)

    async def _ask_latest(self, other: RpcClient, outcome: str, text: str) -> list[LatestRequest]:
        try:
            async with asyncio.timeout(REPLY_TIMEOUT_S):
                return unpack(await other.call("latest", outcome, text))
        except (StoreError, TimeoutError, ValueError) as exc:
            logger.debug("the latest requests of another worker are missing: %s", exc)
            return []

    async def _tell_latest(self, outcome: str, text: str) -> bytes:
        return pack_latest(self._observability.latest.find(outcome, text))

    async def _ask(self, number: int, with_history: bool) -> bytes | None:
        try:
            async with asyncio.timeout(REPLY_TIMEOUT_S):
                figures = await self._others[number].call("figures", with_history)
                return figures if isinstance(figures, bytes) else None
        except (StoreError, TimeoutError):
            counts = await asyncio.to_thread(_read, self._worker.fellow_counts_files[number])
            return pack_alone(counts) if counts else None

    async def _tell_figures(self, with_history: bool) -> bytes:
        counts = pack_counters(self._observability.counters)
        figures = pack(self._observability.figures, with_history=with_history)
        await self._save(counts)
        return figures

    async def _run(self, server: RpcServer) -> None:
        try:
            await server.start()
            self._observability.bypassed = self._worker.bypass_file.exists()
            while True:
                await asyncio.sleep(SAVE_INTERVAL_S)
                await self._save(pack_counters(self._observability.counters))
        except StoreError as exc:
            logger.warning("other workers cannot reach this one: %s", exc)
        except Exception:
            logger.exception("the counts of this worker are not saved any more")

    def _load(self) -> None:
        try:
            if saved := _read(self._worker.counts_file):
                add_counters(self._observability.counters, saved)
                self._observability.counters.admit_names()
        except ValueError as exc:
            logger.warning("%s: %s", self._worker.counts_file, exc)

    async def _save(self, counts: bytes) -> None:
        async with self._save_lock:  # in the order of the calls
            if counts == self._saved:
                return
            try:
                await asyncio.to_thread(_replace, self._worker.counts_file, counts)
                self._saved = counts
            except OSError as exc:
                logger.debug("counts are not saved: %s", exc)

    async def _be_told_bypass(self, on: bool) -> None:
        self._observability.bypassed = on

    def _tell_bypass(self) -> None:
        self._telling.spawn(self._share_bypass())

    async def _share_bypass(self) -> None:
        """Write the state down for workers that are not there, then tell those that are."""
        async with self._save_lock:
            file, on = self._worker.bypass_file, self._observability.bypassed
            try:
                await asyncio.to_thread(file.touch if on else partial(file.unlink, missing_ok=True))
            except OSError as exc:
                logger.warning("aicache.bypass: workers that are started again will not know of it: %s", exc.strerror)
            self._tell(self._others, "bypass", on)

    def _set_told(self, told: bool) -> None:
        self._is_told = told

    def _tell_erasing(self, caller: CallerMatcher | None) -> None:
        self._tell((*self._others, self._owner), "erasing", msgspec.msgpack.encode(caller))

    def _tell_withdrawn(self, key: str) -> None:
        self._tell(self._others, "withdrawn", key)

    def _tell_contradicted(self, question: JudgeQuestion, segment: str) -> None:
        with contextlib.suppress(UnicodeEncodeError):  # half of a surrogate pair, which no judge model is asked about
            self._tell(self._others, "contradicted", msgspec.msgpack.encode((question, segment)))

    def _tell(self, whom: Iterable[RpcClient], procedure: str, message: bytes | str | bool) -> None:
        for each in whom:
            self._telling.spawn(self._call(each, procedure, message))

    async def _call(self, other: RpcClient, procedure: str, message: bytes | str | bool) -> None:
        try:
            await other.call(procedure, message)
        except StoreError as exc:  # it has ended: its successor remembers nothing
            logger.debug("%s: not told (%s)", procedure, exc)


def _read(path: Path) -> bytes:
    """Return a file's content; nothing where there is none."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _replace(path: Path, content: bytes) -> None:
    draft = path.with_suffix(".part")
    draft.touch(0o600)
    draft.write_bytes(content)
    draft.replace(path)
