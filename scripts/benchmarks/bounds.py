"""Measures the cost of hostile requests: the proxy's memory, and the waiting time of another client's small request.

Run by itself it is the upstream that says what is hard to read: `python -m benchmarks.bounds PORT`.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from benchmarks import hostile_bodies
from benchmarks.errors import Problem
from benchmarks.processes import Server, free_port, run_server
from demo.answers import Reply, Request
from demo.upstream import StandIn

MB = 1024**2
ROOT = Path(__file__).resolve().parent.parent.parent
ADDON = ROOT / "addon" / "ai_cache.py"
CONFIG = {"semantic": {"enabled": False, "volatile": "short"}, "dashboard": {"enabled": False}}
MASKED = {**CONFIG, "mask": [r"(\w+\s?)+:"]}
PROBE_INTERVAL_S = 0.02  # of the other client
SETTLE_S = 0.6  # after the last answer, to include background work
MEMORY_OF_ONE, MEMORY_OF_SIX, WAIT = 150 * MB, 300 * MB, 1.0
PARALLEL_ATTACKS = 6
SMALL_REQUEST = b'{"model":"m","messages":[{"role":"user","content":"somebody else"}]}'
CHAT, EMBEDDINGS = "/v1/chat/completions", "/v1/embeddings"


@dataclass(frozen=True, slots=True)
class Cost:
    """Memory in bytes above the proxy's baseline, and the longest wait of the other client in seconds."""

    memory: int
    wait: float


Attack = Callable[[int, int], None]
"""Attacks a port, as number N of parallel attacks; returns when it is over."""


def measure(folder: Path, script: Path, size: int, only: list[str] | None, report: Path | None) -> int:
    """Print a row for each shape; return the exit code: 1 if one exceeds the bounds."""
    attacks = _attacks(size)
    if unknown := [name for name in only or () if name not in attacks]:
        raise Problem(f"--only {unknown[0]}: none of {', '.join(attacks)}")
    print(f"bodies of {size / MB:.1f} MB; memory above rest and the longest wait of another's small request")
    print(f"{'':18} {'one':>20} {f'{PARALLEL_ATTACKS} at once':>20}", flush=True)
    rows, over = [], 0
    for name in only or attacks:
        with proxy(folder, script, masked=name == "mask") as server:
            costs = [measure_cost(server, attacks[name], count) for count in (1, PARALLEL_ATTACKS)]
        limits = (MEMORY_OF_ONE, MEMORY_OF_SIX)
        bad = any(cost.memory > most or cost.wait > WAIT for cost, most in zip(costs, limits, strict=True))
        over += bad
        cells = "".join(f"{cost.memory / MB:9.0f} MB {cost.wait * 1000:5.0f} ms" for cost in costs)
        print(f"{name:18} {cells}{'  !' if bad else ''}", flush=True)
        rows.append({"shape": name, "costs": [[cost.memory, cost.wait] for cost in costs]})
    if report is not None:
        report.mkdir(parents=True, exist_ok=True)
        (report / "bounds.json").write_text(json.dumps(rows, indent=1))
    return 1 if over else 0


def measure_cost(server: Server, attack: Attack, count: int) -> Cost:
    """Measure *count* parallel attacks."""
    port, pid = server.port, server.process.pid
    if isinstance(attack, Sending):
        attack.prepare(count)
    send(port, CHAT, SMALL_REQUEST)
    time.sleep(0.3)
    rest = _reset_peak(pid)
    waits: list[float] = []
    ended = threading.Event()
    watching = threading.Thread(target=_watch, args=(port, waits, ended))
    watching.start()
    try:
        attacking = [threading.Thread(target=attack, args=(port, i), daemon=True) for i in range(count)]
        for each in attacking:
            each.start()
        for each in attacking:
            each.join(120 if not ended.is_set() else 1)
        time.sleep(SETTLE_S)
    finally:
        ended.set()
        watching.join()
    return Cost(_peak(pid) - rest, max(waits))


@contextmanager
def proxy(folder: Path, script: Path, *, masked: bool = False) -> Iterator[Server]:
    """Run an upstream and a proxy with its own data folder."""
    upstream, port = free_port(), free_port()
    data = folder / f"data-{port}"
    file = folder / f"{port}.yaml"
    file.write_text(yaml.safe_dump(MASKED if masked else CONFIG))
    program = str(Path(sys.executable).with_name("mitmdump"))
    command = [program, "-q", "-s", str(script), "--mode", f"reverse:http://127.0.0.1:{upstream}"]
    command += ["--listen-host", "127.0.0.1", "--listen-port", str(port)]
    command += ["--set", f"ai_cache_data={data}", "--set", f"ai_cache_config={file}"]
    log = folder / f"{port}.log"
    serving = run_server(
        [sys.executable, "-m", "benchmarks.bounds", str(upstream)], upstream, folder / f"{upstream}.log"
    )
    with serving as standing, run_server(command, port, log) as server:
        standing.wait_listening()
        server.wait_listening()
        _wait_for_hits(port)
        yield server


