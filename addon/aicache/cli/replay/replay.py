"""Recorded traffic played past an engine, by the recorded clock: who would have been answered with what."""

from __future__ import annotations

import asyncio
import heapq
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count

from mitmproxy.http import HTTPFlow

from aicache.adapters.memory import MemoryIndex
from aicache.cli.replay.memory import DiskBackedStore
from aicache.config import Config
from aicache.config.request_settings import Settings
from aicache.domain import pricing
from aicache.domain.events import Decided
from aicache.domain.model import Bypass, Entry, Hit, Miss
from aicache.domain.ports import Embedder
from aicache.domain.trace import Trace
from aicache.engine import Engine, Exchange, after_miss
from aicache.entries.embedding_batch import BatchExchange
from aicache.entries.recording import Recording
from aicache.entries.recording import replay as rendered
from aicache.proxy.http_messages import embeddings_format_of, format_of
from aicache.proxy.recorded_flows import Skipped, answered_at, identify_flow, recording_of
from aicache.runtime.preflight import rules_for
from aicache.telemetry import reporting
from aicache.telemetry.counters import Counters

PATIENCE = 30.0  # seconds for one look-up; nobody waits for an answer here
SPINS = 50  # turns of the loop after which what goes on in the background is given time

_Coming = tuple[float, int, Exchange | BatchExchange, Recording, Decided | None]


@dataclass(slots=True)
class Totals:
    """What is counted beside all that the dashboard counts."""

    flows: int = 0
    others: Counter[str] = field(default_factory=Counter)
    """Flows that are no request to an LLM API, or have no answer."""
    texts: int = 0
    """Inputs of batches of embeddings ..."""
    texts_known: int = 0
    """... and those of them that were known."""
    spent_tokens: int = 0
    """Of answers that came from the upstream and would have been kept."""
    first: float = 0.0
    last: float = 0.0
    """Unix seconds of the first and the last request."""


class Replay:
    """One replay, from an empty cache on. An answer answers those requests that began after it had come."""

    def __init__(self, config: Config, embedder: Embedder | None) -> None:
        self.settings = Settings.of(config)
        self.rules = rules_for(config)
        self.totals = Totals()
        self.counts = Counters(partial(pricing.cost, own=config.prices))
        self._now = 0.0
        self._engine = Engine(self.rules, PATIENCE, self.clock, on_checked=self.counts.checked)
        self._store = DiskBackedStore(self.clock)
        self._engine.use_exact(self._store, PATIENCE)
        if embedder is None:
            self._engine.use_no_semantic()
        else:
            self._engine.use_semantic(embedder, MemoryIndex(), embedder_timeout=PATIENCE, index_timeout=PATIENCE)
        self._coming: list[_Coming] = []  # answers under way, the next one first
        self._numbers = count()

    def clock(self) -> float:
        return self._now

    async def close(self) -> None:
        await self._engine.drain(1)
        await self._store.close()

    async def play(self, flow: HTTPFlow) -> None:
        """Let a request come at its time, and its answer at the time it had come."""
        totals, began = self.totals, time.perf_counter()
        totals.flows += 1
        asked_at = flow.request.timestamp_start
        await self._until(asked_at)
        totals.first, totals.last = min(totals.first or asked_at, asked_at), max(totals.last, asked_at)
        recording = recording_of(flow, self._engine.rules.max_bytes)
        if isinstance(recording, Skipped):
            totals.others[recording.reason] += 1
            return
        exchange = identify_flow(flow, self.settings)
        if isinstance(exchange, Skipped):
            format = format_of(flow.request) or embeddings_format_of(flow.request)
            if format is None or exchange.reason == "no LLM call":
                totals.others[exchange.reason] += 1
            else:
                self.counts.decided(reporting.bypass_report(Bypass(exchange.reason), format.api, began))
            return
        coming: Exchange | BatchExchange | None
        if isinstance(exchange, Exchange):
            coming, report = await self._look_up(exchange, began)
        else:
            coming, report = await self._look_up_batch(exchange, began)
        if coming is not None:
            heapq.heappush(self._coming, (answered_at(flow), next(self._numbers), coming, recording, report))

    async def finish(self) -> None:
        """Let the last answers come."""
        await self._until(float("inf"))

    async def _until(self, then: float) -> None:
        """Let the time pass, and the answers come that had come by then."""
        while self._coming and self._coming[0][0] <= then:
            at, _, exchange, recording, report = heapq.heappop(self._coming)
            self._now = max(self._now, at)
            self._take(exchange, recording, report)
            await self._settled()
        if then < float("inf"):
            self._now = max(self._now, then)

    async def _look_up(self, exchange: Exchange, began: float) -> tuple[Exchange | None, Decided | None]:
        """Return what the answer is to be given to the engine with, and the report that is finished by it."""
        engine, directives, trace = self._engine, exchange.directives, Trace()
        if (key := directives.wrong or directives.right) is not None:
            engine.feedback(exchange, key, directives.right is not None)
            await self._settled()
        outcome = await engine.lookup(exchange, trace)
        if isinstance(outcome, Hit):
            try:
                rendered(outcome.entry, exchange.call, exchange.format, self.settings.template_for(exchange.call))
            except ValueError:
                outcome = Miss("not-renderable")
        report = reporting.lookup_report(exchange, outcome, trace, began)
        self.counts.decided(report)
        await self._settled()
        if isinstance(outcome, Miss):
            return (None if directives.only_if_cached else after_miss(exchange, outcome)), report
        audited = outcome.trial is not None and not (directives.only_if_cached or directives.no_store)
        return (replace(exchange, trial=outcome.trial) if audited else None), None

    async def _look_up_batch(
        self, exchange: BatchExchange, began: float
    ) -> tuple[BatchExchange | None, Decided | None]:
        known = await self._engine.lookup_batch(exchange)
        have = sum(entry is not None for entry in known)
        self.totals.texts += len(known)
        self.totals.texts_known += have
        answered = have == len(known)
        report = reporting.batch_report(exchange, known, began, answered=answered)
        self.counts.decided(report)
        return (None if answered or exchange.directives.only_if_cached else exchange), report

    def _take(self, exchange: Exchange | BatchExchange, recording: Recording, report: Decided | None) -> None:
        """Do with an answer what the proxy does."""
        engine = self._engine
        if report is None and isinstance(exchange, Exchange):
            engine.check_hit(exchange, recording)
            return
        engine.answered(exchange, recording.status)
        entry: Entry | None = None
        why_not = None
        try:
            if isinstance(exchange, Exchange):
                [entry] = engine.record(exchange, recording)
                engine.store_soon(exchange, [entry])
                self.totals.spent_tokens += entry.prompt_tokens + entry.completion_tokens
            else:
                engine.store_soon(exchange, engine.record(exchange, recording))
        except (ValueError, RecursionError) as exc:
            why_not = str(exc) or "not understood"
        if report is not None:
            self.counts.finished(reporting.finished_event(report, recording, entry, why_not))

    async def _settled(self) -> None:
        """Wait until nothing goes on in the background any more."""
        for turn in count():
            if not self._engine.busy:
                return
            await asyncio.sleep(0 if turn < SPINS else 0.001)
