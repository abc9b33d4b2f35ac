"""The fast lane has hits only, for those whose answers they are, while they are, and where nobody wants flows."""

from __future__ import annotations

import json
import re
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from redis import Redis

from certificates import a_certificate
from e2e import conftest
from e2e.page_visitor import page
from e2e.proxy import READY_EXACT, WANTS_FAST_PATH, Proxy, free_port
from e2e.wire import Wire, body_of, in_lane, learn, metric, request

if TYPE_CHECKING:
    from e2e.conftest import Upstream

pytestmark = WANTS_FAST_PATH
Start = Callable[..., Proxy]
CONFIG = "semantic: {enabled: false}\nspeed: {fast_lane: true}\n"
OPEN = "the fast lane is open"
NO_LINES = ("--set", "flow_detail=0")
KNOWN = request(body_of("What is the capital of France?"))
BY_MEANING = "speed: {fast_lane: true}\n"
OTHER_WORDS = request(body_of("How can I replace the kettle?"))


def ask(proxy: Proxy, what: bytes) -> bytes:
    """Ask once, on a connection of its own."""
    wire = Wire(proxy.port)
    try:
        return wire.ask(what)
    finally:
        wire.close()


def status(reply: bytes) -> str:
    found = re.search(rb"(?m)^x-cache-status: (\w+)", reply)
    return found[1].decode() if found else ""


