"""Runs a workload in a separate process, with JSON on stdin and stdout, so that our work cannot distort its times."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import TypeVar

import msgspec

from benchmarks.errors import Problem

TICK_INTERVAL_S = 0.1  # between two calls of *tick*

T = TypeVar("T")


def run_isolated(module: str, workload: msgspec.Struct, kind: type[T], tick: Callable[[], None]) -> T:
    """Run a workload with ``python -m module``, calling *tick* meanwhile. Raises Problem if it fails."""
    stdin: bytes | None = msgspec.json.encode(workload)
    with subprocess.Popen([sys.executable, "-m", module], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            while True:
                try:
                    stdout, _ = process.communicate(stdin, timeout=TICK_INTERVAL_S)
                    break
                except subprocess.TimeoutExpired:
                    stdin = None  # already sent
                    tick()
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise Problem(f"{module} ended with exit code {process.returncode}")
    return msgspec.json.decode(stdout, type=kind)
