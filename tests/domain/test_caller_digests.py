"""Whose a request is: found by a bare key or another identity, whatever it came in, and by nothing else."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from aicache.domain.caller_digests import MIN_NAME_DIGITS, caller_digest, caller_digests, caller_matcher
from aicache.domain.request_headers import FieldRules, classify_fields
from aicache.engine.recent_erasures import MAX_ERASURES, MAX_EXCHANGE_S, RecentErasures
from aicache.entries.embedding_batch import BatchExchange

SALT = b"s" * 32
KEY = "sk-1234567890abcdef"
RULES = FieldRules(ignore=frozenset({"x-user-id", "x-colour"}), scope_headers=frozenset({"x-tenant"}))
JSON = {"content-type": "application/json"}


def found(
    headers: dict[str, str], query: str = "", params: dict[str, Any] | None = None, further: tuple[Any, ...] = ()
) -> tuple[str, ...]:
    headers = JSON | headers
    return caller_digests(classify_fields(headers, RULES), headers, query, further, params or {}, RULES, SALT)


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": f"Bearer {KEY}"},
        {"authorization": f"bearer   {KEY}"},
        {"authorization": KEY},
        {"x-api-key": KEY},
        {"api-key": f" {KEY} "},
        {"authorization": basic(f"{KEY}:")},
        {"authorization": basic(f"anyone:{KEY}")},
        {"cookie": f"lang=en; session={KEY}; theme=dark"},
        {"x-auth-of-some-gateway": f"Token {KEY}"},
        {"x-forwarded-credentials": f"other,{KEY}"},
        {"x-whatever": KEY},
        {"x-user-id": KEY},
        {"x-tenant": KEY},
    ],
)
def test_a_key_is_found_in_whatever_it_came(headers: dict[str, str]) -> None:
    assert caller_matcher(KEY, SALT).matches_any(found(headers))
    assert caller_matcher(f"Bearer {KEY}", SALT).matches_any(found(headers))
    assert not caller_matcher("sk-1234567890abcdeg", SALT).matches_any(found(headers))
    assert not caller_matcher(KEY, b"another").matches_any(found(headers))


@pytest.mark.parametrize("cookie", ["session=VALUE", "session=VALUE; AWSALB=x", "a=b; s=VALUE", 'session="VALUE"'])
def test_a_cookie_is_found_by_its_value_and_with_its_name(cookie: str) -> None:
    value = "s:1234567890abcdef/=="
    theirs = found({"cookie": cookie.replace("VALUE", value)})

    assert caller_matcher(value, SALT).matches_any(theirs)
    assert caller_matcher("s%3A1234567890abcdef%2F%3D%3D", SALT).matches_any(
        found({"cookie": "sid=s%3A1234567890abcdef%2F%3D%3D"})
    )
    assert caller_matcher(value, SALT).matches_any(found({"cookie": "sid=s%3A1234567890abcdef%2F%3D%3D"}))


def test_a_part_of_what_is_given_finds_nobody() -> None:
    others = found({"cookie": "theme=dark; lang=en"}), found({"authorization": basic("bob:secret")})

    for who in ("session=dark", "anyone, dark", "a=1; theme=dark", basic("alice:secret"), "x=en"):
        assert not any(caller_matcher(who, SALT).matches_any(each) for each in others), who
    assert caller_matcher("theme=dark", SALT).matches_any(others[0])
    assert caller_matcher(basic("bob:secret"), SALT).matches_any(others[1])


@pytest.mark.parametrize("query", [f"key={KEY}", f"a=b&api_key={KEY}", f"access%5Ftoken={KEY}", f"my_secret={KEY}"])
def test_a_key_is_found_in_the_query(query: str) -> None:
    assert caller_matcher(KEY, SALT).matches_any(found({}, query))


@pytest.mark.parametrize(
    "params", [{"user": "mallory"}, {"safety_identifier": "mallory"}, {"metadata": {"user_id": "mallory"}}]
)
def test_an_end_user_that_the_body_names_is_found(params: dict[str, Any]) -> None:
    assert caller_matcher("mallory", SALT).matches_any(found({"authorization": "Bearer k"}, params=params))


def test_what_the_connection_says_is_found_and_addresses_only_where_nothing_else_is() -> None:
    assert caller_matcher("alice", SALT).matches_any(found({}, further=(("(proxyauth)", "alice"),)))
    assert caller_matcher("203.0.113.9", SALT).matches_any(found({"x-forwarded-for": "203.0.113.9, 10.0.0.1"}))
    assert not caller_matcher("203.0.113.9", SALT).matches_any(
        found({"x-forwarded-for": "203.0.113.9, 10.0.0.1", "authorization": f"Bearer {KEY}"})
    )


def test_what_says_nothing_of_who_asks_is_no_owner() -> None:
    assert found({"accept": "*/*", "x-colour": "blue", "user-agent": "curl/8", "anthropic-version": "2023-06-01"}) == ()


def test_the_first_owner_is_the_credential_and_its_beginning_names_the_caller() -> None:
    [first, *_] = found({"authorization": f"Bearer {KEY}", "x-user-name": "bob"})

    assert first == caller_digest(KEY, SALT)
    assert caller_matcher(first[:MIN_NAME_DIGITS], SALT).matches_any([first])
    assert not caller_matcher(first[: MIN_NAME_DIGITS - 1], SALT).matches_any([first])
    assert KEY not in repr(caller_matcher(KEY, SALT))


class Times:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def an_exchange(asked_at: float, *of: str) -> BatchExchange:
    names = tuple(caller_digest(each, SALT) for each in of)
    return BatchExchange(None, (), "", None, None, None, None, owners=names, asked_at=asked_at)  # type: ignore[arg-type]


def test_what_was_asked_before_its_caller_was_erased_is_covered_and_nothing_else() -> None:
    clock = Times()
    erasures = RecentErasures(clock)
    erasures.add(caller_matcher(KEY, SALT))

    assert erasures.cover(an_exchange(99.0, KEY, "other"))
    assert not erasures.cover(an_exchange(101.0, KEY))
    assert not erasures.cover(an_exchange(99.0, "other"))
    assert not erasures.cover(None)
    erasures.add(None)
    assert erasures.cover(an_exchange(99.0, "other"))


def test_memory_is_bounded_and_what_is_forgotten_covers_more() -> None:
    clock = Times()
    erasures = RecentErasures(clock)
    for number in range(MAX_ERASURES + 1):
        clock.now = 100.0 + number
        erasures.add(caller_matcher(f"who {number}", SALT))

    assert erasures.cover(an_exchange(99.0, "who 0"))
    assert erasures.cover(an_exchange(99.0, "another"))
    assert not erasures.cover(an_exchange(101.5, "another"))
    clock.now += 2 * MAX_EXCHANGE_S
    erasures.add(caller_matcher("late", SALT))
    assert len(erasures._erasures) == 1
