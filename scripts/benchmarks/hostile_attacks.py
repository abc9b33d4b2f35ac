"""Attacks on the proxy: hostile requests, unfinished ones, unread answers, and answers that are hard to read."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks import hostile_bodies

MB = 1024**2
CHAT, EMBEDDINGS = "/v1/chat/completions", "/v1/embeddings"
SMALL_REQUEST = b'{"model":"m","messages":[{"role":"user","content":"somebody else"}]}'

Attack = Callable[[int, int], None]
"""Attacks a port, as number N of parallel attacks; returns when it is over."""


def all_attacks(size: int) -> dict[str, Attack]:
    """Return the attacks by name, with bodies of *size* bytes."""
    found: dict[str, Attack] = {name: PreparedBodies(shape, size) for name, shape in hostile_bodies.CHAT.items()}
    found["small lists"] = _many(hostile_bodies.CHAT["lists"], 60_000, 30)
    found["small turns"] = _many(hostile_bodies.CHAT["turns of a user"], 60_000, 30)
    found["encoded"] = PreparedBodies(hostile_bodies.encoded, size, more="content-encoding: gzip\r\n")
    found["tokens"] = PreparedBodies(hostile_bodies.tokens, size, EMBEDDINGS)
    found["mask"] = PreparedBodies(_masked, size)
    found["unfinished"] = _unfinished("content-length: 100000000\r\n", 50 * MB)
    found["unfinished, chunked"] = _unfinished("transfer-encoding: chunked\r\n", 50 * MB)
    found["unread hits"] = _unread
    for name in ("inflated", "brackets", "lines", "wide"):
        found[f"answer: {name}"] = _answered(CHAT, name)
    for name in ("inflated", "wide"):
        found[f"vectors: {name}"] = _answered(EMBEDDINGS, name)
    return found


@dataclass(frozen=True, slots=True)
class PreparedBodies:
    """Sends a body of a shape. Bodies are made in advance, since that takes long."""

    shape: hostile_bodies.Shape
    size: int
    path: str = CHAT
    more: str = ""
    bodies: dict[int, bytes] = field(default_factory=dict)

    def __call__(self, port: int, number: int) -> None:
        send(port, self.path, self.bodies[number], self.more)

    def prepare(self, count: int) -> None:
        for number in range(count):
            self.bodies[number] = self.shape(number, self.size)


def _many(shape: hostile_bodies.Shape, size: int, times: int) -> Attack:
    def attack(port: int, number: int) -> None:
        for i in range(times):
            send(port, CHAT, shape(1000 * number + i, size))

    return attack


def _masked(number: int, size: int) -> bytes:
    system = {"role": "system", "content": "a" * 28 + " " + "word " * 8 + "!"}
    return json.dumps({"model": f"m{number}", "messages": [system, {"role": "user", "content": "hello"}]}).encode()


def _unfinished(how: str, size: int) -> Attack:
    def attack(port: int, number: int) -> None:
        head = f"POST {CHAT} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer k\r\n{how}\r\n".encode()
        chunk = b'{"model":"' + b"x" * (MB - 10)
        framed = b"%x\r\n%b\r\n" % (len(chunk), chunk) if "chunked" in how else chunk
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as connection:
            connection.sendall(head)
            for _ in range(size // MB):
                connection.sendall(framed)
            time.sleep(1)

    return attack


def _unread(port: int, number: int) -> None:
    """Request a large stored answer 200 times, and read nothing."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    request = render_request(f"{CHAT}?say=large", SMALL_REQUEST)
    with (
        contextlib.suppress(OSError),
        socket.create_connection(("127.0.0.1", port), 60) as plain,
        context.wrap_socket(
            plain, server_hostname="x"
        ) as connection,  # without TLS it is in memory once, however often it is sent
    ):
        for _ in range(3):
            connection.sendall(request)
            read_response(connection)
            time.sleep(0.3)
        connection.sendall(request * 200)
        time.sleep(4)


def _answered(path: str, name: str) -> Attack:
    def attack(port: int, number: int) -> None:
        body = SMALL_REQUEST if path == CHAT else b'{"model":"m","input":["a","b"]}'
        send(port, f"{path}?say={name}&n={number}", body)

    return attack


def send(port: int, path: str, body: bytes, more: str = "") -> tuple[int, str]:
    """Send a request; return the status and the cache status. The status is 0 if the connection ended."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 60) as connection:
        connection.sendall(render_request(path, body, more))
        head, _ = read_response(connection)
        return int(head.split(b" ", 2)[1]), _field(head, b"x-cache-status")
    return 0, ""


def render_request(path: str, body: bytes, more: str = "") -> bytes:
    head = f"POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer k\r\ncontent-type: application/json\r\n{more}"
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


def read_response(connection: socket.socket) -> tuple[bytes, int]:
    """Read a response to its end, and return its head and the length of its body."""
    received = bytearray()
    while b"\r\n\r\n" not in received:
        if not (some := connection.recv(65536)):
            raise ConnectionError
        received += some
    head, _, body = bytes(received).partition(b"\r\n\r\n")
    length, size = int(_field(head, b"content-length") or 0), len(body)
    while size < length and (some := connection.recv(1 << 20)):
        size += len(some)
    return head, size


def _field(head: bytes, name: bytes) -> str:
    lines = head.lower().split(b"\r\n")
    return next((line.partition(b":")[2].strip().decode() for line in lines if line.startswith(name + b":")), "")
