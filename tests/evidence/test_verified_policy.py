"""The verified policy: what it serves, checks and learns, and how it stops, alone and among other proxies."""

from __future__ import annotations

import pytest

from aicache.evidence.decision import MAX_COMPARED, Action, CheckRates, Decision, neighbors_to_compare
from aicache.evidence.embedding_space import USE_MULTILINGUAL
from aicache.evidence.entry_record import EntryRecord
from aicache.evidence.error_bound import CHECKED_PER_TALLY, MIN_CHECKED_TO_RESUME, ServingLevel, Tally
from aicache.evidence.neighbor import Neighbor
from aicache.evidence.neighbor_features import candidate_for
from aicache.evidence.shared_state import SharedState
from aicache.evidence.verified_policy import FREE_CHECKS_PER_CALLER, VerifiedPolicy

NEVER = 0.999
BACKED = [Neighbor(f"b{i}", 0.93, group="g") for i in range(8)]
"""Eight neighbors with one answer."""
BETWEEN = [Neighbor("a", 0.93, group="a"), Neighbor("b", 0.925, group="b")]
"""Two with one each."""
SAFE = [Neighbor(f"s{i}", 0.98, group="g") for i in range(8)]
NOTHING = [Neighbor("n", 0.3, group="n")]


def taught(verified: VerifiedPolicy, *, count: int = 300, misses: int = 3) -> VerifiedPolicy:
    """Let it see that neighbors with one answer are right, and those between two are not."""
    for i in range(count):
        decision = verified.decide(BACKED, {}, 0.0)
        verified.learn(decision, True, at=i, nonce=2 * i, caller=i % 8)
        between = verified.decide(BETWEEN, {}, 0.0)
        verified.learn(between, i % 3 == 0, at=i, nonce=2 * i + 1, caller=i % 8)
        for _ in range(misses):
            verified.decide(NOTHING, {}, NEVER)
    return verified


def check(verified: VerifiedPolicy, seen: list[Neighbor], right: bool, count: int, caller: int = 0) -> None:
    """Ask the same again and again, and have every would-be hit judged by an audit or an exploration."""
    for i in range(count):
        decision = verified.decide(seen, {}, 0.0)
        verified.learn(decision, right, at=10_000 + i, nonce=10**6 + i, caller=caller)


def test_what_evidence_speaks_for_is_served_and_what_is_between_two_answers_is_not() -> None:
    verified = taught(VerifiedPolicy(USE_MULTILINGUAL, 0.01))

    assert verified.decide(BACKED, {}, NEVER).action is Action.SERVE
    assert verified.decide(BETWEEN, {}, NEVER).action is Action.MISS
    assert verified.decide(NOTHING, {}, NEVER) == Decision(Action.MISS)


def test_a_cold_cache_serves_no_lone_neighbor_that_is_not_close() -> None:
    assert not VerifiedPolicy(USE_MULTILINGUAL, 0.01).decide([Neighbor("a", 0.9, group="a")], {}, NEVER).serves


def test_no_evidence_whatever_lets_a_neighbor_below_the_hard_limits_answer() -> None:
    verified = taught(VerifiedPolicy(USE_MULTILINGUAL, 0.01))
    check(verified, BACKED, True, 1000)

    assert verified.decide([Neighbor("a", 0.74, group="a")], {}, NEVER).candidate is None
    assert verified.decide([Neighbor(str(i), 0.59, group="g") for i in range(8)], {}, NEVER).candidate is None


def test_an_entry_that_was_wrong_is_not_served_though_its_like_are() -> None:
    verified = taught(VerifiedPolicy(USE_MULTILINGUAL, 0.01))
    decision = verified.decide(BACKED, {}, 0.0)
    observation = verified.learn(decision, False, at=9999, nonce=9, caller=1)

    assert observation is not None
    records = {"b0": EntryRecord("g", (observation,))}

    assert verified.decide(BACKED, records, NEVER).action is Action.MISS
    assert verified.decide([s for s in BACKED if s.key != "b0"], records, NEVER).action is Action.SERVE


def test_chance_decides_what_is_checked_before_and_after_serving() -> None:
    verified = taught(VerifiedPolicy(USE_MULTILINGUAL, 0.01, check_rates=CheckRates(explore=0.1, audit=0.2)))

    decided = [verified.decide(BACKED, {}, chance) for chance in (0.0, 0.05, 0.15, 0.25, 0.4)]

    assert [d.action for d in decided] == [Action.EXPLORE] * 2 + [Action.AUDIT] * 2 + [Action.SERVE]
    assert [d.sampled for d in decided] == [True] * 4 + [False]
    assert [(d.serves, d.needs_upstream) for d in decided[1:]] == [
        (False, True),
        (True, True),
        (True, True),
        (True, False),
    ]


