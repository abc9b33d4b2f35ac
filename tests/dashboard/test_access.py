"""Who may look: whoever has the token. Open counters are for everybody but other sites' pages."""

from __future__ import annotations

from base64 import b64encode

import pytest

from aicache.dashboard.access import (
    CHANGE_HEADER,
    COOKIE,
    Access,
    Area,
    Secrets,
    Visitor,
    authorize,
    cookie_value,
    has_token,
)

TOKEN = "a-token-of-24-characters"
BEARER = {"authorization": f"Bearer {TOKEN}"}
PAGE = {"sec-fetch-site": "same-origin", "user-agent": "Mozilla/5.0", "accept-encoding": "gzip, deflate, br"}
CHANGE = PAGE | {CHANGE_HEADER: "1"}
PROMETHEUS = {"user-agent": "Prometheus/3.0", "accept-encoding": "gzip"}


@pytest.mark.parametrize("area", Area)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer another-token-of-24-chars"},
        {"authorization": f"Basic {TOKEN}"},
        {"authorization": TOKEN},
        {"cookie": f"{COOKIE}={TOKEN}"},
        {"cookie": f"{COOKIE}={cookie_value('another-token-of-24-chars')}"},
        {"cookie": "[]=;;=\x00"},
        {"authorization": "Bearer ünïcödé"},
    ],
)
def test_whoever_has_no_token_gets_nothing(headers: dict[str, str], area: Area) -> None:
    assert authorize(Visitor(CHANGE | headers), area, TOKEN) is Access.UNAUTHENTICATED


@pytest.mark.parametrize(
    ("headers", "offered"),
    [
        (BEARER, ""),
        ({"authorization": f"bearer  {TOKEN}"}, ""),
        ({"cookie": f"other=1; {COOKIE}={cookie_value(TOKEN)}"}, ""),
        ({}, TOKEN),
    ],
)
def test_whoever_has_it_may_look(headers: dict[str, str], offered: str) -> None:
    visitor = Visitor(headers, offered)

    assert has_token(visitor, TOKEN)
    for area in (Area.PAGE, Area.DATA, Area.METRICS):
        assert authorize(visitor, area, TOKEN) is Access.GRANTED


def test_a_change_needs_the_header_that_a_form_cannot_send_too() -> None:
    """The browser sends the cookie with what another page has it ask for, were it not for its SameSite."""
    cookie = {"cookie": f"{COOKIE}={cookie_value(TOKEN)}"}

    assert authorize(Visitor(cookie), Area.CHANGE, TOKEN) is Access.FORBIDDEN
    assert authorize(Visitor(cookie | PAGE), Area.CHANGE, TOKEN) is Access.FORBIDDEN
    for site in ("same-site", "cross-site", "none"):
        assert authorize(Visitor(cookie | CHANGE | {"sec-fetch-site": site}), Area.CHANGE, TOKEN) is Access.FORBIDDEN
    assert authorize(Visitor(cookie | CHANGE), Area.CHANGE, TOKEN) is Access.GRANTED
    assert authorize(Visitor(BEARER | {CHANGE_HEADER: ""}), Area.CHANGE, TOKEN) is Access.GRANTED


def test_the_cookie_does_not_tell_the_token() -> None:
    assert TOKEN not in cookie_value(TOKEN)
    assert cookie_value(TOKEN) != cookie_value(TOKEN + "x")


# ---------------------------------------------------------------- open metrics


@pytest.mark.parametrize("headers", [PROMETHEUS, {}, PAGE, PAGE | {"sec-fetch-site": "none"}])
def test_metrics_that_are_open_are_for_programs_and_for_who_types_their_address(headers: dict[str, str]) -> None:
    assert authorize(Visitor(headers), Area.METRICS, TOKEN, open_metrics=True) is Access.GRANTED
    assert authorize(Visitor(headers), Area.METRICS, TOKEN) is Access.UNAUTHENTICATED


@pytest.mark.parametrize("area", [area for area in Area if area is not Area.METRICS], ids=str)
def test_nothing_else_is_open_with_them(area: Area) -> None:
    assert authorize(Visitor(CHANGE), area, TOKEN, open_metrics=True) is Access.UNAUTHENTICATED


@pytest.mark.parametrize(
    "headers",
    [
        {"user-agent": "Mozilla/5.0", "accept-encoding": "gzip"},
        {"user-agent": "as a script has set it", "accept-encoding": "gzip, deflate"},
        {"user-agent": "Prometheus", "accept-encoding": "gzip", "sec-fetch-site": "cross-site"},
        {"user-agent": "Prometheus", "accept-encoding": "gzip", "sec-fetch-site": "same-site"},
    ],
)
def test_they_are_not_for_another_sites_page(headers: dict[str, str]) -> None:
    """A page whose name was made to lead here may be sent without ``Sec-Fetch-Site``, and scripts may name agents."""
    assert authorize(Visitor(headers), Area.METRICS, TOKEN, open_metrics=True) is Access.UNAUTHENTICATED
    assert authorize(Visitor(headers | BEARER), Area.METRICS, TOKEN, open_metrics=True) is Access.GRANTED


# ---------------------------------------------------------------- what must not go anywhere else


@pytest.mark.parametrize(
    "target",
    [
        f"/x?token={TOKEN}",
        f"/{TOKEN}",
        f"/x?a={cookie_value(TOKEN)}",
        f"/x?token={TOKEN.replace('-', '%2d')}",
        f"/x?token=%61{TOKEN[1:]}",
        f"/x?token=%2561{TOKEN[1:]}",
        f"/x?token=%252561{TOKEN[1:]}",
    ],
)
def test_the_token_is_seen_in_a_target(target: str) -> None:
    assert Secrets.of(TOKEN).are_in_target(target.encode())
    assert not Secrets.of("another-token-of-24-chars").are_in_target(target.encode())


def test_the_token_and_the_cookie_are_seen_in_a_header() -> None:
    secrets = Secrets.of(TOKEN)

    assert secrets.are_in(f"a=b; {COOKIE}={cookie_value(TOKEN)}".encode())
    assert secrets.are_in(f"Bearer {TOKEN}".encode())
    assert not secrets.are_in(b"Bearer sk-another")


@pytest.mark.parametrize("credentials", [f":{TOKEN}", f"u:{TOKEN}", f"{TOKEN}:x"])
def test_the_token_is_seen_in_basic_credentials(credentials: str) -> None:
    value = b"Basic " + b64encode(credentials.encode())

    assert Secrets.of(TOKEN).are_in_credentials(value)
    assert Secrets.of(TOKEN).are_in_credentials(value.lower()[:5] + value[5:].rstrip(b"="))
    assert not Secrets.of(TOKEN).are_in_credentials(b"Basic " + b64encode(b"u:p"))
    assert not Secrets.of(TOKEN).are_in_credentials(b"Basic \xff")
