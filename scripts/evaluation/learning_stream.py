"""Runs the verified policy on a stream, with the same functions as the proxy."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence

import numpy as np

from aicache.cli.progress import Progress, bar
from aicache.domain import policy
from aicache.domain.model import Vector
from aicache.domain.policy import Rules
from aicache.evidence.decision import Action, CheckRates, neighbors_to_compare
from aicache.evidence.decision import Decision as Verdict
from aicache.evidence.embedding_space import EmbeddingSpace
from aicache.evidence.entry_record import EntryRecord
from aicache.evidence.neighbor import Neighbor
from aicache.evidence.neighbor_features import MAX_NEIGHBORS, candidate_for
from aicache.evidence.verified_policy import VerifiedPolicy
from evaluation.data import Question
from evaluation.decisions import ROWS_PER_BLOCK, Decision, LabeledNeighbor, Run, may_look_up_semantically
from evaluation.judges import JudgeUse, judged_verdict, unchecked_opinion


class SimulatedCache:
    """The proxy's state for one traffic segment: vectors, questions, records and the curve."""

    def __init__(
        self, questions: Sequence[Question], space: EmbeddingSpace, rules: Rules, seed: int, judge: JudgeUse | None
    ) -> None:
        self._questions, self._space, self._rules, self._judge = questions, space, rules, judge
        self._verified = VerifiedPolicy(space, rules.max_error, check_rates=CheckRates(audit=rules.audit))
        self._chance = random.Random(seed)
        self._stored = np.empty(len(questions), np.intp)
        self._count = 0
        self._records: dict[str, EntryRecord] = {}
        self._exact: dict[str, int] = {}

    def process(self, number: int, similarity: Vector, run: Run) -> Decision:
        """Decide on a question, learn from the upstream's answer, and store a miss.

        *similarity* has the cosine to every earlier question.
        """
        question = self._questions[number]
        if (known := self._exact.get(question.text)) is not None:
            run.seconds.append(0.0)
            return Decision(question.text, self._labeled(known, 1.0, question), answer=question.answer)
        if not may_look_up_semantically(question.text, self._rules):
            run.seconds.append(0.0)
            self._exact[question.text] = number
            return Decision(question.text, None, answer=question.answer)
        found = self._search(similarity)
        began = time.perf_counter()
        seen, slots = self._apply_guards(question.text, found)
        verdict = self._verified.decide(seen, self._records, self._chance.random())
        run.seconds.append(time.perf_counter() - began)
        verdict, asked = self._ask_judge(number, question, seen, verdict)
        candidate = verdict.candidate
        answered = None
        if verdict.serves and candidate is not None:
            answered = self._labeled(int(candidate.key), dict(found)[int(candidate.key)], question)
        self._learn(number, question, seen, verdict)
        if answered is None:
            self._store(number, question.text)
        lost = [(self._labeled(other, s, question), slots[other]) for other, s in found if slots.get(other)]
        refused, slot = next(((near, slot) for near, slot in lost if near.right), (None, ""))
        judged = answered is not None and verdict.judged is True
        return Decision(question.text, answered, refused, slot, answer=question.answer, asked=asked, judged=judged)

    def _ask_judge(
        self, number: int, question: Question, seen: Sequence[Neighbor], verdict: Verdict
    ) -> tuple[Verdict, int]:
        """Return what becomes of the verdict, and about how many neighbors the judge was asked, as the proxy does."""
        may_ask = verdict.action is Action.MISS and not verdict.sampled and self._verified.may_serve_judged
        if self._judge is None or not may_ask:
            return verdict, 0
        near = {self._labeled(int(n.key), n.similarity, question): n for n in seen}
        said = [(near[one], yes) for one, yes in self._judge.ask(question.text, list(near), self._rules)]
        verdict = judged_verdict(self._verified, verdict, seen, said, self._chance.random())
        if (unchecked := unchecked_opinion(verdict, said)) is not None:
            self._learn_from_judge(number, *unchecked, seen)
        return verdict, len(said)

    def _learn_from_judge(self, number: int, neighbor: Neighbor, yes: bool, seen: Sequence[Neighbor]) -> None:
        found = candidate_for(neighbor, seen, self._space)
        chance, nonce = self._chance.random(), self._chance.getrandbits(32)
        observation = self._verified.learn_from_judge(found, yes, chance, at=number, nonce=nonce, caller=0)
        self._records[neighbor.key] = self._records[neighbor.key].with_observations([observation])

    def _search(self, similarity: Vector) -> list[tuple[int, float]]:
        cosine = similarity[self._stored[: self._count]]
        count = min(MAX_NEIGHBORS, len(cosine))
        best = np.argpartition(-cosine, count - 1)[:count] if count else np.empty(0, dtype=np.int64)
        near = [(int(self._stored[i]), float(cosine[i])) for i in best]
        return sorted(near, key=lambda n: (-n[1], n[0]))

    def _apply_guards(self, text: str, found: Sequence[tuple[int, float]]) -> tuple[list[Neighbor], dict[int, str]]:
        """Return the neighbors as the proxy builds them; guards run until one neighbor passes."""
        seen: list[Neighbor] = []
        slots: dict[int, str] = {}
        for other, similarity in found:
            key, slot, raised = str(other), None, 0.0
            far = similarity < self._space.min_backed_similarity
            if not far and not any(not s.refused for s in seen):
                slot, raised = policy.apply_guards(text, self._questions[other].text)
            if slot is not None:
                slots[other] = slot
            refused = "too far" if far else slot
            group = self._records[key].group
            seen.append(Neighbor(key, similarity, refused=refused, group=group, raised=raised))
        return seen, slots

    def _learn(self, number: int, question: Question, seen: Sequence[Neighbor], verdict: Verdict) -> None:
        group = str(number)
        for each in neighbors_to_compare(seen, verdict) if verdict.action is not Action.SERVE else ():
            right = self._questions[int(each.key)].answer == question.answer
            if verdict.candidate is not None and each.key == verdict.candidate.key:
                nonce = self._chance.getrandbits(32)
                observation = self._verified.learn(verdict, right, at=number, nonce=nonce, caller=0)
                if observation is not None:
                    self._records[each.key] = self._records[each.key].with_observations([observation])
            if right:
                group = each.group
                break
        self._records[str(number)] = EntryRecord(group)

    def _store(self, number: int, text: str) -> None:
        self._stored[self._count] = number
        self._count += 1
        self._exact[text] = number

    def _labeled(self, other: int, similarity: float, question: Question) -> LabeledNeighbor:
        kept = self._questions[other]
        return LabeledNeighbor(kept.text, similarity, kept.answer == question.answer)


def evaluate_verified(
    questions: Sequence[Question],
    vectors: dict[str, Vector],
    space: EmbeddingSpace,
    rules: Rules,
    seed: int,
    judge: JudgeUse | None = None,
) -> Run:
    """Process one question after the other, starting with an empty cache."""
    rows = np.stack([vectors[question.text] for question in questions])
    cache, run, progress = SimulatedCache(questions, space, rules, seed, judge), Run(), Progress("evaluating")
    for start in range(0, len(rows), ROWS_PER_BLOCK):
        progress.task = f"evaluating {bar(start, len(rows))}"
        progress.show()
        cosine = rows[start : start + ROWS_PER_BLOCK] @ rows[: start + ROWS_PER_BLOCK].T
        run.decisions += [cache.process(number, row, run) for number, row in enumerate(cosine, start)]
    progress.clear()
    return run
