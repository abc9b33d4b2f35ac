"""Procedures of a real server, called over a real socket: results, errors, ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from aicache.adapters.unix_rpc import frames
from aicache.adapters.unix_rpc.client import RpcClient
from aicache.adapters.unix_rpc.server import RpcServer
from aicache.domain.ports import Busy, StoreError


class Procedures:
    """What the tests call; *canceled* is set when nobody waits for `wait` any more."""

    def __init__(self) -> None:
        self.canceled = asyncio.Event()

    async def echo(self, *arguments: Any) -> list[Any]:
        return list(arguments)

    async def sleep(self, seconds: float) -> float:
        await asyncio.sleep(seconds)
        return seconds

    async def wait(self) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            self.canceled.set()

    async def fail(self, how: str) -> None:
        raise {"busy": Busy("too much"), "failed": StoreError("no disk"), "wrong": KeyError("what was asked")}[how]

    def all(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("echo", "sleep", "wait", "fail")}


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "private" / "a.sock"


@pytest.fixture
async def procedures() -> Procedures:
    return Procedures()


@pytest.fixture
async def server(path: Path, procedures: Procedures) -> AsyncIterator[RpcServer]:
    server = RpcServer(path, procedures.all())
    await server.start()
    yield server
    await server.close()


@pytest.fixture
async def client(path: Path, server: RpcServer) -> AsyncIterator[RpcClient]:
    client = RpcClient(path, "the other")
    yield client
    await client.close()


async def test_results_come_back_whatever_their_order_and_size(client: RpcClient) -> None:
    large = bytes(3 << 20)

    slow, fast = asyncio.ensure_future(client.call("sleep", 0.05)), asyncio.ensure_future(client.call("sleep", 0.0))
    await asyncio.wait([slow, fast], return_when=asyncio.FIRST_COMPLETED)

    assert (fast.done(), slow.done()) == (True, False)
    assert await client.call("echo", large, "größer", [None, 1.5]) == [large, "größer", [None, 1.5]]
    assert await slow == 0.05


@pytest.mark.parametrize(
    ("how", "kind", "text"),
    [("busy", Busy, "too much"), ("failed", StoreError, "no disk"), ("wrong", StoreError, "KeyError in fail")],
)
async def test_errors_keep_their_kind_and_tell_nothing_of_a_request(
    client: RpcClient, how: str, kind: type[StoreError], text: str
) -> None:
    with pytest.raises(StoreError) as raised:
        await client.call("fail", how)

    assert (type(raised.value), str(raised.value)) == (kind, text)


async def test_an_unknown_procedure_and_what_cannot_be_sent_are_errors(client: RpcClient) -> None:
    with pytest.raises(StoreError, match="another version"):
        await client.call("nothing")
    with pytest.raises(StoreError, match="UnicodeEncodeError in what it is sent"):
        await client.call("echo", "half of a pair: \ud800")

    assert await client.call("echo", 1) == [1]


async def test_work_that_nobody_waits_for_is_canceled(client: RpcClient, procedures: Procedures) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.call("wait"), 0.05)

    await asyncio.wait_for(procedures.canceled.wait(), 5)
    assert await client.call("echo", 1) == [1]


async def test_a_server_that_ends_fails_its_calls_and_a_new_one_is_found(
    client: RpcClient, server: RpcServer, path: Path, procedures: Procedures
) -> None:
    waiting = asyncio.ensure_future(client.call("wait"))
    await client.call("echo")

    await server.close()
    with pytest.raises(StoreError, match="the other: it has ended"):
        await asyncio.wait_for(waiting, 5)
    with pytest.raises(StoreError, match="the other: not reached"):
        await client.call("echo")

    again = RpcServer(path, procedures.all())
    await again.start()
    assert await client.call("echo", 2) == [2]
    await again.close()


async def test_only_the_owner_can_reach_it_and_a_socket_left_behind_is_replaced(
    server: RpcServer, path: Path, procedures: Procedures
) -> None:
    assert [mode_of(each) for each in (path.parent, path)] == [0o700, 0o600]

    second = RpcServer(path, procedures.all())
    await second.start()
    client = RpcClient(path, "the other")
    assert await client.call("echo", 3) == [3]
    await client.close()
    await second.close()


@pytest.mark.parametrize("sent", [b"\x00\x00\x00\x01\xc1", b"\xff\xff\xff\xff", frames.encode_frame("no request")])
async def test_what_is_no_request_ends_its_connection_alone(client: RpcClient, path: Path, sent: bytes) -> None:
    await client.call("echo")
    reader, writer = await asyncio.open_unix_connection(str(path))
    writer.write(sent)

    assert await asyncio.wait_for(reader.read(), 5) == b""
    assert await client.call("echo", 4) == [4]
    writer.close()
