"""What is said of a tool that takes its time. Standard library only."""

import re
import shutil
import sys
import time
from collections.abc import Callable
from typing import IO

PLAIN_INTERVAL = 5.0  # seconds between two lines of progress where there is no terminal


def activity(line: str) -> str | None:
    """What a line of pip's output says it is doing; None where it says nothing of interest."""
    installing = re.match(r"Installing collected packages: (.*)", line)
    if installing:
        return f"installing {installing[1].count(',') + 1} packages"
    at_work = re.match(
        r"\s*(Collecting|Downloading|Building|Preparing) (?:[\w ]+ for (?!collected)|\S*/)?([\w.-]+)(?:.*(\(.*B\)))?",
        line,
    )
    return " ".join(word for word in (at_work[1].lower(), at_work[2], at_work[3]) if word) if at_work else None


def gauge(done: int, total: int, width: int = 24, show: Callable[[int], str] = "#".__mul__) -> str:
    """Return how far something has come, as a bar."""
    filled = width * min(done, total) // max(total, 1)
    return f"[{show(filled)}{' ' * (width - filled)}]"


def bar(done: int, total: int, width: int = 24, show: Callable[[int], str] = "#".__mul__) -> str:
    """Return how far something has come, as a bar and in numbers."""
    return f"{gauge(done, total, width, show)} {done} of {total}"


class Progress:
    """What goes on, and for how long: one line that changes on a terminal, a line now and then elsewhere."""

    def __init__(self, doing: str, out: IO[str] | None = None) -> None:
        self.doing = doing
        self._out = out or sys.stderr
        self._began = self._shown = time.monotonic()

    def show(self) -> None:
        now = time.monotonic()
        line = f"{now - self._began:4.0f} s  {self.doing}"
        if self._out.isatty():
            width = shutil.get_terminal_size().columns - 1
            print("\r" + line[:width].ljust(width), end="", flush=True, file=self._out)
        elif now - self._shown >= PLAIN_INTERVAL:
            self._shown = now
            print(line, flush=True, file=self._out)

    def clear(self) -> None:
        if self._out.isatty():
            print("\r" + " " * (shutil.get_terminal_size().columns - 1), end="\r", flush=True, file=self._out)
