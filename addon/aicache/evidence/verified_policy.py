"""The verified policy of one kind of traffic: which neighbour to serve, what to check, what follows from it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from aicache.evidence import entry_record
from aicache.evidence import error_bound as bound
from aicache.evidence.embedding_space import Space
from aicache.evidence.entry_record import Record
from aicache.evidence.error_bound import Account, Standing
from aicache.evidence.neighbor_features import Candidate, Seen, candidate
from aicache.evidence.observations import Observation
from aicache.evidence.risk_budget import Budget
from aicache.evidence.risk_model import fit
from aicache.evidence.shared_state import Shared

REFIT = 16
"""Observations after which the curve is fitted again."""
COMPARED = 4
"""Answers that a fresh one is compared with at most, each of another group."""
PROVING = 10
"""Checked hits at which half of what would be a hit is still checked first: a curve that is wrong and sure of itself
shows it there, at nobody's cost but the cache's."""
JUDGED_ALONE = 8
"""Checked hits of one caller that an account takes in any case; beyond that, no more than a quarter of all."""


@dataclass(frozen=True, slots=True)
class Shares:
    """How much of what would be a hit is checked, as probabilities."""

    explore: float = 0.05
    """Asked upstream instead: nobody gets a wrong answer, the fresh one is stored."""
    audit: float = 0.05
    """Served, and asked upstream as well."""


SHARES = Shares()


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
    drawn: bool = False
    """It would be a hit, and is checked by lot: its answer is evidence of how often hits are wrong."""

    @property
    def serves(self) -> bool:
        return self.action in (Action.SERVE, Action.AUDIT)

    @property
    def asks(self) -> bool:
        """Tell whether the upstream is asked."""
        return self.action is not Action.SERVE


class Verified:
    """Decides for one kind of traffic and learns from what comes of it.

    It is told all it knows: neighbours, their records, chances, and what other proxies know (`absorb`, `use`). A
    request is decided on in microseconds; learning fits the curve now and then, in some milliseconds. *shared* says
    that the callers of this kind get one another's answers, so that each has a limited say.
    """

    def __init__(self, space: Space, max_error: float, *, shares: Shares = SHARES, shared: bool = False) -> None:
        self.space = space
        self.max_error = max_error
        self._known = Shared()
        self._fresh: list[Observation] = []
        self.curve = fit((), space.prior)
        self.budget = Budget(max_error)
        self._shares = shares
        self._shared = shared
        self._before, self._account, self._unsent = Account(), Account(), Account()
        self._judged_of: Counter[int] = Counter()
        self._unfitted = 0

    @property
    def known(self) -> Shared:
        """Return what there is to tell other proxies, and to read again after a restart."""
        if self._fresh:
            fresh, self._fresh = tuple(self._fresh), []
            self._known = self._known.merged(replace(self._known, observations=fresh), capped=self._shared)
        return self._known

    @property
    def account(self) -> Account:
        """Return the counts that the bound is of: this window's and the one's before."""
        return self._before + self._account

    @property
    def standing(self) -> Standing:
        return self._known.standing

    @property
    def error_bound(self) -> float:
        """Return what share of all requests is answered wrong at most, as things stand, with 95 % confidence."""
        match self.standing:
            case Standing.LEARNED:
                return self.account.of_all()
            case Standing.FROZEN:
                return self.account.safe().of_all()
            case Standing.OFF:
                return 0.0

    # ------------------------------------------------------------------ decide

    def decide(self, seen: Sequence[Seen], records: Mapping[str, Record], chance: float) -> Decision:
        """Decide on one request. *chance* is uniform in [0, 1), and nothing else may depend on it.

        Served is what is below the largest bar that keeps the mean risk of all requests within the budget, what passes
        the hard limits whatever was learned, and what the standing allows.
        """
        found = candidate(seen, self.space)
        if found is None:
            self._count(Account(requests=1))
            self.budget.note(None)
            return Decision(Action.MISS)
        risk = entry_record.risk(self.curve, found.sight, records.get(found.key, Record(found.group)))
        would = risk <= self.budget.bar
        self.budget.note(risk)
        safe = found.similarity >= self.space.safe
        self._count(Account(requests=1, hits=would, safe_hits=would and safe))
        if not would:
            return Decision(Action.MISS, found, risk)
        if self.standing is Standing.OFF or (self.standing is Standing.FROZEN and not safe):
            return Decision(Action.MISS, found, risk, drawn=True)
        explore = max(self._shares.explore, PROVING / (PROVING + self.account.judged))
        if chance < explore:
            return Decision(Action.EXPLORE, found, risk, drawn=True)
        if chance < explore + self._shares.audit:
            return Decision(Action.AUDIT, found, risk, drawn=True)
        return Decision(Action.SERVE, found, risk)

    def watch(self, found: Candidate | None, chance: float, *, explore: float = 0.0) -> Decision:
        """Decide on a request whose candidate another policy has chosen: as far as the standing allows, it is served.

        The standing, the checks and the bound are the same; nothing learned has a say in what is near enough.
        """
        safe = found is not None and found.similarity >= self.space.safe
        self._count(Account(requests=1, hits=found is not None, safe_hits=safe))
        if found is None:
            return Decision(Action.MISS)
        if self.standing is Standing.OFF or (self.standing is Standing.FROZEN and not safe):
            return Decision(Action.MISS, found, drawn=True)
        if chance < explore:
            return Decision(Action.EXPLORE, found, drawn=True)
        return (
            Decision(Action.AUDIT, found, drawn=True) if chance < self._shares.audit else Decision(Action.SERVE, found)
        )

    # ------------------------------------------------------------------ learn

    def learn(self, decision: Decision, right: bool, *, at: float, nonce: int, caller: int) -> Observation | None:
        """Take in whether the candidate's answer was the same as the fresh one; None when there was no candidate.

        What is returned belongs into the candidate's record. *caller* is 16 bits of a digest of who asked.
        """
        if (found := decision.candidate) is None:
            return None
        observation = Observation(max(0, int(at)), nonce % 2**32, *found.sight, right, decision.drawn, caller % 2**16)
        self._fresh.append(observation)
        self._fit_again(1)
        if decision.drawn and self._may_judge(caller):
            self._judged_of[caller] += 1
            safe = found.similarity >= self.space.safe
            self._count(Account(judged=1, wrong=not right, safe_judged=safe, safe_wrong=safe and not right))
            self._conclude()
        return observation

    def _may_judge(self, caller: int) -> bool:
        return not self._shared or self._judged_of[caller] < max(JUDGED_ALONE, self._judged_of.total() / 4)

    def _conclude(self) -> None:
        """Change the standing, or begin a new account, when the counts say so."""
        standing = bound.next_standing(self.standing, self.account, self.max_error)
        if standing is not self.standing:
            self._begin(self._known.generation + 1, standing, Account())
        elif self._account.judged >= bound.WINDOW:
            self._begin(self._known.generation + 1, standing, self._account)

    def _begin(self, generation: int, standing: Standing, before: Account) -> None:
        self._known = replace(self._known, generation=generation, standing=standing)
        self._before, self._account, self._unsent = before, Account(), Account()
        self._judged_of.clear()

    def _count(self, more: Account) -> None:
        self._account += more
        self._unsent += more

    # ------------------------------------------------------------------ other proxies

    def absorb(self, other: Shared) -> None:
        """Take in what other proxies know of this kind."""
        if other.generation > self._known.generation:
            before = Account() if other.standing is not self.standing else self._account
            self._begin(other.generation, other.standing, before)
        had = self.known.observations
        self._known = self._known.merged(other, capped=self._shared)
        self._fit_again(len(set(self._known.observations).difference(had)))

    def _fit_again(self, more: int) -> None:
        self._unfitted += more
        if self._unfitted >= REFIT:
            self._unfitted = 0
            self.curve = fit(self.known.observations, self.space.prior, capped=self._shared)

    def unsent(self) -> Account:
        """Return what this process has counted since the last call, to be added to the generation's shared account."""
        unsent, self._unsent = self._unsent, Account()
        return unsent

    def use(self, generation: int, total: Account) -> None:
        """Take the shared account of this generation, in which all that was `unsent` is, in the place of one's own."""
        if generation == self._known.generation:
            self._account = total + self._unsent
            self._conclude()


def to_compare(seen: Sequence[Seen], decision: Decision) -> list[Seen]:
    """Return the neighbours whose answers a fresh one is to be compared with, until one is the same.

    The candidate first, for the evidence; then the nearest of each other group, however far, for the group that the
    fresh answer belongs to: where many ask for few things, that is what tells the next neighbours apart.
    """
    first = decision.candidate.key if decision.candidate else None
    groups: dict[str, Seen] = {}
    for s in sorted(seen, key=lambda s: (s.key != first, -s.similarity, s.key)):
        groups.setdefault(s.group, s)
    return list(groups.values())[:COMPARED]
