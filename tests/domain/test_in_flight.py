"""Equal calls in flight: one leader at a time, one further step for each that waits, and nothing left at the end."""

from __future__ import annotations

import math
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicache.domain.in_flight import (
    NOT_SHARED_FOR_S,
    RECENT_FOR_S,
    Alone,
    Apart,
    InFlight,
    Join,
    Lead,
    Step,
    Steps,
    Take,
    Wait,
)

Machine = InFlight[str, str]


@pytest.fixture
def flights() -> Machine:
    return InFlight(len)


def led(flights: Machine, waiting: int, form: str | None = None) -> None:
    """Have call 0 lead, and calls 1 to *waiting* wait for its answer."""
    assert flights.arrive("k", 0, None, 0.0, 0.0) == Lead()
    for call in range(1, waiting + 1):
        assert flights.arrive("k", call, form, 0.0, 0.0) == Wait()


def test_one_leads_and_the_others_have_its_answer(flights: Machine) -> None:
    led(flights, 2)

    assert flights.complete("k", 0, "answer", 1.0) == [(1, Take("answer")), (2, Take("answer"))]
    assert len(flights) == 0


def test_other_keys_are_other_flights(flights: Machine) -> None:
    led(flights, 0)

    assert flights.arrive("other", 1, None, 0.0, 0.0) == Lead()


def test_an_answer_is_given_for_a_while_to_those_that_were_looked_up_before_it_was_stored(flights: Machine) -> None:
    led(flights, 0)
    flights.complete("k", 0, "answer", 1.0)

    assert flights.arrive("k", 1, None, 1.2, 1.3) == Take("answer")
    flights.stored("k", 1.3)
    assert flights.arrive("k", 2, None, 1.3, 1.4) == Take("answer")
    assert flights.arrive("k", 3, None, 1.35, 1.4) == Lead()
    assert flights.arrive("other", 4, None, 1.2, 1.4) == Lead()


def test_such_an_answer_is_not_kept_for_long(flights: Machine) -> None:
    led(flights, 0)
    flights.complete("k", 0, "answer", 1.0)

    assert flights.arrive("k", 1, None, 1.0, 1.0 + RECENT_FOR_S) == Lead()


def test_a_look_up_that_failed_has_not_missed_anything(flights: Machine) -> None:
    led(flights, 0)
    flights.complete("k", 0, "answer", 1.0)

    assert flights.arrive("k", 1, None, math.inf, 1.1) == Lead()


def test_a_deleted_answer_is_not(flights: Machine) -> None:
    led(flights, 0)
    flights.complete("k", 0, "answer", 1.0)
    flights.forget_answers()

    assert flights.arrive("k", 1, None, 0.0, 1.0) == Lead()


def test_an_error_sends_one_more_upstream_and_each_further_one_twice_as_many(flights: Machine) -> None:
    led(flights, 20)

    assert flights.fail("k", 0) == [(1, Lead())]
    assert flights.fail("k", 1) == [(2, Lead()), (3, Alone())]
    assert flights.fail("k", 2) == [(4, Lead()), *((call, Alone()) for call in (5, 6, 7))]
    assert flights.complete("k", 4, "answer", 1.0) == [(call, Take("answer")) for call in range(8, 21)]


def test_an_answer_that_must_not_be_stored_frees_all_and_those_to_come(flights: Machine) -> None:
    led(flights, 2)

    assert flights.withhold("k", 0, 1.0) == [(1, Alone()), (2, Alone())]
    assert flights.arrive("k", 3, None, 0.0, 2.0) == Alone()
    assert flights.arrive("k", 4, None, 0.0, 1.0 + NOT_SHARED_FOR_S) == Lead()


def test_a_leader_that_leaves_is_replaced(flights: Machine) -> None:
    led(flights, 3)

    assert flights.leave("k", 0) == [(1, Lead())]
    assert flights.leave("k", 2) == []
    assert flights.complete("k", 1, "answer", 1.0) == [(3, Take("answer"))]


def test_calls_do_not_begin_to_wait_for_one_that_takes_too_long(flights: Machine) -> None:
    led(flights, 2)
    flights.give_up("k", 1)

    assert flights.arrive("k", 3, None, 0.0, 1.0) == Alone()
    assert flights.complete("k", 0, "answer", 1.0) == [(2, Take("answer"))]


def test_a_stream_is_joined_by_calls_of_its_form(flights: Machine) -> None:
    led(flights, 1, "sse")
    assert flights.arrive("k", 2, None, 0.0, 0.0) == Wait()
    assert flights.arrive("k", 3, "other", 0.0, 0.0) == Wait()

    assert flights.begin_stream("k", 0, "sse", "stream") == [(1, Join("stream"))]
    assert flights.arrive("k", 4, "sse", 0.0, 1.0) == Join("stream")
    assert flights.arrive("k", 5, None, 0.0, 1.0) == Wait()
    assert flights.complete("k", 0, "answer", 1.0) == [(call, Take("answer")) for call in (2, 3, 5)]


