"""Runs wrk and parses its report. A Lua script chooses the requests."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.errors import Problem

MS_PER_UNIT = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0, "h": 3_600_000.0}
REQUEST_TIMEOUT_S = 60  # afterwards, wrk counts a request as an error
INSTALL_HINT = (
    "the load comes from wrk, which is not on the PATH: `apt install wrk` on Debian and Ubuntu, `brew install wrk` on "
    "macOS, else https://github.com/wg/wrk"
)


@dataclass(frozen=True, slots=True)
class Load:
    """wrk's report. Latencies are in milliseconds, of requests that were answered in time."""

    requests: int
    rps: float
    p50: float
    p99: float
    failures: int
    """Connection errors, timeouts, and answers other than 2xx."""


def check_installed() -> None:
    """Raise Problem if wrk is not installed."""
    if shutil.which("wrk") is None:
        raise Problem(INSTALL_HINT)


def run(url: str, script: Path, connections: int, seconds: float, tick: Callable[[], None]) -> Load:
    """Load *url* for a while, calling *tick* now and then. Raises Problem if wrk fails."""
    command = [
        *(
            "wrk",
            "-t1",
            f"-c{connections}",
            f"-d{max(1, round(seconds))}s",
            "--latency",
            "--timeout",
            f"{REQUEST_TIMEOUT_S}s",
        ),
        *("-s", str(script), url),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            while process.poll() is None:
                tick()
                time.sleep(0.05)
        except BaseException:
            process.kill()
            raise
        assert process.stdout is not None
        out = process.stdout.read()
    if process.returncode:
        raise Problem(f"wrk failed with exit code {process.returncode}: {out.strip()[-500:]}")
    return parse(out)


def parse(out: str) -> Load:
    """Parse wrk's report with ``--latency``. Raises Problem if it is invalid."""
    requests, rps = re.search(r"(\d+) requests in", out), re.search(r"Requests/sec:\s+([\d.]+)", out)
    p50, p99 = (re.search(rf"^\s+{share}%\s+([\d.]+)(us|ms|s|m|h)\s*$", out, re.MULTILINE) for share in (50, 99))
    if requests is None or rps is None or p50 is None or p99 is None:
        raise Problem(f"wrk's report cannot be read: {out.strip()[-500:]}")
    failures = re.findall(r"(?:connect|read|write|timeout|Non-2xx or 3xx responses:) (\d+)", out)
    return Load(
        int(requests[1]),
        float(rps[1]),
        float(p50[1]) * MS_PER_UNIT[p50[2]],
        float(p99[1]) * MS_PER_UNIT[p99[2]],
        sum(map(int, failures)),
    )
