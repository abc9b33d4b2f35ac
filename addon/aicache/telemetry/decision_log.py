"""The decision log: one line of JSON for each thing that was decided, ended or judged; a Watcher.

Lines hold digests, names and numbers. Questions are in it only with ``log.text``; answers, credentials and headers
never are. Whoever decides puts a line into a queue and goes on: a thread writes, and when it cannot keep up, lines are
dropped and counted.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
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
from aicache.evidence.neighbor import Neighbor
from aicache.telemetry.labels import MAX_NAME_CHARS, replace_surrogates

logger = logging.getLogger(__name__)

MOST = 10_000  # lines that wait
TOGETHER = 200  # lines written at once
CLOSE_WITHIN = 2.0  # seconds
AGED_EVERY = 3600.0  # seconds between two looks for lines that are too old, at most

Clock: TypeAlias = Callable[[], float]


class DecisionLog:
    """*keep* files of *max_bytes* beside the one that is written to, which is the newest."""

    def __init__(
        self, path: Path, *, text: bool, max_bytes: int, keep: int, max_age: float = math.inf, clock: Clock = time.time
    ) -> None:
        self._text = text
        self._file = Rotated(path, max_bytes, keep)
        self._max_age, self._clock = max_age, clock
        self._aged = -math.inf  # when lines were looked through for old ones, by the monotonic clock
        self._queue: queue.Queue[dict[str, Any] | Erased | None] = queue.Queue(MOST)
        self._closing = False
        self._scrub_all = False
        self.dropped = 0
        self._warnings = Throttle()
        self._thread = threading.Thread(target=self._run, name="ai-cache log", daemon=True)
        self._thread.start()

    def decided(self, report: Decided) -> None:
        self._put(decided_line(report, text=self._text))

    def finished(self, finished: Finished) -> None:
        self._put(finished_line(finished))

    def checked(self, checked: Checked) -> None:
        self._put(judged_line(checked))

    def erased(self, erased: Erased) -> None:
        """Have the questions taken out of the lines about what was deleted, also those that wait to be written."""
        try:
            self._queue.put_nowait(erased)
        except queue.Full:  # then all go that are there
            self._scrub_all = True

    def close(self) -> None:
        """Take no more lines; those that wait are written in the background."""
        self._closing = True
        with contextlib.suppress(queue.Full):  # then the thread has enough to wake up for
            self._queue.put_nowait(None)

    def wait(self) -> None:
        """Block until everything is written after a `close`, for `CLOSE_WITHIN` at most."""
        self._thread.join(CLOSE_WITHIN)

    def _put(self, line: dict[str, Any]) -> None:
        try:
            self._queue.put_nowait(line)
        except queue.Full:
            self.dropped += 1

    def _scrub(self, *erased: Erased) -> None:
        """Take questions out of all files. What is to be done is noted beside them: the process may end on the way."""
        self._file.note(b"".join(msgspec.json.encode(each) + b"\n" for each in erased))
        self._file.rewrite(lambda line: reduce(scrubbed, erased, line))
        self._file.note(None)

    def _go_on(self) -> None:
        """Do what a process before this one was about to do when it ended."""
        if not (noted := self._file.noted()):
            return
        try:
            self._scrub(*(msgspec.json.decode(each, type=Erased) for each in noted.splitlines()))
        except msgspec.DecodeError:  # it ended while it noted that
            self._scrub(Erased(everything=True))

    def _run(self) -> None:
        try:
            self._go_on()
        except OSError as exc:
            self._warn(exc)
        while not (self._closing and self._queue.empty()):
            waiting = self._next()
            lines = [line for line in waiting if isinstance(line, dict)]
            try:
                if lines:
                    self._file.write(b"".join(map(_encoded, lines)))
                if erased := [each for each in waiting if isinstance(each, Erased)]:
                    self._scrub(*erased)
                if self._scrub_all:
                    self._scrub_all = False
                    self._scrub(Erased(everything=True))
                self._drop_old()
            except OSError as exc:
                self.dropped += len(lines)
                self._warn(exc)
            except Exception:
                self.dropped += len(lines)
                logger.exception("lines of the decision log were lost")
        self._file.close()

    def _next(self) -> list[dict[str, Any] | Erased | None]:
        """Wait for lines, at most as long as old ones may stay; an erasure ends what is written together."""
        try:
            waiting = [self._queue.get(timeout=self._pause)]
        except queue.Empty:
            return []
        while len(waiting) < TOGETHER and not isinstance(waiting[-1], Erased) and not self._queue.empty():
            waiting.append(self._queue.get())
        return waiting

    @property
    def _pause(self) -> float:
        return min(AGED_EVERY, self._max_age / 10)

    def _drop_old(self) -> None:
        now = time.monotonic()
        if now - self._aged < self._pause or self._max_age == math.inf:
            return
        self._aged, oldest = now, self._clock() - self._max_age
        self._file.rewrite(lambda line: line if _time_of(line) >= oldest else None, only_if=lambda t: t < oldest)

    def _warn(self, exc: OSError) -> None:
        if self._warnings.allow(time.monotonic()):
            logger.warning("log.file: not written: %s", exc.strerror or exc)


class Rotated:
    """A file that its owner alone may read, moved aside as FILE.1, FILE.2 and so on when it is full. Raises OSError."""

    def __init__(self, path: Path, max_bytes: int, keep: int) -> None:
        self._path, self._max_bytes, self._keep = path, max_bytes, keep
        self._file: int | None = None
        self._size = 0

    def write(self, data: bytes) -> None:
        file = self._open()
        if self._size and self._size + len(data) > self._max_bytes:
            self.close()
            self._move()
            file = self._open()
        view = memoryview(data)
        while view:
            view = view[os.write(file, view) :]
        self._size += len(data)

    def rewrite(
        self, change: Callable[[bytes], bytes | None], only_if: Callable[[float], bool] = lambda oldest: True
    ) -> None:
        """Pass every line of all files through *change*; None drops it. *only_if* says so of a file's first time."""
        self.close()
        numbered = self._path.parent.glob(f"{self._path.name}.*")
        files = [self._path, *(path for path in numbered if path.name.removeprefix(f"{self._path.name}.").isdecimal())]
        for path in files:
            if path.is_file():
                _rewrite(path, change, only_if)

    def note(self, what: bytes | None) -> None:
        """Keep a note beside the files, or none."""
        beside = self._path.with_name(f".{self._path.name}.erasing")
        if what is None:
            beside.unlink(missing_ok=True)
        elif self._path.parent.is_dir():
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(what)

    def noted(self) -> bytes:
        """Return the note that was left."""
        with contextlib.suppress(FileNotFoundError):
            return self._path.with_name(f".{self._path.name}.erasing").read_bytes()
        return b""

    def _open(self) -> int:
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            self._size = os.fstat(self._file).st_size
        return self._file

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
        self._file = None

    def _move(self) -> None:
        for i in range(self._keep - 1, 0, -1):
            if (older := self._numbered(i)).exists():
                older.replace(self._numbered(i + 1))
        self._path.replace(self._numbered(1))

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")


