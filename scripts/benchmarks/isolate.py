"""Work that is done in a process of its own: JSON in, JSON out. What this process does must not make its clock late."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import TypeVar

import msgspec

from benchmarks.errors import Problem

TICK = 0.1  # seconds between two calls of *tick*

T = TypeVar("T")


def carried_out(module: str, order: msgspec.Struct, kind: type[T], tick: Callable[[], None]) -> T:
    """Let ``python -m module`` carry out an order, calling *tick* meanwhile. Raises Problem when it fails."""
    asked: bytes | None = msgspec.json.encode(order)
    with subprocess.Popen([sys.executable, "-m", module], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            while True:
                try:
                    said, _ = process.communicate(asked, timeout=TICK)
                    break
                except subprocess.TimeoutExpired:
                    asked = None  # it has it already
                    tick()
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise Problem(f"{module} ended with exit code {process.returncode}")
    return msgspec.json.decode(said, type=kind)
