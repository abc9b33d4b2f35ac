"""A steady load on one proxy; every answer is checked."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import math
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.errors import Problem
from benchmarks.faults.answer_checker import Response, Verdict, check_answer
from benchmarks.faults.client import Client
from benchmarks.faults.requests import Corpus, Kind, PlannedRequest
from benchmarks.faults.sent_answers import Ledger

ANSWER_TIMEOUT_S = 15.0
MAX_PENDING_REQUESTS = 600
FILL_CONNECTIONS = 12
MIN_FILLED_SHARE = 0.97  # must hit before the test continues
FILL_TIMEOUT_S = 90.0


@dataclass(frozen=True, slots=True)
class CheckedRequest:
    """A request and its verdict. *at* is its time on the monotonic clock; *took* is in seconds."""

    kind: Kind
    at: float
    took: float
    verdict: Verdict
    why: str
    cache: str
    hot: bool = False
    ask: PlannedRequest | None = None

    @property
    def hit(self) -> bool:
        return self.cache not in ("", "miss", "bypass")


@dataclass(slots=True)
class Spans:
    """Time intervals on the monotonic clock; the last one may be open."""

    _all: list[tuple[float, float]]

    def begin(self) -> None:
        self._all.append((time.monotonic(), math.inf))

    def end(self) -> None:
        if self._all and self._all[-1][1] == math.inf:
            self._all[-1] = (self._all[-1][0], time.monotonic())

    def meets(self, begin: float, end: float) -> bool:
        return any(one <= end and begin <= other for one, other in self._all)

    def total(self, since: float) -> float:
        now = time.monotonic()
        return sum(max(0.0, min(end, now) - max(begin, since)) for begin, end in self._all)


class Load:
    """Sends *rate* requests per second through *client* from `begin` to `end`, and records the results in *seen*."""

    def __init__(self, client: Client, corpus: Corpus, ledger: Ledger, rate: float, label: str = "faults") -> None:
        """Requests are named by *label*, which no other load with the same ledger has."""
        self.client, self.corpus, self.ledger, self.rate, self._label = client, corpus, ledger, rate, label
        self.seen: list[CheckedRequest] = []
        self.down, self.refused = Spans([]), Spans([])
        self._names = itertools.count(1)
        self._under_way: dict[asyncio.Task[CheckedRequest], float] = {}
        self._steady: asyncio.Task[None] | None = None

    def begin(self) -> None:
        self._steady = asyncio.create_task(self._run())

    async def end(self) -> None:
        """Stop sending, and wait for pending answers."""
        if self._steady is not None:
            self._steady.cancel()
            await asyncio.gather(self._steady, return_exceptions=True)
            self._steady = None
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def ask(self, ask: PlannedRequest, client: Client | None = None) -> CheckedRequest:
        """Send one request, with the load's client or another one, and check the answer."""
        name = self.name()
        began = time.monotonic()
        response = await (client or self.client).ask(ask, name, ANSWER_TIMEOUT_S)
        return self.note(ask, name, response, began)

    def waits(self, before: float) -> bool:
        """Return whether a request sent before then is still pending."""
        return any(at < before for at in self._under_way.values())

    def name(self) -> str:
        return f"{self._label}-{next(self._names)}"

    def note(self, ask: PlannedRequest, name: str, response: Response, began: float) -> CheckedRequest:
        """Check a response and record the result."""
        ended = time.monotonic()
        down, refused = self.down.meets(began, ended), self.refused.meets(began, ended)
        verdict, why = check_answer(ask, name, response, self.ledger, down=down, refused=refused)
        seen = CheckedRequest(ask.kind, began, ended - began, verdict, why, response.cache, ask.hot, ask)
        self.seen.append(seen)
        return seen

    async def all(self, asks: Iterable[PlannedRequest], at_once: int = FILL_CONNECTIONS) -> list[CheckedRequest]:
        """Send requests over *at_once* connections."""
        rest = iter(asks)

        async def some() -> list[CheckedRequest]:
            return [await self.ask(each) for each in rest]

        return [seen for part in await asyncio.gather(*(some() for _ in range(at_once))) for seen in part]

    async def fill(self) -> None:
        """Store the corpus. Raises Problem if too little of it hits."""
        deadline = time.monotonic() + FILL_TIMEOUT_S
        left = list(self.corpus.warm())
        share = 0.0
        while time.monotonic() < deadline:
            seen = await self.all(left)
            if bad := [each for each in seen if each.verdict is not Verdict.GOOD]:
                raise Problem(f"{len(bad)} of {len(seen)} answers were bad before any fault: {bad[0].why}")
            share = sum(each.hit for each in seen) / len(seen)
            if share >= MIN_FILLED_SHARE:
                return
        raise Problem(f"only {share:.0%} of the requests hit before any fault")

    async def _run(self) -> None:
        began = time.monotonic()
        for number in itertools.count():
            await asyncio.sleep(max(0.0, began + number / self.rate - time.monotonic()))
            if len(self._under_way) < MAX_PENDING_REQUESTS:
                task = asyncio.create_task(self.ask(self.corpus.some()))
                self._under_way[task] = time.monotonic()
                task.add_done_callback(lambda done: self._under_way.pop(done, None))

    @contextlib.contextmanager
    def is_down(self) -> Iterator[None]:
        """Mark the proxy as down on purpose until the block ends, also for pending requests."""
        self.down.begin()
        try:
            yield
        finally:
            self.client.forget()
            self.down.end()


async def wait_for_answers(loads: Sequence[Load], last: float) -> None:
    """Wait for the answers to requests sent before *last*, at most as long as clients wait."""
    deadline = last + ANSWER_TIMEOUT_S
    while any(load.waits(last) for load in loads) and time.monotonic() < deadline:
        await asyncio.sleep(0.05)


def since(seen: Sequence[CheckedRequest], begin: float, end: float = math.inf) -> list[CheckedRequest]:
    """Return the requests that were sent in an interval."""
    return [each for each in seen if begin <= each.at < end]
