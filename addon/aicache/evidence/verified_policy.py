"""The verified policy of one kind of traffic: which neighbour to serve, what to check, what follows from it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from aicache.evidence import entry_record
from aicache.evidence import error_bound as bound
from aicache.evidence.embedding_space import EmbeddingSpace
from aicache.evidence.entry_record import EntryRecord
from aicache.evidence.error_bound import ServingLevel, Tally
from aicache.evidence.neighbor import Neighbor
from aicache.evidence.neighbor_features import Candidate, pick_candidate
from aicache.evidence.observations import Observation
from aicache.evidence.risk_budget import RiskBudget
from aicache.evidence.risk_model import fit
from aicache.evidence.shared_state import SharedState

REFIT = 16
"""Observations after which the curve is fitted again."""
MAX_COMPARED = 4
"""Answers that a fresh one is compared with at most, each of another group."""
PROVING = 10
"""Checked hits at which half of what would be a hit is still checked first: a curve that is wrong and sure of itself
shows it there, at nobody's cost but the cache's."""
FREE_CHECKS_PER_CALLER = 8
"""Checked hits of one caller that an account takes in any case; beyond that, no more than a quarter of all."""


@dataclass(frozen=True, slots=True)
class CheckRates:
    """How much of what would be a hit is checked, as probabilities."""

    explore: float = 0.05
    """Asked upstream instead: nobody gets a wrong answer, the fresh one is stored."""
    audit: float = 0.05
    """Served, and asked upstream as well."""


DEFAULT_CHECK_RATES = CheckRates()


class Action(StrEnum):
    MISS = "miss"
    EXPLORE = "explore"
    SERVE = "serve"
    AUDIT = "audit"
    """Serve, and ask upstream in the background."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with one request, and why."""

    action: Action
    candidate: Candidate | None = None
    risk: float | None = None
    sampled: bool = False
    """It would be a hit, and is checked by lot: its answer is evidence of how often hits are wrong."""

    @property
    def serves(self) -> bool:
        return self.action in (Action.SERVE, Action.AUDIT)

    @property
    def needs_upstream(self) -> bool:
        """Tell whether the upstream is asked."""
        return self.action is not Action.SERVE


