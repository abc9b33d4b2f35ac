"""Decisions: which neighbor may answer, and which entry may not."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from aicache.domain.keys import Identity
from aicache.domain.model import MAX_CLOCK_SKEW_S, PINNED, Call, Common, Entry, Mode, Neighbor
from aicache.domain.policy import (
    Policy,
    Refusals,
    Rules,
    check_entry,
    check_guards,
    may_answer_by_meaning,
    may_be_neighbor,
    passing_neighbors,
)
from aicache.domain.request_directives import Directives

RULES = Rules(ttl=100, max_bytes=1000, max_temperature=None, threshold=0.9, top_k=5, max_question=10)
CALL = Call("chat", "m", Mode.WHOLE, False, {}, (), "why?", 1, None)
IDENTITY = Identity("k", "n")
ENTRY = Entry(
    "k", "n", "chat", "m", Mode.WHOLE, False, Mode.WHOLE, "application/json", b"{}", "why?", 0, 0, 1000.0, 1100.0
)


def test_candidates_pass_the_bar_nearest_first_and_ties_go_to_the_smaller_key() -> None:
    neighbors = [Neighbor("c", 0.9), Neighbor("b", 0.95), Neighbor("a", 0.95), Neighbor("d", 0.89)]

    assert [n.key for n in passing_neighbors(neighbors, 0.9)] == ["a", "b", "c"]


@pytest.mark.parametrize("similarity", [math.nan, math.inf, 1.5, -2.0])
def test_a_similarity_that_no_cosine_can_have_never_passes(similarity: float) -> None:
    assert passing_neighbors([Neighbor("a", similarity)], 0.9) == []


@pytest.mark.parametrize(
    ("entry", "directives", "call", "now", "why"),
    [
        (ENTRY, Directives(), CALL, 1050.0, None),
        (replace(ENTRY, namespace="other"), Directives(), CALL, 1050.0, "foreign"),
        (replace(ENTRY, api="messages"), Directives(), CALL, 1050.0, "foreign"),
        (ENTRY, Directives(), CALL, 1100.0, "expired"),
        (ENTRY, Directives(max_age=49), CALL, 1050.0, "max-age"),
        (ENTRY, Directives(max_age=50), CALL, 1050.0, None),
        (ENTRY, Directives(), replace(CALL, mode=Mode.STREAM, wants_usage=True), 1050.0, "usage-unknown"),
        (
            replace(ENTRY, prompt_tokens=3),
            Directives(),
            replace(CALL, mode=Mode.STREAM, wants_usage=True),
            1050.0,
            None,
        ),
        (
            replace(ENTRY, asked=Mode.STREAM, asked_usage=True, mode=Mode.STREAM),
            Directives(),
            replace(CALL, mode=Mode.STREAM, wants_usage=True),
            1050.0,
            None,
        ),
    ],
)
def test_an_entry_that_must_not_answer_is_refused_by_name(
    entry: Entry, directives: Directives, call: Call, now: float, why: str | None
) -> None:
    assert check_entry(entry, call, IDENTITY, directives, now) == why


@pytest.mark.parametrize(
    ("entry", "identity", "why"),
    [
        (ENTRY, IDENTITY, None),
        (replace(ENTRY, api="messages"), IDENTITY, "foreign"),
        (replace(ENTRY, api="messages", prompt_tokens=3), replace(IDENTITY, any_api=True), None),
        (ENTRY, replace(IDENTITY, any_api=True), None),
        (replace(ENTRY, api="messages"), replace(IDENTITY, namespace="other", any_api=True), "foreign"),
        (ENTRY, replace(IDENTITY, namespace="other", any_api=True), "foreign"),
        (replace(ENTRY, expires_at=0.0, namespace="other"), IDENTITY, "foreign"),
    ],
)
def test_an_entry_of_another_api_or_namespace_is_foreign_unless_the_request_is_any_apis(
    entry: Entry, identity: Identity, why: str | None
) -> None:
    """Whoever's namespace it is not never learns anything else of an entry, such as its age."""
    assert check_entry(entry, CALL, identity, Directives(), 1050.0) == why


