"""Redis refused, silent or talking rubbish: the client gets the upstream's answer in time, and the log one warning."""

from __future__ import annotations

import contextlib
import socket
import statistics
import threading
from collections.abc import Callable, Iterator

import pytest

from e2e.proxy import READY_EXACT, Proxy, free_port

Start = Callable[..., Proxy]


class Listener:
    """A server that takes every connection and answers each with the same bytes, or not at all."""

    def __init__(self, says: bytes) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._says = says
        self._open: list[socket.socket] = []
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                self._open.append(connection)
                if self._says:
                    threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while connection.recv(65536):
                connection.sendall(self._says)

    def close(self) -> None:
        for each in (self._socket, *self._open):
            each.close()


@pytest.fixture(params=[b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"+OK\r\n", b"$99999\r\nrubbish"], ids=repr)
def bad_redis(request: pytest.FixtureRequest) -> Iterator[int]:
    listener = Listener(request.param)
    yield listener.port
    listener.close()


def test_a_redis_that_is_silent_or_talks_rubbish_costs_no_answer(start: Start, bad_redis: int) -> None:
    proxy = start(
        f"exact: {{redis: {{url: 'redis://127.0.0.1:{bad_redis}/0'}}, secret: 0123456789abcdef}}\n"
        "semantic: {enabled: false}\n",
        wait_for=READY_EXACT,
    )

    replies = [proxy.ask("Anyone there?") for _ in range(8)]

    assert [reply.status for reply in replies] == [200] * 8
    assert all(reply.cache == "miss" for reply in replies)
    assert statistics.median(reply.end for reply in replies) < 0.5 + 1.0  # lookup_timeout, and the proxy's own time
    assert min(reply.end for reply in replies[4:]) < 0.4  # by then it is not asked any more
    # "+OK" is an answer to a probe, too: on a slow machine one may call the store recovered in between
    assert 1 <= proxy.log.count("requests go upstream") <= 2
    assert "Traceback" not in proxy.log


def test_a_redis_that_refuses_costs_no_answer_and_is_used_once_it_is_there(start: Start) -> None:
    port = free_port()
    proxy = start(
        f"exact: {{redis: {{url: 'redis://127.0.0.1:{port}/0'}}}}\nsemantic: {{enabled: false}}\n",
        wait_for="requests go upstream",
    )

    assert [proxy.ask("Refused?").status for _ in range(5)] == [200] * 5
    assert proxy.log.count("requests go upstream") == 1


def test_the_password_of_a_redis_is_in_no_log(start: Start) -> None:
    proxy = start(
        f"exact: {{redis: {{url: 'redis://user:hush-hush@127.0.0.1:{free_port()}'}}}}\nsemantic: {{enabled: false}}\n",
        wait_for="requests go upstream",
    )
    proxy.ask("Secret?")

    assert "hush-hush" not in proxy.log
