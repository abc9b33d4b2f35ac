"""A steady load on one proxy, of which every answer is checked, whatever happens to the proxy meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import math
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.errors import Problem
from benchmarks.faults.answer_checker import Response, Verdict, judge
from benchmarks.faults.client import Client
from benchmarks.faults.requests import Ask, Corpus, Kind
from benchmarks.faults.sent_answers import Ledger

WITHIN = 15.0  # seconds that a client waits
MOST = 600  # requests of the steady load under way
FILLING = 12  # connections that fill the store
KNOWN = 0.97  # of what was filled in is to hit before it is gone on
FILLED_WITHIN = 90.0


@dataclass(frozen=True, slots=True)
class Seen:
    """One request and what became of it. *at* is when it was sent, on the monotonic clock; *took* is in seconds."""

    kind: Kind
    at: float
    took: float
    verdict: Verdict
    why: str
    cache: str
    hot: bool = False
    ask: Ask | None = None

    @property
    def hit(self) -> bool:
        return self.cache in ("exact", "semantic")


@dataclass(slots=True)
class Spans:
    """Spells of time, on the monotonic clock; the last may not have ended."""

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
    """Asks *rate* requests a second of *client*'s port, from `begin` to `end`; all it has seen is in *seen*."""

    def __init__(self, client: Client, corpus: Corpus, ledger: Ledger, rate: float) -> None:
        self.client, self.corpus, self.ledger, self.rate = client, corpus, ledger, rate
        self.seen: list[Seen] = []
        self.down, self.refused = Spans([]), Spans([])
        self._names = itertools.count(1)
        self._under_way: dict[asyncio.Task[Seen], float] = {}
        self._steady: asyncio.Task[None] | None = None

    def begin(self) -> None:
        self._steady = asyncio.create_task(self._run())

    async def end(self) -> None:
        """Ask no more, and wait for what was asked."""
        if self._steady is not None:
            self._steady.cancel()
            await asyncio.gather(self._steady, return_exceptions=True)
            self._steady = None
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def ask(self, ask: Ask, client: Client | None = None) -> Seen:
        """Ask once, by the way of the load or another one, and check the answer."""
        name = self.name()
        began = time.monotonic()
        response = await (client or self.client).ask(ask, name, WITHIN)
        return self.note(ask, name, response, began)

    def waits(self, before: float) -> bool:
        """Tell whether something that the load asked before then has no answer yet."""
        return any(at < before for at in self._under_way.values())

    def name(self) -> str:
        return f"faults-{next(self._names)}"

    def note(self, ask: Ask, name: str, response: Response, began: float) -> Seen:
        """Judge a response, and remember it."""
        ended = time.monotonic()
        down, refused = self.down.meets(began, ended), self.refused.meets(began, ended)
        verdict, why = judge(ask, name, response, self.ledger, down=down, refused=refused)
        again = ask if verdict is Verdict.UPSTREAM else None
        seen = Seen(ask.kind, began, ended - began, verdict, why, response.cache, ask.hot, again)
        self.seen.append(seen)
        return seen

    async def all(self, asks: Iterable[Ask], at_once: int = FILLING) -> list[Seen]:
        """Ask one after the other, so many at once."""
        rest = iter(asks)

        async def some() -> list[Seen]:
            return [await self.ask(each) for each in rest]

        return [seen for part in await asyncio.gather(*(some() for _ in range(at_once))) for seen in part]

    async def fill(self) -> None:
        """Store what the corpus has. Raises Problem when it does not come to be known."""
        deadline = time.monotonic() + FILLED_WITHIN
        left = list(self.corpus.warm())
        share = 0.0
        while time.monotonic() < deadline:
            seen = await self.all(left)
            if bad := [each for each in seen if each.verdict is not Verdict.GOOD]:
                raise Problem(f"{len(bad)} of {len(seen)} answers were bad before any fault: {bad[0].why}")
            share = sum(each.hit for each in seen) / len(seen)
            if share >= KNOWN:
                return
        raise Problem(f"only {share:.0%} of what was asked before any fault is known")

    async def _run(self) -> None:
        began = time.monotonic()
        for number in itertools.count():
            await asyncio.sleep(max(0.0, began + number / self.rate - time.monotonic()))
            if len(self._under_way) < MOST:
                task = asyncio.create_task(self.ask(self.corpus.some()))
                self._under_way[task] = time.monotonic()
                task.add_done_callback(lambda done: self._under_way.pop(done, None))

    @contextlib.contextmanager
    def is_down(self) -> Iterator[None]:
        """The proxy is down on purpose while this lasts, and so are requests that were under way."""
        self.down.begin()
        try:
            yield
        finally:
            self.client.forget()
            self.down.end()


def since(seen: Sequence[Seen], begin: float, end: float = math.inf) -> list[Seen]:
    """Return what was sent in a spell of time."""
    return [each for each in seen if begin <= each.at < end]
