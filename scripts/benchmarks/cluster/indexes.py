"""The vector indexes that the proxies share, each on a server that can be killed, and lose its data."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

from benchmarks import data_servers
from benchmarks.data_servers import free_ports
from benchmarks.postgres_server import Postgres
from benchmarks.processes import Server, Tree, start_process


class Index(Protocol):
    """A server for vectors. *config* is the setting `semantic.index`, *environment* what proxies need besides."""

    config: Mapping[str, Any]
    environment: Mapping[str, str]

    @property
    def pid(self) -> int: ...

    async def start(self) -> None:
        """Start the server, with the data that it had. Raises Problem."""

    def kill(self) -> None: ...

    async def lose_data(self) -> None:
        """Delete all that is stored, while it is killed."""

    def remove(self) -> None: ...


class RedisIndex:
    """A Redis 8, which writes each change to its append-only file."""

    environment: Mapping[str, str] = MappingProxyType({})

    def __init__(self, folder: Path, host: str) -> None:
        [port] = free_ports(1)
        options = data_servers.plain(port, "--protected-mode", "no", "--appendonly", "yes", host=host)
        self._server = data_servers.Process(port, folder, options, program=data_servers.redis_8(), host=host)
        self._folder = folder
        self.config: Mapping[str, Any] = {"kind": "redis", "url": f"redis://{host}:{port}/0"}

    @property
    def pid(self) -> int:
        assert self._server.process is not None
        return self._server.process.pid

    async def start(self) -> None:
        self._server.start()
        await self._server.up()

    def kill(self) -> None:
        self._server.kill()

    async def lose_data(self) -> None:
        shutil.rmtree(self._folder / "appendonlydir")

    def remove(self) -> None:
        self.kill()


class PostgresIndex:
    """A PostgreSQL with pgvector."""

    environment: Mapping[str, str] = MappingProxyType({})

    def __init__(self, folder: Path, host: str) -> None:
        self._server = Postgres(host)
        self._is_created = False
        self.config: Mapping[str, Any] = {"kind": "pgvector", "url": self._server.url}

    @property
    def pid(self) -> int:
        assert self._server.process is not None
        return self._server.process.pid

    async def start(self) -> None:
        if not self._is_created:
            await asyncio.to_thread(self._server.create)
            self._is_created = True
        await asyncio.to_thread(self._server.start)

    def kill(self) -> None:
        self._server.stop()

    async def lose_data(self) -> None:
        await asyncio.to_thread(shutil.rmtree, self._server.data)
        self._is_created = False

    def remove(self) -> None:
        self._server.remove()


class DashVectorIndex:
    """A stand-in for DashVector, which loses its data when it is killed."""

    def __init__(self, folder: Path, host: str) -> None:
        from demo.cloud.dashvector import loopback_environment  # which imports the SDK

        [port] = free_ports(1)
        self._folder, self._host, self._port = folder, host, port
        self._server: Server | None = None
        self.config: Mapping[str, Any] = {"kind": "dashvector", "endpoint": f"{host}:{port}", "api_key": "demo"}
        self.environment: Mapping[str, str] = loopback_environment()

    @property
    def pid(self) -> int:
        assert self._server is not None
        return self._server.process.pid

    async def start(self) -> None:
        self._folder.mkdir(exist_ok=True)
        command = [sys.executable, "-m", "demo.cloud.dashvector", "--host", self._host, "--port", str(self._port)]
        log = self._folder / "log"
        with log.open("ab") as file:
            self._server = Server(start_process(command, os.environ, file), self._port, log, self._host)
        await asyncio.to_thread(self._server.wait_listening)

    def kill(self) -> None:
        if self._server is not None:
            self._server.process.kill()
            self._server.process.wait()

    async def lose_data(self) -> None:
        """It has none left."""

    def remove(self) -> None:
        self.kill()


def send(index: Index, number: signal.Signals) -> None:
    """Send a signal to all processes of an index."""
    for pid in Tree(index.pid).pids():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


INDEXES: Mapping[str, Callable[[Path, str], Index]] = {
    "redis": RedisIndex,
    "pgvector": PostgresIndex,
    "dashvector": DashVectorIndex,
}
