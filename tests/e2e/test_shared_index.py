"""Two proxies with one index: what one has stored, the other finds by meaning, also after the index was down."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from e2e.proxy import Proxy
from servers import Process, free_ports, redis_8

Start = Callable[..., Proxy]


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[Process]:
    program, [port] = redis_8(), free_ports(1)
    kept = ("--port", str(port), "--bind", "127.0.0.1", "--dir", ".", "--appendonly", "yes", "--appendfsync", "always")
    server = Process(port, tmp_path / "redis-8", kept, program=program)
    server.start()
    asyncio.run(server.up())
    yield server
    server.kill()


def test_what_one_proxy_stored_the_other_finds_by_meaning(start: Start, redis_server: Process) -> None:
    config = (
        f"exact: {{redis: {{url: 'redis://127.0.0.1:{redis_server.port}/0'}}, secret: 0123456789abcdef}}\n"
        "semantic: {index: {kind: redis}}\n"
    )
    one, two = (start(config, data=name) for name in ("one", "two"))
    ask: dict[str, Any] = {"headers": {"cache-control": "no-store"}}
    one.ask("How do I reset my password?")
    two.ask_until("semantic", "How can I reset my password?", **ask)

    redis_server.kill()
    missed = [proxy.ask("How can I reset my password?", **ask) for proxy in (one, two) for _ in range(3)]
    redis_server.start()
    asyncio.run(redis_server.up())

    assert [(reply.status, reply.cache) for reply in missed] == [(200, "miss")] * 6
    for proxy in (one, two):
        proxy.ask_until("semantic", "How can I reset my password?", within=20, **ask)
        assert "Traceback" not in proxy.log
        assert proxy.ask("How can I reset my password?", key="sk-other", **ask).cache == "miss"
