"""Equal requests at several proxies that share a Redis: one goes upstream, also where its proxy dies."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from aicache.engine.leases import LEASE_S
from demo.answers import Reply
from e2e.proxy import EXACT_ONLY, Proxy
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


def test_a_request_goes_on_when_the_other_proxy_is_killed(
    proxies: tuple[Proxy, Proxy], upstream: Upstream, redis: Process, tmp_path: Path
) -> None:
    calls = upstream.calls
    upstream.script = lambda _: Reply(("Never said.",), first_token=60.0)
    with a_proxy(upstream, tmp_path, redis) as doomed, ThreadPoolExecutor(2) as pool:
        lost = pool.submit(doomed.ask, "Who lives?")
        doomed.wait_for(lambda: upstream.calls == calls + 1)
        upstream.script = lambda _: Reply(("I do.",))
        waiting = pool.submit(proxies[0].ask, "Who lives?")
        doomed.stop(signal.SIGKILL)

        reply = waiting.result(20)
        assert isinstance(lost.exception(20), OSError | Exception)

    assert reply.text == "I do."
    assert reply.headers["cache-status"] == "ai-cache; fwd=miss; collapsed=?0; stored"
    assert reply.end < LEASE_S + 3.0
    assert upstream.calls == calls + 2


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
