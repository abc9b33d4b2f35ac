"""Questions in flight as neighbors: hits by meaning on answers to come, decided on, counted and checked as any."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from aicache.domain.model import Hit, Miss
from aicache.domain.policy import Policy
from aicache.domain.request_directives import Directives
from aicache.domain.trace import Trace
from aicache.engine import Engine, Exchange
from aicache.engine.collapsing import Flight
from aicache.engine.neighbor_search import disowned
from aicache.engine.neighbors_in_flight import MAX_QUESTIONS_OF_NAMESPACE
from aicache.engine.traffic_segments import segment_name
from engine.engine_setup import RULES, Setup, an_answer, an_exchange
from engine.learners import PASSWORD, questions
from engine.learners import Proxy as Learned
from engine.learners import an_exchange as a_question
from fakes import BrokenEmbedder, HangingEmbedder

ASKED, REWORDED, FAR = "how do I reset my password", "how do I reset my passwords", "what is a balance"


async def led(engine: Engine, exchange: Exchange) -> Flight:
    """Have a call go upstream."""
    flight, _ = await engine.collapsing.decide(exchange.identity.key, None, "leader", exchange.asked_at, 1.0)
    assert isinstance(flight, Flight)
    engine.neighbors_in_flight.add(exchange, flight)
    return flight


async def find(engine: Engine, exchange: Exchange, miss: Miss | None = None, trace: Trace | None = None) -> Hit | Miss:
    miss, trace = miss or Miss("no-neighbor"), trace or Trace()
    return await engine.neighbors_in_flight.find(exchange, miss, trace, exchange.asked_at, engine.deadline())


async def test_a_near_question_in_flight_is_a_hit_on_the_entry_to_come() -> None:
    setup, trace = Setup(), Trace()
    leader = an_exchange(ASKED)
    await led(setup.engine, leader)

    found = await find(setup.engine, an_exchange(REWORDED), trace=trace)

    assert isinstance(found, Hit)
    assert (found.entry.key, found.entry.question) == (leader.identity.key, ASKED)
    assert found.similarity is not None
    assert 0.95 <= found.similarity < 1
    assert [neighbor.question for neighbor in trace.neighbors] == [ASKED]
    assert "judgement" in [step.name for step in trace.steps]


@pytest.mark.parametrize(
    ("question", "how", "rules", "reason"),
    [
        (FAR, {}, {}, "no-neighbor"),
        ("how do I reset my 2 passwords", {}, {}, "guard:numbers"),
        (REWORDED, {"scope": "bob"}, {}, "no-neighbor"),
        (REWORDED, {"temperature": 1}, {}, "no-neighbor"),
        (REWORDED, {"directives": Directives(threshold=2.0)}, {}, "no-neighbor"),
        (REWORDED, {}, {"shadow": True}, "no-neighbor"),
        (REWORDED, {}, {"max_question": 5}, "no-neighbor"),
    ],
)
async def test_what_a_stored_answer_would_not_be_given_to_is_a_miss(
    question: str, how: dict[str, Any], rules: dict[str, Any], reason: str
) -> None:
    setup = Setup()
    await led(setup.engine, an_exchange(ASKED))
    setup.engine.rules = replace(RULES, **rules)

    outcome = await find(setup.engine, an_exchange(question, **how))

    assert isinstance(outcome, Miss)
    assert outcome.reason == reason


@pytest.mark.parametrize("embedder", [BrokenEmbedder(), HangingEmbedder()])
async def test_without_an_embedder_it_is_a_miss_in_time(embedder: BrokenEmbedder) -> None:
    setup = Setup(embedder=embedder)
    await led(setup.engine, an_exchange(ASKED))
    began = time.monotonic()

    assert await find(setup.engine, an_exchange(REWORDED)) == Miss("no-neighbor")
    assert time.monotonic() - began < 2.0


async def test_the_questions_vector_is_kept_for_what_comes_next() -> None:
    setup = Setup()
    await led(setup.engine, an_exchange(ASKED))

    outcome = await find(setup.engine, an_exchange(FAR))

    assert isinstance(outcome, Miss)
    assert outcome.vector is not None


async def test_an_answer_that_has_just_come_is_found_by_look_ups_that_began_before() -> None:
    setup = Setup()
    leader, before = an_exchange(ASKED), an_exchange(REWORDED)
    flight = await led(setup.engine, leader)
    [entry] = setup.engine.record(leader, an_answer("Like this."))
    flight.complete(entry)
    flight.stored()

    assert isinstance(await find(setup.engine, before), Hit)
    assert isinstance(await find(setup.engine, an_exchange(REWORDED)), Miss)
    setup.engine.collapsing.state.forget_answers()
    assert isinstance(await find(setup.engine, before), Miss)


@pytest.mark.parametrize("how", ["fail", "leave", "withhold"])
async def test_nothing_is_left_of_a_question_without_an_answer(how: str) -> None:
    setup = Setup()
    flight = await led(setup.engine, an_exchange(ASKED))
    getattr(flight, how)()

    assert len(setup.engine.neighbors_in_flight) == 0
    assert setup.engine.neighbors_in_flight._open == {}
    assert isinstance(await find(setup.engine, an_exchange(REWORDED)), Miss)


async def test_the_number_of_questions_is_bounded() -> None:
    setup = Setup()
    flights = [await led(setup.engine, an_exchange(f"number {i}")) for i in range(MAX_QUESTIONS_OF_NAMESPACE + 9)]
    assert len(setup.engine.neighbors_in_flight) == MAX_QUESTIONS_OF_NAMESPACE

    for flight in flights:
        flight.fail()
    assert len(setup.engine.neighbors_in_flight) == 0


async def test_a_caller_does_not_get_what_it_has_called_wrong() -> None:
    setup = Setup()
    leader = an_exchange(ASKED, scope="shared", credential="alice")
    await led(setup.engine, leader)
    await setup.exact.remember(disowned("alice", leader.identity.key), 60.0, ())

    alices = await find(setup.engine, an_exchange(REWORDED, scope="shared", credential="alice"))
    bobs = await find(setup.engine, an_exchange(REWORDED, scope="shared", credential="bob"))

    assert isinstance(alices, Miss)
    assert isinstance(bobs, Hit)


# ---------------------------------------------------------------------- hits that are checked


async def test_a_request_is_counted_once_and_its_hit_is_checked() -> None:
    setup = Setup()
    setup.engine.rules = replace(RULES, audit=1.0)
    leader, follower, trace = an_exchange(ASKED), an_exchange(REWORDED), Trace()
    flight = await led(setup.engine, leader)
    miss = await setup.engine.lookup(follower, trace)
    assert isinstance(miss, Miss)

    found = await find(setup.engine, follower, miss, trace)

    assert isinstance(found, Hit)
    assert found.error_bound is not None
    assert found.trial is not None
    assert setup.engine.semantic is not None
    segment = setup.engine.learning.segments.get(segment_name(follower, setup.engine.semantic))
    assert segment is not None
    assert (segment.tally.requests, segment.tally.hits, segment.tally.checked) == (1, 1, 0)

    setup.engine.check_hit(replace(follower, trial=found.trial), an_answer("Like this."))
    [entry] = setup.engine.record(leader, an_answer("Like this."))
    flight.complete(entry)  # the check has waited for it
    setup.engine.store_soon(leader, [entry], lambda *_: flight.stored())
    await setup.engine.drain(1.0)
    assert (segment.tally.checked, segment.tally.wrong) == (1, 0)


async def test_the_evidence_decides_as_it_does_on_stored_neighbors() -> None:
    learned = Learned()
    asked = [*questions(130)]
    cold = await find_after_lookup(learned, asked[0], asked[1])
    for question in asked[2:122]:
        await learned.ask(question, PASSWORD)

    outcomes = [await find_after_lookup(learned, asked[at], asked[at + 1], scope="alice") for at in range(122, 129)]

    assert isinstance(cold, Miss)  # nothing is known yet
    assert any(isinstance(outcome, Hit) for outcome in outcomes)
    assert learned.seen["wrong"] == 0


async def find_after_lookup(learned: Learned, asked: str, follower: str, scope: str = "alice") -> Hit | Miss:
    """Look a question up that nothing stored answers, while another one is in flight."""
    rules = learned.engine.rules
    leader, exchange, trace = a_question(asked, scope), a_question(follower, scope), Trace()
    flight = await led(learned.engine, leader)
    kept = dict(learned.index.vectors)
    await learned.index.delete([*kept])
    miss = await learned.engine.lookup(exchange, trace)
    for key, (namespace, vector, expires_at) in kept.items():
        await learned.index.upsert(key, namespace, vector, expires_at)
    assert isinstance(miss, Miss)
    found = await find(learned.engine, exchange, miss, trace)
    flight.fail()
    assert rules.policy is Policy.VERIFIED
    return found
