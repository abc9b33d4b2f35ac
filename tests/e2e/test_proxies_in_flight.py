"""Equal requests at several proxies that share a Redis: one goes upstream, also where its proxy dies."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aicache.engine.leases import LEASE_S
from demo.answers import Reply
from e2e.proxy import EXACT_ONLY, Proxy
from e2e.test_streams_in_flight import LONG, ask
from servers import Process

if TYPE_CHECKING:
    from e2e.conftest import Upstream


def a_proxy(upstream: Upstream, home: Path, redis: Process) -> Proxy:
    config = f"exact: {{redis: {{url: 'redis://127.0.0.1:{redis.port}/0'}}, secret: 0123456789abcdef}}\n"
    return Proxy(upstream.url, home, EXACT_ONLY + config, data=home.name)


@pytest.fixture(scope="module")
def proxies(
    module_upstream: Upstream, redis: Process, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Proxy, Proxy]]:
    homes = [tmp_path_factory.mktemp(name) for name in ("one", "two")]
    one, two = (a_proxy(module_upstream, home, redis) for home in homes)
    with one, two:
        yield one, two


@pytest.mark.parametrize("stream", [False, True])
def test_equal_requests_at_two_proxies_are_one_request_to_the_upstream(
    proxies: tuple[Proxy, Proxy], upstream: Upstream, stream: bool
) -> None:
    upstream.script = lambda _: Reply(("For both.",), first_token=1.0)
    calls, question = upstream.calls, f"At both ({stream})?"
    with ThreadPoolExecutor(20) as pool:
        asked = [pool.submit(proxies[number % 2].ask, question, stream=stream) for number in range(20)]
        replies = [future.result(20) for future in asked]

    assert upstream.calls == calls + 1
    assert len({reply.body for reply in replies}) == 1
    assert [reply.cache for reply in replies].count("collapsed") == 19


def test_requests_go_on_when_the_other_proxy_is_killed_but_for_streams_that_have_begun(
    proxies: tuple[Proxy, Proxy], upstream: Upstream, redis: Process, tmp_path: Path
) -> None:
    calls = upstream.calls
    with a_proxy(upstream, tmp_path, redis) as doomed, ThreadPoolExecutor(4) as pool:
        upstream.script = lambda _: Reply((LONG,), per_token=0.5)
        lost = [pool.submit(ask, doomed, "Who goes on?")]
        doomed.wait_for(lambda: upstream.calls == calls + 1)
        following = pool.submit(ask, proxies[0], "Who goes on?")
        time.sleep(3.0)  # it has begun
        upstream.script = lambda _: Reply(("Never said.",), first_token=60.0)
        lost.append(pool.submit(doomed.ask, "Who lives?"))
        doomed.wait_for(lambda: upstream.calls == calls + 2)
        upstream.script = lambda _: Reply(("I do.",))
        waiting = pool.submit(proxies[0].ask, "Who lives?")
        doomed.stop(signal.SIGKILL)

        reply, follower = waiting.result(20), following.result(20)
        assert all(isinstance(each.exception(20), Exception) or each.result().broken for each in lost)

    assert reply.text == "I do."
    assert reply.headers["cache-status"] == "ai-cache; fwd=miss; collapsed=?0; stored"
    assert reply.end < LEASE_S + 3.0
    assert follower.broken
    assert follower.pieces
    assert ask(proxies[0], "Who goes on?").headers["cache-status"] == "ai-cache; fwd=miss"
    assert upstream.calls == calls + 4


def test_an_error_at_one_proxy_lets_the_other_go_upstream(proxies: tuple[Proxy, Proxy], upstream: Upstream) -> None:
    calls = upstream.calls
    upstream.script = lambda _: Reply(status=503, body=b"{}", first_token=1.0)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(proxies[0].ask, "Does it fail at one?")
        proxies[0].wait_for(lambda: upstream.calls == calls + 1)
        upstream.script = lambda _: Reply(("Not here.",))
        second = pool.submit(proxies[1].ask, "Does it fail at one?")

        assert (first.result(20).status, second.result(20).status) == (503, 200)
    assert upstream.calls == calls + 2


def test_a_stream_is_followed_at_another_proxy_as_it_comes(proxies: tuple[Proxy, Proxy], upstream: Upstream) -> None:
    calls = upstream.calls
    upstream.script = lambda _: Reply((LONG,), per_token=0.25)
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(ask, proxies[0], "Live at both?")
        proxies[0].wait_for(lambda: upstream.calls == calls + 1)
        others = [pool.submit(ask, proxies[1], "Live at both?") for _ in range(2)]
        leader, *followers = (each.result(30) for each in (first, *others))

    assert upstream.calls == calls + 1
    for follower in followers:
        assert follower.body == leader.body
        assert follower.is_collapsed
        # it has begun well before the end, and goes on in many steps
        assert follower.pieces[0][0] < leader.pieces[-1][0] - 1.0
        assert len(follower.pieces) > 5
    assert ask(proxies[1], "Live at both?").headers["cache-status"].startswith("ai-cache; hit")
