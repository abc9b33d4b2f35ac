"""The tee passes every chunk on and remembers what it may."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from aicache.proxy.response_tee import TOO_FAR_BEHIND, Follower, Tee


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


def drain(follower: Follower) -> bytes:
    """Return all that a follower can take now."""
    return b"".join(iter(lambda: b"".join(follower.take()), b""))


def a_follower(tee: Tee) -> Follower:
    follower = tee.follow()
    assert follower is not None
    return follower


def test_followers_get_all_from_the_first_byte_whenever_they_come() -> None:
    tee = Tee(100)
    early = a_follower(tee)
    tee(b"ab")
    late = a_follower(tee)
    tee(b"c")

    assert (drain(early), drain(late)) == (b"abc", b"abc")
    tee(b"d")
    tee(b"")
    assert (drain(early), drain(late)) == (b"d", b"d")
    assert (early.is_over, early.error) == (True, None)


def test_a_follower_is_woken_by_each_chunk_the_end_and_a_break() -> None:
    woken = []
    tee = Tee(100)
    follower = a_follower(tee)
    follower.wake = lambda: woken.append(drain(follower))

    for chunk in (b"a", b"b"):
        tee(chunk)
    tee.break_off("gone")

    assert woken == [b"a", b"b", b""]
    assert (follower.is_over, follower.error) == (True, "gone")


def test_a_break_that_is_reported_after_the_end_is_none() -> None:
    tee = Tee(100)
    follower = a_follower(tee)
    tee(b"")
    tee.break_off("late")

    assert (follower.is_over, follower.error) == (True, None)


def test_a_response_over_the_limit_is_followed_on_by_those_who_keep_up_and_joined_by_nobody() -> None:
    tee = Tee(4)
    quick, slow = a_follower(tee), a_follower(tee)
    seen = b""
    for chunk in (b"ab", b"cd", b"ef", b"gh", b"ij"):
        tee(chunk)
        seen += drain(quick)
    tee(b"")

    assert seen == b"abcdefghij"
    assert (quick.is_over, quick.error) == (True, None)
    assert (slow.is_over, slow.error, drain(slow)) == (True, TOO_FAR_BEHIND, b"")
    assert tee.follow() is None
    assert tee.body is None


@given(
    st.lists(st.tuples(st.sampled_from(("chunk", "join", "take", "leave")), st.integers(0, 5)), max_size=60),
    st.integers(1, 12),
)
@settings(max_examples=300, deadline=None)
def test_no_follower_is_sent_anything_but_the_response_from_its_beginning(
    events: list[tuple[str, int]], limit: int
) -> None:
    tee = Tee(limit)
    sent = b""
    followers: list[tuple[Follower, bytearray]] = []
    for event, number in events:
        if event == "chunk":
            sent += (chunk := bytes([65 + number]) * (number + 1))
            tee(chunk)
        elif event == "join" and (follower := tee.follow()) is not None:
            followers.append((follower, bytearray()))
        elif followers:
            follower, seen = followers[number % len(followers)]
            if event == "leave":
                follower.leave()
                followers.remove((follower, seen))
            else:
                seen += drain(follower)
        assert tee._kept <= limit  # however slow anybody is
        assert tee._kept == sum(map(len, tee._chunks))
    tee(b"")

    for follower, seen in followers:
        seen += drain(follower)
        assert follower.is_over
        assert seen == sent if follower.error is None else sent.startswith(bytes(seen))
