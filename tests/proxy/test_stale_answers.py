"""Expired answers: served where the upstream fails, or while it is asked for others, and never otherwise."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from mitmproxy.flow import Error
from mitmproxy.http import HTTPFlow, Response

from in_process import InProcessProxy, a_question, a_stream, an_answer, in_process

IF_ERROR = "exact: {ttl: 1h, stale_if_error: 1h}\n"
REVALIDATE = "exact: {ttl: 1h, stale_while_revalidate: 10m, stale_if_error: 1h}\n"


def config(folder: Path, text: str = IF_ERROR) -> Path:
    file = folder / "c.yaml"
    file.write_text(text)
    return file


def an_error(status: int, content_type: str = "application/json") -> Response:
    return Response.make(status, b'{"error": {"message": "boom"}}', {"content-type": content_type})


async def store(proxy: InProcessProxy, question: str = "What is DNS?", *, ago: float = 60.0, **headers: str) -> None:
    """Store an answer that has expired so many seconds ago."""
    await proxy.send(a_question(question, **headers), an_answer("Names to addresses."))
    await proxy.settle()
    entries = proxy.runtime.store.entries
    [(key, entry)] = entries.items()
    shift = entry.expires_at - time.time() + ago
    kept_until = entry.kept_until - shift if entry.kept_until else 0.0
    entries[key] = replace(
        entry, stored_at=entry.stored_at - shift, expires_at=entry.expires_at - shift, kept_until=kept_until
    )


def headers_of(flow: HTTPFlow) -> dict[str, str]:
    assert flow.response is not None
    return {name.lower(): value for name, value in flow.response.headers.items()}


@pytest.mark.parametrize("status", [429, 500, 502, 503, 529])
async def test_an_error_of_the_upstream_is_replaced(tmp_path: Path, status: int) -> None:
    async with in_process(config(tmp_path)) as proxy:
        await store(proxy)
        flow = await proxy.send(a_question("What is DNS?"), an_error(status))
        metrics = proxy.addon.parts.observability.metrics.text().decode()

    assert flow.response is not None
    assert flow.response.status_code == 200
    assert b"Names to addresses." in (flow.response.content or b"")
    fields = headers_of(flow)
    assert fields["cache-status"] in ("ai-cache; hit; detail=stale; ttl=-60", "ai-cache; hit; detail=stale; ttl=-61")
    assert (fields["x-cache-status"], fields["warning"]) == ("hit", '110 ai-cache "Response is Stale"')
    assert int(fields["age"]) >= 3660
    assert 'aicache_stale_answers_total{reason="error"} 1.0' in metrics
    assert "an expired answer was given" in flow.comment
    assert proxy.upstream == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413])
async def test_what_is_the_client_s_own_fault_is_passed_on(tmp_path: Path, status: int) -> None:
    async with in_process(config(tmp_path)) as proxy:
        await store(proxy)
        flow = await proxy.send(a_question("What is DNS?"), an_error(status))

    assert flow.response is not None
    assert flow.response.status_code == status
    assert headers_of(flow)["cache-status"] == "ai-cache; fwd=miss"


async def test_an_error_in_a_stream_s_clothes_is_replaced_by_a_stream(tmp_path: Path) -> None:
    async with in_process(config(tmp_path)) as proxy:
        await store(proxy)
        flow = await proxy.send(a_question("What is DNS?", stream=True), an_error(503, "text/event-stream"))

    assert flow.response is not None
    assert flow.response.status_code == 200
    assert (flow.response.content or b"").startswith(b"data: ")


async def test_an_upstream_that_cannot_be_reached_is_replaced(tmp_path: Path) -> None:
    async with in_process(config(tmp_path)) as proxy:
        await store(proxy)
        flow = a_question("What is DNS?")
        for hook in ("requestheaders", "request"):
            await proxy.hook(hook, flow)
        flow.error = Error("[Errno 111] Connect call failed ('127.0.0.1', 1)")
        proxy.addon.parts.flows.of(flow).awaits_error = True
        await proxy.hook("error", flow)

    assert flow.response is not None
    assert (flow.response.status_code, headers_of(flow)["x-cache-status"]) == (200, "hit")


async def test_a_good_answer_is_the_one_that_is_given_and_kept(tmp_path: Path) -> None:
    async with in_process(config(tmp_path)) as proxy:
        await store(proxy)
        first = await proxy.send(a_question("What is DNS?"), an_answer("Fresh."))
        await proxy.settle()
        second = await proxy.send(a_question("What is DNS?"), an_error(500))

    assert b"Fresh." in ((first.response and first.response.content) or b"")
    assert headers_of(second)["cache-status"].startswith("ai-cache; hit; detail=exact; ttl=35")


@pytest.mark.parametrize(
    ("ago", "headers"),
    [
        (3700.0, {}),  # kept for an hour only
        (60.0, {"cache_control": "no-cache"}),
        (60.0, {"cache_control": "max-age=3600"}),
        (60.0, {"credential": "sk-bob"}),
    ],
)
async def test_none_is_served_that_may_not_be(tmp_path: Path, ago: float, headers: dict[str, str]) -> None:
    async with in_process(config(tmp_path)) as proxy:
        await store(proxy, ago=ago)
        flow = await proxy.send(a_question("What is DNS?", **headers), an_error(500))

    assert flow.response is not None
    assert flow.response.status_code == 500


async def test_what_was_to_be_short_lived_is_not_kept(tmp_path: Path) -> None:
    async with in_process(config(tmp_path)) as proxy:
        await store(proxy, x_ai_cache_ttl="5m")
        flow = await proxy.send(a_question("What is DNS?"), an_error(500))

    assert flow.response is not None
    assert flow.response.status_code == 500


async def test_by_default_nothing_is_kept() -> None:
    async with in_process() as proxy:
        await store(proxy)
        flow = await proxy.send(a_question("What is DNS?"), an_error(500))

    assert flow.response is not None
    assert flow.response.status_code == 500


async def test_only_if_cached_gets_nothing_stale(tmp_path: Path) -> None:
    async with in_process(config(tmp_path, REVALIDATE)) as proxy:
        await store(proxy)
        flow = await proxy.send(a_question("What is DNS?", cache_control="only-if-cached"), an_error(500))

    assert flow.response is not None
    assert flow.response.status_code == 504
    assert proxy.upstream == 1


async def test_an_answer_is_too_old_to_be_given_while_another_is_fetched(tmp_path: Path) -> None:
    async with in_process(config(tmp_path, REVALIDATE)) as proxy:
        await store(proxy, ago=1200.0)
        flow = await proxy.send(a_question("What is DNS?", stream=True), a_stream("Fresh."))

    assert headers_of(flow)["cache-status"] == "ai-cache; fwd=miss"
    assert proxy.upstream == 2
