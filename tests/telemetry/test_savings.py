"""The account of savings: by caller, model and API, for all proxies of a store, over restarts, in bounded space."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from aicache.adapters.memory import MemoryStore
from aicache.domain.caller_digests import CallerMatcher
from aicache.domain.digests import digest
from aicache.domain.events import Erased, Judged, Spent
from aicache.domain.judging import JudgeOpinion, JudgeOutcome
from aicache.domain.policy import Rules
from aicache.domain.ports import StoreError
from aicache.engine import Engine
from aicache.telemetry.labels import OTHER
from aicache.telemetry.savings import JUDGE, MAX_CALLERS, MAX_PENDING, NOBODY, Account, Amounts, Savings
from aicache.telemetry.savings_store import Accountant
from fakes import BrokenStore
from telemetry.reports import NOW, a_hit, a_report, an_entry, finished

MONTH = "2030-03"
ALICE, BOB = digest("alice"), digest("bob")
RULES = Rules(ttl=100, max_bytes=10_000, max_temperature=None, threshold=0.95, top_k=5, max_question=400)


def cost(model: str, prompt: int, completion: int, *, cached: int = 0) -> int | None:
    return None if model == "unknown" else (prompt - cached) * 10 + cached + completion * 100


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


class Setup:
    def __init__(self, store: MemoryStore | None = None) -> None:
        self.clock = Clock()
        self.store = store or MemoryStore(self.clock)
        self.engine = Engine(RULES, 1.0)
        self.engine.use_exact(self.store, 1.0)

    def accountant(self) -> Accountant:
        return Accountant(cost, lambda: self.engine.exact, self.clock)


def hit_of(caller: str, **other: Any) -> Any:
    entry = an_entry(prompt_tokens=100, completion_tokens=10)
    return a_hit(entry, owners=(caller, digest("an end user")), **other)


async def test_hits_are_accounted_for_by_caller_model_and_api() -> None:
    accountant = Setup().accountant()
    for decided in (hit_of(ALICE), hit_of(ALICE, cached_tokens=60), hit_of(BOB, api="messages", model="claude")):
        accountant.decided(decided)
    accountant.finished(finished(a_report("miss", owners=(BOB,), api="messages", model="claude")))
    accountant.finished(finished(a_report("miss", owners=(digest("nobody"),), model="any name"), status=401))
    accountant.finished(finished(a_report("bypass", reason="skip", model="")))

    assert await accountant.accounts(MONTH) == sorted(
        [
            (Account(MONTH, ALICE, "gpt-4o", "chat"), Amounts(2, 0, 200, 60, 20, 2000 + 1460, 0)),
            (Account(MONTH, BOB, "claude", "messages"), Amounts(1, 0, 100, 0, 10, 2000, 0, misses=1)),
            (Account(MONTH, NOBODY, "", "chat"), Amounts(misses=1, bypasses=1)),
        ]
    )
    assert await accountant.months() == [(MONTH, Amounts(3, 0, 300, 60, 30, 5460, 0, misses=2, bypasses=1))]


async def test_the_account_goes_on_after_a_restart_and_at_another_proxy() -> None:
    setup = Setup()
    for accountant in (setup.accountant(), setup.accountant()):
        accountant.decided(hit_of(ALICE))
        await accountant.close(setup.engine.exact)

    [(_, amounts)] = await setup.accountant().accounts(MONTH)
    assert (amounts.hits, amounts.saved) == (2, 4000)


async def test_what_judging_and_checking_cost_is_spent() -> None:
    accountant = Setup().accountant()
    accountant.decided(hit_of(ALICE))
    accountant.judged(Judged("judge-1", JudgeOpinion(JudgeOutcome.YES), 0.2, 200, 1))
    accountant.judged(Judged("judge-1", JudgeOpinion(JudgeOutcome.YES, remembered=True)))
    accountant.spent(Spent("audit", "chat", "gpt-4o", 100, 10, 60, (ALICE,)))

    assert await accountant.accounts(MONTH) == sorted(
        [
            (Account(MONTH, NOBODY, "judge-1", JUDGE), Amounts(spent=2100)),
            (Account(MONTH, ALICE, "gpt-4o", "chat"), Amounts(1, 0, 100, 0, 10, 2000, 1460)),
        ]
    )


async def test_a_model_without_a_price_is_told_and_not_guessed() -> None:
    accountant = Setup().accountant()
    accountant.decided(hit_of(ALICE, model="unknown"))

    assert await accountant.months() == [(MONTH, Amounts(1, 1, 100, 0, 10, 0, 0))]


async def test_each_month_has_its_own_account_and_ends_a_year_later() -> None:
    setup = Setup()
    accountant = setup.accountant()
    accountant.decided(hit_of(ALICE))
    await accountant.write()
    setup.clock.now += 40 * 86400
    accountant.decided(hit_of(ALICE))
    assert [month for month, _ in await accountant.months()] == ["2030-04", MONTH]

    setup.clock.now += 330 * 86400
    assert [month for month, _ in await accountant.months()] == ["2030-04", MONTH]
    setup.clock.now += 31 * 86400  # though it was read meanwhile
    assert [month for month, _ in await accountant.months()] == ["2030-04"]
    assert not accountant.is_month(MONTH)


async def test_models_with_any_name_are_read_again() -> None:
    accountant = Setup().accountant()
    for model in ("a|b", "", "x" * 1000, "lone \ud800"):
        accountant.decided(hit_of(ALICE, model=model))

    models = [account.model for account, _ in await accountant.accounts(MONTH)]
    assert sorted(models) == sorted(["a|b", "", "x" * 64, "lone ?"])


async def test_what_could_not_be_written_is_written_later() -> None:
    setup = Setup()
    working, setup.engine.backends.exact = setup.engine.exact, None
    accountant = setup.accountant()
    accountant.decided(hit_of(ALICE))
    with pytest.raises(StoreError):
        await accountant.months()
    setup.engine.backends.exact = working

    assert (await accountant.months())[0][1].hits == 1


class LosesReplies(MemoryStore):
    """An ExactStore that writes counters, and fails to say so where their name has a certain part."""

    part = ALICE

    async def increment(self, name: str, by: Mapping[str, int], ttl: float) -> Mapping[str, int]:
        counters = await super().increment(name, by, ttl)
        if by and self.part and self.part in name:
            raise StoreError("no reply")
        return counters


async def test_what_may_have_been_written_is_not_written_twice() -> None:
    setup = Setup(store := LosesReplies())
    accountant = setup.accountant()
    for caller in (ALICE, BOB):
        accountant.decided(hit_of(caller))
    await accountant.write()
    store.part = ""

    counted = {account.caller: amounts.hits for account, amounts in await accountant.accounts(MONTH)}
    assert counted == {ALICE: 1, BOB: 1}


async def test_what_a_store_refuses_is_kept_until_it_does_not() -> None:
    setup = Setup()
    working = setup.engine.exact
    accountant = setup.accountant()
    accountant.decided(hit_of(ALICE))
    setup.engine.use_exact(BrokenStore(), 1.0)
    await accountant.write()
    setup.engine.backends.exact = working

    assert (await accountant.months())[0][1].hits == 1


async def test_an_erased_callers_digest_goes_and_the_sums_stay() -> None:
    setup = Setup()
    accountant = setup.accountant()
    for caller in (ALICE, BOB):
        accountant.decided(hit_of(caller))
    before = await accountant.months()
    accountant.decided(hit_of(ALICE))  # not written yet

    accountant.erased(Erased(caller=CallerMatcher(frozenset({ALICE[:12]}))))
    await asyncio.wait_for(accountant._tasks.wait(), 5)

    counted = {account.caller: amounts.hits for account, amounts in await accountant.accounts(MONTH)}
    assert counted == {BOB: 1, "erased": 1, NOBODY: 1}
    assert before[0][1].hits + 1 == (await accountant.months())[0][1].hits
    assert ALICE not in str(setup.store.counters)


async def test_callers_without_number_share_an_account() -> None:
    setup = Setup()
    for accountant in (setup.accountant(), setup.accountant()):
        for i in range(MAX_CALLERS + 5):
            accountant.decided(hit_of(digest(str(id(accountant)), str(i))))
        await accountant.write()

    accounts = await setup.accountant().accounts(MONTH)
    assert len(accounts) == MAX_CALLERS + 1
    assert sum(amounts.hits for _, amounts in accounts) == 2 * (MAX_CALLERS + 5)
    assert OTHER in {account.caller for account, _ in accounts}


def test_a_store_that_is_away_for_long_costs_no_memory() -> None:
    savings = Savings(cost)
    for i in range(MAX_PENDING + 10):
        savings.put_back([(Account(MONTH, str(i), "m", "chat"), Amounts(hits=1))])

    assert len(savings.pending) == MAX_PENDING + 1
    assert savings.pending[Account(MONTH, OTHER, OTHER, "chat")].hits == 10


async def test_it_is_written_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aicache.telemetry.savings_store.WRITE_INTERVAL_S", 0.01)
    setup = Setup()
    setup.accountant().decided(hit_of(ALICE))
    async with asyncio.timeout(5):
        while not setup.store.counters:
            await asyncio.sleep(0.01)
