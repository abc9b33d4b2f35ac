"""Who may be given what is stored, and who has a say in it: proven by good answers, until the upstream refuses it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aicache.adapters.memory import MemoryIndex, MemoryStore
from aicache.domain.model import Hit, Miss
from aicache.domain.request_directives import Directives
from aicache.domain.store_ports import EVICTED_PREFIX
from aicache.engine import Exchange
from aicache.engine.answer_checks import MAX_FEEDBACK
from aicache.engine.credential_status import CACHED_TTL_S, MAX_CALLERS, MAX_REFUSALS_PER_S, REFUSED_TTL_S
from aicache.entries.recording import Recording
from engine.engine_setup import RULES, Clock, Setup, an_answer, an_exchange

ERROR_IN_A_200 = Recording(200, "application/json", "", b'{"error": {"message": "bad key", "code": "invalid_api_key"}}')
PASSWORD, PASSWORDS = "how do I reset my password", "how do I reset my passwords"


def shared(question: str, credential: str | None, **directives: object) -> Exchange:
    return an_exchange(question, scope="shared", credential=credential, directives=Directives(**directives))  # type: ignore[arg-type]


def own(question: str = "q", credential: str | None = "alice", scope: str = "alice") -> Exchange:
    return an_exchange(question, scope=scope, credential=credential)


async def settled(setup: Setup) -> None:
    await setup.engine.drain(1)


@pytest.fixture
async def setup() -> Setup:
    """Alice has asked, and is proven; entries are for all."""
    setup = Setup()
    setup.engine.rules = replace(RULES, shared=True)
    await setup.learn(shared(PASSWORD, "alice"), "Like this.")
    return setup


# ---------------------------------------------------------------------- what proves


async def test_an_error_that_comes_with_a_200_proves_nothing(setup: Setup) -> None:
    with pytest.raises(ValueError, match="error"):
        setup.engine.record(shared(PASSWORD, "mallory"), ERROR_IN_A_200)
    setup.engine.record_and_store_soon(shared(PASSWORD, "mallory"), ERROR_IN_A_200, lambda entry, why_not: None)
    await settled(setup)

    assert await setup.ask(shared(PASSWORD, "mallory")) == Miss("credential-unproven")


async def test_a_good_answer_proves_even_where_nothing_is_to_be_kept(setup: Setup) -> None:
    with pytest.raises(ValueError, match="not to be kept"):
        setup.engine.record(shared("another", "bob", no_store=True), an_answer("a"))
    await settled(setup)

    assert isinstance(await setup.ask(shared(PASSWORD, "bob")), Hit)


async def test_without_a_credential_nobody_is_ever_proven_where_answers_are_shared(setup: Setup) -> None:
    nobody = shared(PASSWORD, None)
    setup.engine.record(nobody, an_answer("a"))
    await settled(setup)

    assert await setup.ask(nobody) == Miss("credential-unproven")


async def test_a_refusal_ends_a_proof_at_once(setup: Setup) -> None:
    setup.engine.answered(shared("other", "alice"), 401)

    assert await setup.ask(shared(PASSWORD, "alice")) == Miss("credential-unproven")
    await settled(setup)
    assert setup.engine.credentials.is_refused("alice")


# ---------------------------------------------------------------------- who has a say


async def test_feedback_of_one_who_is_not_proven_changes_nothing(setup: Setup) -> None:
    key = shared(PASSWORD, "alice").identity.key

    for caller in ("mallory", None):
        setup.engine.feedback(shared(PASSWORD, caller), key, False)
        setup.engine.feedback(shared(PASSWORDS, caller), key, False)
    await settled(setup)

    assert isinstance(await setup.ask(shared(PASSWORD, "alice")), Hit)
    assert isinstance(await setup.ask(shared(PASSWORDS, "alice")), Hit)


async def test_who_is_proven_takes_a_wrong_answer_from_itself_alone(setup: Setup) -> None:
    key = shared(PASSWORD, "alice").identity.key
    setup.engine.record(shared("other", "bob"), an_answer("a"))
    await settled(setup)
    before = await setup.ask(shared(PASSWORDS, "bob"))

    setup.engine.feedback(shared(PASSWORDS, "bob"), key, False)
    setup.engine.feedback(shared(PASSWORD, "bob"), key, False)
    await settled(setup)
    bobs, alices = await setup.ask(shared(PASSWORDS, "bob")), await setup.ask(shared(PASSWORDS, "alice"))

    assert isinstance(setup.exact, MemoryStore)
    assert [*setup.exact.flags].count(EVICTED_PREFIX + key) == 1  # other proxies may have a response at hand
    assert isinstance(before, Hit)
    assert isinstance(bobs, Miss)
    assert bobs.reason == "told-wrong"
    assert isinstance(alices, Hit)
    assert isinstance(await setup.ask(shared(PASSWORD, "alice")), Hit)


async def test_a_caller_says_only_so_much_in_a_minute() -> None:
    setup = Setup()
    for i in range(MAX_FEEDBACK + 1):
        await setup.learn(own(f"question {i}"), "a")

    for i in range(MAX_FEEDBACK + 1):
        setup.engine.feedback(own(f"question {i}"), own(f"question {i}").identity.key, False)
    await settled(setup)
    assert isinstance(setup.exact, MemoryStore)
    left = len(setup.exact.entries)
    setup.clock.now += 61
    last = own(f"question {MAX_FEEDBACK}")
    setup.engine.feedback(last, last.identity.key, False)
    await settled(setup)

    assert (left, len(setup.exact.entries)) == (1, 0)


async def test_nobody_has_no_say_though_its_entries_are_its_own() -> None:
    setup = Setup()
    nobody = own(credential=None, scope="nobody")
    await setup.learn(nobody, "a")

    setup.engine.feedback(nobody, nobody.identity.key, False)
    await settled(setup)

    assert isinstance(await setup.ask(nobody), Hit)


async def test_a_short_life_that_one_caller_wants_shortens_none_of_what_others_have(setup: Setup) -> None:
    await setup.learn(shared(PASSWORD, "bob", ttl=1.0), "Like that.")

    setup.clock.now += 2

    assert isinstance(await setup.ask(shared(PASSWORD, "alice")), Hit)


# ---------------------------------------------------------------------- own entries


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_key_gets_no_more_hits_until_a_good_answer(status: int) -> None:
    setup = Setup()
    await setup.learn(own(), "a")
    setup.engine.answered(own("other"), status)

    refused = await setup.ask(own())
    setup.engine.answered(own("other"), 500)
    await setup.learn(own("more"), "b")

    assert refused == Miss("credential-refused")
    assert isinstance(await setup.ask(own()), Hit)
    assert isinstance(setup.exact, MemoryStore)
    assert not any(until > setup.clock.now for until in setup.exact.flags.values())


async def test_a_refusal_is_known_to_other_proxies_and_lifted_for_them() -> None:
    store = MemoryStore(clock=Clock())
    one, other = Setup(store), Setup(store)
    await one.learn(own(), "a")
    assert isinstance(await other.ask(own()), Hit)

    one.engine.answered(own("x"), 401)
    await settled(one)
    other.clock.now += CACHED_TTL_S
    refused = await other.ask(own())
    await other.learn(own("y"), "b")
    one.clock.now += CACHED_TTL_S

    assert refused == Miss("credential-refused")
    assert isinstance(await one.ask(own()), Hit)


async def test_what_one_key_is_refused_stops_no_other() -> None:
    setup = Setup()
    await setup.learn(own(), "a")

    setup.engine.answered(own(credential="mallory", scope="mallory"), 401)

    assert isinstance(await setup.ask(own()), Hit)


async def test_made_up_keys_fill_neither_the_store_nor_the_memory() -> None:
    setup = Setup()
    for i in range(MAX_CALLERS + 50):
        setup.engine.answered(own(credential=str(i)), 401)
    await settled(setup)

    assert isinstance(setup.exact, MemoryStore)
    assert len(setup.exact.flags) == MAX_REFUSALS_PER_S
    assert len(setup.engine.credentials._cached) == MAX_CALLERS
    setup.clock.now += REFUSED_TTL_S / 2
    assert await setup.ask(own(credential=str(MAX_CALLERS))) == Miss("credential-refused")


async def test_what_the_upstream_forbids_is_kept_unless_the_settings_obey() -> None:
    says = replace(an_answer("a"), cache_control="no-cache, no-store")
    setup = Setup(index=MemoryIndex())
    assert setup.engine.record(own(), says)

    setup.engine.rules = replace(RULES, obeys_cache_control=True)
    with pytest.raises(ValueError, match="no-store"):
        setup.engine.record(own(), says)
