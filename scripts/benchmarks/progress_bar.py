"""How far a series of measurements is, as a bar on stderr."""

from __future__ import annotations

import time

from aicache.cli.progress import Progress

WIDTH = 24  # characters of the bar


class Steps:
    """*total* steps of about the same length, one after the other; call `tick` while one is under way."""

    def __init__(self, series: str, total: int) -> None:
        self._series, self._total, self.done = series, total, -1
        self._began = time.monotonic()
        self._progress = Progress(series)

    def begin(self, what: str) -> None:
        """Say that one step has ended, if there was one, and that the next does *what*."""
        self.done += 1
        filled = WIDTH * self.done // self._total
        bar = "#" * filled + "-" * (WIDTH - filled)
        self._progress.task = f"[{bar}] {self.done}/{self._total}{self._left()}  {self._series}: {what}"
        self.tick()

    def tick(self) -> None:
        self._progress.show()

    def end(self) -> None:
        self._progress.clear()

    def _left(self) -> str:
        if not self.done:
            return ""
        left = (time.monotonic() - self._began) / self.done * (self._total - self.done)
        return f", {left:.0f} s left"
