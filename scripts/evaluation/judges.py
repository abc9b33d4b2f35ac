"""Judges that are asked before serving whether one question's answer may answer another: by labels, or a model."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from aicache.adapters.chat_judge import ChatJudge
from aicache.domain.judging import JudgeQuestion
from aicache.domain.policy import Rules
from aicache.domain.ports import StoreError
from aicache.evidence.decision import Decision as Verdict
from aicache.evidence.neighbor import Neighbor
from aicache.evidence.neighbor_features import candidate_for
from aicache.evidence.verified_policy import VerifiedPolicy
from evaluation.decisions import Decision, LabeledNeighbor, may_be_judged, may_look_up_semantically

MAX_ASKED = 3
"""Neighbors of one question that a judge is asked about, all at once, as in the proxy."""


JUDGE_TIMEOUT_S = 30.0
"""Time limit of the questions about one request: no client waits for them."""


class Judge(Protocol):
    """Says of each neighbor whether its answer may answer the question."""

    def judge(self, question: str, neighbors: Sequence[LabeledNeighbor]) -> list[bool]: ...


@dataclass(frozen=True, slots=True)
class SimulatedJudge:
    """A judge that knows the labels and errs: it accepts a share of the wrong pairs and refuses one of the right ones.

    What it says of a pair depends on nothing but the pair and *seed*: asked again, it errs again, in any order.
    """

    false_accepts: float
    false_refusals: float
    seed: int = 0

    def judge(self, question: str, neighbors: Sequence[LabeledNeighbor]) -> list[bool]:
        return [self._accepts(question, neighbor) for neighbor in neighbors]

    def _accepts(self, question: str, neighbor: LabeledNeighbor) -> bool:
        pair = "\0".join((str(self.seed), *sorted((question, neighbor.text)))).encode("utf-8", "surrogatepass")
        chance = int.from_bytes(hashlib.sha256(pair).digest()[:8]) / 2**64
        return chance >= self.false_refusals if neighbor.right else chance < self.false_accepts


class EndpointJudge:
    """A chat model behind an OpenAI-compatible service, asked as the proxy asks it, but without a deadline of its own.

    Stored answers are not known here, so it is shown the two questions only. What it said is remembered.
    """

    def __init__(self, url: str, model: str, api_key: str | None) -> None:
        self._make = partial(ChatJudge, model, base_url=url, api_key=api_key, timeout=JUDGE_TIMEOUT_S)
        self._said: dict[tuple[str, str], bool] = {}

    def judge(self, question: str, neighbors: Sequence[LabeledNeighbor]) -> list[bool]:
        """Return True where the model says yes. Raises StoreError."""
        fresh = [neighbor.text for neighbor in neighbors if (question, neighbor.text) not in self._said]
        if fresh:
            said = asyncio.run(self._ask(question, fresh))
            self._said |= {(question, text): yes for text, yes in zip(fresh, said, strict=True)}
        return [self._said[question, neighbor.text] for neighbor in neighbors]

    async def _ask(self, question: str, texts: Sequence[str]) -> list[bool]:
        judge = self._make()  # a session belongs to one event loop
        try:
            async with asyncio.timeout(JUDGE_TIMEOUT_S):
                replies = await asyncio.gather(*(judge.may_answer(JudgeQuestion(question, text)) for text in texts))
        except TimeoutError as exc:
            raise StoreError(f"judge: no answer within {JUDGE_TIMEOUT_S:g} s") from exc
        finally:
            await judge.close()
        return [reply.may_answer is True for reply in replies]


@dataclass(frozen=True, slots=True)
class JudgeUse:
    """A judge, and the lowest similarity of the neighbors that it is asked about."""

    judge: Judge
    min_similarity: float

    def ask(self, question: str, near: Sequence[LabeledNeighbor], rules: Rules) -> list[tuple[LabeledNeighbor, bool]]:
        """Ask about the nearest neighbors that may be right; return what the judge said of each, the nearest first."""
        asked: list[LabeledNeighbor] = []
        for one in near:
            if one.similarity < self.min_similarity or len(asked) == MAX_ASKED:
                break
            if may_be_judged(question, one, rules):
                asked.append(one)
        return list(zip(asked, self.judge.judge(question, asked), strict=True)) if asked else []

    def decide(self, decision: Decision, near: Sequence[LabeledNeighbor], rules: Rules) -> Decision:
        """Return what becomes of a miss."""
        if not may_look_up_semantically(decision.question, rules):
            return decision
        said = self.ask(decision.question, near, rules)
        accepted = next((one for one, yes in said if yes), None)
        return replace(decision, answered=accepted, asked=len(said), judged=accepted is not None)


def judged_verdict(
    verified: VerifiedPolicy,
    verdict: Verdict,
    seen: Sequence[Neighbor],
    said: Sequence[tuple[Neighbor, bool]],
    chance: float,
) -> Verdict:
    """Return what becomes of a miss of the verified policy by what a judge *said*, as the proxy decides it."""
    chosen = next((neighbor for neighbor, yes in said if yes), None)
    if chosen is not None:
        return verified.decide_on_judged(candidate_for(chosen, seen, verified.space), chance)
    if verdict.candidate is not None and verdict.candidate.key in [neighbor.key for neighbor, _ in said]:
        return replace(verdict, judged=False)
    return verdict


def unchecked_opinion(verdict: Verdict, said: Sequence[tuple[Neighbor, bool]]) -> tuple[Neighbor, bool] | None:
    """Return a neighbor and what the judge said of it, where nothing better is learned from the request."""
    compared = verdict.candidate.key if verdict.candidate is not None and verdict.needs_upstream else None
    return next(((n, yes) for n, yes in said if yes is bool(verdict.judged) and n.key != compared), None)


def parse_simulated(text: str, seed: int) -> SimulatedJudge:
    """Parse ``simulated:FA,FR``. Raises ValueError."""
    shares = text.removeprefix("simulated:").split(",")
    try:
        false_accepts, false_refusals = (float(share) for share in shares)
    except ValueError:
        raise ValueError(f"--judge {text}: not simulated:FA,FR, such as simulated:.02,.1") from None
    if not (0 <= false_accepts <= 1 and 0 <= false_refusals <= 1):
        raise ValueError(f"--judge {text}: both shares must be between 0 and 1")
    return SimulatedJudge(false_accepts, false_refusals, seed)