@pytest.mark.parametrize("api", ["chat", "messages"])
@pytest.mark.parametrize(
    ("tokens", "body", "most", "why"),
    [
        (7, b"{}", None, None),
        (7, b"{}", 7, None),
        (7, b"{}", 8, None),
        (7, b"{}", 6, "longer-than-asked"),
        (7, b"x" * 100, 50, None),
        (0, b"x" * 100, None, None),
        (0, b"x" * 100, 100, None),
        (0, b"x" * 100, 99, "longer-than-asked"),
    ],
)
def test_an_answer_longer_than_asked_is_none_and_where_nobody_counted_its_bytes_are(
    api: str, tokens: int, body: bytes, most: int | None, why: str | None
) -> None:
    entry = replace(ENTRY, api=api, completion_tokens=tokens, body=body)
    call = replace(CALL, mode=Mode.STREAM, counted=False, common=Common("", (("user", "why?"),), {}, most))

    assert check_entry(entry, call, replace(IDENTITY, any_api=True), Directives(), 1050.0) == why


def test_where_the_limit_is_part_of_the_key_it_is_not_compared() -> None:
    call = replace(CALL, common=Common("", (("user", "why?"),), {}, 1))

    assert check_entry(replace(ENTRY, completion_tokens=7), call, IDENTITY, Directives(), 1050.0) is None


def test_usage_of_another_apis_stream_must_be_known_to_be_told() -> None:
    """A recorded stream that was asked for with usage has it in the words of its own API alone."""
    call = replace(CALL, mode=Mode.STREAM, wants_usage=True)
    entry = replace(ENTRY, api="completions", asked=Mode.STREAM, asked_usage=True, mode=Mode.STREAM)
    anyone = replace(IDENTITY, any_api=True)

    assert check_entry(entry, call, anyone, Directives(), 1050.0) == "usage-unknown"
    assert check_entry(replace(entry, completion_tokens=3), call, anyone, Directives(), 1050.0) is None


RECORDED = {  # asked for how, with usage, and answered how: of which nobody knows the usage
    "whole": replace(ENTRY),
    "stream": replace(ENTRY, asked=Mode.STREAM, mode=Mode.STREAM),
    "counted stream": replace(ENTRY, asked=Mode.STREAM, mode=Mode.STREAM, asked_usage=True),
    "whole, a stream asked for": replace(ENTRY, asked=Mode.STREAM, mode=Mode.WHOLE),
    "stream, a whole one asked for": replace(ENTRY, asked=Mode.WHOLE, mode=Mode.STREAM),
}
ASKED = {
    "whole": CALL,
    "stream": replace(CALL, mode=Mode.STREAM, counted=False),
    "counted stream": replace(CALL, mode=Mode.STREAM, wants_usage=True),
}
AS_THE_UPSTREAM_TELLS_IT = {
    *(("whole", "whole"), ("counted stream", "counted stream")),
    *(("whole, a stream asked for", "whole"), ("stream, a whole one asked for", "whole")),
}


@pytest.mark.parametrize("recorded", RECORDED)
@pytest.mark.parametrize("asked", ASKED)
def test_usage_that_the_api_tells_is_told_by_a_hit_or_the_upstream_is_asked(recorded: str, asked: str) -> None:
    entry, call = RECORDED[recorded], ASKED[asked]
    may = (recorded, asked) in AS_THE_UPSTREAM_TELLS_IT or asked == "stream"

    assert check_entry(entry, call, IDENTITY, Directives(), 1050.0) == (None if may else "usage-unknown")
    assert check_entry(replace(entry, completion_tokens=1), call, IDENTITY, Directives(), 1050.0) is None


@pytest.mark.parametrize("asked", ASKED)
def test_usage_of_another_apis_answer_must_be_known_wherever_it_is_told(asked: str) -> None:
    anyone, entry = replace(IDENTITY, any_api=True), replace(ENTRY, api="messages")
    why = None if asked == "stream" else "usage-unknown"

    assert check_entry(entry, ASKED[asked], anyone, Directives(), 1050.0) == why


def test_apis_whose_streams_always_count_are_asked_for_what_they_did_not() -> None:
    """All but completions: a stream is never without usage there."""
    call = replace(CALL, api="responses", mode=Mode.STREAM)

    assert check_entry(replace(ENTRY, api="responses"), call, IDENTITY, Directives(), 1050.0) == "usage-unknown"


