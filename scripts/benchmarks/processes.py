"""Starts, monitors and ends the processes of a benchmark, whatever they run."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from aicache.cli import launch
from benchmarks.errors import Problem

CLOCK_TICKS_PER_S = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
LOOPBACK = "127.0.0.1"
START_TIMEOUT_S = 90.0
STOP_TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class Tree:
    """A process and its descendants. Without /proc, all values are 0."""

    pid: int

    def cpu(self) -> float:
        """Return the seconds of processor time used so far, including ended children."""
        return sum(sum(map(int, fields[11:15])) for fields in map(_stat, self.pids()) if fields) / CLOCK_TICKS_PER_S

    def own_cpu(self) -> float:
        """Return the seconds of processor time of the process without its descendants."""
        fields = _stat(self.pid)
        return sum(map(int, fields[11:13])) / CLOCK_TICKS_PER_S if fields else 0.0

    def memory(self) -> int:
        """Return the bytes of resident memory; shared pages count once per process."""
        return sum(int(fields[21]) for fields in map(_stat, self.pids()) if fields) * PAGE_BYTES

    def alone(self) -> int:
        """Return the resident bytes of the process without its descendants."""
        fields = _stat(self.pid)
        return int(fields[21]) * PAGE_BYTES if fields else 0

    def pids(self) -> list[int]:
        pids = [self.pid]
        for pid in pids:  # grows while we iterate
            for path in Path(f"/proc/{pid}/task").glob("*/children"):
                with contextlib.suppress(OSError):
                    pids += map(int, path.read_text().split())
        return pids


def command_line(pid: int) -> str:
    """Return a process's command and arguments; empty if it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return ""


def count_open_files(pid: int) -> int:
    """Return how many files and sockets a process has open; -1 if it is gone.

    Those of the vector index do not count: it has more as it grows.
    """
    targets = []
    try:
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):  # closed since
                targets.append(str(link.readlink()))
    except OSError:
        return -1
    return sum("/vectors/" not in target for target in targets)


def _stat(pid: int) -> list[str]:
    """Return the fields of proc_pid_stat(5) from the state on; empty if the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True, slots=True)
class Server:
    """A process that listens on a *port* once it is ready: on the loopback, unless another *host* is given."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path
    host: str = LOOPBACK

    @property
    def tree(self) -> Tree:
        return Tree(self.process.pid)

    def wait_listening(self) -> None:
        """Wait until it listens. Raises Problem, with the end of its log, if it does not."""
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                socket.create_connection((self.host, self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        said = self.log.read_text("utf-8", "replace").strip()[-1000:]
        code = self.process.poll()
        what = "did not listen in time" if code is None else f"ended with exit code {code}"
        raise Problem(f"{self.log.stem} {what}: {said}")


@contextlib.contextmanager
def run_server(
    command: Sequence[str], port: int, log: Path, environment: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Start a server, which may not listen yet, and end it with the block."""
    with log.open("wb") as file:
        process = start_process(command, {**os.environ, **(environment or {})}, file)
    try:
        yield Server(process, port, log)
    finally:
        launch.terminate(process, STOP_TIMEOUT_S)


def start_process(command: Sequence[str], environment: Mapping[str, str], log: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start a process that writes to *log* only."""
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)