def test_a_stream_is_not_joined_after_its_leader_was_replaced(flights: Machine) -> None:
    led(flights, 1)
    flights.begin_stream("k", 0, "sse", "stream")
    flights.fail("k", 0)

    assert flights.arrive("k", 2, "sse", 0.0, 1.0) == Wait()


@pytest.mark.parametrize("event", ["complete", "withhold", "fail", "begin_stream", "leave"])
def test_what_a_former_leader_reports_changes_nothing(flights: Machine, event: str) -> None:
    led(flights, 2)
    flights.fail("k", 0)
    arguments = {"complete": ("late", 1.0), "withhold": (1.0,), "begin_stream": (None, "late")}.get(event, ())

    assert getattr(flights, event)("k", 0, *arguments) == []
    assert flights.complete("k", 1, "answer", 1.0) == [(2, Take("answer"))]


def test_a_call_in_other_words_has_the_answer_too(flights: Machine) -> None:
    led(flights, 1)
    assert flights.arrive_by_meaning("k", 2, None, 0.0, 0.0) == Wait()
    assert flights.waiting("k") == 2

    assert flights.complete("k", 0, "answer", 1.0) == [(1, Take("answer")), (2, Take("answer"))]
    assert flights.may_give("k", 1.0, 1.5)
    assert flights.arrive_by_meaning("k", 3, None, 1.0, 1.5) == Take("answer")
    flights.stored("k", 1.5)
    assert flights.arrive_by_meaning("k", 4, None, 1.6, 1.7) == Apart()
    assert not flights.may_give("k", 1.6, 1.7)


@pytest.mark.parametrize("event", ["withhold", "fail", "leave"])
def test_a_call_in_other_words_parts_where_there_is_no_answer_and_never_leads(flights: Machine, event: str) -> None:
    led(flights, 0)
    for call in (1, 2):
        flights.arrive_by_meaning("k", call, None, 0.0, 0.0)

    arguments = (1.0,) if event == "withhold" else ()
    assert getattr(flights, event)("k", 0, *arguments) == [(1, Apart()), (2, Apart())]
    assert list(flights.calls()) == []


def test_a_call_in_other_words_waits_on_for_an_equal_one_that_takes_the_lead(flights: Machine) -> None:
    led(flights, 1)
    flights.arrive_by_meaning("k", 2, None, 0.0, 0.0)

    assert flights.leave("k", 0) == [(1, Lead())]
    assert flights.fail("k", 1) == [(2, Apart())]


def test_a_call_in_other_words_joins_a_stream_of_its_form_alone(flights: Machine) -> None:
    led(flights, 0)
    flights.arrive_by_meaning("k", 1, "sse", 0.0, 0.0)
    flights.arrive_by_meaning("k", 2, None, 0.0, 0.0)

    assert flights.begin_stream("k", 0, "sse", "stream") == [(1, Join("stream"))]
    assert flights.arrive_by_meaning("k", 3, "sse", 0.0, 0.0) == Join("stream")
    assert flights.arrive_by_meaning("k", 4, "ndjson", 0.0, 0.0) == Wait()


def test_a_call_in_other_words_does_not_begin_to_wait_for_one_that_takes_too_long(flights: Machine) -> None:
    led(flights, 0)
    flights.arrive_by_meaning("k", 1, None, 0.0, 0.0)
    flights.give_up("k", 1)

    assert not flights.may_give("k", 0.0, 0.0)
    assert flights.arrive_by_meaning("k", 2, None, 0.0, 0.0) == Apart()


KEYS, FORMS = "ab", (None, "sse", "ndjson")
ENDS = "complete", "withhold", "fail", "leave"


