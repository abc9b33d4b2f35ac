"""The decision log: a Watcher that writes one line of JSON per decision, completion and comparison.

The event loop only puts a line into a queue. A thread writes; when it cannot keep up, lines are dropped and counted.

Not logging's QueueHandler, QueueListener and RotatingFileHandler. A trial with them was longer (200 lines for 184), as
erasure, ``log.max_age`` and a bounded close have to be fitted into their hooks; it did not end where the file is a pipe
that nobody reads; a line cost the event loop 26 µs in place of 16, and one flush a line three times the CPU.
"""

from __future__ import annotations

import contextlib
import logging
import math
import queue
import threading
import time
from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from aicache.domain.events import Checked, Decided, Erased, Finished
from aicache.domain.throttle import Throttle
from aicache.telemetry.log_lines import (
    checked_line,
    decided_line,
    erase_questions,
    finished_line,
    parse_time,
    render_line,
)
from aicache.telemetry.rotated_file import RotatedFile

logger = logging.getLogger(__name__)

MAX_QUEUED_LINES = 10_000
WRITE_BATCH_LINES = 200
CLOSE_TIMEOUT_S = 2.0
MAX_AGE_CHECK_INTERVAL_S = 3600.0

Clock: TypeAlias = Callable[[], float]


class DecisionLog:
    """Writes to *path*, and keeps *keep* older files of *max_bytes* beside it."""

    def __init__(
        self, path: Path, *, text: bool, max_bytes: int, keep: int, max_age: float = math.inf, clock: Clock = time.time
    ) -> None:
        self._text = text
        self._file = RotatedFile(path, max_bytes, keep)
        self._max_age, self._clock = max_age, clock
        self._age_checked_at = -math.inf  # monotonic
        self._queue: queue.Queue[dict[str, Any] | Erased | None] = queue.Queue(MAX_QUEUED_LINES)
        self._closing = False
        self._erase_all_pending = False
        self.dropped = 0
        self._warnings = Throttle()
        self._thread = threading.Thread(target=self._run, name="ai-cache log", daemon=True)
        self._thread.start()

    def decided(self, decided: Decided) -> None:
        self._put(decided_line(decided, text=self._text))

    def finished(self, finished: Finished) -> None:
        self._put(finished_line(finished))

    def checked(self, checked: Checked) -> None:
        self._put(checked_line(checked))

    def erased(self, erased: Erased) -> None:
        """Remove the questions about what was deleted from all lines, also from those still in the queue."""
        try:
            self._queue.put_nowait(erased)
        except queue.Full:  # then the questions of all lines go
            self._erase_all_pending = True

    def close(self) -> None:
        """Take no more lines; those in the queue are written in the background."""
        self._closing = True
        with contextlib.suppress(queue.Full):  # a full queue wakes the thread, too
            self._queue.put_nowait(None)

    def wait(self) -> None:
        """Block until everything is written after a `close`, for `CLOSE_TIMEOUT_S` at most."""
        self._thread.join(CLOSE_TIMEOUT_S)

    def _put(self, line: dict[str, Any]) -> None:
        try:
            self._queue.put_nowait(line)
        except queue.Full:
            self.dropped += 1

    def _erase(self, *erased: Erased) -> None:
        """Remove questions from all files. A journal beside them has the next process finish what this one cannot."""
        with self._file.locked():
            self._file.write_journal(b"".join(msgspec.json.encode(each) + b"\n" for each in erased))
            self._file.rewrite(lambda line: reduce(erase_questions, erased, line))
            self._file.write_journal(None)

    def _resume_erasure(self) -> None:
        """Finish the erasure that an earlier process had begun when it ended."""
        with self._file.locked():  # what another process is about to finish itself has no journal afterwards
            if not (journal := self._file.read_journal()):
                return
            try:
                self._erase(*(msgspec.json.decode(each, type=Erased) for each in journal.splitlines()))
            except msgspec.DecodeError:  # it ended while it wrote the journal
                self._erase(Erased(everything=True))

    def _run(self) -> None:
        try:
            self._resume_erasure()
        except OSError as exc:
            self._warn(exc)
        while not (self._closing and self._queue.empty()):
            batch = self._next_batch()
            lines = [line for line in batch if isinstance(line, dict)]
            try:
                if lines:
                    self._file.write(b"".join(map(render_line, lines)))
                if erased := [each for each in batch if isinstance(each, Erased)]:
                    self._erase(*erased)
                if self._erase_all_pending:
                    self._erase_all_pending = False
                    self._erase(Erased(everything=True))
                self._delete_old_lines()
            except OSError as exc:
                self.dropped += len(lines)
                self._warn(exc)
            except Exception:
                self.dropped += len(lines)
                logger.exception("decision log: lines lost: %d", len(lines))
        self._file.close()

    def _next_batch(self) -> list[dict[str, Any] | Erased | None]:
        """Wait for lines, no longer than until the next check of ages. An erasure ends a batch."""
        try:
            batch = [self._queue.get(timeout=self._age_check_interval_s)]
        except queue.Empty:
            return []
        while len(batch) < WRITE_BATCH_LINES and not isinstance(batch[-1], Erased) and not self._queue.empty():
            batch.append(self._queue.get())
        return batch

    @property
    def _age_check_interval_s(self) -> float:
        return min(MAX_AGE_CHECK_INTERVAL_S, self._max_age / 10)

    def _delete_old_lines(self) -> None:
        now = time.monotonic()
        if now - self._age_checked_at < self._age_check_interval_s or self._max_age == math.inf:
            return
        self._age_checked_at, oldest = now, self._clock() - self._max_age
        self._file.rewrite(
            lambda line: line if parse_time(line) >= oldest else None, only_if=lambda first: parse_time(first) < oldest
        )

    def _warn(self, exc: OSError) -> None:
        if self._warnings.allow(time.monotonic()):
            logger.warning("log.file: not written: %s", exc.strerror or exc)
