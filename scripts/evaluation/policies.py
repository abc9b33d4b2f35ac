"""The policies that are compared on streams: static threshold, one curve per entry, and verified."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence

from aicache.domain import policy
from aicache.evidence.decision import DEFAULT_CHECK_RATES, Action, CheckRates, Decision, neighbors_to_compare
from aicache.evidence.embedding_space import USE_MULTILINGUAL, EmbeddingSpace
from aicache.evidence.entry_record import EntryRecord
from aicache.evidence.neighbor import Neighbor
from aicache.evidence.neighbor_features import MAX_NEIGHBORS, candidate_for
from aicache.evidence.verified_policy import VerifiedPolicy
from evaluation.judges import MAX_ASKED, judged_verdict, unchecked_opinion
from evaluation.streams import Choice, SameAnswer, StoredNeighbor


class StaticPolicy:
    """Serves neighbors at or above a threshold, and learns nothing."""

    max_neighbors = 1

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold

    def choose(self, question: int, near: Sequence[StoredNeighbor], caller: int) -> Choice:
        if near and near[0][1] >= self._threshold:
            return Choice(near[0][0], call_upstream=False)
        return Choice(None, call_upstream=True)

    def learn(self, question: int, near: Sequence[StoredNeighbor], same: SameAnswer, stored: bool, caller: int) -> None:
        pass


class PerEntryPolicy:
    """One curve per entry, fitted to that entry's own observations, like vCache (arXiv 2502.03771).

    The probability that an entry's answer is right at a similarity s is ``logistic(sharp · (s - bar))``; the
    posterior of the two parameters is computed on a grid. The upstream is called with the smallest probability that
    keeps the error below *error* for the worst curve within a confidence level, minimized over the levels.
    """

    max_neighbors = 1
    _SHARP = (10.0, 20.0, 40.0, 80.0, 160.0)
    _BARS = tuple(0.5 + 0.01 * i for i in range(51))
    _CONFIDENCES = (0.5, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005)

    def __init__(self, error: float, seed: int = 0) -> None:
        self._error = error
        self._seen: dict[int, list[tuple[float, bool]]] = {}
        self._likely: dict[int, list[tuple[float, float, float]]] = {}
        self._chance = random.Random(seed)

    def choose(self, question: int, near: Sequence[StoredNeighbor], caller: int) -> Choice:
        if near and self._chance.random() >= self._exploration_rate(*near[0]):
            return Choice(near[0][0], call_upstream=False)
        return Choice(None, call_upstream=True)

    def learn(self, question: int, near: Sequence[StoredNeighbor], same: SameAnswer, stored: bool, caller: int) -> None:
        if near:
            key, similarity = near[0]
            self._seen.setdefault(key, []).append((similarity, same(key)))
            self._likely.pop(key, None)

    def _exploration_rate(self, key: int, similarity: float) -> float:
        """Return the probability of calling the upstream."""
        if key not in self._seen:
            return 1.0
        right_at = sorted(
            ((1 / (1 + math.exp(-sharp * (similarity - bar))), weight) for sharp, bar, weight in self._curves(key)),
        )
        best = 1.0
        for doubt in self._CONFIDENCES:
            left = doubt
            lowest = right_at[-1][0]
            for right, weight in right_at:
                lowest = right
                if (left := left - weight) < 0:
                    break
            surely = (1 - doubt) * lowest
            best = min(best, max(0.0, 1 - self._error / max(1e-9, 1 - surely)))
        return best

    def _curves(self, key: int) -> list[tuple[float, float, float]]:
        """Return every curve on the grid with its posterior probability."""
        if key not in self._likely:
            grid = [(sharp, bar) for sharp in self._SHARP for bar in self._BARS]
            logs = [
                sum(-math.log1p(math.exp((-1 if right else 1) * sharp * (s - bar))) for s, right in self._seen[key])
                for sharp, bar in grid
            ]
            top = max(logs)
            total = sum(math.exp(v - top) for v in logs)
            self._likely[key] = [(s, b, math.exp(v - top) / total) for (s, b), v in zip(grid, logs, strict=True)]
        return self._likely[key]


class LearningPolicy:
    """The engine's own verified policy."""

    max_neighbors = MAX_NEIGHBORS

    def __init__(
        self,
        max_error: float,
        *,
        seed: int = 0,
        space: EmbeddingSpace = USE_MULTILINGUAL,
        shares: CheckRates = DEFAULT_CHECK_RATES,
        shared: bool = False,
        texts: Sequence[str] = (),
        judge: Callable[[int, int], bool] | None = None,
    ) -> None:
        """*texts* are the questions by number, for the guards; without texts no guards run.

        *judge* says of two questions, by number, whether the second one's answer may answer the first.
        """
        self.verified = VerifiedPolicy(space, max_error, check_rates=shares, shared=shared)
        self.records: dict[str, EntryRecord] = {}
        self._chance = random.Random(seed)
        self._shared = shared
        self._texts, self._judge = texts, judge
        self._at = 0
        self._decision = Decision(Action.MISS)

    def choose(self, question: int, near: Sequence[StoredNeighbor], caller: int) -> Choice:
        self._at += 1
        seen = self._see(question, near)
        self._decision = self.verified.decide(seen, self.records, self._chance.random())
        if self._judge is not None and self._decision.action is Action.MISS and not self._decision.sampled:
            self._decision = self._ask_judge(self._judge, question, seen, caller)
        found = self._decision.candidate
        return Choice(
            int(found.key) if found and self._decision.serves else None, call_upstream=self._decision.needs_upstream
        )

    def learn(self, question: int, near: Sequence[StoredNeighbor], same: SameAnswer, stored: bool, caller: int) -> None:
        found, group = self._decision.candidate, str(question)
        for seen in neighbors_to_compare(self._see(question, near), self._decision):
            right = same(int(seen.key))
            if found is not None and seen.key == found.key:
                self._observe(found.key, right, caller)
            if right:
                group = seen.group
                break
        if stored:
            self.records[str(question)] = EntryRecord(group)

    def _ask_judge(
        self, judge: Callable[[int, int], bool], question: int, seen: Sequence[Neighbor], caller: int
    ) -> Decision:
        """Return what becomes of a miss: the judge is asked about the nearest neighbors that may be right."""
        verified = self.verified
        if not verified.may_serve_judged:
            return self._decision
        asked = [n for n in seen if n.refused is None and n.similarity >= verified.space.judged_similarity][:MAX_ASKED]
        said = [(neighbor, judge(question, int(neighbor.key))) for neighbor in asked]
        decision = judged_verdict(verified, self._decision, seen, said, self._chance.random())
        if (unchecked := unchecked_opinion(decision, said)) is not None:
            neighbor, yes = unchecked
            found = candidate_for(neighbor, seen, verified.space)
            nonce = self._chance.getrandbits(32)
            chance = self._chance.random()
            observation = verified.learn_from_judge(found, yes, chance, at=self._at, nonce=nonce, caller=caller)
            self.records[neighbor.key] = self.records[neighbor.key].with_observations([observation])
        return decision

    def _observe(self, key: str, right: bool, caller: int) -> None:
        nonce = self._chance.getrandbits(32)
        observation = self.verified.learn(self._decision, right, at=self._at, nonce=nonce, caller=caller)
        if observation is not None:
            self.records[key] = self.records[key].with_observations([observation], capped=self._shared)

    def _see(self, question: int, near: Sequence[StoredNeighbor]) -> list[Neighbor]:
        """Return the neighbors as the engine builds them."""
        seen = []
        for key, similarity in near:
            refused, raised = None, 0.0
            if self._texts:
                refused, raised = policy.apply_guards(self._texts[question], self._texts[key])
            group = self.records[str(key)].group
            seen.append(Neighbor(str(key), similarity, refused=refused, group=group, raised=raised))
        return seen