class Schedule:
    """Any order of arrivals, leaves, errors, cuts and timeouts, against a model of who waits for what."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.flights: Machine = InFlight(len)
        self.now = 0.0
        self.count = 0
        self.leaders: dict[str, int] = {}
        self.waiting: dict[int, str] = {}  # call: key
        self.in_other_words: set[int] = set()
        self.answers: dict[str, tuple[str, float]] = {}  # key: the last one, and when it came
        self.done: list[str] = []
        """What has happened so far, for whoever reads a failure."""

    def run(self, steps: int) -> None:
        events = (
            *(self.arrive, self.arrive, self.arrive, self.arrive_by_meaning, self.begin_stream, self.end),
            *(self.stored, self.stop_waiting, self.time_passes, self.a_stranger_reports),
        )
        try:
            for _ in range(steps):
                event = self.random.choice(events)
                self.done.append(event.__name__)
                event()
                self.nobody_waits_for_nobody()
        except AssertionError as exc:
            exc.add_note(f"after {self.done}")
            raise

    def take(self, key: str, steps: Steps[str, str], leader: int) -> None:
        """Apply the steps to the model: each is of a call that waits for this key, and it waits no more."""
        for call, step in steps:
            assert self.waiting.pop(call) == key
            match step:
                case Lead():
                    assert key not in self.leaders and call not in self.in_other_words
                    self.leaders[key] = call
                case Alone():
                    assert call not in self.in_other_words
                case Apart():
                    assert call in self.in_other_words
                case Take(answer) | Join(answer):
                    assert answer == f"{key} {leader}"
                case _:
                    raise AssertionError("a call waits twice")

    def arrives(self, key: str, step: Step[str, str]) -> None:
        match step:
            case Lead():
                assert key not in self.leaders
                self.leaders[key] = self.count
            case Wait():
                assert key in self.leaders
                self.waiting[self.count] = key
            case Take(answer):
                last, came = self.answers[key]
                assert answer == last and self.now < came + RECENT_FOR_S
            case Join(stream):
                assert stream == f"{key} {self.leaders[key]}"

    def arrive(self) -> None:
        self.count += 1
        key, form = self.random.choice(KEYS), self.random.choice(FORMS)
        step = self.flights.arrive(key, self.count, form, self.now, self.now)
        assert not isinstance(step, Apart)
        self.arrives(key, step)

    def arrive_by_meaning(self) -> None:
        self.count += 1
        key, form = self.random.choice(KEYS), self.random.choice(FORMS)
        may_give = self.flights.may_give(key, self.now, self.now)
        step = self.flights.arrive_by_meaning(key, self.count, form, self.now, self.now)
        assert not isinstance(step, Lead | Alone)
        assert may_give or isinstance(step, Apart | Join)
        self.arrives(key, step)
        if isinstance(step, Wait):
            self.in_other_words.add(self.count)

    def begin_stream(self) -> None:
        if self.leaders:
            key, leader = self.random.choice([*self.leaders.items()])
            form = self.random.choice((None, "sse"))
            self.take(key, self.flights.begin_stream(key, leader, form, f"{key} {leader}"), leader)

    def end(self) -> None:
        if self.leaders:
            key, leader = self.random.choice([*self.leaders.items()])
            how = self.random.choice(ENDS)
            del self.leaders[key]
            if how == "complete":
                self.answers[key] = f"{key} {leader}", self.now
            self.take(key, self.report(key, leader, how), leader)

    def report(self, key: str, call: int, how: str) -> Steps[str, str]:
        match how:
            case "complete":
                return self.flights.complete(key, call, f"{key} {call}", self.now)
            case "withhold":
                return self.flights.withhold(key, call, self.now)
            case "fail":
                return self.flights.fail(key, call)
            case _:
                return self.flights.leave(key, call)

    def stored(self) -> None:
        self.flights.stored(self.random.choice(KEYS), self.now)

    def stop_waiting(self) -> None:
        if self.waiting:
            call = self.random.choice([*self.waiting])
            key = self.waiting.pop(call)
            if self.random.choice((True, False)):
                assert self.flights.leave(key, call) == []
            else:
                self.flights.give_up(key, call)

    def time_passes(self) -> None:
        self.now += self.random.choice((0.1, RECENT_FOR_S, NOT_SHARED_FOR_S))

    def a_stranger_reports(self) -> None:
        key, call = self.random.choice(KEYS), self.random.randint(0, self.count + 1)
        if self.leaders.get(key) != call:
            assert self.report(key, call, self.random.choice(("complete", "withhold", "fail"))) == []

    def nobody_waits_for_nobody(self) -> None:
        assert sorted(self.flights.calls()) == sorted([*self.leaders.values(), *self.waiting])
        assert self.flights._flights.keys() == self.leaders.keys() >= set(self.waiting.values())


def test_thousands_of_schedules() -> None:
    for seed in range(4000):
        Schedule(Random(seed)).run(30)


@given(st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_a_schedule_that_fails_is_made_short(random: Random) -> None:
    Schedule(random).run(30)


@given(st.integers(1, 300))
@settings(max_examples=30, deadline=None)
def test_every_call_of_many_goes_upstream_within_a_few_rounds_of_errors(waiting: int) -> None:
    flights: Machine = InFlight(len)
    led(flights, waiting)
    leader, freed, rounds = 0, 0, 0
    while steps := flights.fail("k", leader):
        rounds += 1
        freed += len(steps)
        leader = steps[0][0]

    assert freed == waiting
    assert rounds <= waiting.bit_length()
    assert len(flights) == 0
