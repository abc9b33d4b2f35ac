"""Programs under a supervisor, which say on stdout what becomes of them: run by `test_supervisor.py`."""

import os
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from aicache.cli.workers import supervisor
from aicache.cli.workers.supervisor import Program, Supervisor


def run(name: str, how: str, on_up: Callable[[], None]) -> int:
    """Run until SIGTERM; *how*: ``fails`` to start, is ``slow``: it ends with the second SIGTERM only, ``reports``
    regularly, once more ``late`` after SIGTERM, or is ``stuck`` but for the first run."""
    signals = 0

    def count(*_: object) -> None:
        nonlocal signals
        signals += 1

    signal.signal(signal.SIGTERM, count)
    if how == "fails":
        return 3
    if how == "stuck" and not (first := Path(os.environ["FIRST_RUN"])).exists():
        time.sleep(60)
    elif how == "stuck":
        first.unlink()
    on_up()
    say(f"{name} up")
    while not signals:
        time.sleep(0.01)
        if how == "reports":
            on_up()
    if how == "slow":
        say(f"{name} goes on")
        while signals < 2:
            time.sleep(0.01)
    if how == "late":
        time.sleep(0.3)
        on_up()
    say(f"{name} ended")
    return 0


class Paused(Supervisor):
    """One that stops, with all its programs, just before it calls one of its methods, once the file *when* exists."""

    def __init__(self, before: str, when: Path, *args: Any) -> None:
        super().__init__(*args)
        call = getattr(self, before)

        def stop_then_call(*args: Any) -> Any:
            if when.exists():
                when.unlink()
                for pid in (*(slot.pid for slot in self._slots if slot.pid), os.getpid()):
                    os.kill(pid, signal.SIGSTOP)
            return call(*args)

        setattr(self, before, stop_then_call)


def say(line: str) -> None:
    """Write a line at once: the others write to the same pipe."""
    os.write(sys.stdout.fileno(), f"{line}\n".encode())


if __name__ == "__main__":
    supervisor.RESTART_S = 0.5
    supervisor.CHECK_INTERVAL_S = 0.5
    silence = float(os.environ.get("SILENCE_S", "1"))
    workers = [
        Program(how, partial(run, f"{number}", how), silence if how in ("reports", "stuck") else None)
        for number, how in enumerate(sys.argv[1:])
    ]
    programs = Program("owner", partial(run, "owner", "")), workers, lambda: 20.0
    before, _, when = os.environ.get("PAUSED", "").partition(" ")
    sys.exit((Paused(before, Path(when), *programs) if before else Supervisor(*programs)).run())