def test_as_long_as_nothing_is_proven_most_would_be_hits_are_checked_first() -> None:
    verified = taught(VerifiedPolicy(USE_MULTILINGUAL, 0.01), count=300)
    fresh = VerifiedPolicy(USE_MULTILINGUAL, 0.01)
    fresh.merge_shared_state(verified.shared_state)
    for _ in range(500):
        fresh.decide(NOTHING, {}, NEVER)

    assert fresh.decide(BACKED, {}, 0.9).action is Action.EXPLORE
    assert verified.decide(BACKED, {}, 0.9).action is Action.SERVE


def test_a_request_without_a_candidate_teaches_nothing() -> None:
    verified = VerifiedPolicy(USE_MULTILINGUAL, 0.01)

    assert verified.learn(Decision(Action.MISS), True, at=1, nonce=1, caller=1) is None
    assert verified.shared_state == SharedState()


def test_it_stops_when_checked_hits_are_wrong_and_goes_on_when_they_are_right_again() -> None:
    verified = taught(VerifiedPolicy(USE_MULTILINGUAL, 0.01))
    before = verified.serving_level
    generation = verified.shared_state.generation

    for i in range(60):  # though the curve would not let them be served any more
        decision = Decision(Action.AUDIT, verified.decide(BACKED, {}, NEVER).candidate, 0.01, sampled=True)
        if verified.serving_level is before:
            verified.learn(decision, False, at=10_000, nonce=10**6 + i, caller=i)

    assert before is ServingLevel.LEARNED
    assert verified.serving_level is ServingLevel.FROZEN
    assert verified.shared_state.generation == generation + 1

    curve = verified.risk_model
    for i in range(20 * MIN_CHECKED_TO_RESUME):
        decision = verified.decide(BACKED if i % 20 == 0 else NOTHING, {}, NEVER)
        assert not decision.serves
        if decision.candidate is not None:
            sampled = Decision(Action.MISS, decision.candidate, 0.01, sampled=True)
            verified.learn(sampled, True, at=10_100, nonce=2 * 10**6 + i, caller=i % 100)

    assert curve is not verified.risk_model
    assert verified.serving_level is ServingLevel.LEARNED


def test_frozen_serves_what_is_safe_and_off_serves_nothing() -> None:
    for serving_level, action in ((ServingLevel.FROZEN, Action.SERVE), (ServingLevel.OFF, Action.MISS)):
        verified = taught(VerifiedPolicy(USE_MULTILINGUAL, 0.01))
        verified.merge_shared_state(SharedState(verified.shared_state.generation + 1, serving_level))
        verified.adopt_tally(verified.shared_state.generation, Tally(requests=10_000, hits=100, checked=45, wrong=1))

        safe, near = verified.decide(SAFE, {}, NEVER), verified.decide(BACKED, {}, NEVER)

        assert safe.action is action
        assert near.action is Action.MISS
        assert near.sampled
        assert verified.error_bound <= 0.01


def test_one_caller_cannot_stop_the_cache_of_all_others_nor_vouch_for_it() -> None:
    verified = taught(VerifiedPolicy(USE_MULTILINGUAL, 0.01, shared=True))
    checked = verified.tally.checked

    check(verified, BACKED, True, 400, caller=4242)

    assert verified.tally.checked - checked <= max(FREE_CHECKS_PER_CALLER, checked)
    own = sum(o.caller == 4242 for o in verified.shared_state.observations)
    assert own <= 256


def test_two_proxies_that_tell_each_other_everything_decide_alike() -> None:
    one, other = taught(VerifiedPolicy(USE_MULTILINGUAL, 0.01)), VerifiedPolicy(USE_MULTILINGUAL, 0.01)

    other.merge_shared_state(one.shared_state)

    assert other.shared_state == one.shared_state
    assert other.risk_model.weights == pytest.approx(one.risk_model.weights, abs=0.2)


def test_counts_are_told_once_and_the_sum_of_all_is_taken_for_ones_own() -> None:
    verified = VerifiedPolicy(USE_MULTILINGUAL, 0.01)
    for _ in range(5):
        verified.decide(NOTHING, {}, NEVER)

    first, second = verified.take_unsent_tally(), verified.take_unsent_tally()
    verified.decide(NOTHING, {}, NEVER)
    verified.adopt_tally(0, Tally(requests=105))

    assert first == Tally(requests=5)
    assert second == Tally()
    assert verified.tally == Tally(requests=106)


