"""Progress of a slow command on stderr. Standard library only."""

import re
import shutil
import sys
import time
from collections.abc import Callable
from typing import IO

LINE_INTERVAL_S = 5.0  # between two lines of progress without a terminal


def parse_activity(line: str) -> str | None:
    """Return what pip is doing, from a line of its output; None if the line does not say."""
    installing = re.match(r"Installing collected packages: (.*)", line)
    if installing:
        return f"installing {installing[1].count(',') + 1} packages"
    step = re.match(
        r"\s*(Collecting|Downloading|Building|Preparing) (?:[\w ]+ for (?!collected)|\S*/)?([\w.-]+)(?:.*(\(.*B\)))?",
        line,
    )
    return " ".join(word for word in (step[1].lower(), step[2], step[3]) if word) if step else None


def gauge(done: int, total: int, width: int = 24, show: Callable[[int], str] = "#".__mul__) -> str:
    """Return a progress bar."""
    filled = width * min(done, total) // max(total, 1)
    return f"[{show(filled)}{' ' * (width - filled)}]"


def bar(done: int, total: int, width: int = 24, show: Callable[[int], str] = "#".__mul__) -> str:
    """Return a progress bar and the numbers."""
    return f"{gauge(done, total, width, show)} {done} of {total}"


class Progress:
    """The current task and its duration: a line that is overwritten on a terminal, else a line every few seconds."""

    def __init__(self, task: str, out: IO[str] | None = None) -> None:
        self.task = task
        self._out = out or sys.stderr
        self._began = self._shown = time.monotonic()

    def show(self) -> None:
        now = time.monotonic()
        line = f"{now - self._began:4.0f} s  {self.task}"
        if self._out.isatty():
            width = shutil.get_terminal_size().columns - 1
            print("\r" + line[:width].ljust(width), end="", flush=True, file=self._out)
        elif now - self._shown >= LINE_INTERVAL_S:
            self._shown = now
            print(line, flush=True, file=self._out)

    def clear(self) -> None:
        if self._out.isatty():
            print("\r" + " " * (shutil.get_terminal_size().columns - 1), end="\r", flush=True, file=self._out)
