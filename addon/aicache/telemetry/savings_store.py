"""Keeps the account of savings in the store, for all proxies that share it and over restarts: a hash for each caller
and month, and one for each month with its totals and the callers that it has."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from aicache.domain.asyncio_tasks import TaskSet
from aicache.domain.caller_digests import CallerMatcher
from aicache.domain.events import Checked, Decided, Erased, Finished, Judged, Spent
from aicache.domain.ports import StoreError
from aicache.domain.store_ports import ACCOUNT_KEPT_S, ACCOUNT_PREFIX
from aicache.engine.guarded_store import GuardedStore
from aicache.telemetry.counters import Cost
from aicache.telemetry.labels import OTHER
from aicache.telemetry.savings import MAX_CALLERS, Account, Amounts, Savings, month_of

logger = logging.getLogger(__name__)

WRITE_INTERVAL_S = 10.0
"""Time for which what hits saved may be known to this process alone."""
WRITE_TIMEOUT_S = 5.0
MONTHS = 13
"""Months that are kept after their end, and that can be read, the current one included."""

_TOTAL = "total:"
_CALLER = "caller:"
_ERASED = "erased"
"""In place of the digests of callers who were erased."""


class Accountant:
    """Watches, and writes down what was saved. *store* returns the store in use, or None."""

    def __init__(
        self, cost: Cost, store: Callable[[], GuardedStore | None], clock: Callable[[], float] = time.time
    ) -> None:
        self._savings = Savings(cost, clock)
        self._store, self._clock = store, clock
        self._tasks = TaskSet()
        self._timer: asyncio.TimerHandle | None = None
        self._writing = asyncio.Lock()

    # ------------------------------------------------------------------ watch

    def decided(self, decided: Decided) -> None:
        if decided.outcome == "hit":
            self._savings.decided(decided)
            self._write_later()

    def finished(self, finished: Finished) -> None:
        self._savings.finished(finished)
        self._write_later()

    def checked(self, checked: Checked) -> None: ...

    def judged(self, judged: Judged) -> None:
        self._savings.judged(judged)
        self._write_later()

    def spent(self, spent: Spent) -> None:
        self._savings.spent(spent)
        self._write_later()

    def erased(self, erased: Erased) -> None:
        self._savings.erased(erased)
        if erased.caller is not None:
            self._tasks.spawn(self._forget(erased.caller))

    # ------------------------------------------------------------------ write

    async def write(self, last_store: GuardedStore | None = None) -> None:
        """Write what the store has not been told yet. What it may have been told is not told again."""
        async with self._writing:
            store = last_store or self._store()
            if store is None or not self._savings.pending:
                return
            untold: dict[tuple[str, str], list[tuple[Account, Amounts]]] = {}
            for account, amounts in self._savings.take():
                untold.setdefault((account.month, account.caller), []).append((account, amounts))
            try:
                for month in sorted({month for month, _ in untold}):
                    await self._write_month(store, month, untold)
            except StoreError as exc:
                logger.debug("savings: %s", exc)
            finally:
                for accounts in untold.values():
                    self._savings.put_back(accounts)

    async def _write_month(
        self, store: GuardedStore, month: str, untold: dict[tuple[str, str], list[tuple[Account, Amounts]]]
    ) -> None:
        """Write the accounts of a month, each caller's in one step, and take them from *untold* before that.

        First the callers' names, by which the rest is found, and which may be told twice; last the totals of what has
        been written.
        """
        index, ttl = _month_name(month), self._ttl(month)
        known = set(_callers(await store.increment(index, {}, ttl)))
        wanted = [caller for of_month, caller in untold if of_month == month]
        new = [caller for caller in wanted if caller not in known][: max(0, MAX_CALLERS - len(known))]
        if not known.union(new).issuperset(wanted):
            new.append(OTHER)
        if new:
            await store.increment(index, {f"{_CALLER}{caller}": 1 for caller in new}, ttl)
            known.update(new)
        written = Amounts()
        try:
            for caller in wanted:
                counters: Counter[str] = Counter()
                told = Amounts()
                for account, amounts in untold.pop((month, caller)):
                    told.add(amounts)
                    for name, count in amounts.as_counters().items():
                        counters[f"{account.api}|{account.model}|{name}"] += count
                await store.increment(_account_name(month, caller if caller in known else OTHER), counters, ttl)
                written.add(told)
        finally:
            totals = {f"{_TOTAL}{name}": count for name, count in written.as_counters().items()}
            if totals:
                await store.increment(index, totals, ttl)

    async def close(self, store: GuardedStore | None) -> None:
        """Write the rest to the store that is still in use. The watcher may be used again."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        try:
            async with asyncio.timeout(WRITE_TIMEOUT_S):
                await self._tasks.wait()
                await self.write(store)
        except TimeoutError:
            logger.debug("savings: not all written, the proxy ends")

    def _write_later(self) -> None:
        if self._timer is not None:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # in a command that has none
            return
        self._timer = loop.call_later(WRITE_INTERVAL_S, self._write_now)

    def _write_now(self) -> None:
        self._timer = None
        self._tasks.spawn(self.write())

    def _ttl(self, month: str) -> float:
        """Return the seconds for which a month is kept: reading it does not make that longer."""
        began = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC).timestamp()
        return max(1.0, began + ACCOUNT_KEPT_S - self._clock())

    # ------------------------------------------------------------------ read

    async def months(self) -> list[tuple[str, Amounts]]:
        """Return the totals of the months that have any, the newest first. Raises StoreError."""
        await self.write()
        found = [(month, await self._read(_month_name(month), month)) for month in self._recent_months()]
        return [(month, _totals(counters)) for month, counters in found if counters]

    async def accounts(self, month: str) -> list[tuple[Account, Amounts]]:
        """Return the accounts of a month. Raises StoreError."""
        await self.write()
        accounts: dict[Account, dict[str, int]] = {}
        for caller in _callers(await self._read(_month_name(month), month)):
            for name, count in (await self._read(_account_name(month, caller), month)).items():
                api, _, rest = name.partition("|")
                model, _, counter = rest.rpartition("|")
                accounts.setdefault(Account(month, caller, model, api), {})[counter] = count
        return sorted((account, Amounts.of_counters(counters)) for account, counters in accounts.items())

    @property
    def current_month(self) -> str:
        return month_of(self._clock())

    def is_month(self, text: str) -> bool:
        """Tell whether a text names a month that can be read."""
        return text in self._recent_months()

    def _recent_months(self) -> list[str]:
        now = datetime.fromtimestamp(self._clock(), UTC)
        months = [divmod(now.year * 12 + now.month - 1 - back, 12) for back in range(MONTHS)]
        return [f"{year:04}-{month + 1:02}" for year, month in months]

    async def _read(self, name: str, month: str) -> Mapping[str, int]:
        if (store := self._store()) is None:
            raise StoreError("the cache has not started")
        return await store.increment(name, {}, self._ttl(month))

    # ------------------------------------------------------------------ forget

    async def _forget(self, erased: CallerMatcher) -> None:
        """Have the accounts of a caller be those of nobody in particular: sums stay, the digest does not."""
        async with self._writing:
            try:
                for month in self._recent_months():
                    index = await self._read(_month_name(month), month)
                    theirs = [caller for caller in _callers(index) if erased.matches(caller)]
                    if theirs:
                        await self._merge(month, index, theirs)
            except StoreError as exc:
                logger.warning("savings: the accounts of an erased caller may be there still (%s)", exc)

    async def _merge(self, month: str, index: Mapping[str, int], theirs: list[str]) -> None:
        store, ttl = self._store(), self._ttl(month)
        if store is None:
            return
        for caller in theirs:
            counters = await self._read(_account_name(month, caller), month)
            await store.increment(_account_name(month, _ERASED), counters, ttl)
        gone = {f"{_CALLER}{caller}" for caller in theirs}
        kept = {name: count for name, count in index.items() if name not in gone} | {f"{_CALLER}{_ERASED}": 1}
        await store.delete([_month_name(month), *(_account_name(month, caller) for caller in theirs)])
        await store.increment(_month_name(month), kept, ttl)


def _month_name(month: str) -> str:
    return f"{ACCOUNT_PREFIX}{month}"


def _account_name(month: str, caller: str) -> str:
    return f"{ACCOUNT_PREFIX}{month}/{caller}"


def _callers(index: Mapping[str, int]) -> list[str]:
    return sorted(name.removeprefix(_CALLER) for name in index if name.startswith(_CALLER))


def _totals(index: Mapping[str, int]) -> Amounts:
    return Amounts.of_counters({name.removeprefix(_TOTAL): n for name, n in index.items() if name.startswith(_TOTAL)})
