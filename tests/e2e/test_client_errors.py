"""The official clients, set up as by default, show what the proxy says of an error, and repeat only what may help."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from aicache.proxy.malformed_fields import is_safe
from e2e.client import Askers, Client
from e2e.proxy import EXACT_ONLY, Proxy, free_port
from e2e.test_clients import SDKS
from e2e.wire import metric

pytestmark = pytest.mark.timeout(600)  # the first use of the clients makes their environment

CLIENTS = [
    Client(f"in-vain-{api}", "ask_in_vain.py", SDKS, api, ())
    for api in ("chat", "responses", "messages", "gemini", "ollama", "dashscope")
]
APIS = {"ollama": "ollama-chat"}
NOT_CACHED = "The answer is not in the cache, and the request says only-if-cached."


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """In front of an upstream that is not running."""
    with Proxy(f"http://127.0.0.1:{free_port()}", tmp_path_factory.mktemp("vain"), EXACT_ONLY) as proxy:
        yield proxy


def ask(proxy: Proxy, askers: Askers, client: Client, mode: str) -> tuple[dict[str, Any], int]:
    """Return what the client made of the error, and how often it asked."""
    misses = rf'requests_total\{{api="{APIS.get(client.api, client.api)}",outcome="miss"\}}'
    before = metric(proxy, misses)
    read = askers[client].ask(proxy.url, f"In vain, {mode}?", mode, client)
    return read, metric(proxy, misses) - before


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.api)
def test_a_client_shows_why_there_is_no_answer_in_the_cache_and_asks_once(
    proxy: Proxy, askers: Askers, client: Client
) -> None:
    read, asked = ask(proxy, askers, client, "only-if-cached")

    assert NOT_CACHED in read["says"]
    assert "504" in read["says"]
    if client.api != "gemini":  # whose client repeats what it likes
        assert asked == 1


@pytest.mark.skipif(not is_safe(), reason="mitmproxy before 12.2.2 has pages of its own")
@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.api)
def test_a_client_shows_why_the_upstream_did_not_answer(proxy: Proxy, askers: Askers, client: Client) -> None:
    read, asked = ask(proxy, askers, client, "plain")

    assert f"{proxy.upstream.removeprefix('http://')} refuses connections" in read["says"]
    assert asked > 1 or client.api not in ("chat", "responses", "messages")  # it may run soon
