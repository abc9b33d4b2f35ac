"""Who may look at a real proxy's dashboard: who has the token, or is this machine's own user and nobody else's page."""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from aicache.ui.access import COOKIE
from e2e.page_visitor import CHANGE, PAGE, Visitor, page
from e2e.proxy import READY_EXACT, Proxy

if TYPE_CHECKING:
    from e2e.conftest import Upstream

Start = Callable[..., Proxy]

TOKEN = "a-token-of-24-characters"
WITH_TOKEN = f"dashboard: {{token: {TOKEN}}}\nsemantic: {{enabled: false}}\n"
EXACT_ONLY = "semantic: {enabled: false}\n"


@pytest.mark.parametrize("asked", ["", "metrics", "api/overview", "api/models", "static/dashboard.js"])
def test_with_a_token_nothing_is_shown_without_it(start: Start, upstream: Upstream, asked: str) -> None:
    proxy = start(WITH_TOKEN, wait_for=READY_EXACT)
    calls = upstream.calls

    shown = Visitor(proxy.port, CHANGE).get(asked)
    wrong = Visitor(proxy.port, CHANGE | {"authorization": "Bearer another-token-of-24-chars"}).get(asked)
    right = Visitor(proxy.port, CHANGE | {"authorization": f"Bearer {TOKEN}"}).get(asked)

    assert (shown.status, wrong.status, right.status) == (401, 401, 200)
    assert shown.headers["www-authenticate"] == "Bearer"
    assert upstream.calls == calls


def test_a_browser_gives_the_token_once_and_it_is_nowhere_to_be_seen(start: Start, tmp_path: Any) -> None:
    flows = tmp_path / "flows.mitm"
    proxy = start(WITH_TOKEN, wait_for=READY_EXACT, options=("-w", str(flows), "--set", "flow_detail=3"))
    browser = Visitor(proxy.port, {"accept": "text/html", "sec-fetch-site": "none"})

    asked = browser.get("")
    wrong = browser.ask("POST", "", b"token=nonsense-nonsense-nonsense")
    by_form = browser.ask("POST", "", f"token={urllib.parse.quote(TOKEN)}".encode())
    by_link = browser.get(f"?token={TOKEN}")
    cookie = by_form.headers["set-cookie"].partition(";")[0]
    inside = Visitor(proxy.port, CHANGE | {"cookie": cookie})

    assert (asked.status, wrong.status) == (401, 401)
    assert b'name="token"' in asked.body
    assert by_form.status == by_link.status == 303
    assert by_form.headers["location"] == by_link.headers["location"] == "/_ai_cache/"
    assert cookie == by_link.headers["set-cookie"].partition(";")[0]
    assert inside.get("").status == inside.get("api/overview").status == 200
    assert Visitor(proxy.port, PAGE | {"cookie": cookie}).post("api/search", {"cursor": ""}).status == 403
    assert inside.post("api/search", {"cursor": ""}).status == 200
    proxy.stop()
    assert TOKEN not in proxy.log
    assert TOKEN.encode() not in flows.read_bytes()
    assert cookie.removeprefix(f"{COOKIE}=") not in proxy.log.replace(by_form.headers["set-cookie"], "")


@pytest.mark.parametrize(
    ("headers", "asked"),
    [
        (CHANGE | {"x-forwarded-for": "127.0.0.1"}, "api/overview"),
        (CHANGE | {"via": "1.1 nginx"}, "metrics"),
        ({"sec-fetch-site": "cross-site"}, "api/overview"),
        ({"user-agent": "Mozilla/5.0"}, "api/overview"),
        ({"user-agent": "Mozilla/5.0"}, "metrics"),
        ({}, "api/models"),
    ],
)
def test_without_a_token_neither_proxies_nor_other_sites_pages_see_anything(
    proxy: Proxy, upstream: Upstream, headers: dict[str, str], asked: str
) -> None:
    calls = upstream.calls

    shown = Visitor(proxy.port, headers).get(asked)

    assert shown.status == 403
    assert set(shown.json) == {"error"}
    assert upstream.calls == calls


def test_a_change_is_not_made_for_another_sites_page(proxy: Proxy) -> None:
    proxy.ask("Stays where it is?")
    key = proxy.ask_until("exact", "Stays where it is?").headers["x-ai-cache-key"]

    for headers in ({"sec-fetch-site": "cross-site", "x-ai-cache-dashboard": "1"}, PAGE, {}):
        assert Visitor(proxy.port, headers).post(f"api/entries/{key}/purge").status == 403

    assert proxy.ask("Stays where it is?").cache == "exact"


def test_a_name_that_was_made_to_lead_here_gets_nothing(start: Start, upstream: Upstream) -> None:
    """DNS rebinding, where the name is known since mitmproxy was told to keep it."""
    proxy = start(EXACT_ONLY, wait_for=READY_EXACT, options=("--set", "keep_host_header=true"))
    calls = upstream.calls

    assert page(proxy.port).get("api/overview", Host="evil.example").status == 403
    assert page(proxy.port).get("", Host="evil.example").status == 403
    assert page(proxy.port).get("api/overview").status == 200
    assert upstream.calls == calls


def test_a_token_that_is_set_while_it_runs_is_wanted_at_once(start: Start) -> None:
    proxy = start(EXACT_ONLY, wait_for=READY_EXACT)
    before = page(proxy.port).get("api/overview").status

    proxy.config_file.write_text(WITH_TOKEN)
    proxy.wait_log("read again, in force", within=10)

    assert (before, page(proxy.port).get("api/overview").status) == (200, 401)
