"""The dashboard on a real proxy: what it shows is what was, and it takes changes from those who may make them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from e2e.page_visitor import CHANGE, PAGE, Visitor, bearer, page
from e2e.proxy import EXACT_ONLY, READY_EXACT, Proxy, free_port

if TYPE_CHECKING:
    from e2e.conftest import Upstream

Start = Callable[..., Proxy]


def key_of(proxy: Proxy, question: str) -> str:
    return proxy.ask_until("exact", question).headers["x-ai-cache-key"]


# ---------------------------------------------------------------- what it shows


def test_the_page_and_its_files_come_from_the_proxy_alone(proxy: Proxy, upstream: Upstream) -> None:
    calls, visitor = upstream.calls, page(proxy)

    shown = visitor.get("")
    named = [part.partition('"')[0] for part in shown.body.decode().split('="static/')[1:]]

    assert shown.status == 200
    assert "<title>AI cache</title>" in shown.body.decode()
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert len(named) >= 4
    assert {visitor.get(f"static/{name}").status for name in named} == {200}
    assert visitor.get("/_ai_cache").headers["location"] == "/_ai_cache/"
    assert upstream.calls == calls


def test_the_figures_are_those_of_what_was_asked(start: Start) -> None:
    proxy = start("prices: [gpt-test=1000/2000]\nsemantic: {threshold: 0.8}\nlog: {text: true}\n")
    visitor = page(proxy)
    empty = visitor.overview()
    first = proxy.ask("How do I reset my password?")
    proxy.ask_until("exact", "How do I reset my password?")
    proxy.ask_until("semantic", "How can I reset my password?")
    proxy.ask("How many kilometres are 5 miles?")
    proxy.ask_until("exact", "How many kilometres are 5 miles?")
    proxy.ask("How many kilometres are 50 miles?")
    proxy.ask("Anything?", headers={"x-higress-skip-ai-cache": "on"})

    now = visitor.overview()
    latest = visitor.post("api/requests", {"outcome": "", "text": ""}).json["requests"]
    found = visitor.post("api/requests", {"outcome": "miss", "text": "50 miles"}).json["requests"]

    outcomes = ["miss", "exact", "semantic", "miss", "exact", "miss", "bypass"]
    assert [each["outcome"] for each in latest if each["outcome"] == "bypass" or each["question"]] == outcomes[::-1]
    assert [(each["differences"], each["status"]) for each in found] == [(["numbers"], 200)]
    assert found[0]["storing"] == "kept"
    assert (empty["since"]["hit"], empty["live"]["total"]["exact"], empty["top"]) == (0, 0, [])
    total = now["live"]["total"]
    assert total["exact"] == 2
    assert total["semantic"] == 1
    assert total["bypass"] == 1
    assert now["since"]["hit"] == 3
    usage = json.loads(first.body)["usage"]
    assert now["since"]["prompt_tokens"] >= 2 * usage["prompt_tokens"]
    cost = (now["since"]["prompt_tokens"] * 1000 + now["since"]["completion_tokens"] * 2000) / 1e6
    assert now["since"]["money"] == pytest.approx(cost)
    assert ["numbers", 1] in now["guards"]
    assert sum(now["similarity"]["hit"]) >= 1
    assert now["health"]["threshold"] == 0.8
    assert "How do I reset my password?" in [each["question"] for each in now["top"]]
    assert {part["name"]: part["failing"] for part in now["health"]["parts"]} == {
        "exact store": False,
        "exact store (writes)": False,
        "embedder": False,
        "vector index": False,
        "vector index (writes)": False,
    }
    assert 0 < total["hit_p50"] <= total["hit_p95"] <= total["hit_p99"] < 10
    assert total["upstream_p50"] > 0
    assert (now["models"][0]["model"], now["models"][0]["hits"]) == ("gpt-test", 3)


def test_without_log_text_no_question_is_among_those_asked_most(proxy: Proxy) -> None:
    proxy.ask("A question that is nobody's business")

    now = page(proxy).get("api/overview")

    assert now.json["top"]
    assert {each["question"] for each in now.json["top"]} == {None}
    assert b"nobody's business" not in now.body
    assert b"nobody's business" not in page(proxy).get("api/requests").body


def test_prometheus_reads_the_same_figures(proxy: Proxy) -> None:
    proxy.ask("Is this counted?")
    proxy.ask_until("exact", "Is this counted?")
    visitor = Visitor(proxy.port, {"user-agent": "Prometheus/3.0", "accept-encoding": "gzip"} | bearer(proxy.token))

    since = page(proxy).overview()["since"]

    assert visitor.total("hits_total") == since["hit"] > 0
    assert visitor.total("misses_total") == since["miss"] > 0
    assert visitor.total("tokens_saved_total") == since["prompt_tokens"] + since["completion_tokens"] > 0
    assert visitor.total("lookup_seconds_count") == visitor.total("requests_total")
    assert visitor.metrics()["breaker_open", frozenset({("part", "exact store")})] == 0
    assert visitor.get("metrics").headers["content-type"].startswith("text/plain")


def test_a_store_that_goes_down_is_seen_and_the_page_stays(start: Start, upstream: Upstream) -> None:
    proxy = start(
        f"exact: {{redis: {{url: 'redis://127.0.0.1:{free_port()}/0'}}}}\nsemantic: {{enabled: false}}\n",
        wait_for=None,
    )
    proxy.wait_listening()
    visitor = page(proxy)
    for i in range(12):
        proxy.ask(f"Question {i}?")

    proxy.wait_for(lambda: visitor.total("breaker_open") == 1 or visitor.total("part_in_use") == 0, within=20)
    now = visitor.overview()

    [exact] = [part for part in now["health"]["parts"] if part["name"] == "exact store"]
    assert exact["failing"] or exact["what"] is None
    assert visitor.post("api/search", {"cursor": ""}).status == 503
    assert visitor.get("api/models").json["error"].startswith("exact store")
    assert "Traceback" not in proxy.log


def test_the_bound_on_wrong_answers_is_on_the_page_in_the_metrics_and_in_the_log(start: Start, tmp_path: Any) -> None:
    log = tmp_path / "decisions.jsonl"
    proxy = start(f"semantic: {{policy: guarded, threshold: 0.8, audit: 1.0}}\nlog: {{file: '{log}'}}\n")
    visitor = page(proxy)
    proxy.ask("How do I reset my password?")
    proxy.ask_until("semantic", "How can I reset my password?")
    hit = proxy.ask("How can I reset my password?")
    proxy.wait_for(lambda: visitor.total("judged_total") >= 1)

    now = visitor.overview()
    bounds = {value for (name, _), value in visitor.metrics().items() if name == "error_bound"}
    proxy.stop()
    events = [json.loads(line) for line in log.read_text().splitlines()]

    assert 0 < float(hit.headers["x-ai-cache-error-bound"]) <= 1
    assert now["error_bound"] == now["kinds"][0]["error_bound"]
    assert now["kinds"][0]["model"] == "gpt-test"
    assert bounds == {now["error_bound"]}
    [judged, *_] = [event for event in events if event["event"] == "judged"]
    [*_, decided] = [event for event in events if event.get("tier") == "semantic"]
    assert judged["kind"] == decided["kind"]
    assert judged["kind"].startswith(now["kinds"][0]["name"])
    assert 0 < judged["error_bound"] <= 1
    assert decided["error_bound"] == pytest.approx(float(hit.headers["x-ai-cache-error-bound"]), abs=0.001)


# ---------------------------------------------------------------- changes


def test_an_entry_is_found_read_pinned_and_purged(proxy: Proxy, upstream: Upstream) -> None:
    question = "Where is the key to the cellar?"
    proxy.ask(question)
    key = key_of(proxy, question)
    visitor = page(proxy)

    by_key = visitor.post("api/search", {"key": key[:12]}).json["entries"]
    by_meaning = visitor.post("api/search", {"like": "where's the cellar key", "similarity": 0.6}).json["entries"]
    some = visitor.post("api/search", {"cursor": ""}).json["entries"]
    read = visitor.get(f"api/entries/{key}").json
    pinned = visitor.post(f"api/entries/{key}/pin").json
    after = visitor.get(f"api/entries/{key}").json
    calls = upstream.calls

    assert [each["key"] for each in by_key] == [key]
    assert key in [each["key"] for each in by_meaning]
    assert key in [each["key"] for each in some]
    assert (read["question"], read["answer"], read["pinned"]) == (question, f"You asked: {question}", False)
    assert (pinned, after["pinned"]) == ({"done": True}, True)
    assert visitor.post(f"api/entries/{key}/unpin").json == {"done": True}
    assert visitor.post(f"api/entries/{key}/purge").json == {"done": True}
    assert visitor.post(f"api/entries/{key}/purge").json == {"done": False}
    assert visitor.get(f"api/entries/{key}").status == 404
    assert upstream.calls == calls
    assert proxy.ask(question).cache == "miss"


@pytest.mark.parametrize(
    ("method", "asked", "body", "status"),
    [
        ("GET", "nothing/here", None, 404),
        ("GET", "static/../pages.py", None, 404),
        ("GET", "static/uplot/LICENSE", None, 404),
        ("GET", "api/entries/xyz", None, 404),
        ("GET", "api/entries/" + "0" * 40, None, 404),
        ("GET", "api/entries/" + "0" * 40 + "/purge", None, 404),
        ("GET", "api/overview?window=7", None, 400),
        ("GET", "api/overview?window=%00", None, 400),
        ("POST", "api/entries/" + "0" * 40 + "/explode", b"{}", 404),
        ("POST", "api/overview", b"{}", 404),
        ("POST", "api/search", b"", 400),
        ("POST", "api/search", b"not json", 400),
        ("POST", "api/search", b"\xff\xfe", 400),
        ("POST", "api/search", b"[" * 30000, 400),
        ("POST", "api/search", b"[]", 400),
        ("POST", "api/search", b'{"key": "../../etc"}', 400),
        ("POST", "api/search", b'{"key": 7}', 400),
        ("POST", "api/search", b'{"like": "", "similarity": 0.5}', 400),
        ("POST", "api/search", b'{"like": "x", "similarity": "high"}', 400),
        ("POST", "api/search", b'{"like": "x"}', 400),
        ("POST", "api/search", b'{"cursor": "' + b"x" * 70000 + b'"}', 400),
        ("PUT", "api/search", b"{}", 404),
        ("DELETE", "", None, 404),
        ("OPTIONS", "api/search", None, 404),
    ],
)
def test_what_makes_no_sense_is_answered_as_such(
    proxy: Proxy, upstream: Upstream, method: str, asked: str, body: bytes | None, status: int
) -> None:
    calls = upstream.calls

    shown = page(proxy).ask(method, asked, body)

    assert shown.status == status
    assert isinstance(shown.json["error"], str)
    assert upstream.calls == calls
    assert "Traceback" not in proxy.log


@pytest.mark.parametrize("cursor", ["x", "7:9", "-1", "99999999999999999999", "\n", "１"])
def test_a_cursor_that_nobody_gave_never_comes_to_the_store(proxy: Proxy, cursor: str) -> None:
    assert page(proxy).post("api/search", {"cursor": cursor}).status == 400


def test_head_is_a_get_without_a_body(proxy: Proxy) -> None:
    shown = page(proxy).ask("HEAD", "")

    assert (shown.status, shown.body) == (200, b"")
    assert shown.headers["content-type"] == "text/html; charset=utf-8"


# ---------------------------------------------------------------- ways to run it


def test_switched_off_the_path_is_the_upstreams(start: Start, upstream: Upstream) -> None:
    proxy = start("dashboard: {enabled: false}\nsemantic: {enabled: false}\n", wait_for=READY_EXACT)

    shown = Visitor(proxy.port, CHANGE).get("")

    assert shown.status == 404
    assert upstream.last.path == "/_ai_cache/"


def test_with_the_cache_switched_off_it_says_so(start: Start) -> None:
    proxy = start("enabled: false\n", wait_for=None)
    proxy.wait_listening()

    now = page(proxy).overview()

    assert now["enabled"] is False


@pytest.fixture(scope="module")
def forward_proxy(module_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with Proxy(module_upstream.url, tmp_path_factory.mktemp("forward"), EXACT_ONLY, mode="regular") as running:
        yield running


def test_on_a_forward_proxy_it_is_at_the_proxys_own_address(forward_proxy: Proxy, upstream: Upstream) -> None:
    calls = upstream.calls

    own = page(forward_proxy).get("api/overview")

    assert own.status == 200
    assert upstream.calls == calls


def test_on_a_forward_proxy_another_hosts_path_stays_its_own(forward_proxy: Proxy, upstream: Upstream) -> None:
    host = upstream.url.replace("127.0.0.1", "elsewhere.localhost")

    shown = Visitor(forward_proxy.port, PAGE).ask("GET", f"{host}/_ai_cache/api/overview")

    assert shown.status != 200
    assert b"health" not in shown.body


def test_in_mitmweb_the_pages_requests_do_not_fill_the_list_of_flows(start: Start) -> None:
    web = free_port()
    options = ("--no-web-open-browser", "--set", f"web_port={web}", "--set", "web_password=open")
    proxy = start(EXACT_ONLY, wait_for=READY_EXACT, program="mitmweb", options=options)
    proxy.ask("In the list?")
    for _ in range(5):
        page(proxy).overview()

    def paths() -> list[str]:
        flows = Visitor(web, {"authorization": "Bearer open"}).ask("GET", "/flows").json
        return [flow["request"]["path"] for flow in flows]

    proxy.wait_for(lambda: paths() == ["/v1/chat/completions"], within=10)
    assert "Traceback" not in proxy.log
