"""By which header alone a request differs from one whose answer is stored."""

from __future__ import annotations

from aicache.telemetry.header_misses import MAX_QUESTIONS, MAX_VARIANTS, HeaderMisses


def test_the_differing_header_is_named() -> None:
    misses = HeaderMisses()

    misses.remember("q", "alice", [("x-a", "1"), ("x-b", "2")])

    assert misses.differing("q", "alice", [("x-a", "1"), ("x-b", "3")]) == ("x-b",)
    assert misses.differing("q", "alice", [("x-a", "1")]) == ("x-b",)
    assert misses.differing("q", "alice", [("x-b", "2"), ("x-c", "")]) == ("x-a", "x-c")


def test_the_same_headers_another_question_or_another_caller_name_none() -> None:
    misses = HeaderMisses()

    misses.remember("q", "alice", [("x-a", "1")])

    assert misses.differing("q", "alice", [("x-a", "1")]) == ()
    assert misses.differing("p", "alice", [("x-a", "2")]) == ()
    assert misses.differing("q", "bob", [("x-a", "2")]) == ()


def test_the_nearest_of_several_requests_is_compared() -> None:
    misses = HeaderMisses()

    misses.remember("q", "alice", [("x-a", "1"), ("x-b", "1")])
    misses.remember("q", "alice", [("x-a", "2"), ("x-b", "2")])

    assert misses.differing("q", "alice", [("x-a", "2"), ("x-b", "3")]) == ("x-b",)


def test_it_is_bounded_and_holds_no_value() -> None:
    misses = HeaderMisses()

    for i in range(MAX_QUESTIONS + 10):
        misses.remember(f"q{i}", "alice", [("x-a", "a secret")])
    for i in range(MAX_VARIANTS + 10):
        misses.remember("q", "alice", [("x-a", f"a secret {i}")])

    assert misses.differing("q0", "alice", [("x-a", "other")]) == ()
    assert misses.differing(f"q{MAX_QUESTIONS}", "alice", [("x-a", "other")]) == ("x-a",)
    assert len(misses._stored) <= MAX_QUESTIONS
    assert len(misses._stored["q", "alice"]) == MAX_VARIANTS
    assert "secret" not in repr(misses._stored)
