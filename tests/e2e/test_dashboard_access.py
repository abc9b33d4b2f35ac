"""Who may look at a real proxy's dashboard: who has the token, which goes nowhere else."""

from __future__ import annotations

import http.client
import re
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aicache.dashboard.access import COOKIE, cookie_value
from e2e.page_visitor import CHANGE, PAGE, Visitor, bearer, page
from e2e.proxy import EXACT_ONLY, READY_EXACT, Proxy

if TYPE_CHECKING:
    from e2e.conftest import Upstream

Start = Callable[..., Proxy]

TOKEN = "a-token-of-24-characters"
WITH_TOKEN = f"dashboard: {{token: {TOKEN}}}\n{EXACT_ONLY}"


@pytest.fixture(scope="module")
def guarded(module_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """A proxy whose configuration has the token."""
    with Proxy(module_upstream.url, tmp_path_factory.mktemp("guarded"), WITH_TOKEN) as running:
        yield running


@pytest.fixture(scope="module")
def lenient(module_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """A proxy with open metrics, in a mitmproxy that streams requests."""
    config, streams = f"{EXACT_ONLY}dashboard: {{open_metrics: true}}\n", ("--set", "stream_large_bodies=1")
    with Proxy(module_upstream.url, tmp_path_factory.mktemp("lenient"), config, options=streams) as running:
        yield running


@pytest.mark.parametrize(
    "asked", ["", "requests", "metrics", "api/overview", "api/requests", "api/models", "static/dashboard.js"]
)
def test_with_a_token_nothing_is_shown_without_it(guarded: Proxy, upstream: Upstream, asked: str) -> None:
    calls = upstream.calls

    shown = Visitor(guarded.port, CHANGE).get(asked)
    wrong = Visitor(guarded.port, CHANGE | {"authorization": "Bearer another-token-of-24-chars"}).get(asked)
    right = Visitor(guarded.port, CHANGE | {"authorization": f"Bearer {TOKEN}"}).get(asked)

    assert (shown.status, wrong.status, right.status) == (401, 401, 200)
    assert shown.headers["www-authenticate"] == "Bearer"
    assert upstream.calls == calls


def test_a_browser_gives_the_token_once_and_it_is_nowhere_to_be_seen(start: Start, tmp_path: Path) -> None:
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


@pytest.mark.parametrize("asked", ["metrics", "api/overview", "api/models"])
@pytest.mark.parametrize("headers", [{}, CHANGE, {"user-agent": "Prometheus/3.0"}, bearer("x" * 43)])
def test_this_machines_own_users_need_it_too(
    exact_proxy: Proxy, upstream: Upstream, headers: dict[str, str], asked: str
) -> None:
    calls = upstream.calls

    shown = Visitor(exact_proxy.port, headers).get(asked)

    assert shown.status == 401
    assert set(shown.json) == {"error"}
    assert upstream.calls == calls


def test_the_log_has_one_url_with_a_token_that_is_made_once(start: Start, tmp_path: Path) -> None:
    decisions = tmp_path / "decisions.jsonl"
    config = f"{EXACT_ONLY}log: {{file: '{decisions}', text: true}}\n"
    proxy = start(config, wait_for=READY_EXACT)
    token, browser = proxy.token, Visitor(proxy.port, {"accept": "text/html", "sec-fetch-site": "none"})
    [url] = re.findall(r"http://\S+", proxy.log.partition("the dashboard: ")[2].partition("\n")[0])
    cookie = browser.get(url.partition(proxy.url)[2]).headers["set-cookie"].partition(";")[0]
    proxy.ask("Anything?")
    proxy.config_file.write_text(f"{config}session_id: another\n")
    proxy.wait_log("read again, in force", within=10)
    beside = start(EXACT_ONLY, wait_for=READY_EXACT)  # on the same folder

    assert url == f"{proxy.url}/_ai_cache/?token={token}"
    assert len(token) >= 43
    assert (proxy.data / "dashboard-token").stat().st_mode & 0o777 == 0o600
    assert Visitor(proxy.port, CHANGE | {"cookie": cookie}).get("api/overview").status == 200
    assert Visitor(beside.port, bearer(token)).get("api/overview").status == 200
    assert proxy.log.count(token) == 1
    assert token not in decisions.read_text()


def test_a_token_of_the_configurations_is_not_in_the_log(guarded: Proxy) -> None:
    assert f"the dashboard: {guarded.url}/_ai_cache/ (it asks for dashboard.token)" in guarded.log
    assert TOKEN not in guarded.log
    assert not (guarded.data / "dashboard-token").exists()


def test_where_it_cannot_be_kept_the_token_is_this_runs_alone(start: Start, tmp_path: Path) -> None:
    """The file is there, and is none that this cache wrote."""
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    (data / "dashboard-token").write_text("short")
    proxy = start(EXACT_ONLY, wait_for=READY_EXACT)
    token = proxy.log.partition("?token=")[2].split()[0]

    assert proxy.log.count("(the dashboard's token is valid for this run only)") == 1
    assert Visitor(proxy.port, bearer(token)).get("api/overview").status == 200
    assert Visitor(proxy.port, bearer("short")).get("api/overview").status == 401


def test_metrics_that_are_open_need_no_token(lenient: Proxy) -> None:
    def status(asked: str, **headers: str) -> int:
        return Visitor(lenient.port, {}).get(asked, **headers).status

    assert status("metrics", **{"user-agent": "Prometheus/3.0", "accept-encoding": "gzip"}) == 200
    assert status("metrics", **{"sec-fetch-site": "same-site"}) == 401
    assert status("api/overview") == 401


# ---------------------------------------------------------------- what goes elsewhere


ALIASES = (
    *(
        "//_ai_cache/",
        "/%5fai_cache/",
        "/./_ai_cache/",
        "/x/../_ai_cache/",
        "/_AI_CACHE/",
        "/_ai_cache%2f",
        "/_ai_cache;x",
    ),
    *("/%255fai_cache/", "/\\_ai_cache/", "/_ai_cache%3f", "/_ai_cache./", "/_ai_cache%00/", "/%c1%9fai_cache/"),
    *("//[/../_ai_cache/", "/x/%2e%2e/_ai_cache/api/overview", "/_ai_cache%2Fapi%2Foverview"),
)


@pytest.mark.parametrize("target", ALIASES)
def test_another_spelling_of_the_path_goes_nowhere(exact_proxy: Proxy, upstream: Upstream, target: str) -> None:
    calls, browser = upstream.calls, Visitor(exact_proxy.port, PAGE)

    replies = [
        browser.ask("GET", f"{target}?token={exact_proxy.token}"),
        browser.ask("GET", f"http://evil.test{target}"),
        browser.ask("POST", target, f"token={exact_proxy.token}".encode()),
    ]

    assert [reply.status for reply in replies] == [404] * 3
    assert upstream.calls == calls
    assert exact_proxy.log.count(exact_proxy.token) == 1


@pytest.mark.parametrize("path", ["/v1/models", "/v1/chat/completions", "/_ai_cachex"])
def test_no_token_goes_upstream(exact_proxy: Proxy, upstream: Upstream, path: str) -> None:
    calls, token = upstream.calls, exact_proxy.token
    body = b'{"model": "m", "messages": [{"role": "user", "content": "Is it sent on?"}]}'
    carried: list[tuple[str, dict[str, str]]] = [
        (f"{path}?token={token}", {}),
        (f"{path}?x=%{ord(token[0]):02x}{token[1:]}", {}),
        (path, bearer(token)),
        (path, {"x-api-key": token}),
        (path, {"cookie": f"a=b; {COOKIE}={cookie_value(token)}"}),
        (path, {"referer": f"{exact_proxy.url}/_ai_cache/?token={token}"}),
    ]

    statuses = [Visitor(exact_proxy.port, headers).ask("POST", target, body).status for target, headers in carried]

    assert statuses == [403] * len(carried)
    assert upstream.calls == calls
    assert exact_proxy.log.count(token) == 1
    assert (
        Visitor(exact_proxy.port, bearer("sk-another-credential-than-the-token")).ask("POST", path, body).status != 403
    )


def test_nor_does_a_form_with_it_where_mitmproxy_streams_requests(lenient: Proxy, upstream: Upstream) -> None:
    """What is streamed goes upstream before anybody has seen its end."""
    calls, form = upstream.calls, f"token={lenient.token}".encode()

    for target in ("/_ai_cache/", "//_ai_cache/", f"/v1/models?token={lenient.token}"):
        for chunked in (False, True):
            headers = {"transfer-encoding": "chunked"} if chunked else {}
            body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(form), form) if chunked else form
            with pytest.raises((http.client.HTTPException, OSError)):
                Visitor(lenient.port, headers).ask("POST", target, body)

    assert upstream.calls == calls
    assert page(lenient).get("api/overview").status == 200
    assert "crashed" not in lenient.log


# ---------------------------------------------------------------- other sites' pages


def test_a_change_is_not_made_for_another_sites_page(exact_proxy: Proxy) -> None:
    exact_proxy.ask("Stays where it is?")
    key = exact_proxy.ask_until("exact", "Stays where it is?").headers["x-ai-cache-key"]

    for headers in ({"sec-fetch-site": "cross-site", "x-ai-cache-dashboard": "1"}, PAGE, {}):
        assert Visitor(exact_proxy.port, headers).post(f"api/entries/{key}/purge").status == 401
        assert (
            Visitor(exact_proxy.port, headers | bearer(exact_proxy.token)).post(f"api/entries/{key}/purge").status
            == 403
        )

    assert exact_proxy.ask("Stays where it is?").cache == "exact"


def test_a_token_that_is_set_while_it_runs_is_wanted_at_once(start: Start) -> None:
    proxy = start(EXACT_ONLY, wait_for=READY_EXACT)
    visitor = page(proxy)
    before = visitor.get("api/overview").status

    proxy.config_file.write_text(WITH_TOKEN)
    proxy.wait_log("read again, in force", within=10)

    assert (before, visitor.get("api/overview").status) == (200, 401)
    assert Visitor(proxy.port, bearer(TOKEN)).get("api/overview").status == 200
