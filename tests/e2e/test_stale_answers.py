"""Expired answers over the wire: in place of an upstream's failure, and while it is asked for another."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from demo.answers import Reply
from e2e import conftest
from e2e.page_visitor import page
from e2e.proxy import EXACT_ONLY, Proxy
from e2e.wire import metric

if TYPE_CHECKING:
    from e2e.conftest import Upstream

TTL_S = 1.0
IF_ERROR = EXACT_ONLY + "exact: {ttl: 1s, stale_if_error: 1h}\n"
REVALIDATE = EXACT_ONLY + "exact: {ttl: 1s, stale_while_revalidate: 1h}\n"
DOWN = Reply(status=503, body=b'{"error": {"message": "down"}}')


@pytest.fixture(scope="module")
def if_error(module_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with Proxy(module_upstream.url, tmp_path_factory.mktemp("stale"), IF_ERROR) as proxy:
        yield proxy
        assert "Traceback" not in proxy.log, proxy.log


@pytest.fixture(scope="module")
def revalidate(module_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with Proxy(module_upstream.url, tmp_path_factory.mktemp("stale"), REVALIDATE) as proxy:
        yield proxy
        assert "Traceback" not in proxy.log, proxy.log


def expire(proxy: Proxy, question: str) -> bytes:
    """Have an answer stored, and wait until it has expired."""
    body = proxy.ask(question).body
    proxy.wait_for(lambda: metric(proxy, r'stored_total\{model="gpt-test"\}') > 0)
    time.sleep(TTL_S + 0.1)
    return body


def test_an_upstream_s_error_is_replaced_whole_and_streamed(if_error: Proxy, upstream: Upstream) -> None:
    body = expire(if_error, "Stale?")
    calls = upstream.calls
    upstream.script = lambda _: DOWN

    whole, stream = if_error.ask("Stale?"), if_error.ask("Stale?", stream=True)
    other = if_error.ask("Never asked before?")

    assert (whole.status, whole.cache, whole.body) == (200, "stale", body)
    assert (stream.status, stream.cache) == (200, "stale")
    assert stream.body.startswith(b"data: ")
    assert (other.status, other.body) == (503, DOWN.body)
    assert upstream.calls == calls + 3


def test_fresh_answers_are_given_once_the_upstream_is_back(if_error: Proxy, upstream: Upstream) -> None:
    body = expire(if_error, "Back?")

    fresh = if_error.ask("Back?")

    assert (fresh.cache, fresh.body == body) == ("miss", False)


def test_an_upstream_that_is_gone_is_replaced(tmp_path_factory: pytest.TempPathFactory) -> None:
    gone = conftest.Upstream()
    with Proxy(gone.url, tmp_path_factory.mktemp("gone"), IF_ERROR) as proxy:
        body = expire(proxy, "Gone?")
        gone.close()

        stale, other = proxy.ask("Gone?"), proxy.ask("Another?")

        assert (stale.status, stale.cache, stale.body) == (200, "stale", body)
        assert other.status == 502
        assert metric(proxy, r'stale_answers_total\{reason="error"\}') == 1
        assert page(proxy).get("metrics").status == 200


def test_an_expired_answer_is_given_at_once_and_another_fetched(revalidate: Proxy, upstream: Upstream) -> None:
    body = expire(revalidate, "Refreshed?")
    calls = upstream.calls

    stale = revalidate.ask("Refreshed?")
    revalidate.wait_for(lambda: upstream.calls == calls + 1)
    revalidate.wait_for(lambda: revalidate.ask("Refreshed?").body != body)

    assert (stale.cache, stale.body) == ("stale", body)
    assert metric(revalidate, r'stale_answers_total\{reason="while-revalidate"\}') >= 1


def test_an_upstream_that_fails_meanwhile_takes_nothing_away(revalidate: Proxy, upstream: Upstream) -> None:
    body = expire(revalidate, "Kept?")
    upstream.script = lambda _: DOWN
    calls = upstream.calls

    replies = [revalidate.ask("Kept?")]
    revalidate.wait_for(lambda: upstream.calls > calls)
    replies.append(revalidate.ask("Kept?"))

    assert [(reply.cache, reply.body) for reply in replies] == [("stale", body)] * 2
