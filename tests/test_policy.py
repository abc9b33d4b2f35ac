"""Judgement: which neighbour may answer, which entry may not, how long an answer is kept."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from aicache.controls import Controls
from aicache.keys import Identity
from aicache.model import Call, Entry, Mode, Neighbor
from aicache.policy import Rules, candidates, keep_until, may_embed, refusal

RULES = Rules(ttl=100, max_bytes=1000, max_temperature=None, threshold=0.9, top_k=5, max_question=10)
CALL = Call("chat", "m", Mode.WHOLE, False, {}, (), "why?", 1, None)
IDENTITY = Identity("k", "n")
ENTRY = Entry(
    "k", "n", "chat", "m", Mode.WHOLE, False, Mode.WHOLE, "application/json", b"{}", "why?", 0, 0, 1000.0, 1100.0
)


def test_candidates_pass_the_bar_nearest_first_and_ties_go_to_the_smaller_key() -> None:
    neighbors = [Neighbor("c", 0.9), Neighbor("b", 0.95), Neighbor("a", 0.95), Neighbor("d", 0.89)]

    assert [n.key for n in candidates(neighbors, 0.9)] == ["a", "b", "c"]


@pytest.mark.parametrize("similarity", [math.nan, math.inf, 1.5, -2.0])
def test_a_similarity_that_no_cosine_can_have_never_passes(similarity: float) -> None:
    assert candidates([Neighbor("a", similarity)], 0.9) == []


@pytest.mark.parametrize(
    ("entry", "wishes", "call", "now", "why"),
    [
        (ENTRY, Controls(), CALL, 1050.0, None),
        (replace(ENTRY, namespace="other"), Controls(), CALL, 1050.0, "foreign"),
        (replace(ENTRY, api="messages"), Controls(), CALL, 1050.0, "foreign"),
        (ENTRY, Controls(), CALL, 1100.0, "expired"),
        (ENTRY, Controls(max_age=49), CALL, 1050.0, "max-age"),
        (ENTRY, Controls(max_age=50), CALL, 1050.0, None),
        (ENTRY, Controls(), replace(CALL, mode=Mode.STREAM, wants_usage=True), 1050.0, "usage-unknown"),
        (replace(ENTRY, prompt_tokens=3), Controls(), replace(CALL, mode=Mode.STREAM, wants_usage=True), 1050.0, None),
        (
            replace(ENTRY, asked=Mode.STREAM, asked_usage=True, mode=Mode.STREAM),
            Controls(),
            replace(CALL, mode=Mode.STREAM, wants_usage=True),
            1050.0,
            None,
        ),
    ],
)
def test_an_entry_that_must_not_answer_is_refused_by_name(
    entry: Entry, wishes: Controls, call: Call, now: float, why: str | None
) -> None:
    assert refusal(entry, call, IDENTITY, wishes, now) == why


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

    assert refusal(entry, CALL, IDENTITY, Controls(), 1050.0, page) == why


@pytest.mark.parametrize(
    ("rules", "wishes", "temperature", "until"),
    [
        (RULES, Controls(), None, 1100.0),
        (RULES, Controls(ttl=10), None, 1010.0),
        (RULES, Controls(ttl=1000), None, 1100.0),
        (RULES, Controls(ttl=0), None, None),
        (RULES, Controls(no_store=True), None, None),
        (replace(RULES, max_temperature=0.5), Controls(), 0.5, 1100.0),
        (replace(RULES, max_temperature=0.5), Controls(), 0.6, None),
        (replace(RULES, max_temperature=0.5), Controls(), None, None),
    ],
)
def test_an_answer_is_kept_as_long_as_everyone_agrees(
    rules: Rules, wishes: Controls, temperature: float | None, until: float | None
) -> None:
    assert keep_until(replace(CALL, temperature=temperature), wishes, rules, 1000.0) == until


def test_long_questions_and_calls_without_one_are_exact_only() -> None:
    assert may_embed(CALL, Controls(), RULES)
    assert not may_embed(replace(CALL, question="x" * 11), Controls(), RULES)
    assert not may_embed(replace(CALL, question=None), Controls(), RULES)
    assert not may_embed(CALL, Controls(threshold=math.inf), RULES)
