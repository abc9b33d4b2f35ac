"""Simulates the cache on recorded traffic: looks up each request, and stores each answer, at its recorded time."""

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

LOOKUP_TIMEOUT_S = 30.0  # no client waits for an answer here
MAX_BUSY_TURNS = 50  # of the event loop; afterwards, background tasks get time to wait

_PendingAnswer = tuple[float, int, Exchange | BatchExchange, Recording, Decided | None]


@dataclass(slots=True)
class Totals:
    """Counts that the dashboard's counters do not have."""

    flows: int = 0
    others: Counter[str] = field(default_factory=Counter)
    """Flows without a request to an LLM API or without an answer, by reason."""
    texts: int = 0
    """Inputs of embeddings batches."""
    texts_known: int = 0
    """Inputs of embeddings batches that were found in the cache."""
    spent_tokens: int = 0
    """Tokens of upstream answers that would have been stored."""
    first: float = 0.0
    last: float = 0.0
    """Times of the first and the last request (Unix seconds)."""


class Replay:
    """One replay, starting with an empty cache. An answer can serve requests that began after it was complete."""

    def __init__(self, config: Config, embedder: Embedder | None) -> None:
        self.settings = Settings.of(config)
        self.rules = rules_for(config)
        self.totals = Totals()
        self.counts = Counters(partial(pricing.cost, own=config.prices))
        self._now = 0.0
        self._engine = Engine(self.rules, LOOKUP_TIMEOUT_S, self.clock, on_checked=self.counts.checked)
        self._store = DiskBackedStore(self.clock)
        self._engine.use_exact(self._store, LOOKUP_TIMEOUT_S)
        if embedder is None:
            self._engine.use_no_semantic()
        else:
            self._engine.use_semantic(
                embedder, MemoryIndex(), embedder_timeout=LOOKUP_TIMEOUT_S, index_timeout=LOOKUP_TIMEOUT_S
            )
        self._pending: list[_PendingAnswer] = []  # a heap: the answer that completes next is first
        self._numbers = count()

    def clock(self) -> float:
        return self._now

    async def close(self) -> None:
        await self._engine.drain(1)
        await self._store.close()

    async def play(self, flow: HTTPFlow) -> None:
        """Look up a request at its recorded time, and schedule its answer for when it was complete."""
        totals, began = self.totals, time.perf_counter()
        totals.flows += 1
        requested_at = flow.request.timestamp_start
        await self._advance_to(requested_at)
        totals.first, totals.last = min(totals.first or requested_at, requested_at), max(totals.last, requested_at)
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
                self.counts.decided(reporting.bypass_event(Bypass(exchange.reason), format.api, began))
            return
        pending: Exchange | BatchExchange | None
        if isinstance(exchange, Exchange):
            pending, decided = await self._look_up(exchange, began)
        else:
            pending, decided = await self._look_up_batch(exchange, began)
        if pending is not None:
            heapq.heappush(self._pending, (answered_at(flow), next(self._numbers), pending, recording, decided))

    async def finish(self) -> None:
        """Record the answers that are still pending."""
        await self._advance_to(float("inf"))

    async def _advance_to(self, then: float) -> None:
        """Advance the clock to *then*, recording the answers that were complete by that time."""
        while self._pending and self._pending[0][0] <= then:
            at, _, exchange, recording, decided = heapq.heappop(self._pending)
            self._now = max(self._now, at)
            self._record_answer(exchange, recording, decided)
            await self._wait_until_idle()
        if then < float("inf"):
            self._now = max(self._now, then)

    async def _look_up(self, exchange: Exchange, began: float) -> tuple[Exchange | None, Decided | None]:
        """Return the exchange to record the answer with, if any, and the event that the answer completes."""
        engine, directives, trace = self._engine, exchange.directives, Trace()
        if (key := directives.wrong or directives.right) is not None:
            engine.feedback(exchange, key, directives.right is not None)
            await self._wait_until_idle()
        outcome = await engine.lookup(exchange, trace)
        if isinstance(outcome, Hit):
            try:
                rendered(outcome.entry, exchange.call, exchange.format, self.settings.template_for(exchange.call))
            except ValueError:
                outcome = Miss("not-renderable")
        decided = reporting.lookup_event(exchange, outcome, trace, began)
        self.counts.decided(decided)
        await self._wait_until_idle()
        if isinstance(outcome, Miss):
            return (None if directives.only_if_cached else after_miss(exchange, outcome)), decided
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
        decided = reporting.batch_event(exchange, known, began, answered=answered)
        self.counts.decided(decided)
        return (None if answered or exchange.directives.only_if_cached else exchange), decided

    def _record_answer(self, exchange: Exchange | BatchExchange, recording: Recording, decided: Decided | None) -> None:
        """Record an answer as the proxy does."""
        engine = self._engine
        if decided is None and isinstance(exchange, Exchange):
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
        if decided is not None:
            self.counts.finished(reporting.finished_event(decided, recording, entry, why_not))

    async def _wait_until_idle(self) -> None:
        """Wait for the engine's background tasks."""
        for turn in count():
            if not self._engine.busy:
                return
            await asyncio.sleep(0 if turn < MAX_BUSY_TURNS else 0.001)
