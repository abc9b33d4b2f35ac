"""Keeps account of requests, of what hits saved and what the cache has spent: by month, caller, model and API.

It holds what the store has not been told yet; `savings_store` tells it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import astuple, dataclass, fields
from datetime import UTC, datetime
from operator import itemgetter

from aicache.domain.events import Decided, Erased, Finished, Judged, Spent
from aicache.telemetry.counters import Cost
from aicache.telemetry.labels import MAX_NAME_CHARS, OTHER, BoundedNames, replace_surrogates

MAX_CALLERS = 200
"""Callers that are accounted for by digest, of a month and at one proxy; those that come later share an account."""
MAX_MODELS = 50
MAX_PENDING = 5_000
"""Accounts that wait to be written; where the store is away for long, further ones are added up as `OTHER`."""
JUDGE = "judge"
"""In place of an API: what judge models cost."""
NOBODY = ""
"""In place of a caller's digest: of a request with none, or of nobody's request."""


@dataclass(frozen=True, slots=True, order=True)
class Account:
    """What is counted together."""

    month: str
    """As ``2026-11``, in UTC."""
    caller: str
    """Digest of the caller, `NOBODY` or `OTHER`."""
    model: str
    api: str


@dataclass(slots=True)
class Amounts:
    """Counts since the beginning of the month. Money is in nano-dollars."""

    hits: int = 0
    unpriced: int = 0
    """Hits whose model has no known price: they saved money that is not counted."""
    prompt: int = 0
    """Tokens of prompts that hits saved; ``cached`` of them would have been read from the provider's own cache."""
    cached: int = 0
    completion: int = 0
    saved: int = 0
    """What these tokens would have cost."""
    spent: int = 0
    """What the cache itself has cost: judge models, and requests that check hits or replace expired answers."""
    misses: int = 0
    bypasses: int = 0
    """Requests that went upstream without having been looked up."""

    def add(self, other: Amounts) -> None:
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))

    def as_counters(self) -> dict[str, int]:
        """Return the amounts that are not 0, by name."""
        values = zip(fields(self), astuple(self), strict=True)
        return {field.name: value for field, value in values if value}

    @classmethod
    def of_counters(cls, counters: Mapping[str, int]) -> Amounts:
        return cls(**{field.name: counters.get(field.name, 0) for field in fields(cls)})


class Savings:
    """*cost* prices tokens; *clock* returns Unix seconds."""

    def __init__(self, cost: Cost, clock: Callable[[], float] = time.time) -> None:
        self._cost, self._clock = cost, clock
        self.pending: dict[Account, Amounts] = {}
        self._open: dict[tuple[str, str, str], Amounts] = {}  # of this month, by caller, model and API as they are
        self._month, self._month_ends = "", 0.0
        self._models = BoundedNames(MAX_MODELS)
        self._callers = BoundedNames(MAX_CALLERS)

    def decided(self, decided: Decided) -> None:
        if decided.outcome != "hit":
            return
        prompt, completion = decided.tokens
        cached = min(decided.cached_tokens, prompt)
        nanos = self._cost(decided.model, prompt, completion, cached=cached)
        amounts = self._amounts(decided.owners, decided.model, decided.api)
        amounts.hits += 1
        amounts.prompt += prompt
        amounts.cached += cached
        amounts.completion += completion
        if nanos is None:
            amounts.unpriced += 1
        else:
            amounts.saved += nanos

    def finished(self, finished: Finished) -> None:
        """Count a request that went upstream. Its caller and model are known to be some by a good answer only."""
        decided, is_good = finished.decided, finished.status == 200
        owners, model = (decided.owners, decided.model) if is_good else ((), "")
        amounts = self._amounts(owners, model, decided.api)
        if decided.outcome == "miss":
            amounts.misses += 1
        else:
            amounts.bypasses += 1

    def judged(self, judged: Judged) -> None:
        if nanos := self._cost(judged.model, judged.prompt_tokens, judged.completion_tokens):
            self._amounts((), judged.model, JUDGE).spent += nanos

    def spent(self, spent: Spent) -> None:
        tokens = (spent.prompt_tokens, spent.completion_tokens)
        if nanos := self._cost(spent.model, *tokens, cached=spent.cached_tokens):
            self._amounts(spent.owners, spent.model, spent.api).spent += nanos

    def erased(self, erased: Erased) -> None:
        """Have what is not written yet of an erased caller be nobody's."""
        self._open.clear()
        for account in [each for each in self.pending if erased.caller and erased.caller.matches(each.caller)]:
            amounts = self.pending.pop(account)
            self._pending(Account(account.month, NOBODY, account.model, account.api)).add(amounts)

    def take(self) -> list[tuple[Account, Amounts]]:
        """Return what the store has not been told yet; from now on it counts as told."""
        taken, self.pending, self._open = sorted(self.pending.items(), key=itemgetter(0)), {}, {}
        return taken

    def put_back(self, untold: Iterable[tuple[Account, Amounts]]) -> None:
        for account, amounts in untold:
            self._pending(account).add(amounts)

    def _amounts(self, owners: tuple[str, ...], model: str, api: str) -> Amounts:
        """Return the amounts to add to. Nearly every hit is of an account that is open: this costs little."""
        if (now := self._clock()) >= self._month_ends:
            self._begin_month(now)
        names = (owners[0] if owners else NOBODY, model, api)
        if (amounts := self._open.get(names)) is None:
            caller = self._callers.of(names[0]) if owners else NOBODY
            known = self._models.of(replace_surrogates(model[:MAX_NAME_CHARS]))
            amounts = self._pending(Account(self._month, caller, known, api))
            if len(self._open) < MAX_PENDING:
                self._open[names] = amounts
        return amounts

    def _begin_month(self, now: float) -> None:
        self._month = month_of(now)
        year, month = divmod(int(self._month[:4]) * 12 + int(self._month[5:]), 12)  # of the next one
        self._month_ends = datetime(year, month + 1, 1, tzinfo=UTC).timestamp()
        self._callers = BoundedNames(MAX_CALLERS)
        self._open.clear()

    def _pending(self, account: Account) -> Amounts:
        if account not in self.pending and len(self.pending) >= MAX_PENDING:
            account = Account(account.month, OTHER, OTHER, account.api)
        return self.pending.setdefault(account, Amounts())


def month_of(at: float) -> str:
    """Return the month of a Unix time."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m")