def send(port: int, path: str, body: bytes, more: str = "") -> tuple[int, str]:
    """Send a request; return the status and the cache status. The status is 0 if the connection ended."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 60) as connection:
        connection.sendall(_request(path, body, more))
        head, _ = _read(connection)
        return int(head.split(b" ", 2)[1]), _field(head, b"x-cache-status")
    return 0, ""


def _request(path: str, body: bytes, more: str = "") -> bytes:
    head = f"POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer k\r\ncontent-type: application/json\r\n{more}"
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


def _read(connection: socket.socket) -> tuple[bytes, int]:
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


def _watch(port: int, waits: list[float], ended: threading.Event) -> None:
    """The other client: repeat a stored request."""
    request = _request(CHAT, SMALL_REQUEST, "x-other: 1\r\n")
    connection = socket.create_connection(("127.0.0.1", port), 60)
    with connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while not ended.is_set():
            began = time.perf_counter()
            try:
                connection.sendall(request)
                _read(connection)
            except OSError:
                ended.set()  # the longest wait that is measured
            waits.append(time.perf_counter() - began)
            time.sleep(PROBE_INTERVAL_S)


def _wait_for_hits(port: int) -> None:
    deadline = time.monotonic() + 60
    while send(port, CHAT, SMALL_REQUEST)[1] != "hit":
        if time.monotonic() > deadline:
            raise Problem("the proxy stores nothing")
        time.sleep(0.1)


def _reset_peak(pid: int) -> int:
    """Reset the kernel's peak measurement; return the current value."""
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/clear_refs").write_text("5")
    return _peak(pid)


def _peak(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise Problem("this system does not tell how much memory a process has used at most")


# ---------------------------------------------------------------------- the attacks


def _attacks(size: int) -> dict[str, Attack]:
    found: dict[str, Attack] = {name: Sending(shape, size) for name, shape in hostile_bodies.CHAT.items()}
    found["small lists"] = _many(hostile_bodies.CHAT["lists"], 60_000, 30)
    found["small turns"] = _many(hostile_bodies.CHAT["turns of a user"], 60_000, 30)
    found["encoded"] = Sending(hostile_bodies.encoded, size, more="content-encoding: gzip\r\n")
    found["tokens"] = Sending(hostile_bodies.tokens, size, EMBEDDINGS)
    found["mask"] = Sending(_masked, size)
    found["unfinished"] = _unfinished("content-length: 100000000\r\n", 50 * MB)
    found["unfinished, chunked"] = _unfinished("transfer-encoding: chunked\r\n", 50 * MB)
    found["unread hits"] = _unread
    for name in ("inflated", "brackets", "lines", "wide"):
        found[f"answer: {name}"] = _answered(CHAT, name)
    for name in ("inflated", "wide"):
        found[f"vectors: {name}"] = _answered(EMBEDDINGS, name)
    return found


@dataclass(frozen=True, slots=True)
class Sending:
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
    request = _request(f"{CHAT}?say=large", SMALL_REQUEST)
    with (
        contextlib.suppress(OSError),
        socket.create_connection(("127.0.0.1", port), 60) as plain,
        context.wrap_socket(
            plain, server_hostname="x"
        ) as connection,  # without TLS it is in memory once, however often it is sent
    ):
        for _ in range(3):
            connection.sendall(request)
            _read(connection)
            time.sleep(0.3)
        connection.sendall(request * 200)
        time.sleep(4)


def _answered(path: str, name: str) -> Attack:
    def attack(port: int, number: int) -> None:
        body = SMALL_REQUEST if path == CHAT else b'{"model":"m","input":["a","b"]}'
        send(port, f"{path}?say={name}&n={number}", body)

    return attack


# ---------------------------------------------------------------------- the upstream


def _say(request: Request) -> Reply:
    what = request.path.partition("say=")[2].partition("&")[0]
    vectors = request.path.startswith(EMBEDDINGS)
    if what not in _SAID:
        return Reply(body=_answer(b'"hello"') if not vectors else _vectors(b"[0.5,0.5]"))
    return _SAID[what](vectors)


def _answer(content: bytes) -> bytes:
    message = b'{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":' + content + b"}}"
    return b'{"id":"x","object":"chat.completion","created":1,"model":"m","choices":[' + message + b"]}"


def _vectors(vector: bytes) -> bytes:
    item = b'{"object":"embedding","index":%d,"embedding":' + vector + b"}"
    return b'{"object":"list","model":"m","data":[' + item % 0 + b"," + item % 1 + b"]}"


def _inflated(vectors: bool) -> Reply:
    body = _vectors(b"[" + b"0," * (60 * MB) + b"0]") if vectors else _answer(b'"' + b"a" * (250 * MB) + b'"')
    return Reply(body=gzip.compress(body, 6), headers={"content-encoding": "gzip"})


def _lines(vectors: bool) -> Reply:
    return Reply(body=b"data: {}\n\n" * (39 * MB // 100), headers={"content-type": "text/event-stream"})


_SAID: dict[str, Callable[[bool], Reply]] = {
    "large": lambda _: Reply(body=_answer(b'"' + b"a" * (39 * MB // 10) + b'"')),
    "inflated": _inflated,
    "brackets": lambda _: Reply(body=b"[" * (39 * MB // 10)),
    "lines": _lines,
    "wide": lambda vectors: Reply(body=(_vectors if vectors else _answer)(b"[" + b"[]," * (13 * MB // 10) + b"0]")),
}


async def _serve(port: int) -> None:
    made: dict[tuple[bool, str], Reply] = {}

    def script(request: Request) -> Reply:
        upstream.requests.clear()
        key = (request.path.startswith(EMBEDDINGS), request.path.partition("&")[0])
        if key not in made:
            made[key] = _say(request)
        return made[key]

    async with StandIn(script, port) as upstream:
        await asyncio.Event().wait()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(int(sys.argv[1])))
