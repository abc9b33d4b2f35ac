"""A Redis that is away, mute, or comes and goes: a StoreError in time, and nothing left behind that hurts later."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Connection, ConnectionPool

from aicache.adapters.redis.connect import limit_connections
from aicache.adapters.redis.server import Server
from aicache.adapters.redis.store import RedisStore
from aicache.adapters.valkey.server import EmbeddedValkey
from aicache.domain.model import Entry
from aicache.domain.ports import StoreError

Make = Callable[..., Entry]
pytestmark = pytest.mark.slow
TIMEOUT = 0.25
SLACK = 1.0  # a busy machine takes its time; fifty callers one after the other would take six seconds


def a_store(url: str) -> RedisStore:
    return RedisStore(url, prefix="test:", timeout=TIMEOUT, max_connections=2)


async def every_call_fails_in_time(store: RedisStore, entry: Entry) -> list[str]:
    """Return the messages, after checking that each came within the timeout."""
    calls: list[Callable[[], Awaitable[Any]]] = [
        lambda: store.get("01"),
        lambda: store.put(entry),
        lambda: store.delete(["01"]),
        lambda: store.remember("m", 1),
        lambda: store.remembers("m"),
        lambda: store.get_higress_answer("q", 100),
        store.probe,
    ]
    loop = asyncio.get_running_loop()
    messages = []
    for call in calls:
        began = loop.time()
        with pytest.raises(StoreError) as told:
            await call()
        assert loop.time() - began < TIMEOUT + SLACK
        messages.append(str(told.value))
    return messages


@asynccontextmanager
async def a_server(
    answer: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[str]:
    writers: list[asyncio.StreamWriter] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        await answer(reader, writer)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    yield f"redis://:hunter2@{host}:{port}"
    for writer in writers:
        writer.close()
    server.close()


async def test_a_dead_port(an_entry: Make) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refuses
        store = a_store(f"redis://:hunter2@127.0.0.1:{taken.getsockname()[1]}")

        messages = await every_call_fails_in_time(store, an_entry())

    assert all("ConnectionRefused" in message and "hunter2" not in message for message in messages)
    await store.close()


async def test_a_socket_that_is_not_there(tmp_path: Path, an_entry: Make) -> None:
    store = a_store(f"unix://{tmp_path}/none.sock")

    assert all("No such file" in message for message in await every_call_fails_in_time(store, an_entry()))
    await store.close()


async def test_a_host_that_accepts_and_never_answers(an_entry: Make) -> None:
    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None: ...

    async with a_server(mute) as url:
        store = a_store(url)

        messages = await every_call_fails_in_time(store, an_entry())

        assert all("no answer within 0.25 s" in message for message in messages)
        await store.close()


async def test_many_callers_of_a_mute_host_all_fail_in_time() -> None:
    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None: ...

    async with a_server(mute) as url:
        store = a_store(url)
        loop = asyncio.get_running_loop()
        began = loop.time()

        told = await asyncio.gather(*(store.remembers(str(i)) for i in range(50)), return_exceptions=True)

        assert loop.time() - began < TIMEOUT + SLACK
        assert {type(each) for each in told} == {StoreError}
        await store.close()


async def test_a_host_that_speaks_something_else(an_entry: Make) -> None:
    async def http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 hunter2\r\n\r\n")
        writer.close()

    async with a_server(http) as url:
        store = a_store(url)

        assert not any("hunter2" in message for message in await every_call_fails_in_time(store, an_entry()))
        await store.close()


async def test_a_late_reply_is_never_taken_for_the_next_command() -> None:
    async def late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readline():
            await asyncio.sleep(TIMEOUT * 1.2)
            writer.write(b":1\r\n")

    async with a_server(late) as url:
        store = a_store(url.replace(":hunter2@", ""))

        for _ in range(4):
            with pytest.raises(StoreError):
                await store.remembers("m")
        await store.close()


async def test_a_server_that_dies_and_comes_back(valkey: EmbeddedValkey, an_entry: Make) -> None:
    store = a_store(valkey.url)
    await store.put(an_entry())
    assert valkey.pid is not None

    os.kill(valkey.pid, signal.SIGKILL)
    await valkey.watch()
    await every_call_fails_in_time(store, an_entry())
    await valkey.start()

    assert await store.get(an_entry().key) == an_entry()
    await store.close()


async def test_a_server_that_freezes_and_thaws(valkey: EmbeddedValkey, an_entry: Make) -> None:
    store = a_store(valkey.url)
    await store.put(an_entry())
    assert valkey.pid is not None

    os.kill(valkey.pid, signal.SIGSTOP)
    try:
        await every_call_fails_in_time(store, an_entry(key="ff"))
    finally:
        os.kill(valkey.pid, signal.SIGCONT)

    assert await store.get(an_entry().key) == an_entry()
    await store.close()


async def test_a_client_made_before_its_server_runs(tmp_path: Path, an_entry: Make) -> None:
    valkey = EmbeddedValkey(tmp_path, 10_000_000)
    store = a_store(valkey.url)
    with pytest.raises(StoreError):
        await store.probe()

    await valkey.start()

    await store.probe()
    await store.close()
    await valkey.stop()


@pytest.mark.parametrize("raised", [AttributeError, RuntimeError, ValueError])
async def test_what_asyncio_says_of_a_transport_that_was_reset_is_a_store_error(raised: type[Exception]) -> None:
    """CPython 3.12 raises such things where a connection is reset between two writes."""
    pool = ConnectionPool(connection_class=Reset)
    Reset.raises = raised
    server = Server(pool, "redis", timeout=TIMEOUT, max_connections=2)

    with pytest.raises(StoreError, match=raised.__name__):
        await server.execute("PING")


class Reset(Connection):
    """A connection that seems to stand, and cannot be written to."""

    raises: type[Exception] = ValueError

    async def connect(self) -> None: ...

    async def can_read(self) -> bool:
        return False

    async def send_packed_command(self, command: Any, check_health: bool = True) -> None:
        raise self.raises("'NoneType' object has no attribute '_add_writer'")


def test_few_connections_are_made_where_few_files_may_be_open(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(resource, "getrlimit", lambda which: (128, 4096))
    assert limit_connections(32) == 8
    assert limit_connections(4) == 4

    monkeypatch.setattr(resource, "getrlimit", lambda which: (16, 16))
    assert limit_connections(32) == 2

    monkeypatch.setattr(resource, "getrlimit", lambda which: (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert limit_connections(32) == 32


async def test_a_loop_that_is_late_is_no_silence_of_the_server(valkey: EmbeddedValkey, an_entry: Make) -> None:
    store = a_store(valkey.url)
    await store.put(an_entry())
    asking = [asyncio.ensure_future(store.get(an_entry().key)) for _ in range(20)]
    await asyncio.sleep(0)

    for _ in range(4):
        time.sleep(TIMEOUT)  # noqa: ASYNC251
        await asyncio.sleep(0)

    assert await asyncio.gather(*asking) == [an_entry()] * 20
    await store.close()
