"""The verified policy of one traffic segment: which neighbor to serve, what to check, what to learn. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from aicache.evidence import entry_record
from aicache.evidence import error_bound as bound
from aicache.evidence.decision import DEFAULT_CHECK_RATES, Action, CheckRates, Decision
from aicache.evidence.embedding_space import EmbeddingSpace
from aicache.evidence.entry_record import EntryRecord
from aicache.evidence.error_bound import ServingLevel, Tally
from aicache.evidence.judge_record import JudgeErrors
from aicache.evidence.neighbor import Neighbor
from aicache.evidence.neighbor_features import Candidate, pick_candidate
from aicache.evidence.observations import Observation
from aicache.evidence.risk_budget import MAX_RISK, RiskBudget
from aicache.evidence.risk_model import fit
from aicache.evidence.shared_state import SharedState

REFIT_AFTER = 16
"""Observations after which the risk model is refitted."""
PROVING_CHECKS = 10
"""Checked hits at which an eighth of the would-be hits is still checked first: a model that is wrong and certain shows
it in the first ones, at no one's cost but the cache's."""
MIN_CHECKED_SHARE = 0.05
"""Least share of would-be hits that is checked: with fewer audits, more of them are sent upstream first."""
FREE_CHECKS_PER_CALLER = 8
"""Checked hits of one caller that a tally counts in any case; beyond them, no more than a quarter of all."""


class VerifiedPolicy:
    """Decides on the requests of one traffic segment and learns from the results.

    Everything is passed in: neighbors, their records, random numbers, and what other proxies know
    (`merge_shared_state`, `adopt_tally`). A decision takes microseconds; learning refits the risk model now and then,
    which takes some milliseconds. *shared*: callers get one another's answers, so each caller's influence is limited.
    """

    def __init__(
        self,
        space: EmbeddingSpace,
        max_error: float,
        *,
        check_rates: CheckRates = DEFAULT_CHECK_RATES,
        shared: bool = False,
    ) -> None:
        self.space = space
        self.max_error = max_error
        self._shared_state = SharedState()
        self._fresh: list[Observation] = []
        self.risk_model = fit((), space.prior)
        self.risk_budget = RiskBudget(max_error)
        self._check_rates = check_rates
        self._shared = shared
        self._before, self._tally, self._unsent = Tally(), Tally(), Tally()
        self._checked_of: Counter[int] = Counter()
        self.judge_errors = JudgeErrors()
        self._unfitted = 0

    @property
    def shared_state(self) -> SharedState:
        """The state to share with other proxies, and to restore after a restart."""
        if self._fresh:
            fresh, self._fresh = tuple(self._fresh), []
            self._shared_state = self._shared_state.merged(
                replace(self._shared_state, observations=fresh), capped=self._shared
            )
        return self._shared_state

    @property
    def tally(self) -> Tally:
        """The counts that the bound is based on: the current tally and the one before."""
        return self._before + self._tally

    @property
    def serving_level(self) -> ServingLevel:
        return self._shared_state.serving_level

    @property
    def error_bound(self) -> float:
        """Upper bound of the share of all requests that are answered wrong now, with 95 % confidence."""
        match self.serving_level:
            case ServingLevel.LEARNED:
                return self.tally.max_overall_error()
            case ServingLevel.FROZEN:
                return self.tally.safe().max_overall_error()
            case ServingLevel.OFF:
                return 0.0

    # ------------------------------------------------------------------ decide

    def decide(
        self, seen: Sequence[Neighbor], records: Mapping[str, EntryRecord], chance: float, *, again: bool = False
    ) -> Decision:
        """Decide on one request. *chance* is uniform in [0, 1), and nothing else may depend on it.

        *again*: it has been counted as a miss, and more neighbors were found since.

        A candidate is served if its risk is within the limit that keeps the mean risk of all requests in budget, if it
        reaches the minimum similarity whatever was learned, and if the serving level allows it.
        """
        found = pick_candidate(seen, self.space)
        if found is None:
            if not again:
                self._count(Tally(requests=1))
                self.risk_budget.add(None)
            return Decision(Action.MISS)
        risk = entry_record.risk(self.risk_model, found.features, records.get(found.key, EntryRecord(found.group)))
        would = risk <= self.risk_budget.risk_limit
        explore = self._explored_share(self.tally.checked)
        self.risk_budget.add(risk, served=1.0 - explore, again=again)
        safe = found.similarity >= self.space.safe
        self._count(Tally(requests=not again, hits=would, safe_hits=would and safe))
        if not would:
            return Decision(Action.MISS, found, risk)
        if self.serving_level is ServingLevel.OFF or (self.serving_level is ServingLevel.FROZEN and not safe):
            return Decision(Action.MISS, found, risk, sampled=True)
        if chance < explore:
            return Decision(Action.EXPLORE, found, risk, sampled=True)
        if chance < explore + self._check_rates.audit:
            return Decision(Action.AUDIT, found, risk, sampled=True)
        return Decision(Action.SERVE, found, risk)

    def decide_on_candidate(
        self, found: Candidate | None, chance: float, *, explore: float = 0.0, again: bool = False
    ) -> Decision:
        """Decide on a request whose candidate another policy has chosen: it is served if the serving level allows.

        Serving level, checks and bound are the same, and so is *again*; nothing learned decides what is near enough.
        """
        safe = found is not None and found.similarity >= self.space.safe
        self._count(Tally(requests=not again, hits=found is not None, safe_hits=safe))
        if found is None:
            return Decision(Action.MISS)
        if self.serving_level is ServingLevel.OFF or (self.serving_level is ServingLevel.FROZEN and not safe):
            return Decision(Action.MISS, found, sampled=True)
        if chance < explore:
            return Decision(Action.EXPLORE, found, sampled=True)
        return (
            Decision(Action.AUDIT, found, sampled=True)
            if chance < self._check_rates.audit
            else Decision(Action.SERVE, found)
        )

    @property
    def may_serve_judged(self) -> bool:
        """Whether a hit that only a judge model allows would be served: then it is worth asking."""
        learned = self.serving_level is ServingLevel.LEARNED
        return learned and self.risk_budget.affords(self.judge_errors.remaining_risk * MAX_RISK)

    def decide_on_judged(self, found: Candidate, chance: float) -> Decision:
        """Decide on a neighbor that a judge model allows, after `decide` has counted the request as a miss.

        The risk is what a yes leaves of the neighbor's, and no less than the share of wrong ones among the model's yes,
        as far as checks have shown. It is checked as often as any hit.
        """
        before = self.risk_model.risk(found.features)
        risk = max(self.judge_errors.error(said_yes=True), before * self.judge_errors.remaining_risk)
        self._count(Tally(hits=1, safe_hits=found.similarity >= self.space.safe))
        explore = self._explored_share(self.judge_errors.checked_yes)
        if chance < explore:
            return Decision(Action.EXPLORE, found, risk, sampled=True, judged=True, risk_before=before)
        self.risk_budget.spend(risk)
        audited = chance < explore + self._check_rates.audit
        action = Action.AUDIT if audited else Action.SERVE
        return Decision(action, found, risk, sampled=audited, judged=True, risk_before=before)

    def _explored_share(self, checked: int) -> float:
        """Return the share of would-be hits that is sent upstream first: most of the first ones, few of the later."""
        least = max(self._check_rates.explore, MIN_CHECKED_SHARE - self._check_rates.audit)
        return max(least, (PROVING_CHECKS / (PROVING_CHECKS + checked)) ** 3)

    # ------------------------------------------------------------------ learn

    def learn(self, decision: Decision, right: bool, *, at: float, nonce: int, caller: int) -> Observation | None:
        """Learn whether the candidate's answer was the same as the fresh one.

        Return the observation for the candidate's record, None without a candidate. *caller* is 16 bits of a digest.
        """
        if (found := decision.candidate) is None:
            return None
        observation = Observation(
            max(0, int(at)), nonce % 2**32, *found.features, right, decision.sampled, caller % 2**16
        )
        self._observe(observation)
        if decision.judged is not None:
            self.judge_errors.count(decision.judged, right, decision.risk_before)
        if decision.sampled and self._may_count(caller):
            self._checked_of[caller] += 1
            safe = found.similarity >= self.space.safe
            self._count(Tally(checked=1, wrong=not right, safe_checked=safe, safe_wrong=safe and not right))
            self._conclude()
        return observation

    def learn_from_judge(
        self, found: Candidate, said_yes: bool, random: float, *, at: float, nonce: int, caller: int
    ) -> Observation:
        """Learn what a judge model said of a candidate that no fresh answer is compared with.

        Its errors are accounted for (`JudgeErrors.label`), and the bound on errors does not depend on it.
        """
        right = self.judge_errors.label(said_yes, random)
        observation = Observation(max(0, int(at)), nonce % 2**32, *found.features, right, False, caller % 2**16)
        self._observe(observation)
        return observation

    def _observe(self, observation: Observation) -> None:
        self._fresh.append(observation)
        self._fit_again(1)

    def _may_count(self, caller: int) -> bool:
        return not self._shared or self._checked_of[caller] < max(FREE_CHECKS_PER_CALLER, self._checked_of.total() / 4)

    def _conclude(self) -> None:
        """Change the serving level, or begin a new tally, if the counts require it."""
        serving_level = bound.next_serving_level(self.serving_level, self.tally, self.max_error)
        if serving_level is not self.serving_level:
            self._begin(self._shared_state.generation + 1, serving_level, Tally())
        elif self._tally.checked >= bound.CHECKED_PER_TALLY:
            self._begin(self._shared_state.generation + 1, serving_level, self._tally)

    def _begin(self, generation: int, serving_level: ServingLevel, before: Tally) -> None:
        self._shared_state = replace(self._shared_state, generation=generation, serving_level=serving_level)
        self._before, self._tally, self._unsent = before, Tally(), Tally()
        self._checked_of.clear()

    def _count(self, more: Tally) -> None:
        self._tally += more
        self._unsent += more

    # ------------------------------------------------------------------ other proxies

    def merge_shared_state(self, other: SharedState) -> None:
        """Merge what other proxies know of this segment."""
        if other.generation > self._shared_state.generation:
            before = Tally() if other.serving_level is not self.serving_level else self._tally
            self._begin(other.generation, other.serving_level, before)
        had = self.shared_state.observations
        self._shared_state = self._shared_state.merged(other, capped=self._shared)
        self._fit_again(len(set(self._shared_state.observations).difference(had)))

    def _fit_again(self, more: int) -> None:
        self._unfitted += more
        if self._unfitted >= REFIT_AFTER:
            self._unfitted = 0
            self.risk_model = fit(self.shared_state.observations, self.space.prior, capped=self._shared)

    def take_unsent_tally(self) -> Tally:
        """Return the counts of this process since the last call, to be added to the generation's shared tally."""
        unsent, self._unsent = self._unsent, Tally()
        return unsent

    def adopt_tally(self, generation: int, total: Tally) -> None:
        """Replace the own tally by the shared one of this generation, which includes all that was taken as unsent."""
        if generation == self._shared_state.generation:
            self._tally = total + self._unsent
            self._conclude()