@pytest.fixture(scope="module")
def lane(module_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """One for all tests that change nothing but what is stored."""
    with Proxy(module_upstream.url, tmp_path_factory.mktemp("lane"), CONFIG, options=NO_LINES) as proxy:
        proxy.wait_log(OPEN)
        yield proxy


@pytest.fixture(scope="module")
def semantic(module_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """The same with hits by meaning; each test is a caller of its own."""
    with Proxy(module_upstream.url, tmp_path_factory.mktemp("semantic"), BY_MEANING, options=NO_LINES) as proxy:
        yield proxy


def test_a_hit_goes_through_the_lane_and_is_counted(lane: Proxy, upstream: Upstream) -> None:
    learn(lane, KNOWN)
    hits = r'requests_total\{api="chat",outcome="hit"\}'
    calls, before, counted = upstream.calls, in_lane(lane), metric(lane, hits)

    wire = Wire(lane.port)
    replies = {wire.ask(KNOWN) for _ in range(12)}
    wire.close()

    assert len(replies) == 1
    assert in_lane(lane) - before >= 11  # it may be that the entry had to be fetched again
    assert metric(lane, hits) == counted + 12
    assert upstream.calls == calls


def test_hits_are_in_the_decision_log(start: Start, tmp_path: Path) -> None:
    log = tmp_path / "decisions"
    proxy = start(f"{CONFIG}log: {{file: {log}}}\n", options=NO_LINES, wait_for=READY_EXACT)
    learn(proxy, KNOWN)
    before = in_lane(proxy)

    ask(proxy, KNOWN)
    ask(proxy, KNOWN)

    count = in_lane(proxy)
    assert count > before
    steps = '"steps":[["fast lane"'
    proxy.wait_for(lambda: log.read_text().count(steps) == count)
    last = json.loads(log.read_text().splitlines()[-1])
    assert (last["outcome"], last["tier"], last["api"], last["model"]) == ("hit", "exact", "chat", "m")
    assert last["entry"]["key"] == last["key"]


def test_one_owner_never_gets_anothers(lane: Proxy) -> None:
    learn(lane, KNOWN)

    others = [
        KNOWN.replace(b"sk-test", b"sk-rest"),
        KNOWN.replace(b"authorization: Bearer sk-test\r\n", b""),
        request(body_of("What is the capital of France?"), "openai-organization: other"),
        request(body_of("What is the capital of France?"), "x-api-key: more"),
    ]

    assert [status(ask(lane, other)) for other in others] == ["miss"] * len(others)


def test_a_shared_answer_is_for_callers_that_the_upstream_took(start: Start, upstream: Upstream) -> None:
    proxy = start(f"{CONFIG}scope: shared\n", options=NO_LINES, wait_for=READY_EXACT)
    learn(proxy, KNOWN)
    other = KNOWN.replace(b"sk-test", b"sk-next")

    first = status(ask(proxy, other))
    learn(proxy, other)
    before = in_lane(proxy)

    assert first == "miss"
    assert status(ask(proxy, other)) == status(ask(proxy, KNOWN)) == "hit"
    assert in_lane(proxy) > before


def test_a_header_that_says_whose_answer_it_is_counts_even_if_it_is_noise(start: Start) -> None:
    proxy = start(f"{CONFIG}scope: header:x-request-id\n", options=NO_LINES, wait_for=READY_EXACT)
    ours = request(body_of("?"), "x-request-id: a")
    learn(proxy, ours)

    assert status(ask(proxy, ours)) == "hit"
    assert status(ask(proxy, request(body_of("?"), "x-request-id: b"))) == "miss"
    assert status(ask(proxy, request(body_of("?")))) == "bypass"


def test_a_request_that_was_first_sent_in_an_unusual_form_is_answered_in_the_lane_all_the_same(lane: Proxy) -> None:
    plain = request(body_of("Who writes lines that end in line feeds?"))
    learn(lane, plain.replace(b"\r\n", b"\n"))  # the lane leaves these to mitmproxy
    ask(lane, plain)
    before = in_lane(lane)

    for _ in range(3):
        assert status(ask(lane, plain)) == "hit"

    assert in_lane(lane) - before >= 2  # it may be that the entry had to be fetched again


def test_what_changes_from_request_to_request_does_not_matter(lane: Proxy) -> None:
    learn(lane, KNOWN)
    ask(lane, request(body_of("What is the capital of France?"), "x-request-id: 0"))
    before = in_lane(lane)

    for i in range(5):
        ask(lane, request(body_of("What is the capital of France?"), f"x-request-id: {i}", f"traceparent: 00-{i}-1-01"))

    assert in_lane(lane) - before >= 4


def to_be_found(proxy: Proxy, who: bytes = b"sk-test") -> bytes:
    """Have a caller's question learned, and wait for its vector, which comes behind its answer; return other words."""
    learn(proxy, request(body_of("How do I replace the kettle?")).replace(b"sk-test", who))
    other_words = OTHER_WORDS.replace(b"sk-test", who)
    unkept = other_words.replace(b"\r\nhost", b"\r\ncache-control: no-store\r\nhost")
    proxy.wait_for(lambda: b"detail=semantic" in ask(proxy, unkept))
    return other_words


def by_meaning(proxy: Proxy, who: bytes) -> bytes:
    """Have a caller's question learned, then ask in other words until the lane has the answer; return that."""
    other_words = to_be_found(proxy, who)
    deadline, before = time.monotonic() + 10, in_lane(proxy)
    while time.monotonic() < deadline:
        reply = ask(proxy, other_words)
        if in_lane(proxy) > before and b"detail=semantic" in reply:
            return reply
    raise AssertionError(proxy.log)


def test_other_words_asked_again_are_answered_in_the_lane_and_counted_as_what_they_are(semantic: Proxy) -> None:
    found = by_meaning(semantic, b"sk-again")
    other_words = OTHER_WORDS.replace(b"sk-test", b"sk-again")
    by, exact = (rf'hits_total\{{api="chat",model="m",tier="{tier}"\}}' for tier in ("semantic", "exact"))
    before = metric(semantic, by), metric(semantic, exact), in_lane(semantic)

    replies = {ask(semantic, other_words) for _ in range(5)}

    after = metric(semantic, by), metric(semantic, exact), in_lane(semantic)
    assert replies == {found}
    assert after == (before[0] + 5, before[1], before[2] + 5)


def test_a_fresh_answer_to_other_words_takes_the_place_of_the_one_by_meaning(semantic: Proxy) -> None:
    by_meaning(semantic, b"sk-fresh")
    other_words = OTHER_WORDS.replace(b"sk-test", b"sk-fresh")

    fresh = ask(semantic, other_words.replace(b"\r\nhost", b"\r\ncache-control: no-cache\r\nhost"))

    assert status(fresh) == "miss"
    # or it would be ten seconds
    semantic.wait_for(lambda: b"detail=semantic" not in ask(semantic, other_words), within=3)
    assert status(ask(semantic, other_words)) == "hit"


def test_an_entry_that_was_wrong_for_one_question_is_given_to_no_other_at_hand(semantic: Proxy) -> None:
    found = re.search(rb"x-ai-cache-key: (\w+)", by_meaning(semantic, b"sk-wrong"))
    assert found
    wrong = "x-ai-cache-feedback: wrong", f"x-ai-cache-key: {found[1].decode()}"
    other_words = OTHER_WORDS.replace(b"sk-test", b"sk-wrong")

    ask(semantic, request(body_of("How should I replace the kettle?"), *wrong).replace(b"sk-test", b"sk-wrong"))

    # or it would be ten seconds
    semantic.wait_for(lambda: found[1] not in ask(semantic, other_words), within=3)


def test_where_hits_are_checked_each_is_decided_by_itself(start: Start, tmp_path: Path) -> None:
    log = tmp_path / "decisions"
    proxy = start(f"{BY_MEANING}semantic: {{audit: 0.5}}\nlog: {{file: {log}}}\n", options=NO_LINES)
    to_be_found(proxy)

    replies = [ask(proxy, OTHER_WORDS) for _ in range(8)]

    assert b"detail=semantic" in b"".join(replies)
    proxy.wait_for(lambda: len(log.read_text().splitlines()) >= 8)
    decisions = [json.loads(line) for line in log.read_text().splitlines()]
    assert not [each for each in decisions if each.get("tier") == "semantic" and each["steps"][0][0] == "fast lane"]


def test_an_entry_that_is_purged_is_gone_from_the_lane(lane: Proxy) -> None:
    learn(lane, KNOWN)
    found = re.search(rb"x-ai-cache-key: (\w+)", ask(lane, KNOWN))
    assert found

    purged = httpx.post(
        f"{lane.url}/_ai_cache/api/entries/{found[1].decode()}/purge",
        headers=page(lane).headers,
    )

    assert purged.json() == {"done": True}, purged.text
    assert status(ask(lane, KNOWN)) == "miss"


def test_what_another_process_writes_reaches_the_lane(start: Start, upstream: Upstream, tmp_path: Path) -> None:
    one = start(CONFIG, options=NO_LINES, wait_for=READY_EXACT)
    other = start(CONFIG, options=NO_LINES, wait_for=READY_EXACT)  # on the same folder: it shares the Valkey
    learn(one, KNOWN)
    before = in_lane(one)
    old = ask(one, KNOWN)
    assert in_lane(one) > before

    new = ask(other, KNOWN.replace(b"content-type:", b"cache-control: no-cache\r\ncontent-type:", 1))

    assert status(new) == "miss"
    bodies = [each.partition(b"\r\n\r\n")[2] for each in (old, new)]
    assert bodies[0] != bodies[1]
    one.wait_for(lambda: ask(one, KNOWN).endswith(bodies[1]))


def test_what_is_removed_behind_its_back_is_gone_from_the_lane(lane: Proxy) -> None:
    known = request(body_of("What is removed?"))  # asked by no other test: it was read from Redis just now
    learn(lane, known)
    found = re.search(r"exact hits from (unix:\S+)", lane.log)
    assert found

    with Redis.from_url(found[1]) as redis:
        redis.flushall()

    lane.wait_for(lambda: status(ask(lane, known)) == "miss")  # or it would be ten seconds


def test_an_answer_ends_with_its_time(start: Start) -> None:
    proxy = start(f"{CONFIG}exact: {{ttl: 3s}}\n", options=NO_LINES, wait_for=READY_EXACT)
    began = time.monotonic()
    ask(proxy, KNOWN)
    stored = time.monotonic()
    wire, hits, asked_at, last_hit = Wire(proxy.port), 0, 0.0, 0.0

    while asked_at < began + 10:
        asked_at = time.monotonic()
        if status(wire.ask(KNOWN)) == "hit":
            hits, last_hit = hits + 1, asked_at
        elif hits:
            break
        time.sleep(0.01)
    wire.close()

    assert hits > 20 and in_lane(proxy) > 20
    assert began + 2 < last_hit < stored + 3.5


def test_age_and_time_left_are_told_anew(lane: Proxy) -> None:
    learn(lane, KNOWN)
    seen = set()
    client = httpx.Client()
    headers = {"authorization": "Bearer sk-test", "content-type": "application/json"}
    body = body_of("Told anew?")
    for i in range(26):
        reply = client.post(f"{lane.url}/v1/chat/completions", content=body, headers=headers)
        if i > 2 and reply.headers["x-cache-status"] == "hit":
            left = re.search(r"ttl=(\d+)", reply.headers["cache-status"])
            assert left
            seen.add((int(reply.headers["age"]), int(reply.headers["age"]) + int(left[1])))
        time.sleep(0.1)

    assert len({age for age, _ in seen}) >= 3
    assert len({together for _, together in seen}) <= 2
    assert in_lane(lane) > 10


def test_changed_settings_reach_the_lane(start: Start) -> None:
    proxy = start(CONFIG, options=NO_LINES, wait_for=READY_EXACT)
    learn(proxy, KNOWN)

    proxy.config_file.write_text(f"{CONFIG}session_id: another\n")
    proxy.wait_log("read again, in force")
    other = status(ask(proxy, KNOWN))
    proxy.config_file.write_text(CONFIG.replace("true", "false"))
    proxy.wait_log("read again, in force", times=2)
    learn(proxy, KNOWN)
    before = in_lane(proxy)
    ordinary = status(ask(proxy, KNOWN))
    after = in_lane(proxy)
    proxy.config_file.write_text(f"{CONFIG}enabled: false\n")
    proxy.wait_log("read again, in force", times=3)

    assert (other, ordinary, after) == ("miss", "hit", before)
    assert status(ask(proxy, KNOWN)) == ""


def test_the_client_libraries_that_send_head_and_body_apart_use_it_too(lane: Proxy) -> None:
    headers = {"authorization": "Bearer sk-test", "content-type": "application/json"}
    with httpx.Client(base_url=lane.url, headers=headers) as client:

        def ask() -> str:
            return client.post("/v1/chat/completions", content=body_of("By httpx?")).headers["x-cache-status"]

        lane.wait_for(lambda: ask() == "hit")
        before = in_lane(lane)

        assert [ask() for _ in range(12)] == ["hit"] * 12
        assert in_lane(lane) - before >= 10


def test_through_tls(lane: Proxy) -> None:
    assert hits_through_tls(lane) >= 10


def test_to_an_upstream_behind_tls(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*a_certificate(tmp_path))
    upstream = conftest.Upstream(context)
    proxy = Proxy(upstream.url, tmp_path, CONFIG, options=(*NO_LINES, "--ssl-insecure"))
    try:
        proxy.start(wait_for=READY_EXACT)
        learn(proxy, KNOWN)
        before = in_lane(proxy)
        statuses = [status(ask(proxy, KNOWN)) for _ in range(12)]

        assert statuses == ["hit"] * 12
        assert in_lane(proxy) - before >= 10
        assert hits_through_tls(proxy) >= 10
    finally:
        proxy.stop()
        upstream.close()


def hits_through_tls(proxy: Proxy) -> int:
    """Ask for a dozen hits; return how many went through the lane."""
    context = ssl.create_default_context(cafile=proxy.home / "confdir" / "mitmproxy-ca-cert.pem")
    headers = {"authorization": "Bearer sk-test", "content-type": "application/json"}
    url = f"https://127.0.0.1:{proxy.port}"
    with httpx.Client(base_url=url, verify=context, headers=headers) as client:

        def ask() -> httpx.Response:
            return client.post("/v1/chat/completions", content=body_of("By TLS?"))

        proxy.wait_for(lambda: ask().headers["x-cache-status"] == "hit")
        before = in_lane(proxy)

        assert {ask().headers["x-cache-status"] for _ in range(12)} == {"hit"}
        return in_lane(proxy) - before


def test_where_mitmdump_prints_a_line_for_each_flow_there_are_flows(start: Start) -> None:
    proxy = start(CONFIG, wait_for=READY_EXACT)
    learn(proxy, KNOWN)

    ask(proxy, KNOWN)

    assert "the fast lane is not used: the option flow_detail needs flows" in proxy.log
    assert proxy.log.count("POST http://") >= 3
    assert in_lane(proxy) == 0


def test_in_mitmweb_hits_are_seen(start: Start) -> None:
    web = free_port()
    options = ("--no-web-open-browser", "--set", f"web_port={web}", "--set", "web_password=open")
    proxy = start(CONFIG, program="mitmweb", options=options, wait_for=READY_EXACT)
    learn(proxy, KNOWN)

    for _ in range(3):
        ask(proxy, KNOWN)

    client = httpx.Client(base_url=f"http://127.0.0.1:{web}", headers={"authorization": "Bearer open"})
    flows = [flow for flow in client.get("/flows").json() if "_ai_cache" not in flow["request"]["path"]]
    hits = [flow for flow in flows if ["x-cache-status", "hit"] in flow["response"]["headers"]]
    assert len(hits) >= 5
    assert in_lane(proxy) == 0


def test_an_addon_that_comes_later_ends_it(start: Start, tmp_path: Path) -> None:
    adder = tmp_path / "adder.py"
    adder.write_text(
        "import asyncio, os\nfrom mitmproxy import ctx\n"
        "class Late:\n    def request(self, flow): print('late', flow.request.path, flush=True)\n"
        "async def add():\n"
        f"    while not os.path.exists({str(tmp_path / 'now')!r}): await asyncio.sleep(0.05)\n"
        "    ctx.master.addons.remove(ctx.master.addons.get('scriptloader').addons[0])\n"
        "    ctx.master.addons.add(Late())\n"
        "    print('added', flush=True)\n"
        "def running():\n    global task\n    task = asyncio.create_task(add())\n"
    )
    proxy = start(CONFIG, options=(*NO_LINES, "-s", str(adder)), wait_for=READY_EXACT)
    learn(proxy, KNOWN)
    assert "the fast lane is not used" in proxy.log
    (tmp_path / "now").touch()
    proxy.wait_log("added")

    ask(proxy, KNOWN)

    assert "late /v1/chat/completions" in proxy.log
