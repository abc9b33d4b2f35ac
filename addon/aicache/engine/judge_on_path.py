"""Asks a judge model about neighbors while requests wait: at most so often, once about the same, and not for long."""

from __future__ import annotations

import asyncio
import logging
import math
import os
import random
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from time import monotonic

from aicache.domain.asyncio_tasks import TaskSet
from aicache.domain.bounded import BoundedDict
from aicache.domain.digests import digest
from aicache.domain.events import Judged
from aicache.domain.judging import JudgeOpinion, JudgeOutcome, JudgeQuestion, JudgeReply
from aicache.domain.ports import Busy, NeighborJudge, StoreError
from aicache.domain.throttle import CallBudget
from aicache.engine.dependency import Dependency
from aicache.engine.fair_shares import FairShares
from aicache.evidence.judge_record import YesShares

logger = logging.getLogger(__name__)

MAX_CALLS = 64
"""Questions to the model under way at once, of which no caller has all."""
MAX_REMEMBERED = 16_384
"""Answers that are remembered, some 200 bytes each ..."""
REMEMBERED_S = 86400.0
"""... for so long."""
MAX_SEGMENTS = 512
"""Traffic segments whose shares of yes are known."""


@dataclass(frozen=True, slots=True)
class JudgeLimits:
    """The settings for questions to the model."""

    neighbors: int = 3
    """Asked about for one request, at once."""
    min_chance: float = 0.1
    """Of a yes, below which only a sample is asked about."""
    max_per_minute: int = 600
    personal: bool = False
    """Whether it is asked about personal questions, too."""


DEFAULT_JUDGE_LIMITS = JudgeLimits()


class JudgeOnPath:
    """One judge model in use. *on_judged* gets each question and what came of it; *clock* is monotonic.

    What it has said is remembered by digests of all that it was shown and of the traffic segment, so that no answer
    comes faster because a caller of another segment has asked the same.
    """

    def __init__(
        self,
        judge: NeighborJudge,
        guard: Dependency,
        limits: JudgeLimits,
        on_judged: Callable[[Judged], None],
        clock: Callable[[], float] = monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.guard, self.limits = guard, limits
        self._judge, self._on_judged, self._clock, self._chance = judge, on_judged, clock, chance
        self._salt = os.urandom(16)
        self._remembered = BoundedDict[str, tuple[bool, float]](MAX_REMEMBERED)  # may answer, until when
        self._under_way: dict[str, asyncio.Task[JudgeOpinion]] = {}
        self._tasks = TaskSet()
        self._places = FairShares(MAX_CALLS)
        self._budget = CallBudget(limits.max_per_minute)
        self._yes_shares = BoundedDict[str, YesShares](MAX_SEGMENTS)

    def __str__(self) -> str:
        return self._judge.model

    async def ask(self, question: JudgeQuestion, segment: str, similarity: float, caller: Hashable) -> JudgeOpinion:
        """Return the model's opinion on a neighbor. Every failure is an outcome.

        A caller that leaves stops waiting; the model's answer is remembered all the same.
        """
        name = self._name(question, segment)
        if (known := self._recall(name)) is not None:
            return self._report(JudgeOpinion(JudgeOutcome.YES if known else JudgeOutcome.NO, remembered=True))
        if (task := self._under_way.get(name)) is None:
            if (why_not := self._why_not(segment, similarity, caller)) is not None:
                return self._report(JudgeOpinion(why_not))
            task = self._tasks.spawn(self._call(name, question, segment, similarity, caller))
            self._under_way[name] = task
            task.add_done_callback(lambda _: self._under_way.pop(name, None))
        await asyncio.wait([task])
        return JudgeOpinion(JudgeOutcome.ERROR) if task.cancelled() else task.result()

    def recall(self, question: JudgeQuestion, segment: str) -> bool | None:
        """Return what the model has said to the same question; None if it is not remembered."""
        return self._recall(self._name(question, segment))

    def contradict(self, question: JudgeQuestion, segment: str) -> None:
        """Remember a no, whatever the model has said."""
        self._remember(self._remembered, self._name(question, segment), False)

    def forget(self) -> None:
        """Forget all that the model has said; what it says about questions under way is forgotten, too."""
        self._remembered = BoundedDict(MAX_REMEMBERED)

    async def close(self) -> None:
        await self._tasks.cancel_and_wait()

    def _name(self, question: JudgeQuestion, segment: str) -> str:
        shown = (question.asked, question.stored, *(() if question.answer is None else (question.answer,)))
        # a lone surrogate, which JSON lets callers write, has a digest, too
        texts = (text.encode("utf-8", "surrogatepass").decode("latin-1") for text in shown)
        return digest(segment, self._judge.model, self._judge.version, *texts, salt=self._salt)

    def _recall(self, name: str) -> bool | None:
        may_answer, until = self._remembered.get(name, (None, 0.0))
        return may_answer if self._clock() < until else None

    def _remember(self, memory: BoundedDict[str, tuple[bool, float]], name: str, may_answer: bool) -> None:
        memory[name] = may_answer, self._clock() + REMEMBERED_S

    def _why_not(self, segment: str, similarity: float, caller: Hashable) -> JudgeOutcome | None:
        """Return why the model is not asked; None if it is, and then a place and a call of the budget are taken."""
        if not self._shares_of(segment).is_worth_asking(similarity, self.limits.min_chance, self._chance()):
            return JudgeOutcome.UNLIKELY
        if not self._places.acquire(caller):
            return JudgeOutcome.BUSY
        if not self._budget.take(self._clock()):
            self._places.release(caller)
            return JudgeOutcome.OVER_BUDGET
        return None

    async def _call(
        self, name: str, question: JudgeQuestion, segment: str, similarity: float, caller: Hashable
    ) -> JudgeOpinion:
        began, memory, reply = self._clock(), self._remembered, JudgeReply(None)
        try:
            reply = await self.guard.call(self._judge.may_answer(question), "neighbor judged", math.inf)
        except StoreError as exc:
            outcome = _outcome_of(exc)
        except Exception:
            logger.exception("a judge model was not asked")
            outcome = JudgeOutcome.ERROR
        else:
            outcome = {True: JudgeOutcome.YES, False: JudgeOutcome.NO, None: JudgeOutcome.UNCLEAR}[reply.may_answer]
            self._shares_of(segment).count(similarity, outcome is JudgeOutcome.YES)
            if reply.may_answer is not None:
                self._remember(memory, name, reply.may_answer)
        finally:
            self._places.release(caller)
        if outcome is JudgeOutcome.FAILING:
            self._budget.put_back()
            return self._report(JudgeOpinion(outcome))
        seconds = self._clock() - began
        return self._report(JudgeOpinion(outcome), seconds, reply)

    def _shares_of(self, segment: str) -> YesShares:
        shares = self._yes_shares.setdefault(segment, YesShares())
        self._yes_shares.touch(segment)
        return shares

    def _report(self, opinion: JudgeOpinion, seconds: float = 0.0, reply: JudgeReply | None = None) -> JudgeOpinion:
        prompt, completion = (reply.prompt_tokens, reply.completion_tokens) if reply is not None else (0, 0)
        self._on_judged(Judged(self._judge.model, opinion, seconds, prompt, completion))
        return opinion


def _outcome_of(error: StoreError) -> JudgeOutcome:
    """Return what an error of `Dependency.call` means: without a cause, the model was not asked."""
    if isinstance(error, Busy) or isinstance(error.__cause__, TimeoutError):
        return JudgeOutcome.LATE
    return JudgeOutcome.FAILING if error.__cause__ is None else JudgeOutcome.ERROR