def test_counts_of_another_generation_are_not_mixed_in() -> None:
    verified = VerifiedPolicy(USE_MULTILINGUAL, 0.01)

    verified.adopt_tally(3, Tally(requests=105, hits=100, checked=100, wrong=90))

    assert verified.tally == Tally()
    assert verified.serving_level is ServingLevel.LEARNED


def test_an_account_is_closed_after_a_window_and_forgotten_after_the_next() -> None:
    verified = taught(VerifiedPolicy(USE_MULTILINGUAL, 0.01))
    generation = verified.shared_state.generation

    for i in range(2 * CHECKED_PER_TALLY):
        decision = Decision(Action.AUDIT, verified.decide(BACKED, {}, NEVER).candidate, 0.001, sampled=True)
        verified.learn(decision, True, at=10_000 + i, nonce=10**6 + i, caller=i % 100)

    assert verified.shared_state.generation == generation + 2
    assert verified.tally.checked < 2 * CHECKED_PER_TALLY


def test_a_fresh_answer_is_compared_with_the_candidates_first_and_then_with_one_of_each_group() -> None:
    seen = [
        Neighbor("refused", 0.95, group="r", refused="guard:numbers"),
        Neighbor("a", 0.93, group="a"),
        Neighbor("a2", 0.92, group="a"),
        *[Neighbor(f"o{i}", 0.8 - i / 100, group=f"o{i}") for i in range(6)],
    ]
    decision = VerifiedPolicy(USE_MULTILINGUAL, 0.01).decide(seen, {}, NEVER)

    compared = [s.key for s in neighbors_to_compare(seen, decision)]

    assert compared == ["a", "refused", "o0", "o1"]
    assert len(compared) == MAX_COMPARED


# ---------------------------------------------------------------------- a judge model


def judged(verified: VerifiedPolicy, chance: float = NEVER) -> Decision:
    verified.decide(NOTHING, {}, NEVER)
    return verified.decide_on_judged(candidate_for(BETWEEN[0], BETWEEN, USE_MULTILINGUAL), chance)


def test_what_a_judge_allows_is_compared_first_until_some_were_checked() -> None:
    verified = VerifiedPolicy(USE_MULTILINGUAL, 0.01)

    first = judged(verified)
    for i in range(400):
        verified.learn(judged(verified, 0.0), True, at=i, nonce=i, caller=i % 8)

    assert (first.action, first.sampled, first.judged) == (Action.EXPLORE, True, True)
    assert judged(verified).action is Action.SERVE
    assert judged(verified, 0.05).action is Action.AUDIT


def test_a_judge_that_is_often_wrong_is_no_longer_asked() -> None:
    verified = VerifiedPolicy(USE_MULTILINGUAL, 0.01)
    asked = 0
    while verified.may_serve_judged and asked < 200:
        decision = judged(verified, 0.0)
        verified.learn(decision, asked % 2 == 0, at=asked, nonce=asked, caller=asked % 8)
        asked += 1

    assert asked < 200
    assert verified.serving_level is not ServingLevel.LEARNED


def test_judged_hits_stay_within_the_budget() -> None:
    verified = VerifiedPolicy(USE_MULTILINGUAL, 0.01)
    for _ in range(1000):
        verified.judge_errors.count(
            True, True
        )  # hardly anything is explored, and nothing known of its yes to the risky
    spent = 0.0
    for _ in range(2000):
        if verified.may_serve_judged:
            decision = judged(verified)
            spent += decision.serves * (decision.risk or 0.0)
        else:
            verified.decide(NOTHING, {}, NEVER)

    assert 0 < spent <= 0.01 * 2200


def test_what_a_judge_says_is_learned_and_not_counted_as_a_check() -> None:
    verified = VerifiedPolicy(USE_MULTILINGUAL, 0.01)
    found = candidate_for(BETWEEN[0], BETWEEN, USE_MULTILINGUAL)

    said = [verified.learn_from_judge(found, True, 0.5, at=i, nonce=i, caller=0) for i in range(64)]
    unlikely = verified.learn_from_judge(found, True, 0.01, at=99, nonce=99, caller=0)

    assert all(observation.right and not observation.would_serve for observation in said)
    assert not unlikely.right
    assert verified.tally.checked == 0
    assert verified.risk_model.risk(found.features) < VerifiedPolicy(USE_MULTILINGUAL, 0.01).risk_model.risk(
        found.features
    )
