"""Two proxies with one index: what one has stored, the other finds by meaning, also after the index was down."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from e2e.proxy import Proxy
from e2e.test_doctor import examine
from servers import Postgres, Process, free_ports, redis_8

Start = Callable[..., Proxy]
NO_STORE: dict[str, Any] = {"headers": {"cache-control": "no-store"}}


@pytest.fixture(scope="module")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    program, [port] = redis_8(), free_ports(1)
    kept = ("--port", str(port), "--bind", "127.0.0.1", "--dir", ".", "--appendonly", "yes", "--appendfsync", "always")
    server = Process(port, tmp_path_factory.mktemp("redis-8"), kept, program=program)
    server.start()
    asyncio.run(server.up())
    yield server
    server.kill()


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    server = Postgres()
    server.create()
    server.start()
    yield server
    server.remove()


def test_what_one_proxy_stored_the_other_finds_by_meaning_in_redis(start: Start, redis_server: Process) -> None:
    def start_again() -> None:
        redis_server.start()
        asyncio.run(redis_server.up())

    proxies = start_both(start, redis_server.port, "{kind: redis}")
    find_at_the_other(*proxies)
    lose_and_find_again(proxies, redis_server.kill, start_again)
    vectors = asyncio.run(redis_server.ask("KEYS", "aicache:v:*"))
    asyncio.run(redis_server.ask("UNLINK", *vectors))
    proxies[1].wait_log("it has been emptied; opening it again")
    proxies[1].wait_log("ready: hits by meaning", times=2)
    assert proxies[1].ask("How do I reset my password?").cache == "exact"  # which gives it a vector again
    proxies[1].ask_until("semantic", "How can I reset my password?", within=20, **NO_STORE)


def test_what_one_proxy_stored_the_other_finds_by_meaning_in_postgres(
    start: Start, redis: Process, postgres: Postgres
) -> None:
    proxies = start_both(start, redis.port, f"{{kind: pgvector, url: '{postgres.url}'}}")
    find_at_the_other(*proxies)
    lose_and_find_again(proxies, postgres.stop, postgres.start)
    assert not any("hush-hush" in proxy.log for proxy in proxies)


def test_the_doctor_proves_a_hit_in_redis_and_leaves_nothing_behind(tmp_path: Path, redis_server: Process) -> None:
    config = f"exact: {{redis: {{url: 'redis://127.0.0.1:{redis_server.port}/0', prefix: 'doctor:'}}}}\n"

    code, said = examine(tmp_path, config + "semantic: {index: {kind: redis}}\n")

    assert code == 0, said
    assert "a hit by meaning" in said
    left = asyncio.run(redis_server.ask("KEYS", "doctor:*"))
    assert {key.rpartition(b"/")[2] for key in left} == {b"doctor:k:salt", b"begun"}


def test_the_doctor_proves_a_hit_in_postgres_and_leaves_nothing_behind(tmp_path: Path, postgres: Postgres) -> None:
    index = f"semantic: {{index: {{kind: pgvector, table: doctor, url: '{postgres.url}'}}}}\n"
    code, said = examine(tmp_path, index)
    wrong_code, wrong_said = examine(tmp_path, index.replace("hush-hush", "wrong-word"))

    assert code == 0, said
    assert "a hit by meaning" in said
    assert asyncio.run(postgres.ask("SELECT 1 FROM doctor")) == []
    assert wrong_code == 1
    assert "the user or password is refused (SQLSTATE 28P01); check semantic.index.url" in wrong_said
    assert "wrong-word" not in wrong_said


def test_the_doctor_names_a_redis_that_cannot_search(tmp_path: Path, redis: Process) -> None:
    config = f"exact: {{redis: {{url: 'redis://127.0.0.1:{redis.port}/0'}}}}\nsemantic: {{index: {{kind: redis}}}}\n"
    version = asyncio.run(redis.ask("INFO", "server")).decode()
    if "redis_version:8" in version and "valkey_version" not in version:
        pytest.skip("this Redis can search")

    code, said = examine(tmp_path, config)

    assert code == 1
    assert said.count("FAILED") == 1
    assert "cannot search vectors: it has neither vector sets (Redis 8" in said
    assert "check semantic.index.url" in said


def start_both(start: Start, redis_port: int, index: str) -> tuple[Proxy, Proxy]:
    config = (
        f"exact: {{redis: {{url: 'redis://127.0.0.1:{redis_port}/0'}}, secret: 0123456789abcdef}}\n"
        f"semantic: {{index: {index}}}\n"
    )
    return start(config, data="one"), start(config, data="two")


def find_at_the_other(one: Proxy, two: Proxy) -> None:
    one.ask("How do I reset my password?")
    two.ask_until("semantic", "How can I reset my password?", within=20, **NO_STORE)
    assert two.ask("How can I reset my password?", key="sk-other", **NO_STORE).cache == "miss"


def lose_and_find_again(
    proxies: tuple[Proxy, Proxy], lose: Callable[[], None], start_again: Callable[[], None]
) -> None:
    lose()
    missed = [proxy.ask("How can I reset my password?", **NO_STORE) for proxy in proxies for _ in range(3)]
    start_again()

    assert [(reply.status, reply.cache) for reply in missed] == [(200, "miss")] * 6
    for proxy in proxies:
        proxy.ask_until("semantic", "How can I reset my password?", within=20, **NO_STORE)
        assert "Traceback" not in proxy.log
