"""The load on several workers: repeated and new questions, other wordings, embeddings and streams of several callers.

Every answer is checked. Now and then an answer, or all of a caller's, are purged by the dashboard's API.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import http.client
import json
import random
import time
import zlib

from benchmarks.errors import Problem
from benchmarks.faults.answer_checker import Response, Verdict
from benchmarks.faults.client import Client
from benchmarks.faults.load import CheckedRequest, Load
from benchmarks.faults.requests import KEYS, Corpus, Kind, PlannedRequest
from benchmarks.faults.sent_answers import Ledger
from benchmarks.processes import LOOPBACK
from benchmarks.proxy_metrics import LOOKER
from benchmarks.soak_workers_state import StoredState, number_of

CHANGE = {**LOOKER, "x-ai-cache-dashboard": "1"}
PURGE_TIMEOUT_S = 30.0
PURGES_PER_CALLER = 4
"""Of so many purges, one is of a whole caller."""
TELLING_S = 1.0
"""How long after a purge the other worker may still answer with what it deleted."""


class ShortLivedCorpus(Corpus):
    """Half of the answers are stored for *ttl* seconds only, always the same ones; the others as long as any."""

    def __init__(self, entries: int, ttl: float) -> None:
        super().__init__(entries)
        self._short = (("x-ai-cache-ttl", f"{ttl:g}"),)

    def some(self) -> PlannedRequest:
        ask = super().some()
        if ask.kind is Kind.PARAPHRASE or zlib.crc32(ask.texts[0].encode()) % 2:
            return ask
        return dataclasses.replace(ask, headers=(*ask.headers, *self._short))


class Purges:
    """What was purged, and when on the monotonic clock."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._answers: dict[int, float] = {}
        self._callers: dict[str, list[tuple[int, float]]] = {}  # the last answer before, and when it was done

    @property
    def count(self) -> int:
        return len(self._answers) + sum(map(len, self._callers.values()))

    def add(self, number: int) -> None:
        self._answers[number] = time.monotonic()

    def add_caller(self, key: str, last: int) -> None:
        self._callers.setdefault(key, []).append((last, time.monotonic()))

    def is_back(self, ask: PlannedRequest, number: int, asked_at: float) -> bool:
        """Return whether a request was answered with what had been purged before."""
        done = [self._answers[number]] if number in self._answers else []
        done += [at for last, at in self._callers.get(ask.key, ()) if number <= last]
        return any(asked_at > at + TELLING_S for at in done)


class SoakLoad(Load):
    """A load whose hits must not be what was purged."""

    def __init__(self, port: int, corpus: Corpus, ledger: Ledger, rate: float, label: str, purges: Purges) -> None:
        super().__init__(Client(port), corpus, ledger, rate, label)
        self._purges = purges

    def note(self, ask: PlannedRequest, name: str, response: Response, began: float) -> CheckedRequest:
        seen = super().note(ask, name, response, began)
        number = number_of(response.body) if response.is_hit else None
        if number is not None and self._purges.is_back(ask, number, began):
            seen = dataclasses.replace(seen, verdict=Verdict.WRONG, why="a hit on an answer that was purged")
            self.seen[-1] = seen
        return seen


class Purger:
    """Purges something every *interval* seconds, from `begin` to `end`."""

    def __init__(self, port: int, state: StoredState, ledger: Ledger, purges: Purges, interval: float) -> None:
        self._port, self._state, self._ledger, self._purges, self._interval = port, state, ledger, purges, interval
        self._chance = random.Random(1)
        self._task: asyncio.Task[None] | None = None
        self.problems: list[str] = []

    def begin(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def end(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._interval)
            is_caller = self._purges.count % PURGES_PER_CALLER == PURGES_PER_CALLER - 1
            try:
                await (self._purge_caller if is_caller else self._purge_answer)()
            except (Problem, OSError) as exc:
                self.problems.append(f"a purge failed: {exc}")

    async def _purge_answer(self) -> None:
        entries = await self._state.entries()
        found = [key for key, entry in entries.items() if entry.question is not None]
        if not found:
            return
        key = self._chance.choice(found)
        done = await asyncio.to_thread(post, self._port, f"entries/{key}/purge", {})
        number = number_of(entries[key].body)
        if done == {"done": True} and number is not None:
            self._purges.add(number)

    async def _purge_caller(self) -> None:
        key, last = self._chance.choice(KEYS), self._ledger.number()
        await asyncio.to_thread(post, self._port, "callers/purge", {"caller": key, "purge": True})
        self._purges.add_caller(key, last)


def post(port: int, path: str, document: object) -> object:
    """Call the dashboard's API; return its reply. Raises Problem."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=PURGE_TIMEOUT_S)
    with contextlib.closing(connection):
        connection.request("POST", f"/_ai_cache/api/{path}", body=json.dumps(document), headers=CHANGE)
        response = connection.getresponse()
        said = response.read()
    if response.status != 200:
        raise Problem(f"{path} is answered with {response.status}: {said[:200]!r}")
    reply: object = json.loads(said)
    return reply
