"""A progress bar on stderr for a series of measurements."""

from __future__ import annotations

import time

from aicache.cli.progress import Progress

BAR_CHARS = 24


class StepProgress:
    """Progress of *total* steps of similar duration; call `tick` during each step."""

    def __init__(self, series: str, total: int) -> None:
        self._series, self._total, self.done = series, total, -1
        self._began = time.monotonic()
        self._progress = Progress(series)

    def begin(self, what: str) -> None:
        """End the current step, if any, and begin one described by *what*."""
        self.done += 1
        filled = BAR_CHARS * self.done // self._total
        bar = "#" * filled + "-" * (BAR_CHARS - filled)
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