@pytest.mark.parametrize(
    ("refused", "refusals", "may"),
    [
        (False, Refusals.NEVER, True),
        (False, Refusals.EXACT, True),
        (False, Refusals.ALWAYS, True),
        (True, Refusals.NEVER, False),
        (True, Refusals.EXACT, False),
        (True, Refusals.ALWAYS, True),
    ],
)
def test_what_the_model_declined_to_say_answers_similar_questions_only_where_that_is_wanted(
    refused: bool, refusals: Refusals, may: bool
) -> None:
    assert may_be_neighbor(replace(ENTRY, refused=refused), replace(RULES, refusals=refusals)) is may


@pytest.mark.parametrize(
    ("allowed", "page", "why"),
    [
        ("*", "https://chat.example", None),
        ("https://chat.example", "https://chat.example", None),
        ("https://chat.example", "https://evil.example", "other-page"),
        (None, "https://chat.example", "other-page"),
        (None, None, None),
        ("https://chat.example", None, None),
    ],
)
def test_a_page_in_a_browser_is_answered_only_where_the_upstream_let_it_read(
    allowed: str | None, page: str | None, why: str | None
) -> None:
    entry = replace(ENTRY, cors=(("access-control-allow-origin", allowed),) if allowed else ())

    assert check_entry(entry, CALL, IDENTITY, Directives(), 1050.0, page) == why


def test_long_questions_and_calls_without_one_are_exact_only() -> None:
    assert may_answer_by_meaning(CALL, Directives(), RULES)
    assert not may_answer_by_meaning(replace(CALL, question="x" * 11), Directives(), RULES)
    assert not may_answer_by_meaning(replace(CALL, question=None), Directives(), RULES)
    assert not may_answer_by_meaning(CALL, Directives(threshold=math.inf), RULES)


def test_what_is_about_a_chat_is_exact_only() -> None:
    rules = replace(RULES, max_question=1000)
    title = "Title, please.\n<chat_history>\nUSER: Why?\nASSISTANT: Because.\n</chat_history>"

    assert not may_answer_by_meaning(replace(CALL, question=title), Directives(), rules)
    assert may_answer_by_meaning(replace(CALL, question="Title, please."), Directives(), rules)


MILES = "How far is 5 miles?"


@pytest.mark.parametrize(
    ("neighbor", "question", "similarity", "why"),
    [
        (MILES, "How far is 50 miles?", 0.99, "guard:numbers"),
        (MILES, "How far are 5 miles?", 0.9, None),
        ("How do I grill a fish?", "How do I grill a pumpkin?", 0.99, "unexplained:substitution"),
        ("What are the risks of smoking?", "What are the main risks of smoking?", 0.9, "unexplained:addition"),
        ("What are the risks of smoking?", "What are the main risks of smoking?", 0.95, None),
        (MILES, "How far are five miles?", 0.76, None),
        (MILES, "How far are five miles?", 0.74, "too far"),
        (None, "How far is 5 miles?", 0.99, "guard:unknown"),
    ],
)
def test_a_guard_that_is_sure_refuses_and_one_that_doubts_wants_a_nearer_neighbor(
    neighbor: str | None, question: str, similarity: float, why: str | None
) -> None:
    assert check_guards(question, neighbor, similarity, 0.9, RULES) == why


def test_the_static_policy_has_no_guards() -> None:
    rules = replace(RULES, policy=Policy.STATIC)

    assert check_guards("How far is 50 miles?", MILES, 0.9, 0.9, rules) is None


@pytest.mark.parametrize(
    ("stored_at", "expires_at", "why"),
    [
        (1000.0, 1000.0 + 100, None),
        (1050.0 + MAX_CLOCK_SKEW_S, 1150.0, None),  # of a proxy whose clock is a little ahead
        (1051.0 + MAX_CLOCK_SKEW_S, 1150.0, "other-clock"),
        (1000.0, 1150.0 + MAX_CLOCK_SKEW_S, None),
        (1000.0, 1151.0 + MAX_CLOCK_SKEW_S, "other-clock"),
        (1000.0, PINNED, None),
        (1e9, PINNED, "other-clock"),
        (-math.inf, math.inf, None),  # what Higress left
    ],
)
def test_what_a_clock_that_was_ahead_has_left_answers_nobody(
    stored_at: float, expires_at: float, why: str | None
) -> None:
    entry = replace(ENTRY, stored_at=stored_at, expires_at=expires_at)

    assert check_entry(entry, CALL, IDENTITY, Directives(), 1050.0, ttl=100.0) == why
