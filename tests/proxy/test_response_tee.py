"""The tee passes every chunk on and remembers what it may."""

from __future__ import annotations

from aicache.proxy.response_tee import Tee


def test_chunks_pass_unchanged_and_the_body_is_whole_at_the_end() -> None:
    tee = Tee(100)

    assert [tee(c) for c in (b"ab", b"c", b"")] == [b"ab", b"c", b""]
    assert tee.body == b"abc"


def test_a_body_that_has_not_ended_is_no_body() -> None:
    tee = Tee(100)
    tee(b"abc")

    assert tee.body is None
    assert tee.so_far == b"abc"


def test_a_body_over_the_limit_passes_but_is_not_remembered() -> None:
    tee = Tee(3)

    assert [tee(c) for c in (b"abc", b"d", b"e", b"")] == [b"abc", b"d", b"e", b""]
    assert tee.body is None
    assert tee.so_far is None
