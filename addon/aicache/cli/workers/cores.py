"""The number of workers that ``--workers`` asks for. Standard library only."""

from __future__ import annotations

import math
import os
import sys
from pathlib import Path

MAX_WORKERS = 256
CPU_LIMIT = Path("/sys/fs/cgroup/cpu.max")
"""A container's own limit: microseconds of processor time, or ``max``, in a period of so many microseconds."""


def parse_workers(text: str) -> int:
    """Return the number that ``--workers`` gives, or the cores for ``auto``. Raises ValueError, with one line."""
    if text == "auto":
        return count_cores()
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= MAX_WORKERS:
        raise ValueError(f"--workers: {text!r} is neither a number from 1 to {MAX_WORKERS} nor auto (one per core)")
    return int(text)


def check_platform() -> None:
    """Raise ValueError where the kernel does not spread connections over the processes that listen on one port."""
    if sys.platform != "linux":
        raise ValueError(
            "--workers: needs Linux, whose kernel spreads connections over processes that share a port "
            "(SO_REUSEPORT); leave it out, or run several proxies on ports of their own behind a load balancer"
        )


def count_cores(limit: Path = CPU_LIMIT) -> int:
    """Return how many cores this process may use, by its affinity and by the limit of its container."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    try:
        quota, period = limit.read_text("ascii").split()
        return max(1, min(cores, math.ceil(int(quota) / int(period))))
    except (OSError, ValueError, ZeroDivisionError):  # no such file, or no limit: its text is "max 100000"
        return cores
