"""Power over entries, and answers that others paid for, are for callers whose good answer came within the hour."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from redis import Redis

from demo.answers import Reply, Request, answer
from e2e import test_embeddings
from e2e.embedding_service import EmbeddingService
from e2e.proxy import READY_EXACT, WANTS_FAST_PATH, Proxy, post
from e2e.wire import in_lane
from servers import Process, running_redis

if TYPE_CHECKING:
    from e2e.conftest import Upstream

Start = Callable[..., Proxy]
EXACT = "semantic: {enabled: false}\n"
SHARED = f"scope: shared\n{EXACT}"


def of_good_keys(request: Request) -> Reply:
    """Answer those alone whose key says so; for some it is good at one path only."""
    key = request.headers.get("authorization", "").removeprefix("Bearer ")
    if key.startswith("good") or (key.startswith("/") and request.path.startswith(key)):
        return test_embeddings.embed(request) if request.path.endswith("/embeddings") else answer_anywhere(request)
    body = b'{"error": {"message": "bad key", "code": "invalid_api_key"}}'
    return Reply(status=200 if key.startswith("politely") else 401, body=body)


def answer_anywhere(request: Request) -> Reply:
    return Reply((f"To {request.headers['authorization']}",)) if "?" not in request.path else answer(request)


def ask_at(proxy: Proxy, path: str, key: str, question: str = "Shared?", **headers: str) -> str:
    body = json.dumps({"model": "embed-1", "messages": [{"role": "user", "content": question}]}).encode()
    return post(proxy.port, body, {"authorization": f"Bearer {key}"} | headers, path=path).cache


@pytest.fixture(scope="module")
def shared(module_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("shared")
    with Proxy(module_upstream.url, folder, SHARED).start(wait_for=READY_EXACT) as proxy:
        yield proxy


@pytest.fixture(autouse=True)
def keys(upstream: Upstream) -> None:
    upstream.script = of_good_keys


def test_a_caller_who_is_refused_can_delete_nothing_and_is_told_no_key(shared: Proxy) -> None:
    shared.ask("Deleted?", key="good-a")
    key = shared.ask_until("exact", "Deleted?", key="good-a").headers["x-ai-cache-key"]

    for caller in ("bad", "politely-bad"):
        directives = {"x-ai-cache-feedback": "wrong", "x-ai-cache-key": key}
        refused = shared.ask("Deleted?", key=caller, headers=directives)
        again = shared.ask("Deleted?", key=caller, headers={"cache-control": "no-cache", "x-ai-cache-ttl": "1"})
        time.sleep(0.3)

        assert (caller == "bad") == (refused.status == again.status == 401)
        assert caller != "bad" or "x-ai-cache-key" not in refused.headers | again.headers
        assert shared.ask("Deleted?", key="good-a", headers={"cache-control": "only-if-cached"}).cache == "exact"


def test_an_error_in_a_200_opens_nothing(shared: Proxy) -> None:
    shared.ask("Polite?", key="good-a")
    shared.ask_until("exact", "Polite?", key="good-a")

    assert [shared.ask("Polite?", key="politely", stream=s).cache for s in (False, True, False)] == ["miss"] * 3
    assert shared.ask("Polite?", key="good-b").cache == "miss"
    assert shared.ask_until("exact", "Polite?", key="good-b")


def test_what_is_accepted_at_one_path_or_api_opens_no_other(shared: Proxy) -> None:
    for path in ("/tenantA/v1/chat/completions", "/v1/chat/completions"):
        ask_at(shared, path, "good-a")
        shared.wait_for(lambda path=path: ask_at(shared, path, "good-a") == "exact")  # type: ignore[misc]

    assert ask_at(shared, "/tenantB/v1/chat/completions", "/tenantB") == "miss"
    shared.wait_for(lambda: ask_at(shared, "/tenantB/v1/chat/completions", "/tenantB") == "exact")
    assert test_embeddings.ask(shared, "text", headers={"authorization": "Bearer /v1/embeddings"}).status == 200
    time.sleep(0.3)

    assert ask_at(shared, "/tenantA/v1/chat/completions", "/tenantB") == "miss"
    assert ask_at(shared, "/v1/chat/completions", "/v1/embeddings") == "miss"


@WANTS_FAST_PATH
def test_a_key_that_the_upstream_withdraws_gets_no_more_hits_not_in_the_fast_lane_either(
    start: Start, upstream: Upstream
) -> None:
    proxy = start(f"{EXACT}speed: {{fast_lane: true}}\n", options=("--set", "flow_detail=0"), wait_for=READY_EXACT)
    proxy.wait_log("the fast lane is open")
    proxy.ask("Withdrawn?", key="good-a")
    proxy.ask("Mine?", key="good-b")
    only = {"cache-control": "only-if-cached"}
    proxy.ask_until("exact", "Mine?", key="good-b")
    proxy.wait_for(lambda: proxy.ask("Withdrawn?", key="good-a").cache == "exact")
    proxy.wait_for(lambda: proxy.ask("Withdrawn?", key="good-a").cache == "exact" and in_lane(proxy) > 0)

    upstream.script = lambda _: Reply(status=401, body=b'{"error": {"message": "withdrawn"}}')
    refused = proxy.ask("Something else?", key="good-a")
    after = [proxy.ask("Withdrawn?", key="good-a").status for _ in range(3)]
    others = proxy.ask("Mine?", key="good-b", headers=only).cache
    upstream.script = of_good_keys
    back = proxy.ask("Something else?", key="good-a").status

    assert (refused.status, after, others, back) == (401, [401] * 3, "exact", 200)
    assert proxy.ask_until("exact", "Withdrawn?", key="good-a")


# ---------------------------------------------------------------------- keys and signatures


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Process]:
    with running_redis(tmp_path / "redis") as server:
        yield server


def of_redis(redis: Process, more: str = "") -> str:
    return f"{EXACT}exact: {{redis: {{url: 'redis://127.0.0.1:{redis.port}/0'}}{more}}}\n"


def test_each_deployment_names_the_same_request_in_its_own_way(start: Start) -> None:
    one, other = (start(SHARED, data=name, wait_for=READY_EXACT) for name in ("one", "other"))
    keys = [proxy.ask("Guess?", key="good-a").headers["x-ai-cache-key"] for proxy in (one, other)]
    one.stop()

    assert keys[0] != keys[1]
    assert one.start(wait_for=READY_EXACT).ask("Guess?", key="good-a").headers["x-ai-cache-key"] == keys[0]
    assert (one.home / "one" / "secret").stat().st_mode & 0o777 == 0o600


def test_proxies_on_one_redis_agree_on_a_salt_that_is_kept_there(start: Start, redis: Process) -> None:
    one, other = (start(of_redis(redis), data=name, wait_for=READY_EXACT) for name in ("one", "other"))
    one.ask("Agreed?", key="good-a")

    assert other.ask_until("exact", "Agreed?", key="good-a")
    assert "are not signed" in one.log
    with Redis(port=redis.port) as raw:
        assert raw.ttl("aicache:k:salt") == -1


def test_while_the_salt_is_not_known_requests_pass_and_nothing_is_stored(start: Start, redis: Process) -> None:
    config = of_redis(redis)
    redis.kill()
    proxy = start(config, wait_for="requests go upstream (it is tried again)")
    assert proxy.ask("Early?", key="good-a").cache == "miss"

    redis.start()
    proxy.wait_log(READY_EXACT, within=20)
    proxy.ask("Late?", key="good-a")
    proxy.ask_until("exact", "Late?", key="good-a")

    with Redis(port=redis.port) as raw:
        assert len(raw.keys("aicache:e:*")) == 1


def test_what_is_put_into_a_redis_past_the_cache_is_not_served(start: Start, redis: Process) -> None:
    with Redis(port=redis.port) as raw:
        unsigned = start(of_redis(redis), data="before", wait_for=READY_EXACT)
        unsigned.ask("Before?", key="good-a")
        unsigned.ask_until("exact", "Before?", key="good-a")
        unsigned.stop()
        proxy = start(
            of_redis(redis, ", secret: '${S}', near_cache: 0") + "store: {compress: false}\n",
            environment={"S": "0123456789abcdef"},
            wait_for=READY_EXACT,
        )
        assert "1 entries of an earlier version" in proxy.log
        proxy.ask("Forged?", key="good-a")
        key = f"aicache:e:{proxy.ask_until('exact', 'Forged?', key='good-a').headers['x-ai-cache-key']}"
        good = raw.get(key)
        assert isinstance(good, bytes)

        raw.set(key, good.replace(b"To Bearer", b"By Mallory"))
        forged = proxy.ask("Forged?", key="good-a", headers={"cache-control": "only-if-cached"})
        raw.set(key, good[33:])
        unsigned_one = proxy.ask("Forged?", key="good-a", headers={"cache-control": "only-if-cached"})
        raw.set(key, good)

        assert (forged.status, unsigned_one.status) == (504, 504)
        assert proxy.ask("Forged?", key="good-a").cache == "exact"
        assert proxy.log.count("taken as absent") == 1
        assert "0123456789abcdef" not in proxy.log


# ---------------------------------------------------------------------- side channels


def test_what_one_key_has_asked_makes_nothing_faster_for_another(start: Start) -> None:
    embedding = EmbeddingService()
    try:
        base, key = embedding.stand_in.compatible_url, embedding.stand_in.key
        service = f"{{kind: openai, model: text-embedding-v4, api_key: {key}, base_url: '{base}', dimensions: 256}}"
        proxy = start(f"semantic: {{threshold: 0.9, embedder: {service}}}\n")
        secret = "Will the merger with Zorbaflex be announced?"
        for who in ("good-a", "good-b"):  # a key with no neighbors embeds nothing at its look-ups
            proxy.ask("How do I reset my password?", key=who)
            proxy.ask_until("semantic", "How do I reset my passwords?", key=who)

        proxy.ask(secret, key="good-a", headers={"cache-control": "no-store"})
        proxy.ask(secret, key="good-a", headers={"cache-control": "no-store"})
        once = embedding.times(secret)
        probe = {"cache-control": "only-if-cached"}
        assert proxy.ask(secret, key="good-b", headers=probe).status == 504

        assert (once, embedding.times(secret)) == (1, 2)
    finally:
        embedding.close()
