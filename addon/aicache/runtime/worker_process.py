"""Whether this process is one of several workers that share a port, and what it has to do as one.

The process that forks the workers sets this in each of them, before anything else runs there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Worker:
    """One worker: its *number*, from 1 to *count*. It owns no data folder: another process does so for all."""

    number: int
    count: int
    report_up: Callable[[], None]
    """To be called once it listens."""


_this: Worker | None = None


def become(worker: Worker) -> None:
    global _this
    _this = worker


def this_worker() -> Worker | None:
    """Return what this process is as a worker; None if it is a proxy by itself."""
    return _this
