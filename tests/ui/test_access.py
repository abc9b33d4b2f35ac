"""Who may look: this machine's own users, or whoever has the token; neither other sites' pages nor proxies' clients."""

from __future__ import annotations

from typing import Any

import pytest

from aicache.ui.access import CHANGES, COOKIE, RELAYED, Area, Verdict, Visit, judge, knows, pass_for

TOKEN = "a-token-of-24-characters"
PAGE = {"sec-fetch-site": "same-origin", "user-agent": "Mozilla/5.0", "accept-encoding": "gzip, deflate, br"}
CHANGE = PAGE | {CHANGES: "1"}
PROMETHEUS = {"user-agent": "Prometheus/3.0", "accept-encoding": "gzip"}


def a_visit(headers: dict[str, str] | None = None, **other: Any) -> Visit:
    values: dict[str, Any] = {"peer": "127.0.0.1", "host": None, "sni": None, "own": True}
    return Visit(headers=headers or {}, **values | other)


# ---------------------------------------------------------------- without a token


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_this_machines_users_may_look_and_change(peer: str) -> None:
    assert judge(a_visit(peer=peer), Area.PAGE, None) is Verdict.WELCOME
    assert judge(a_visit(PAGE, peer=peer), Area.DATA, None) is Verdict.WELCOME
    assert judge(a_visit(CHANGE, peer=peer), Area.CHANGE, None) is Verdict.WELCOME
    assert judge(a_visit(PROMETHEUS, peer=peer), Area.METRICS, None) is Verdict.WELCOME


@pytest.mark.parametrize("area", Area)
@pytest.mark.parametrize("peer", ["10.0.0.7", "192.168.1.2", "fe80::1%eth0", "::ffff:10.0.0.7", "", "localhost"])
def test_other_machines_may_not(peer: str, area: Area) -> None:
    assert judge(a_visit(CHANGE, peer=peer), area, None) is Verdict.REFUSED


@pytest.mark.parametrize("area", Area)
@pytest.mark.parametrize("name", RELAYED)
def test_a_proxy_on_this_machine_is_not_its_clients(name: str, area: Area) -> None:
    assert judge(a_visit(CHANGE | {name: "127.0.0.1"}), area, None) is Verdict.REFUSED


@pytest.mark.parametrize("area", Area)
def test_nor_is_one_that_speaks_http_1_0(area: Area) -> None:
    assert judge(a_visit(CHANGE, http="HTTP/1.0"), area, None) is Verdict.REFUSED


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", None])
def test_another_sites_page_gets_no_data_and_changes_nothing(site: str | None) -> None:
    headers = {name: value for name, value in (CHANGE | {"sec-fetch-site": site}).items() if value is not None}

    assert judge(a_visit(headers), Area.DATA, None) is Verdict.REFUSED
    assert judge(a_visit(headers), Area.CHANGE, None) is Verdict.REFUSED


def test_a_change_needs_the_header_that_a_form_cannot_send() -> None:
    assert judge(a_visit(PAGE), Area.CHANGE, None) is Verdict.REFUSED


@pytest.mark.parametrize("area", Area)
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1", ""])
def test_a_name_that_was_made_to_lead_here_is_refused_where_it_is_known(host: str, area: Area) -> None:
    assert judge(a_visit(CHANGE, host=host), area, None) is Verdict.REFUSED
    assert judge(a_visit(CHANGE, sni="evil.example"), area, None) is Verdict.REFUSED


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "::1", "[::1]"])
def test_this_machines_own_names_are_welcome(host: str) -> None:
    assert judge(a_visit(PAGE, host=host), Area.DATA, None) is Verdict.WELCOME


def test_a_forward_proxy_leaves_other_hosts_their_paths() -> None:
    assert judge(a_visit(PAGE, host="api.example", own=False), Area.PAGE, None) is Verdict.ELSEWHERE


@pytest.mark.parametrize(
    "headers",
    [
        {"user-agent": "Mozilla/5.0", "accept-encoding": "gzip"},
        {"user-agent": "as a script has set it", "accept-encoding": "gzip, deflate"},
        {"user-agent": "Prometheus", "accept-encoding": "gzip", "sec-fetch-site": "cross-site"},
    ],
)
def test_metrics_are_for_programs_and_not_for_another_sites_page(headers: dict[str, str]) -> None:
    """A page whose name was made to lead here may be sent without ``Sec-Fetch-Site``, and scripts may name agents."""
    assert judge(a_visit(headers), Area.METRICS, None) is Verdict.REFUSED


@pytest.mark.parametrize("site", ["none", "same-origin"])
def test_metrics_may_be_looked_at_in_a_browser(site: str) -> None:
    assert judge(a_visit(PAGE | {"sec-fetch-site": site}), Area.METRICS, None) is Verdict.WELCOME


# ---------------------------------------------------------------- with a token


@pytest.mark.parametrize("area", Area)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer another-token-of-24-chars"},
        {"authorization": f"Basic {TOKEN}"},
        {"authorization": TOKEN},
        {"cookie": f"{COOKIE}={TOKEN}"},
        {"cookie": f"{COOKIE}={pass_for('another-token-of-24-chars')}"},
        {"cookie": "[]=;;=\x00"},
        {"authorization": "Bearer ünïcödé"},
    ],
)
def test_whoever_has_no_token_gets_nothing_not_even_from_this_machine(headers: dict[str, str], area: Area) -> None:
    assert judge(a_visit(CHANGE | headers), area, TOKEN) is Verdict.UNKNOWN


@pytest.mark.parametrize("peer", ["127.0.0.1", "10.0.0.7"])
@pytest.mark.parametrize(
    ("headers", "offered"),
    [
        ({"authorization": f"Bearer {TOKEN}"}, ""),
        ({"authorization": f"bearer  {TOKEN}"}, ""),
        ({"cookie": f"other=1; {COOKIE}={pass_for(TOKEN)}"}, ""),
        ({}, TOKEN),
    ],
)
def test_whoever_has_it_may_look_from_anywhere(headers: dict[str, str], offered: str, peer: str) -> None:
    visit = a_visit(headers, peer=peer, offered=offered, host="proxy.internal", sni="proxy.internal")

    assert knows(visit, TOKEN)
    for area in (Area.PAGE, Area.DATA, Area.METRICS):
        assert judge(visit, area, TOKEN) is Verdict.WELCOME


def test_a_change_with_a_token_needs_the_header_too() -> None:
    """The browser sends the cookie with what another page has it ask for, were it not for its SameSite."""
    cookie = {"cookie": f"{COOKIE}={pass_for(TOKEN)}"}

    assert judge(a_visit(cookie), Area.CHANGE, TOKEN) is Verdict.REFUSED
    assert judge(a_visit(cookie | {CHANGES: "1", "sec-fetch-site": "same-site"}), Area.CHANGE, TOKEN) is Verdict.REFUSED
    assert judge(a_visit(cookie | CHANGE), Area.CHANGE, TOKEN) is Verdict.WELCOME
    assert judge(a_visit({"authorization": f"Bearer {TOKEN}", CHANGES: ""}), Area.CHANGE, TOKEN) is Verdict.WELCOME


def test_the_cookie_does_not_tell_the_token() -> None:
    assert TOKEN not in pass_for(TOKEN)
    assert pass_for(TOKEN) != pass_for(TOKEN + "x")
