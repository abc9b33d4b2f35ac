"""The latest requests: what became of each and why, of every outcome some, and texts only where they may be shown."""

from __future__ import annotations

import pytest

from aicache.domain.caller_digests import CallerMatcher
from aicache.domain.digests import digest
from aicache.domain.events import Erased
from aicache.telemetry.latest_requests import MAX_KEPT, MAX_QUESTION_CHARS, LatestRequests, newest, pack, unpack
from telemetry.reports import NOW, a_hit, a_near_hit, a_refused_miss, a_report, an_entry, finished


def test_a_request_is_shown_with_what_became_of_it_and_why() -> None:
    latest = LatestRequests()
    latest.decided(a_report("bypass", reason="skip", at=NOW))
    latest.decided(a_refused_miss("guard:numbers+units", at=NOW + 1))
    latest.decided(a_near_hit(0.95, at=NOW + 2, waited=1.0))

    hit, miss, bypass = latest.find()

    assert (hit.outcome, hit.similarity, hit.threshold, hit.prompt_tokens, hit.completion_tokens) == (
        *("semantic", 0.95, 0.92),
        *(1000, 500),
    )
    assert (hit.key, hit.seconds) == (an_entry().key, pytest.approx(1.004))
    assert hit.why == "1 min old · saved 1,500 tokens, 1.0 s"
    assert (miss.outcome, miss.similarity, miss.differences) == ("miss", 0.93, ("numbers", "units"))
    assert "refused by guard: numbers, units" in miss.why
    assert (bypass.outcome, bypass.why, bypass.model) == ("bypass", "the request says so", "gpt-4o")


def test_how_a_miss_ended_is_added_to_it() -> None:
    latest = LatestRequests()
    one, other = a_report(at=NOW), a_report(at=NOW + 1)
    for each in (one, other):
        latest.decided(each)
    latest.finished(finished(one, entry=an_entry()))
    latest.finished(finished(a_report(at=NOW + 9)))  # of a request that is not known

    second, first = latest.find()

    assert (first.status, first.upstream_seconds, first.prompt_tokens) == (200, 1.5, 1000)
    assert first.storing == "kept"
    assert (second.status, second.storing) == (None, "")


def test_a_miss_stays_after_thousands_of_hits_and_the_newest_come_first() -> None:
    latest = LatestRequests()
    latest.decided(a_report(at=NOW))
    for i in range(3 * MAX_KEPT):
        latest.decided(a_hit(at=NOW + i))

    assert [each.outcome for each in latest.find("miss")] == ["miss"]
    assert [each.at for each in latest.find()] == [NOW + i for i in range(3 * MAX_KEPT - 1, 2 * MAX_KEPT - 1, -1)]


def test_of_what_comes_faster_than_it_could_be_read_only_some_are_kept() -> None:
    latest = LatestRequests()
    for i in range(5000):
        latest.decided(a_hit(at=NOW + i / 1000))

    seconds = {int(each.at - NOW) for each in latest.find()}

    assert seconds == {4}
    assert len(latest.find()) == MAX_KEPT


def test_questions_are_kept_only_where_that_is_wanted_and_go_when_it_no_longer_is() -> None:
    latest = LatestRequests()
    latest.decided(a_report(question="before"))
    latest.keep_texts(True)
    latest.decided(a_report(question="x" * 1000))
    latest.decided(a_hit())

    told = [each.question for each in latest.find()]
    latest.keep_texts(False)

    assert set(told) == {None, "x" * MAX_QUESTION_CHARS, an_entry().question}
    assert {each.question for each in latest.find()} == {None}


def test_erased_questions_are_forgotten() -> None:
    latest = LatestRequests()
    latest.keep_texts(True)
    alice, bob = digest("caller", "alice"), digest("caller", "bob")
    latest.decided(a_hit(at=NOW))
    latest.decided(a_report(at=NOW + 1, question="alice's", owners=(alice,)))
    latest.decided(a_report(at=NOW + 2, question="bob's", owners=(bob,)))

    latest.erased(Erased(frozenset({an_entry().key})))
    latest.erased(Erased(caller=CallerMatcher(frozenset({alice}))))
    left = [each.question for each in latest.find()]
    latest.erased(Erased(everything=True))

    assert left == ["bob's", None, None]
    assert {each.question for each in latest.find()} == {None}


@pytest.mark.parametrize(
    ("text", "found"), [("UNITS", 1), ("gpt-4o", 2), ("refund", 1), ("no such thing", 0), ("alice", 0)]
)
def test_a_text_is_searched_for_in_what_is_shown(text: str, found: int) -> None:
    latest = LatestRequests()
    latest.keep_texts(True)
    latest.decided(a_refused_miss("guard:units", owners=("alice",)))
    latest.decided(a_hit())

    assert len(latest.find(text=text)) == found


def test_a_question_that_is_not_shown_is_not_found() -> None:
    latest = LatestRequests()
    latest.decided(a_hit())

    assert latest.find(text="refund") == []


def test_those_of_another_process_are_the_same_there() -> None:
    latest = LatestRequests()
    latest.keep_texts(True)
    latest.decided(a_near_hit(at=NOW, model="half a pair \ud800"))
    latest.decided(a_refused_miss(at=NOW + 1))

    assert newest(unpack(pack(latest.find()))) == latest.find()
    with pytest.raises(ValueError, match="another version"):
        unpack(b"\x91\x01")
