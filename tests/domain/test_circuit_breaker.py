"""The breaker: opens after failures in a row, lets one attempt through at a time, closes on success."""

from __future__ import annotations

from aicache.domain.circuit_breaker import Breaker


def test_it_opens_after_failures_in_a_row_only() -> None:
    breaker = Breaker(limit=2, pause=5)

    breaker.failed(0)
    breaker.succeeded()

    assert not breaker.failed(1)
    assert breaker.failed(2)
    assert breaker.open


def test_while_open_one_attempt_is_let_through_each_pause() -> None:
    breaker = Breaker(limit=1, pause=5)
    breaker.failed(0)

    assert [breaker.allow(t) for t in (1, 4.9, 5, 5.1, 10)] == [False, False, True, False, True]


def test_a_success_closes_it_and_says_so_once() -> None:
    breaker = Breaker(limit=1, pause=5)
    breaker.failed(0)

    assert breaker.succeeded()
    assert not breaker.succeeded()
    assert breaker.allow(0)


def test_an_attempt_that_never_reports_back_does_not_keep_it_open_for_ever() -> None:
    breaker = Breaker(limit=1, pause=5)
    breaker.failed(0)
    breaker.allow(5)  # and then it was canceled

    assert breaker.allow(10)
