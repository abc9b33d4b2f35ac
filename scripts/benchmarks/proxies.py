"""Real mitmdump processes to measure: bare, or with the addon, alike in every other option."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
ADDON = ROOT / "addon" / "ai_cache.py"
CONSTANT = Path(__file__).with_name("constant.py")


@dataclass(frozen=True, slots=True)
class Running:
    """A proxy to measure."""

    port: int
    pid: int

    def cpu(self) -> float:
        """Seconds of processor time used so far, without its children; 0 where there is no /proc."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def mitmdump(folder: Path, upstream: str, options: Sequence[str] = ()) -> Iterator[Running]:
    """Run a quiet mitmdump in reverse mode."""
    port = free_port()
    command = [
        str(Path(sys.executable).with_name("mitmdump")),
        *("-q", "--mode", f"reverse:{upstream}", "--listen-host", "127.0.0.1", "--listen-port", str(port)),
        *("--set", "connection_strategy=lazy", "--set", f"confdir={folder / 'confdir'}"),
        *options,
    ]
    with (folder / f"mitmdump-{port}.log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=dict(os.environ))
    try:
        wait_listening(port, process)
        yield Running(port, process.pid)
    finally:
        process.terminate()
        process.wait(20)


def with_addon(folder: Path) -> list[str]:
    """Return the options that put the cache into a mitmdump."""
    return ["-s", str(ADDON), "--set", f"ai_cache_data={folder / 'data'}"]


def wait_listening(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"bench: mitmdump did not start (exit code {process.poll()})")