class VerifiedPolicy:
    """Decides for one kind of traffic and learns from what comes of it.

    Everything is passed in: neighbors, their records, random numbers, and what other proxies know
    (`merge_shared_state`, `adopt_tally`). A decision takes microseconds; learning refits the risk model now and then,
    which takes some milliseconds. *shared*: callers get one another's answers, so each caller's influence is limited.
    """

    def __init__(
        self, space: EmbeddingSpace, max_error: float, *, shares: CheckRates = DEFAULT_CHECK_RATES, shared: bool = False
    ) -> None:
        self.space = space
        self.max_error = max_error
        self._known = SharedState()
        self._fresh: list[Observation] = []
        self.curve = fit((), space.prior)
        self.budget = RiskBudget(max_error)
        self._shares = shares
        self._shared = shared
        self._before, self._account, self._unsent = Tally(), Tally(), Tally()
        self._judged_of: Counter[int] = Counter()
        self._unfitted = 0

    @property
    def shared_state(self) -> SharedState:
        """Return what there is to tell other proxies, and to read again after a restart."""
        if self._fresh:
            fresh, self._fresh = tuple(self._fresh), []
            self._known = self._known.merged(replace(self._known, observations=fresh), capped=self._shared)
        return self._known

    @property
    def tally(self) -> Tally:
        """Return the counts that the bound is of: this window's and the one's before."""
        return self._before + self._account

    @property
    def serving_level(self) -> ServingLevel:
        return self._known.serving_level

    @property
    def error_bound(self) -> float:
        """Return what share of all requests is answered wrong at most, as things stand, with 95 % confidence."""
        match self.serving_level:
            case ServingLevel.LEARNED:
                return self.tally.max_overall_error()
            case ServingLevel.FROZEN:
                return self.tally.safe().max_overall_error()
            case ServingLevel.OFF:
                return 0.0

    # ------------------------------------------------------------------ decide

    def decide(self, seen: Sequence[Neighbor], records: Mapping[str, EntryRecord], chance: float) -> Decision:
        """Decide on one request. *chance* is uniform in [0, 1), and nothing else may depend on it.

        Served is what is below the largest bar that keeps the mean risk of all requests within the budget, what passes
        the hard limits whatever was learned, and what the standing allows.
        """
        found = pick_candidate(seen, self.space)
        if found is None:
            self._count(Tally(requests=1))
            self.budget.note(None)
            return Decision(Action.MISS)
        risk = entry_record.risk(self.curve, found.features, records.get(found.key, EntryRecord(found.group)))
        would = risk <= self.budget.bar
        self.budget.note(risk)
        safe = found.similarity >= self.space.safe
        self._count(Tally(requests=1, hits=would, safe_hits=would and safe))
        if not would:
            return Decision(Action.MISS, found, risk)
        if self.serving_level is ServingLevel.OFF or (self.serving_level is ServingLevel.FROZEN and not safe):
            return Decision(Action.MISS, found, risk, sampled=True)
        explore = max(self._shares.explore, PROVING / (PROVING + self.tally.checked))
        if chance < explore:
            return Decision(Action.EXPLORE, found, risk, sampled=True)
        if chance < explore + self._shares.audit:
            return Decision(Action.AUDIT, found, risk, sampled=True)
        return Decision(Action.SERVE, found, risk)

    def decide_on_candidate(self, found: Candidate | None, chance: float, *, explore: float = 0.0) -> Decision:
        """Decide on a request whose candidate another policy has chosen: as far as the standing allows, it is served.

        The standing, the checks and the bound are the same; nothing learned has a say in what is near enough.
        """
        safe = found is not None and found.similarity >= self.space.safe
        self._count(Tally(requests=1, hits=found is not None, safe_hits=safe))
        if found is None:
            return Decision(Action.MISS)
        if self.serving_level is ServingLevel.OFF or (self.serving_level is ServingLevel.FROZEN and not safe):
            return Decision(Action.MISS, found, sampled=True)
        if chance < explore:
            return Decision(Action.EXPLORE, found, sampled=True)
        return (
            Decision(Action.AUDIT, found, sampled=True)
            if chance < self._shares.audit
            else Decision(Action.SERVE, found)
        )

    # ------------------------------------------------------------------ learn

    def learn(self, decision: Decision, right: bool, *, at: float, nonce: int, caller: int) -> Observation | None:
        """Take in whether the candidate's answer was the same as the fresh one; None when there was no candidate.

        What is returned belongs into the candidate's record. *caller* is 16 bits of a digest of who asked.
        """
        if (found := decision.candidate) is None:
            return None
        observation = Observation(
            max(0, int(at)), nonce % 2**32, *found.features, right, decision.sampled, caller % 2**16
        )
        self._fresh.append(observation)
        self._fit_again(1)
        if decision.sampled and self._may_judge(caller):
            self._judged_of[caller] += 1
            safe = found.similarity >= self.space.safe
            self._count(Tally(checked=1, wrong=not right, safe_checked=safe, safe_wrong=safe and not right))
            self._conclude()
        return observation

    def _may_judge(self, caller: int) -> bool:
        return not self._shared or self._judged_of[caller] < max(FREE_CHECKS_PER_CALLER, self._judged_of.total() / 4)

    def _conclude(self) -> None:
        """Change the standing, or begin a new account, when the counts say so."""
        serving_level = bound.next_serving_level(self.serving_level, self.tally, self.max_error)
        if serving_level is not self.serving_level:
            self._begin(self._known.generation + 1, serving_level, Tally())
        elif self._account.checked >= bound.CHECKED_PER_TALLY:
            self._begin(self._known.generation + 1, serving_level, self._account)

    def _begin(self, generation: int, serving_level: ServingLevel, before: Tally) -> None:
        self._known = replace(self._known, generation=generation, serving_level=serving_level)
        self._before, self._account, self._unsent = before, Tally(), Tally()
        self._judged_of.clear()

    def _count(self, more: Tally) -> None:
        self._account += more
        self._unsent += more

    # ------------------------------------------------------------------ other proxies

    def merge_shared_state(self, other: SharedState) -> None:
        """Take in what other proxies know of this kind."""
        if other.generation > self._known.generation:
            before = Tally() if other.serving_level is not self.serving_level else self._account
            self._begin(other.generation, other.serving_level, before)
        had = self.shared_state.observations
        self._known = self._known.merged(other, capped=self._shared)
        self._fit_again(len(set(self._known.observations).difference(had)))

    def _fit_again(self, more: int) -> None:
        self._unfitted += more
        if self._unfitted >= REFIT:
            self._unfitted = 0
            self.curve = fit(self.shared_state.observations, self.space.prior, capped=self._shared)

    def take_unsent_tally(self) -> Tally:
        """Return what this process has counted since the last call, to be added to the generation's shared account."""
        unsent, self._unsent = self._unsent, Tally()
        return unsent

    def adopt_tally(self, generation: int, total: Tally) -> None:
        """Take the shared account of this generation, in which all that was `unsent` is, in the place of one's own."""
        if generation == self._known.generation:
            self._account = total + self._unsent
            self._conclude()


def neighbors_to_compare(seen: Sequence[Neighbor], decision: Decision) -> list[Neighbor]:
    """Return the neighbours whose answers a fresh one is to be compared with, until one is the same.

    The candidate first, for the evidence; then the nearest of each other group, however far, for the group that the
    fresh answer belongs to: where many ask for few things, that is what tells the next neighbours apart.
    """
    first = decision.candidate.key if decision.candidate else None
    groups: dict[str, Neighbor] = {}
    for s in sorted(seen, key=lambda s: (s.key != first, -s.similarity, s.key)):
        groups.setdefault(s.group, s)
    return list(groups.values())[:MAX_COMPARED]
