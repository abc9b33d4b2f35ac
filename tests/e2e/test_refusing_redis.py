"""A Redis that refuses to write, and more than a proxy can serve, from outside: hits go on, and 'stored' is true."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from benchmarks import overload
from benchmarks.systems import Fleet
from e2e.conftest import Upstream
from e2e.proxy import READY_EXACT, Proxy
from servers import Process

TOKEN = "for-this-test-alone"
Refuse = Callable[[Process], Any]


def refuse_by_memory(redis: Process) -> None:
    asyncio.run(redis.ask("CONFIG", "SET", "maxmemory-policy", "noeviction"))
    asyncio.run(redis.ask("CONFIG", "SET", "maxmemory", "1"))


def refuse_as_a_replica(redis: Process) -> None:
    asyncio.run(redis.ask("REPLICAOF", "127.0.0.1", "1"))


def refuse_by_acl(redis: Process) -> None:
    asyncio.run(redis.ask("ACL", "SETUSER", "default", "-set"))


def accept(redis: Process) -> None:
    asyncio.run(redis.ask("REPLICAOF", "NO", "ONE"))
    asyncio.run(redis.ask("ACL", "SETUSER", "default", "+set"))
    asyncio.run(redis.ask("CONFIG", "SET", "maxmemory", "0"))


@pytest.fixture(scope="module")
def refused(module_upstream: Upstream, redis: Process, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    config = (
        f"exact: {{redis: {{url: 'redis://127.0.0.1:{redis.port}/0'}}, near_cache: 0, secret: 0123456789abcdef}}\n"
        f"semantic: {{enabled: false}}\ndashboard: {{token: {TOKEN}}}\n"
    )
    with Proxy(module_upstream.url, tmp_path_factory.mktemp("refused"), config).start(wait_for=READY_EXACT) as proxy:
        yield proxy
        assert "Traceback" not in proxy.log


def counted(proxy: Proxy, name: str) -> float:
    headers = {"authorization": f"Bearer {TOKEN}", "sec-fetch-site": "same-origin"}
    connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=10)
    with contextlib.closing(connection):
        connection.request("GET", "/_ai_cache/metrics", headers=headers)
        families = list(text_string_to_metric_families(connection.getresponse().read().decode()))
    return sum(s.value for family in families for s in family.samples if s.name == f"aicache_{name}_total")


def lines(proxy: Proxy, since: int) -> list[str]:
    return [line for line in proxy.log[since:].splitlines() if "exact store" in line]


@pytest.mark.parametrize(
    ("refuse", "code"),
    [(refuse_by_memory, "OOM"), (refuse_as_a_replica, "READONLY"), (refuse_by_acl, "NOPERM")],
    ids=["full", "a replica", "by its ACL"],
)
def test_refused_writes_cost_no_hit_and_are_told_once(
    refused: Proxy, redis: Process, refuse: Refuse, code: str
) -> None:
    refused.ask(f"Stored before it was {code}?")
    refused.ask_until("exact", f"Stored before it was {code}?")
    before, not_before, since = counted(refused, "stored"), counted(refused, "not_stored"), len(refused.log)

    refuse(redis)
    try:
        first = refused.ask(f"Refused {code} 0?")
        refused.wait_for(lambda: counted(refused, "not_stored") > not_before)  # the write is in the background
        others = [refused.ask(f"Refused {code} {i}?") for i in range(1, 6)]
        hits = [refused.ask(f"Stored before it was {code}?").cache for _ in range(50)]
        kept, not_kept = counted(refused, "stored") - before, counted(refused, "not_stored") - not_before
    finally:
        accept(redis)

    assert first.status == 200
    assert not any("stored" in each.headers["cache-status"] for each in others)
    assert hits == ["exact"] * 50
    assert (kept, not_kept) == (0, 6)
    [said] = lines(refused, since)
    assert f"refused ({code}); answers are not stored, hits go on" in said

    deadline = time.monotonic() + 20
    while "stored" not in refused.ask(f"Once more {time.monotonic()}?").headers["cache-status"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    over = [line for line in lines(refused, since)[1:] if "answers are stored again" in line]
    assert len(over) == len(lines(refused, since)[1:]) == (0 if code == "OOM" else 1)  # that comes and goes
    assert counted(refused, "stored") > before


@pytest.mark.usefixtures("forked_servers")
def test_at_three_hundred_busy_connections_what_is_stored_hits(tmp_path: Path) -> None:
    with Fleet(tmp_path, ["default"]) as fleet:
        ours, bare = overload.compare(fleet, [300], 2, entries=100)
        [cache] = fleet.caches("overload")
        log = fleet.said(cache)

    assert overload.find_problems([ours, bare], [ours.system]) == []
    assert ours.requests >= 300  # on a busy machine, each has one
    assert "no answer" not in log
    assert "answers again" not in log
