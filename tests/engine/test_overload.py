"""More than there is time for, and stores that refuse one thing and not the other, through the whole engine."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from aicache.adapters.memory import MemoryIndex, MemoryStore
from aicache.domain.model import Entry, Hit, Miss, Vector
from aicache.domain.ports import Purpose, StoreError
from aicache.engine import admission
from aicache.maintenance import Maintenance
from engine.engine_setup import Clock, Setup, an_answer, an_exchange
from fakes import LetterEmbedder


class FullStore(MemoryStore):
    """Answers and deletes, and takes nothing while it is *full*."""

    full = True

    async def put(self, entry: Entry) -> None:
        if self.full:
            raise StoreError("refused (OOM)")
        await super().put(entry)

    async def put_blob(self, name: str, value: bytes, expires_at: float) -> None:
        if self.full:
            raise StoreError("refused (OOM)")
        await super().put_blob(name, value, expires_at)


class MuteStore(MemoryStore):
    """Refuses to be read while it is *mute*."""

    mute = False

    async def get(self, key: str) -> Entry | None:
        if self.mute:
            raise StoreError("refused (NOPERM)")
        return await super().get(key)


class CountingEmbedder(LetterEmbedder):
    """Counts its calls, and answers when *may* is set."""

    def __init__(self) -> None:
        self.calls = 0
        self.may = asyncio.Event()
        self.may.set()

    async def embed(self, texts: Sequence[str], purpose: Purpose, partition: str = "") -> Vector:
        self.calls += 1
        await self.may.wait()
        return await super().embed(texts, purpose, partition)


class FullIndex(MemoryIndex):
    """Is searched, and takes nothing."""

    async def upsert(self, *_: Any) -> None:
        raise StoreError("no space left")


class Told:
    """What is told of an answer that was to be kept."""

    def __init__(self) -> None:
        self.heard: list[tuple[bool, str | None]] = []

    def __call__(self, entry: Entry | None, why_not: str | None) -> None:
        self.heard.append((entry is not None, why_not))


def warnings_in(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


async def late(setup: Setup, seconds: float = 0.1, turns: int = 12) -> None:
    """Make the event loop late while something is asked for, so that it is noticed."""

    async def holding() -> None:
        for _ in range(turns):
            time.sleep(seconds)  # noqa: ASYNC251
            await asyncio.sleep(0)

    async def waiting() -> Any:
        await asyncio.sleep(seconds * turns)

    asking = setup.engine.backends.exact_guards.reads.call(waiting(), "a slow one")
    await asyncio.gather(holding(), asking)


async def store(setup: Setup, question: str, told: Told | None = None) -> bool:
    exchange = an_exchange(question)
    stored = setup.engine.store_soon(exchange, setup.engine.record(exchange, an_answer("a")), told or Told())
    while setup.engine.busy:
        await asyncio.sleep(0.01)
    return stored


# ---------------------------------------------------------------------- overload


async def test_while_the_loop_is_late_what_is_stored_hits_and_new_questions_go_upstream_at_once() -> None:
    embedder = CountingEmbedder()
    setup = Setup(embedder=embedder)
    await store(setup, "stored")
    calls = embedder.calls
    await late(setup)

    new, stored = await setup.ask(an_exchange("new")), await setup.ask(an_exchange("stored"))

    assert new == Miss("busy")
    assert isinstance(stored, Hit)
    assert embedder.calls == calls


@pytest.mark.slow
async def test_once_the_loop_is_punctual_again_new_questions_are_looked_up_by_meaning_again() -> None:
    setup = Setup()
    await store(setup, "how do I reset my password")
    await late(setup)
    await asyncio.sleep(2)

    assert isinstance(await setup.ask(an_exchange("how do I reset my passwords")), Hit)


async def test_so_many_lookups_by_meaning_are_under_way_and_more_are_left_out(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(admission, "MAX_LOOKUPS", 3)
    embedder = CountingEmbedder()
    setup = Setup(embedder=embedder)
    await store(setup, "stored")
    embedder.calls = 0
    embedder.may.clear()

    first = [asyncio.ensure_future(setup.ask(replace(an_exchange(f"new {i}"), caller=i))) for i in range(3)]
    await asyncio.sleep(0)
    more = await asyncio.gather(*(setup.ask(an_exchange(f"newer {i}")) for i in range(20)))
    stored = await setup.ask(an_exchange("stored"))
    embedder.may.set()

    assert set(more) == {Miss("busy")}
    assert isinstance(stored, Hit)
    assert embedder.calls == 3
    assert all(outcome != Miss("busy") for outcome in await asyncio.gather(*first))
    assert len([line for line in warnings_in(caplog) if "more requests than there is time for" in line]) == 1


async def test_a_store_that_the_loop_is_too_late_to_hear_still_hits() -> None:
    """The look-up has .1 s for the store, which takes .02 of them; the loop takes half a second."""

    class Slow(MemoryStore):
        async def get(self, key: str) -> Entry | None:
            await asyncio.to_thread(time.sleep, 0.02)
            return await super().get(key)

    setup = Setup(exact=Slow(clock=Clock()))
    await store(setup, "stored")
    asking = [asyncio.ensure_future(setup.ask(an_exchange("stored"))) for _ in range(5)]
    await asyncio.sleep(0)

    time.sleep(0.5)  # noqa: ASYNC251

    assert all(isinstance(outcome, Hit) for outcome in await asyncio.gather(*asking))
    assert not setup.engine.backends.exact_guards.reads.failing


@pytest.mark.slow
async def test_answers_are_stored_at_once_and_found_by_meaning_when_there_is_time() -> None:
    setup = Setup()
    await late(setup)
    exchange = an_exchange("stored meanwhile")
    setup.engine.store_soon(exchange, setup.engine.record(exchange, an_answer("a")))
    for _ in range(3):
        await asyncio.sleep(0)

    assert isinstance(await setup.ask(an_exchange("stored meanwhile")), Hit)
    assert not setup.index.vectors  # type: ignore[attr-defined]
    await asyncio.sleep(2)
    assert setup.index.vectors  # type: ignore[attr-defined]


@pytest.mark.slow
async def test_the_end_waits_for_no_better_time() -> None:
    setup = Setup()
    await late(setup)
    exchange = an_exchange("stored at last")
    setup.engine.store_soon(exchange, setup.engine.record(exchange, an_answer("a")))
    began = time.monotonic()

    await setup.engine.drain(5)

    assert setup.index.vectors  # type: ignore[attr-defined]
    assert time.monotonic() - began < 4


# ---------------------------------------------------------------------- writing and reading apart


async def test_a_store_that_refuses_writes_goes_on_hitting(caplog: pytest.LogCaptureFixture) -> None:
    exact = FullStore(clock=Clock())
    setup = Setup(exact=exact)
    exact.full = False
    await store(setup, "stored")
    exact.full = True

    for i in range(8):
        await store(setup, f"new {i}")
    hits = [await setup.ask(an_exchange("stored")) for _ in range(20)]

    assert all(isinstance(hit, Hit) for hit in hits)
    assert setup.engine.backends.exact_guards.writes.failing
    assert warnings_in(caplog) == [
        "exact store (writes): refused (OOM); answers are not stored, hits go on",
    ]


async def test_stored_is_said_while_writing_works_and_told_after_the_fact() -> None:
    exact = FullStore(clock=Clock())
    setup, told = Setup(exact=exact), Told()

    promised = [await store(setup, f"new {i}", told) for i in range(5)]
    exact.full = False
    setup.engine.use_exact(exact, 0.1)
    promised += [await store(setup, f"newer {i}", told) for i in range(2)]

    assert promised == [True, False, False, False, False, True, True]
    whys = [why for _, why in told.heard]
    assert [kept for kept, _ in told.heard] == [False] * 5 + [True] * 2
    assert whys[0] == "store-error: exact store (writes): refused (OOM)"
    assert whys[4] == "store-error: exact store (writes): not asked, it is failing"
    assert whys[5:] == [None, None]


async def test_stored_is_said_again_once_a_write_has_worked() -> None:
    exact = FullStore(clock=Clock())
    setup = Setup(exact=exact)
    await store(setup, "refused")
    exact.full = False

    assert [await store(setup, f"new {i}") for i in range(2)] == [False, True]


async def test_of_a_batch_stored_is_said_while_writing_works() -> None:
    exact = FullStore(clock=Clock())
    setup = Setup(exact=exact)
    [entry] = setup.engine.record(an_exchange("q"), an_answer("a"))

    promised = []
    for _ in range(2):
        promised.append(setup.engine.store_soon(an_exchange("q"), [entry]))
        while setup.engine.busy:
            await asyncio.sleep(0.01)

    assert promised == [True, False]


async def test_without_a_store_nothing_is_said_to_be_stored() -> None:
    setup = Setup()
    setup.engine.backends.use_exact(None, 0.1)
    exchange, told = an_exchange("q"), Told()

    assert not setup.engine.store_soon(exchange, setup.engine.record(exchange, an_answer("a")), told)
    await setup.engine.drain(1)
    assert told.heard == [(False, "store-error: exact store: it is not in use")]


async def test_too_much_to_store_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Setup().engine._stores.__class__, "spawn", lambda self, work, *_: work.close())
    setup, told = Setup(), Told()
    exchange = an_exchange("q")

    assert not setup.engine.store_soon(exchange, setup.engine.record(exchange, an_answer("a")), told)
    setup.engine.record_and_store_soon(exchange, an_answer("a"), told)
    assert told.heard == [(False, "too busy")] * 2


async def test_a_store_that_cannot_be_read_still_deletes() -> None:
    exact = MuteStore(clock=Clock())
    setup = Setup(exact=exact)
    await store(setup, "wrong")
    exact.mute = True
    for _ in range(5):
        await setup.ask(an_exchange("wrong"))
    assert setup.engine.backends.exact_guards.reads.failing

    key = an_exchange("wrong").identity.key
    assert setup.engine.exact is not None
    await setup.engine.exact.delete([key])

    assert key not in exact.entries


async def test_what_is_to_be_purged_is_found_in_a_store_that_cannot_be_read() -> None:
    exact = MuteStore(clock=Clock())
    setup = Setup(exact=exact)
    await store(setup, "to be purged")
    exact.mute = True
    for _ in range(5):
        await setup.ask(an_exchange("to be purged"))

    key = an_exchange("to be purged").identity.key
    maintenance = Maintenance(setup.engine)

    assert await maintenance.keys_with_prefix(key[:8]) == [key]
    await maintenance.purge([key])
    assert key not in exact.entries


async def test_an_index_that_takes_nothing_is_searched_all_the_same(caplog: pytest.LogCaptureFixture) -> None:
    index = FullIndex()
    setup = Setup(index=index)
    found = an_exchange("how do I reset my password")
    vector = (await LetterEmbedder().embed(["how do I reset my password"], "query"))[0]
    await MemoryIndex.upsert(index, found.identity.key, setup.engine.semantic.namespace(found.identity), vector, 9e12)  # type: ignore[union-attr]

    for i in range(5):
        await store(setup, f"new {i}")
    await store(setup, "how do I reset my password")

    assert setup.engine.backends.semantic_guards.index_writes.failing
    assert isinstance(await setup.ask(an_exchange("how do I reset my passwords")), Hit)
    assert warnings_in(caplog) == [
        "vector index (writes): no space left; new answers are found by their exact request only",
    ]


# ---------------------------------------------------------------------- what is held here


class HeldStore(MuteStore):
    """Holds in this process what it was once asked for."""

    def __init__(self) -> None:
        super().__init__(clock=Clock())
        self.near: dict[str, Entry] = {}

    def get_cached(self, key: str) -> Entry | None:
        return self.near.get(key)

    def get_derived(self, name: bytes) -> object | None:
        return None

    def put_derived(self, name: bytes, entry: Entry, derived: object, size: int, until: str) -> None: ...

    def evict(self, key: str) -> None: ...


async def test_what_is_held_here_hits_while_the_store_is_out_and_shows_nothing_of_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    exact = HeldStore()
    setup = Setup(exact=exact)
    await store(setup, "held")
    key = an_exchange("held").identity.key
    exact.near[key] = exact.entries[key]
    exact.mute = True

    outcomes = [await setup.ask(an_exchange(question)) for question in ("other", "held") * 5]

    assert [isinstance(outcome, Hit) for outcome in outcomes] == [False, True] * 5
    assert setup.engine.backends.exact_guards.reads.failing
    assert [line for line in warnings_in(caplog) if line.startswith("exact store:")] == [
        "exact store: refused (NOPERM); requests go upstream, it is tried again every few seconds"
    ]


async def test_who_must_be_proven_is_given_nothing_that_is_held_while_that_cannot_be_asked() -> None:
    class Unproving(HeldStore):
        async def remembers(self, name: str) -> bool:
            raise StoreError("refused (NOPERM)")

    exact = Unproving()
    setup = Setup(exact=exact)
    shared = an_exchange("held", scope="shared", credential="carol")
    key = shared.identity.key
    [exact.near[key]] = setup.engine.record(an_exchange("held", scope="shared"), an_answer("a"))
    own = an_exchange("held", credential="dave")
    [exact.near[own.identity.key]] = setup.engine.record(an_exchange("held"), an_answer("a"))

    assert isinstance(await setup.ask(shared), Miss)
    assert isinstance(await setup.ask(own), Hit)