def _rewrite(path: Path, change: Callable[[bytes], bytes | None], only_if: Callable[[float], bool]) -> None:
    """Do so in a draft that takes the file's place, so that a reader sees the one or the other."""
    with path.open("rb") as file:
        if not only_if(_time_of(file.readline())):
            return
        file.seek(0)
        draft = path.with_name(f".{path.name}.part")
        draft.unlink(missing_ok=True)
        changed, kept = False, 0
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as new:
                for line in file:
                    other = change(line)
                    changed = changed or other is not line
                    if other is not None:
                        kept += len(other)
                        new.write(other)
            if changed and not kept and path.suffix[1:].isdecimal():
                path.unlink()
            elif changed:
                draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)


def _time_of(line: bytes) -> float:
    """Return when a line was written, in Unix seconds; the beginning of time where it does not say."""
    try:
        return msgspec.json.decode(line, type=_Timed).time
    except (msgspec.DecodeError, UnicodeDecodeError):
        return -math.inf


class _Timed(msgspec.Struct):
    time: float = -math.inf


def scrubbed(line: bytes, erased: Erased) -> bytes:
    """Return a line without questions, where it is about what was deleted, or about who was; else as it is."""
    try:
        said = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return b""  # nobody knows what it is about
    if not isinstance(said, dict):
        return b""
    neighbors = [each for each in said.get("neighbors") or () if isinstance(each, dict)]
    if "question" not in said and not any("question" in each for each in neighbors):
        return line
    entry = said.get("entry")
    keys = {said.get("key"), entry.get("key") if isinstance(entry, dict) else None}
    theirs = erased.caller is not None and erased.caller.matches_any(map(str, said.get("owners") or ()))
    about = erased.everything or theirs or not keys.isdisjoint(erased.keys)
    gone = [each for each in neighbors if about or each.get("key") in erased.keys]
    if not about and not any("question" in each for each in gone):
        return line
    for each in (said, *gone) if about else gone:
        each.pop("question", None)
    return _encoded(said)


