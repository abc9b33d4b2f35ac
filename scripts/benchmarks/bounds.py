"""Measures the cost of hostile requests: the proxy's memory, and the waiting time of another client's small request."""

from __future__ import annotations

import contextlib
import json
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from benchmarks import hostile_attacks
from benchmarks.errors import Problem
from benchmarks.hostile_attacks import (
    CHAT,
    MB,
    SMALL_REQUEST,
    Attack,
    PreparedBodies,
    read_response,
    render_request,
    send,
)
from benchmarks.processes import Server, free_port, run_server

ROOT = Path(__file__).resolve().parent.parent.parent
ADDON = ROOT / "addon" / "ai_cache.py"
CONFIG = {"semantic": {"enabled": False, "volatile": "short"}, "dashboard": {"enabled": False}}
MASKED = {**CONFIG, "mask": [r"(\w+\s?)+:"]}
PROBE_INTERVAL_S = 0.02  # of the other client
SETTLE_S = 0.6  # after the last answer, to include background work
MEMORY_OF_ONE, MEMORY_OF_SIX, WAIT = 150 * MB, 300 * MB, 1.0
PARALLEL_ATTACKS = 6


@dataclass(frozen=True, slots=True)
class Cost:
    """Memory in bytes above the proxy's baseline, and the longest wait of the other client in seconds."""

    memory: int
    wait: float


def measure(folder: Path, script: Path, size: int, only: list[str] | None, report: Path | None) -> int:
    """Print a row for each shape; return the exit code: 1 if one exceeds the bounds."""
    attacks = hostile_attacks.all_attacks(size)
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
    if isinstance(attack, PreparedBodies):
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
        [sys.executable, "-m", "benchmarks.hostile_upstream", str(upstream)], upstream, folder / f"{upstream}.log"
    )
    with serving as standing, run_server(command, port, log) as server:
        standing.wait_listening()
        server.wait_listening()
        _wait_for_hits(port)
        yield server


def _watch(port: int, waits: list[float], ended: threading.Event) -> None:
    """The other client: repeat a stored request."""
    request = render_request(CHAT, SMALL_REQUEST, "x-other: 1\r\n")
    connection = socket.create_connection(("127.0.0.1", port), 60)
    with connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while not ended.is_set():
            began = time.perf_counter()
            try:
                connection.sendall(request)
                read_response(connection)
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
