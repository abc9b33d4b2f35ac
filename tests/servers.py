"""Real servers for the tests (those of `benchmarks/`), which are skipped where there are none; and sentinels."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks import data_servers, postgres_server
from benchmarks.data_servers import SLOTS, WAIT, free_ports, plain, until
from benchmarks.errors import Problem

__all__ = [
    "SLOTS",
    "WAIT",
    "Postgres",
    "Process",
    "RedisCluster",
    "SentinelTrio",
    "binary",
    "free_ports",
    "plain",
    "redis_8",
    "running",
    "running_redis",
    "until",
]

DOWN_AFTER = 1000
"""Milliseconds after which sentinels take a master for down. They look twice as often as the nodes of a cluster do, and
a busy machine must not look like a dead one. An election that fails is held again after six seconds, and sentinels that
were late for two do nothing for thirty."""


def binary() -> str:
    """Return a server that speaks cluster and sentinel; skips the test where there is none."""
    try:
        return data_servers.binary()
    except Problem as exc:
        pytest.skip(str(exc))


def redis_8() -> str:
    """Return a Redis server that has vector sets; skips the test where there is none."""
    try:
        return data_servers.redis_8()
    except Problem as exc:
        pytest.skip(str(exc))


@dataclass
class Process(data_servers.Process):
    """One server; skips the test where there is no program for it."""

    def start(self) -> None:
        self.program = self.program or binary()
        super().start()


@contextmanager
def running_redis(folder: Path, *, program: str | None = None) -> Iterator[Process]:
    """Run a Redis on the loopback that keeps nothing; it answers. Not for a running event loop."""
    [port] = free_ports(1)
    server = Process(port, folder, plain(port), program=program)
    try:
        server.start()
        asyncio.run(server.up())
        yield server
    finally:
        server.kill()


class Postgres(postgres_server.Postgres):
    """A PostgreSQL with pgvector; skips the test where there is none."""

    def __init__(self) -> None:
        try:
            super().__init__()
        except Problem as exc:
            pytest.skip(str(exc))


class RedisCluster(data_servers.RedisCluster):
    """Three masters, each with a replica; skips the test where there is no server."""

    def __init__(self, folder: Path) -> None:
        binary()
        super().__init__(folder)


class SentinelTrio:
    """A master, a replica, and three sentinels that watch them under the name *mymaster*."""

    def __init__(self, folder: Path) -> None:
        ports = free_ports(5)
        master, replica = ports[:2]
        options = ("--repl-diskless-sync-delay", "0")
        self.master = Process(master, folder / "master", plain(master, *options))
        self.replica = Process(
            replica, folder / "replica", plain(replica, *options, "--replicaof", f"127.0.0.1 {master}")
        )
        self.sentinels = [self._sentinel(folder / f"sentinel-{port}", port, ports) for port in ports[2:]]

    def _sentinel(self, folder: Path, port: int, ports: list[int]) -> Process:
        """Make one that knows the others from its start: finding them takes ten seconds."""
        master, replica, *sentinels = ports
        lines = [
            f"port {port}",
            "bind 127.0.0.1",
            f"sentinel myid {port:040x}",
            f"sentinel monitor mymaster 127.0.0.1 {master} 2",
            f"sentinel down-after-milliseconds mymaster {DOWN_AFTER}",
            "sentinel failover-timeout mymaster 3000",
            f"sentinel known-replica mymaster 127.0.0.1 {replica}",
            *(
                f"sentinel known-sentinel mymaster 127.0.0.1 {other} {other:040x}"
                for other in sentinels
                if other != port
            ),
        ]
        folder.mkdir(parents=True)
        (folder / "sentinel.conf").write_text("\n".join(lines) + "\n")
        return Process(port, folder, ("sentinel.conf", "--sentinel"))

    @property
    def url(self) -> str:
        return f"redis+sentinel://{','.join(f'127.0.0.1:{each.port}' for each in self.sentinels)}/mymaster"

    async def start(self) -> None:
        self.master.start()
        await self.master.up()
        self.replica.start()
        for each in self.sentinels:
            each.start()

        async def known() -> bool:
            for each in self.sentinels:
                [words] = await each.ask("SENTINEL", "MASTERS")
                state = dict(zip(words[::2], words[1::2], strict=True))
                if (state[b"num-slaves"], state[b"num-other-sentinels"]) != (b"1", b"2"):
                    return False
            return b"master_link_status:up" in await self.replica.ask("INFO", "replication")

        await until(known, WAIT)

    async def leader(self) -> Process:
        """Return the master that all sentinels name: the other one, once they have taken the first for down."""
        named: set[int] = set()

        async def agreed() -> bool:
            addresses = [await each.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mymaster") for each in self.sentinels]
            named.clear()
            named.update(int(port) for _, port in addresses)
            return len(named) == 1

        await until(agreed, WAIT)
        return next(each for each in (self.master, self.replica) if each.port in named)

    async def copied(self) -> None:
        """Wait until the replica has every entry of the master's."""

        async def equal() -> bool:
            return bool(await self.replica.ask("DBSIZE") == await self.master.ask("DBSIZE"))

        await until(equal, WAIT)

    def stop(self) -> None:
        for each in (*self.sentinels, self.master, self.replica):
            each.kill()


@asynccontextmanager
async def running(cluster: RedisCluster | SentinelTrio) -> AsyncIterator[None]:
    try:
        await cluster.start()
        yield
    finally:
        cluster.stop()
