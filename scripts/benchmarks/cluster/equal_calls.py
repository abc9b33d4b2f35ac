"""Equal calls at two proxies at the same time, of which one should go upstream."""

from __future__ import annotations

import asyncio
import itertools
import time
from dataclasses import dataclass

from benchmarks.faults.answer_checker import Verdict
from benchmarks.faults.load import ANSWER_TIMEOUT_S, Load
from benchmarks.faults.requests import Corpus
from benchmarks.faults.sent_answers import Ledger, UpstreamRequest
from benchmarks.faults.upstream import Upstream

LABEL = "equal"
"""What the names of these calls begin with."""
UPSTREAM_DELAY_S = 0.4
"""So that the second call comes while the first one is upstream."""
INTERVAL_S = 0.5
SECOND_AFTER_S = 0.1


class PacedUpstream(Upstream):
    """An API that takes its time for equal calls."""

    def delay_s(self, request: UpstreamRequest) -> float:
        return super().delay_s(request) + (UPSTREAM_DELAY_S if request.name.startswith(LABEL) else 0.0)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two equal calls, begun *at* this time of the monotonic clock, and the upstream's *calls* for them."""

    at: float
    calls: int
    is_good: bool


class EqualCalls:
    """Makes them from `begin` to `end`, at each of the proxies first in turn, and records them in *seen*."""

    def __init__(self, loads: tuple[Load, Load], corpus: Corpus, ledger: Ledger) -> None:
        self._loads, self._corpus, self._ledger = loads, corpus, ledger
        self._steady: asyncio.Task[None] | None = None
        self._under_way: set[asyncio.Task[None]] = set()
        self._numbers = itertools.count(1)
        self.seen: list[Pair] = []

    def begin(self) -> None:
        self._steady = asyncio.create_task(self._run())

    async def end(self) -> None:
        if self._steady is not None:
            self._steady.cancel()
            await asyncio.gather(self._steady, *self._under_way, return_exceptions=True)

    async def _run(self) -> None:
        for number in self._numbers:
            pair = asyncio.create_task(self._pair(number))
            self._under_way.add(pair)
            pair.add_done_callback(self._under_way.discard)
            await asyncio.sleep(INTERVAL_S)

    async def _pair(self, number: int) -> None:
        ask, at = self._corpus.new(), time.monotonic()
        names = [f"{LABEL}-{number}-{place}" for place in range(2)]

        async def call(place: int, after: float) -> bool:
            await asyncio.sleep(after)
            load, began = self._loads[place], time.monotonic()
            response = await load.client.ask(ask, names[place], ANSWER_TIMEOUT_S)
            return load.note(ask, names[place], response, began).verdict is Verdict.GOOD

        first = number % 2
        good = await asyncio.gather(call(first, 0.0), call(1 - first, SECOND_AFTER_S))
        calls = sum(len(self._ledger.of(name)) for name in names)
        self.seen.append(Pair(at, calls, all(good)))
