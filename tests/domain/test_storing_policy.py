"""Decisions: whether an answer is kept, and how long."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aicache.domain.model import Call, Mode, Turn
from aicache.domain.policy import Rules, Volatile, may_answer_by_meaning
from aicache.domain.request_directives import Directives
from aicache.domain.storing_policy import check_cache_control, decide_expiry

RULES = Rules(ttl=100, max_bytes=1000, max_temperature=None, threshold=0.9, top_k=5, max_question=10)
CALL = Call("chat", "m", Mode.WHOLE, False, {}, (), "why?", 1, None)


@pytest.mark.parametrize(
    ("rules", "directives", "temperature", "until"),
    [
        (RULES, Directives(), None, 1100.0),
        (RULES, Directives(ttl=10), None, 1010.0),
        (RULES, Directives(ttl=1000), None, 1100.0),
        (RULES, Directives(ttl=0), None, None),
        (RULES, Directives(no_store=True), None, None),
        (replace(RULES, max_temperature=0.5), Directives(), 0.5, 1100.0),
        (replace(RULES, max_temperature=0.5), Directives(), 0.6, None),
        (replace(RULES, max_temperature=0.5), Directives(), None, None),
    ],
)
def test_an_answer_is_kept_as_long_as_everyone_agrees(
    rules: Rules, directives: Directives, temperature: float | None, until: float | None
) -> None:
    assert decide_expiry(replace(CALL, temperature=temperature), directives, rules, 1000.0) == until


@pytest.mark.parametrize(
    ("volatile", "question", "by_meaning", "until"),
    [
        (Volatile.EXACT, "now: today?", False, 1010.0),
        (Volatile.SHORT, "now: today?", True, 1010.0),
        (Volatile.SHORT, "why?", True, 1100.0),
        (Volatile.LIKE_OTHERS, "now: today?", True, 1100.0),
        (Volatile.EXACT, "why?", True, 1100.0),
        (Volatile.EXACT, "我的订单到哪了", False, 1010.0),
        (Volatile.EXACT, "今天有雨吗", False, 1010.0),
    ],
)
def test_what_depends_on_now_is_kept_for_a_short_time_and_exact_only_by_default(
    volatile: Volatile, question: str, by_meaning: bool, until: float
) -> None:
    rules = replace(RULES, max_question=100, volatile=volatile, volatile_ttl=10.0)
    call = replace(CALL, question=question, turns=(Turn("user", question, {}),))

    assert may_answer_by_meaning(call, Directives(), rules) is by_meaning
    assert decide_expiry(call, Directives(), rules, 1000.0) == until


def test_a_question_is_read_once_for_look_up_and_expiry() -> None:
    rules = replace(RULES, max_question=100, volatile=Volatile.EXACT, volatile_ttl=10.0)
    call = replace(CALL, question="What time is it?", turns=(Turn("user", "What time is it?", {}),))
    reworded = replace(call, question="What is time?")

    assert not may_answer_by_meaning(call, Directives(), rules)
    assert vars(call)["depends_on_now"] is True
    assert decide_expiry(call, Directives(), rules, 1000.0) == 1010.0
    assert may_answer_by_meaning(reworded, Directives(), rules), "a call with another question is read anew"


@pytest.mark.parametrize(
    ("turns", "until"),
    [
        ([Turn("user", [{"type": "text", "text": "What is new today?"}, {"type": "image_url"}], {})], 1010.0),
        ([Turn("user", "Today?", {}), Turn("assistant", "Yes.", {}), Turn("user", "Why?", {})], 1100.0),
        ([Turn("user", "Today?", {}), Turn("tool", "It is the latest.", {})], 1100.0),
        ([Turn("user", f"Which words are rare here? {'today and so on ' * 200}", {})], 1100.0),
        ([Turn("function_call_output", {"output": "today"}, {})], 1100.0),
    ],
)
def test_the_moment_counts_where_no_neighbor_may_answer_too(turns: list[Turn], until: float) -> None:
    """Calls with tools or pictures have no question, but their user asks one all the same."""
    rules = replace(RULES, volatile_ttl=10.0)

    assert decide_expiry(replace(CALL, question=None, turns=tuple(turns)), Directives(), rules, 1000.0) == until


@pytest.mark.parametrize(
    ("rules", "cache_control", "forbidden_by"),
    [
        (replace(RULES, obeys_cache_control=True), "private, max-age=0", None),
        (replace(RULES, obeys_cache_control=True, shared=True), "private, max-age=0", "private"),
        (replace(RULES, obeys_cache_control=True), "no-cache", None),
        (replace(RULES, obeys_cache_control=True), "no-cache, no-store", "no-store"),
        (RULES, "no-store", None),
    ],
)
def test_the_upstream_forbids_storing_where_it_is_obeyed(
    rules: Rules, cache_control: str, forbidden_by: str | None
) -> None:
    assert check_cache_control(cache_control, rules) == forbidden_by
