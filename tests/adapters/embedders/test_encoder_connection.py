"""The connection to the encoder's process: replies in any pieces, and what is noticed while nobody waits for one."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import pytest

from aicache.adapters.embedders.encoder_connection import EncoderConnection
from aicache.adapters.embedders.encoder_main import ROWS, TEXTS, frame


class Losses:
    """Counts how often the connection was found lost while nobody waited for a reply."""

    def __init__(self) -> None:
        self.times = 0
        self.noticed = asyncio.Event()

    def __call__(self) -> None:
        self.times += 1
        self.noticed.set()


Pair = tuple[EncoderConnection, socket.socket]


@pytest.fixture
def losses() -> Losses:
    return Losses()


@pytest.fixture
def pair(losses: Losses) -> Iterator[Pair]:
    ours, theirs = socket.socketpair()
    connection = EncoderConnection(ours, losses)
    with theirs:
        yield connection, theirs
        connection.close()


async def test_a_reply_may_come_in_pieces(pair: Pair) -> None:
    connection, other = pair
    reply = frame(ROWS, b"some rows")

    exchange = asyncio.create_task(connection.exchange(frame(TEXTS, b"[]"), 5))
    for piece in (reply[:2], reply[2:5], reply[5:9], reply[9:]):
        await asyncio.sleep(0.01)
        other.send(piece)

    assert await exchange == (ROWS, b"some rows")
    assert other.recv(100) == frame(TEXTS, b"[]")


async def test_a_request_that_the_socket_does_not_take_at_once_is_sent_whole(pair: Pair) -> None:
    connection, other = pair
    request = frame(TEXTS, bytes(3_000_000))

    exchange = asyncio.create_task(connection.exchange(request, 5))
    received = b""
    while len(received) < len(request):
        received += await asyncio.to_thread(other.recv, 1 << 20)
    other.send(frame(ROWS, b"x"))

    assert await exchange == (ROWS, b"x")
    assert received == request
    other.send(frame(ROWS, b"y"))
    assert await connection.exchange(b"", 5) == (ROWS, b"y")


async def test_a_side_that_takes_nothing_and_says_nothing_is_given_up(pair: Pair) -> None:
    with pytest.raises(TimeoutError):
        await pair[0].exchange(bytes(3_000_000), 0.05)


async def test_a_side_that_closes_ends_the_exchange_and_those_after_it(pair: Pair, losses: Losses) -> None:
    connection, other = pair
    exchange = asyncio.create_task(connection.exchange(frame(TEXTS, b"[]"), 5))
    await asyncio.sleep(0.01)
    other.send(frame(ROWS, b"half")[:-2])
    other.close()

    with pytest.raises(EOFError):
        await exchange
    with pytest.raises(EOFError):
        await connection.exchange(frame(TEXTS, b"[]"), 5)


@pytest.mark.parametrize("unasked", [b"", frame(ROWS, b"again")])
async def test_what_comes_while_nobody_waits_is_noticed_once(pair: Pair, losses: Losses, unasked: bytes) -> None:
    connection, other = pair
    other.send(frame(ROWS, b"x"))
    assert await connection.exchange(b"", 5) == (ROWS, b"x")
    assert not losses.times

    if unasked:
        other.send(unasked)
    else:
        other.close()

    async with asyncio.timeout(5):
        await losses.noticed.wait()
    await asyncio.sleep(0.02)
    assert losses.times == 1


async def test_what_comes_with_a_reply_and_was_not_asked_for_is_noticed(pair: Pair, losses: Losses) -> None:
    connection, other = pair
    other.send(frame(ROWS, b"x") + frame(ROWS, b"y"))

    assert await connection.exchange(b"", 5) == (ROWS, b"x")

    async with asyncio.timeout(5):
        await losses.noticed.wait()


async def test_nothing_is_noticed_of_a_connection_that_was_closed_here(pair: Pair, losses: Losses) -> None:
    connection, other = pair
    other.send(frame(ROWS, b"x"))
    await connection.exchange(b"", 5)

    connection.close()
    other.close()
    await asyncio.sleep(0.02)

    assert not losses.times
