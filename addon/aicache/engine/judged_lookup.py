"""Puts the neighbors that no rule decides on to a judge model, while the request waits. Every failure is a no."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from time import perf_counter

from aicache.domain.judging import MAX_ANSWER_CHARS, JudgeOpinion, JudgeOutcome, JudgeQuestion, select_judged
from aicache.domain.model import Entry, Neighbor
from aicache.engine.answer_comparison import extract_text
from aicache.engine.exchange import Exchange
from aicache.engine.judge_on_path import JudgeOnPath
from aicache.engine.lookup import Lookup
from aicache.evidence.decision import Decision

MAX_CHARS_ON_LOOP = 512
"""Longer questions are compared in a thread, and so are conversations."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """A neighbor that the judge model allows to answer."""

    neighbor: Neighbor
    entry: Entry
    seconds: float
    """Time that the request waited for the model."""


@dataclass(frozen=True, slots=True)
class JudgedLookup:
    """The questions to the model about one request."""

    lookup: Lookup
    judge: JudgeOnPath
    opinions: dict[str, JudgeOpinion] = field(default_factory=dict)
    """By the neighbors' keys, of those that were waited for."""
    entries: dict[str, Entry] = field(default_factory=dict)
    """Of the same neighbors."""

    async def choose(self, candidates: Sequence[tuple[Neighbor, Entry]]) -> Allowed | None:
        """Return the candidate that the model allows to answer first; the nearest of them if it allows several at once.

        All are asked about at the same time, none if what was said before allows one.
        """
        exchange = self.lookup.exchange
        selected = await self._select(candidates)
        if not selected:
            return None
        questions = [await build_question(exchange, entry) for _, entry in selected]
        began = perf_counter()
        with self.lookup.trace.step("judge"):
            place = await self._ask(selected, questions)
        self._mark_neighbors()
        return None if place is None else Allowed(*selected[place], perf_counter() - began)

    async def _select(self, candidates: Sequence[tuple[Neighbor, Entry]]) -> list[tuple[Neighbor, Entry]]:
        exchange, question = self.lookup.exchange, self.lookup.exchange.call.question or ""
        stored = [entry.question for _, entry in candidates]
        if not candidates:
            return []
        limits = self.judge.limits
        select = partial(
            select_judged,
            exchange.call.turns,
            question,
            stored,
            limits.neighbors,
            exchange.segment,
            personal=limits.personal,
        )
        if len(exchange.call.turns) > 1 or len(question) > MAX_CHARS_ON_LOOP:
            places = await asyncio.to_thread(select)
        else:
            places = select()
        return [candidates[place] for place in places]

    async def _ask(self, selected: Sequence[tuple[Neighbor, Entry]], questions: Sequence[JudgeQuestion]) -> int | None:
        """Return the place of the neighbor that may answer."""
        exchange, judge = self.lookup.exchange, self.judge
        for place, question in enumerate(questions):
            if judge.recall(question, exchange.segment):
                self._keep(*selected[place], await judge.ask(question, exchange.segment, 1.0, exchange.caller))
                return place
        loop = asyncio.get_running_loop()
        places: dict[asyncio.Task[JudgeOpinion], int] = {}
        for place, (question, (neighbor, _)) in enumerate(zip(questions, selected, strict=True)):
            asking = judge.ask(question, exchange.segment, neighbor.similarity, exchange.caller)
            places[loop.create_task(asking)] = place
        waiting = set(places)
        try:
            while waiting:
                done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    self._keep(*selected[places[task]], task.result())
                if allowed := [places[task] for task in done if task.result().allows]:
                    return min(allowed)
        finally:  # what the model says to the others is remembered all the same
            for task in waiting:
                task.cancel()
        return None

    def _keep(self, neighbor: Neighbor, entry: Entry, opinion: JudgeOpinion) -> None:
        self.opinions[neighbor.key], self.entries[neighbor.key] = opinion, entry

    def _mark_neighbors(self) -> None:
        """Write the outcomes to the trace."""
        trace = self.lookup.trace
        for at, neighbor in enumerate(trace.neighbors):
            if (opinion := self.opinions.get(neighbor.key)) is not None:
                trace.neighbors[at] = replace(
                    neighbor,
                    question=self.entries[neighbor.key].question,
                    refused=None if opinion.allows else neighbor.refused,
                    judged=opinion.outcome.value,
                )

    def said_no(self, key: str) -> bool:
        opinion = self.opinions.get(key)
        return opinion is not None and opinion.outcome is JudgeOutcome.NO

    def evidence(self, decision: Decision) -> tuple[str, bool] | None:
        """Return a neighbor's key and what the model said of it, where nothing better is learned from the request.

        That is so if a fresh answer is compared with this very neighbor's, or if the same was said before.
        """
        compared = None if decision.candidate is None or not decision.needs_upstream else decision.candidate.key
        wanted = JudgeOutcome.YES if decision.judged else JudgeOutcome.NO
        said = (key for key, each in self.opinions.items() if each == JudgeOpinion(wanted) and key != compared)
        return next(((key, wanted is JudgeOutcome.YES) for key in said), None)


async def build_question(exchange: Exchange, entry: Entry) -> JudgeQuestion:
    """Return what the model is asked about an entry, with its answer where that is short."""
    answer = await extract_text(entry)
    if answer is not None and len(answer) > MAX_ANSWER_CHARS:
        answer = None
    return JudgeQuestion(exchange.call.question or "", entry.question or "", answer)
