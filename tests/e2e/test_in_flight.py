"""Equal requests in flight at the same time: one goes upstream, and the others have its answer."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from demo.answers import Reply, Request, error
from e2e.proxy import EXACT_ONLY, Proxy
from e2e.proxy import Reply as Response

if TYPE_CHECKING:
    from e2e.conftest import Upstream

MANY = 100
COLLAPSED = "ai-cache; fwd=miss; collapsed"
TAKES = 0.6  # seconds that the upstream takes, in which all requests of a test have come


@pytest.fixture(scope="module")
def proxy(exact_proxy: Proxy) -> Proxy:
    return exact_proxy


@pytest.fixture(scope="module")
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(MANY) as pool:
        yield pool


def at_once(pool: ThreadPoolExecutor, count: int, ask: Callable[[], Response]) -> list[Response]:
    """Ask *count* times at the same time."""
    return [future.result(60) for future in [pool.submit(ask) for _ in range(count)]]


@pytest.mark.parametrize("stream", [False, True])
def test_many_equal_requests_are_one_request_to_the_upstream(
    proxy: Proxy, upstream: Upstream, pool: ThreadPoolExecutor, stream: bool
) -> None:
    upstream.script = lambda _: Reply(("All of you.",), first_token=2.0)
    calls = upstream.calls

    replies = at_once(pool, MANY, lambda: proxy.ask(f"Who asks ({stream})?", stream=stream))

    assert upstream.calls - calls == 1
    assert {reply.status for reply in replies} == {200}
    assert len({reply.body for reply in replies}) == 1
    statuses = [reply.headers["cache-status"] for reply in replies]
    assert statuses.count(COLLAPSED) == MANY - 1
    leader = next(reply for reply in replies if reply.headers["cache-status"] != COLLAPSED)
    assert leader.headers["x-cache-status"] == "miss"
    assert {reply.headers["x-cache-status"] for reply in replies if reply is not leader} == {"hit"}
    assert proxy.ask_until("exact", f"Who asks ({stream})?", stream=stream).body == leader.body


def test_each_has_the_answer_in_its_own_mode(proxy: Proxy, upstream: Upstream, pool: ThreadPoolExecutor) -> None:
    upstream.script = lambda _: Reply(("In any mode.",), first_token=TAKES)
    calls = upstream.calls

    whole = pool.submit(proxy.ask, "Which mode?")
    proxy.wait_for(lambda: upstream.calls > calls)
    streamed = pool.submit(proxy.ask, "Which mode?", stream=True, stream_options={"include_usage": True})

    assert whole.result(10).text == "In any mode."
    events = [json.loads(line[6:]) for line in streamed.result(10).body.decode().splitlines() if line[6:7] == "{"]
    assert "".join(event["choices"][0]["delta"].get("content", "") for event in events if event["choices"]) == (
        "In any mode."
    )
    assert events[-1]["usage"]["completion_tokens"] > 0
    assert upstream.calls - calls == 1


def test_one_callers_answer_is_not_anothers(proxy: Proxy, upstream: Upstream, pool: ThreadPoolExecutor) -> None:
    upstream.script = lambda _: Reply(("Mine.",), first_token=TAKES)
    calls = upstream.calls

    asked = [pool.submit(proxy.ask, "Whose?", key=key) for key in ("sk-alice", "sk-bob", "sk-alice", "sk-bob")]

    assert {future.result(10).status for future in asked} == {200}
    assert upstream.calls - calls == 2


@pytest.mark.parametrize(
    "headers",
    [
        {"cache-control": "no-cache"},
        {"cache-control": "no-store"},
        {"cache-control": "max-age=0"},
        {"x-higress-skip-ai-cache": "on"},
        {"x-ai-cache-ttl": "0"},
    ],
)
def test_requests_for_an_answer_of_their_own_neither_wait_nor_are_waited_for(
    proxy: Proxy, upstream: Upstream, pool: ThreadPoolExecutor, headers: dict[str, str]
) -> None:
    upstream.script = lambda _: Reply(("Own.",), first_token=TAKES)
    calls, question = upstream.calls, f"On my own with {headers}?"

    own = [pool.submit(proxy.ask, question, headers=headers) for _ in range(2)]
    proxy.wait_for(lambda: upstream.calls == calls + 2)
    plain = [pool.submit(proxy.ask, question) for _ in range(2)]
    proxy.wait_for(lambda: upstream.calls == calls + 3)
    late = pool.submit(proxy.ask, question, headers=headers)

    assert all("collapsed" not in future.result(10).headers["cache-status"] for future in [*own, late])
    assert sorted("collapsed" in future.result(10).headers["cache-status"] for future in plain) == [False, True]
    assert upstream.calls - calls == 4


def test_an_error_is_its_own_requests_and_another_one_goes_upstream(
    proxy: Proxy, upstream: Upstream, pool: ThreadPoolExecutor
) -> None:
    first = upstream.calls

    def script(_: Request) -> Reply:
        return error(503, "busy") if upstream.calls == first + 1 else Reply(("At last.",), first_token=TAKES)

    def slow_at_first(request: Request) -> Reply:
        time.sleep(TAKES)  # the others have come by then
        return script(request)

    upstream.script = slow_at_first
    replies = at_once(pool, 20, lambda: proxy.ask("Does one fail?"))

    assert sorted(reply.status for reply in replies) == [*([200] * 19), 503]
    assert upstream.calls - first == 2
    statuses = [reply.headers["cache-status"] for reply in replies if reply.status == 200]
    assert statuses.count("ai-cache; fwd=miss; collapsed=?0; stored") == 1
    assert statuses.count(COLLAPSED) == 18


def test_requests_do_not_wait_for_answers_that_are_not_stored(
    proxy: Proxy, upstream: Upstream, pool: ThreadPoolExecutor
) -> None:
    upstream.script = lambda _: Reply(("Cut sh",), finish_reason="length", first_token=TAKES)
    calls = upstream.calls

    replies = at_once(pool, 5, lambda: proxy.ask("Too long?"))

    assert {reply.status for reply in replies} == {200}
    assert upstream.calls - calls == 5
    began = time.monotonic()
    at_once(pool, 5, lambda: proxy.ask("Too long?"))
    assert time.monotonic() - began < 2 * TAKES + 2
    assert upstream.calls - calls == 10


def test_a_broken_answer_lets_another_one_go_upstream(
    proxy: Proxy, upstream: Upstream, pool: ThreadPoolExecutor
) -> None:
    first = upstream.calls

    def script(_: Request) -> Reply:
        broken = upstream.calls == first + 1
        return Reply(
            ("In two halves, of which one is lost.",), first_token=TAKES, ends="reset" if broken else "complete"
        )

    upstream.script = script
    asked = [pool.submit(proxy.ask, "Does it break?") for _ in range(5)]
    statuses = sorted(future.result(10).status for future in asked)

    assert statuses == [200, 200, 200, 200, 502]
    assert upstream.calls - first == 2


def test_a_request_waits_for_a_bounded_time(start: Callable[..., Proxy], upstream: Upstream) -> None:
    proxy = start(EXACT_ONLY + "in_flight: {wait: 500ms}\n")
    upstream.script = lambda _: Reply(("Slow.",), first_token=2.0)
    calls = upstream.calls
    with ThreadPoolExecutor(3) as pool:
        replies = at_once(pool, 3, lambda: proxy.ask("How long?"))

    assert upstream.calls - calls == 3
    assert [reply.text for reply in replies] == ["Slow."] * 3


def test_it_can_be_switched_off(start: Callable[..., Proxy], upstream: Upstream) -> None:
    proxy = start(EXACT_ONLY + "in_flight: {collapse: false}\n")
    upstream.script = lambda _: Reply(("Each.",), first_token=TAKES)
    calls = upstream.calls
    with ThreadPoolExecutor(3) as pool:
        replies = at_once(pool, 3, lambda: proxy.ask("Each by itself?"))

    assert upstream.calls - calls == 3
    assert all("collapsed" not in reply.headers["cache-status"] for reply in replies)