def decided_line(report: Decided, *, text: bool) -> dict[str, Any]:
    """Say what was decided, and on what grounds."""
    trace, entry = report.trace, report.entry
    line: dict[str, Any] = {
        "time": report.at,
        "event": "decided",
        "outcome": report.outcome,
        "tier": report.tier,
        "reason": report.reason,
        "api": report.api,
        "model": report.model[:MAX_NAME_CHARS],
        "mode": str(report.mode),
        "key": report.key,
        "namespace": report.namespace,
        "kind": report.kind,
        "headers": [name[:MAX_NAME_CHARS] for name in report.headers],
        "seconds": report.seconds,
        "similarity": report.similarity,
        "threshold": trace.threshold,
        "risk": trace.risk,
        "error_bound": trace.error_bound,
        "steps": [[step.name, step.seconds] for step in trace.steps],
        "neighbors": [_neighbor(looked, text=text) for looked in trace.neighbors],
    }
    if entry is not None:
        line["entry"] = {
            "key": entry.key,
            "stored_at": entry.stored_at,
            "prompt_tokens": entry.prompt_tokens,
            "completion_tokens": entry.completion_tokens,
            "bytes": len(entry.body),
        }
    if text:
        line["question"] = report.question
        line["owners"] = report.owners  # whose it is: to be found by when that one is to be erased
    return line


def finished_line(finished: Finished) -> dict[str, Any]:
    """Say how a request ended that went upstream."""
    report, entry = finished.report, finished.entry
    return {
        "time": report.at + finished.seconds,
        "event": "finished",
        "api": report.api,
        "model": report.model[:MAX_NAME_CHARS],
        "key": report.key,
        "status": finished.status,
        "seconds": finished.seconds,
        "bytes": finished.size,
        "stored": entry is not None,
        "why_not": finished.why_not,
        "prompt_tokens": entry.prompt_tokens if entry is not None else 0,
        "completion_tokens": entry.completion_tokens if entry is not None else 0,
    }


def judged_line(checked: Checked) -> dict[str, Any]:
    """Say how a stored answer compared with a fresh one; what `scripts/evaluate` can learn from."""
    return {
        "time": checked.at,
        "event": "judged",
        "namespace": checked.namespace,
        "kind": checked.kind,
        "key": checked.key,
        "similarity": checked.similarity,
        "verdict": checked.verdict,
        "source": checked.source,
        "would": checked.would_serve,
        "guard": checked.guard,
        "risk": checked.risk,
        "error_bound": checked.error_bound,
        "standing": checked.serving_level,
    }


def _neighbor(looked: Neighbor, *, text: bool) -> dict[str, Any]:
    found = {"key": looked.key, "similarity": looked.similarity, "refused": looked.refused}
    return found | {"question": looked.question} if text else found


def _encoded(line: dict[str, Any]) -> bytes:
    try:
        return msgspec.json.encode(line, enc_hook=float) + b"\n"
    except UnicodeEncodeError:  # a lone surrogate, which JSON lets callers write
        return msgspec.json.encode(replace_surrogates(line), enc_hook=float) + b"\n"
