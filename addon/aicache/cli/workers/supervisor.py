"""Runs programs as forks of this process: starts them again when they end, and ends all together. Linux only.

A fork has all that this process has imported, which is most of a start. This process has one thread and no event loop:
it waits for signals, which are blocked and taken one by one, so that none comes in between.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn, TypeAlias

PR_SET_PDEATHSIG = 1
IS_UP = signal.Signals(signal.SIGRTMIN) if sys.platform == "linux" else signal.SIGTERM
"""What a program sends once it is up. Realtime signals are queued, each with its sender; others are merged."""
ENDING = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
WATCHED = ENDING | {signal.SIGCHLD, IS_UP}

LONG_LIFE_S = 10.0
"""A program that ends sooner is started again after a pause ..."""
FIRST_PAUSE_S = 0.1
MAX_PAUSE_S = 30.0
"""... which doubles each time, up to this."""
OWNER_START_S = 10.0
"""Wait for the owner to be up before the others are started, who can do without."""
CLOSE_S = 15.0
"""Time that a program has to end, in addition to that for open requests."""
AT_ONCE_S = 5.0
"""The same, after a second signal."""
LONGEST_WAIT_S = 3600.0
"""Where there is nothing to wait for but a signal."""
HUNG_AFTER_S = 12.0
"""Silence after which a program that reports regularly counts as hung: six times the interval of its reports."""
RESTART_S = 120.0
"""Time in which such a program is up again, or hangs as well: its owner waits for its store for half of it."""
CHECK_INTERVAL_S = 2.0
LATE_S = 1.0
"""A turn that takes so much longer than its wait should shows that this process was held up itself, as all may have
been."""

Run: TypeAlias = Callable[[Callable[[], None]], int]
"""Runs a program until SIGTERM, and returns its exit code; it is to call its argument once it is up."""


@dataclass(frozen=True)
class Program:
    """A program, and its name in messages."""

    name: str
    run: Run
    silence_s: float | None = None
    """Seconds without a call of its argument after which it hangs, and is killed; None if it calls that only once."""


@dataclass
class _Slot:
    """The place of a program; *pid* is None while it does not run."""

    program: Program
    pid: int | None = None
    is_up: bool = False
    code: int | None = None
    """The exit code of the last run; negative for the signal that ended it."""
    started_at: float = 0.0
    heard_at: float = 0.0
    """When it was started, or reported last."""
    start_at: float | None = None
    short_lives: int = 0

    @property
    def longest_silence(self) -> float | None:
        """The seconds after which it hangs; None where it may be silent, as until it is up for the first time."""
        if self.pid is None or self.program.silence_s is None:
            return None
        if not self.is_up:
            return RESTART_S if self.short_lives else None
        return self.program.silence_s


class Supervisor:
    """Runs an *owner*, which the others depend on, and *workers*; the owner is the first to start and the last to end.

    *drain_timeout* returns how many seconds workers may take to complete open requests.
    """

    def __init__(self, owner: Program, workers: Sequence[Program], drain_timeout: Callable[[], float]) -> None:
        self._owner = _Slot(owner)
        self._workers = [_Slot(worker) for worker in workers]
        self._drain_timeout = drain_timeout
        self._pid = os.getpid()
        self._waited_until = time.monotonic()
        """When the last wait ended: until then it is known who has reported."""
        self._signals = 0
        """Number of signals to end."""
        self._ending = False

    @property
    def _slots(self) -> list[_Slot]:
        return [self._owner, *self._workers]

    def run(self) -> int:
        """Run all until a signal to end, and return the exit code. In a fork it does not return.

        What ends before it is up at the first start ends all: its configuration is wrong, or the port is taken.
        """
        signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
        if (code := self._start_all()) is None:
            while not self._signals:
                self._start_due()
                self._kill_hung()
                self._wait(self._next_time())
        self._end_all()
        return code or 0

    def _start_all(self) -> int | None:
        """Start all; return the exit code of one that could not start. The first worker tells whether all can."""
        for slots, within in (([self._owner], OWNER_START_S), (self._workers[:1], None), (self._workers[1:], None)):
            deadline = None if within is None else time.monotonic() + within
            for slot in slots:
                self._start(slot)
            while not self._signals and not all(slot.is_up for slot in slots):
                for slot in self._slots:
                    if slot.code is not None and slot.start_at is None:
                        return max(slot.code, 1)
                if deadline is not None and time.monotonic() > deadline:
                    break
                self._start_due()
                self._wait(min(filter(None, (deadline, self._next_start())), default=None))
        return None

    def _start(self, slot: _Slot) -> None:
        slot.started_at = slot.heard_at = time.monotonic()
        slot.start_at, slot.is_up, slot.code = None, False, None
        sys.stdout.flush()
        sys.stderr.flush()
        if (pid := os.fork()) == 0:
            self._become(slot.program)
        slot.pid = pid

    def _become(self, program: Program) -> NoReturn:
        """Go on as *program*: end with this process, and get no Ctrl-C from its terminal."""
        os.setsid()
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, WATCHED)
        if os.getppid() != self._pid:  # it ended before prctl: no signal will come
            sys.exit(0)
        sys.exit(program.run(self._report))

    def _report(self) -> None:
        """Report to the supervisor, from one of its programs; to nobody once it has ended: its pid may be another's."""
        if os.getppid() == self._pid:
            os.kill(self._pid, IS_UP)

    def _start_due(self) -> None:
        for slot in self._slots:
            if slot.start_at is not None and slot.start_at <= time.monotonic():
                self._start(slot)

    def _kill_hung(self) -> None:
        """Kill what has not reported for too long: it is started again like everything that ends."""
        for slot in self._slots:
            limit = slot.longest_silence
            if limit is not None and self._waited_until - slot.heard_at > limit:
                say(f"{slot.program.name} hangs: nothing heard of it for {limit:g} s; killed")
                slot.heard_at = time.monotonic()  # not killed again before it is reaped
                self._kill([slot], signal.SIGKILL)

    def _next_time(self) -> float | None:
        """Return when something is due that no signal announces."""
        check = time.monotonic() + CHECK_INTERVAL_S if any(slot.longest_silence for slot in self._slots) else None
        return min(filter(None, (check, self._next_start())), default=None)

    def _next_start(self) -> float | None:
        return min((slot.start_at for slot in self._slots if slot.start_at is not None), default=None)

    def _wait(self, until: float | None) -> None:
        """Wait for a signal, no longer than *until* (monotonic), and note what it says."""
        within = LONGEST_WAIT_S if until is None else max(0.0, until - time.monotonic())
        info = signal.sigtimedwait(WATCHED, within)
        before, self._waited_until = self._waited_until, time.monotonic()
        if self._waited_until - before > within + LATE_S:  # a machine or container that was paused, maybe before it
            self._excuse_all()
        if info is None:
            return
        if info.si_signo in ENDING:
            self._signals += 1
        up = info if info.si_signo == IS_UP else signal.sigtimedwait({IS_UP}, 0)
        while up is not None:  # before it is known that one has ended
            for slot in self._slots:
                if slot.pid == up.si_pid:
                    slot.is_up, slot.heard_at = True, time.monotonic()
            up = signal.sigtimedwait({IS_UP}, 0)
        self._reap()

    def _excuse_all(self) -> None:
        for slot in self._slots:
            slot.heard_at = time.monotonic()

    def _reap(self) -> None:
        """Note which programs have ended, and let go of orphans, which a container's first process gets."""
        while self._has_children():
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            for slot in self._slots:
                if slot.pid == pid:
                    slot.pid, slot.code = None, os.waitstatus_to_exitcode(status)
                    was_up_once = slot.is_up or slot.short_lives > 0
                    if was_up_once and not self._signals and not self._ending:
                        self._schedule(slot)

    def _has_children(self) -> bool:
        return any(slot.pid is not None for slot in self._slots)

    def _schedule(self, slot: _Slot) -> None:
        lived = time.monotonic() - slot.started_at
        slot.short_lives = slot.short_lives + 1 if lived < LONG_LIFE_S else 1
        pause = restart_pause(slot.short_lives) if lived < LONG_LIFE_S else 0.0
        slot.start_at = time.monotonic() + pause
        when = "" if pause < 1 else f" in {pause:.0f} s"
        say(f"{slot.program.name} {describe_exit(slot.code or 0)}; starting it again{when}")

    def _end_all(self) -> None:
        """End the workers, who complete their open requests; at once after another signal. Then the owner."""
        self._ending = True
        self._end(self._workers, self._drain_timeout() + CLOSE_S)
        self._end([self._owner], CLOSE_S)

    def _end(self, slots: Sequence[_Slot], within: float) -> None:
        self._kill(slots, signal.SIGTERM)
        deadline, signals = time.monotonic() + within, self._signals
        while any(slot.pid is not None for slot in slots):
            self._wait(deadline)
            if self._signals > signals:
                signals = self._signals
                self._kill(slots, signal.SIGTERM)
                deadline = min(deadline, time.monotonic() + AT_ONCE_S)
            elif time.monotonic() >= deadline:
                say(f"killed, since it did not end: {', '.join(slot.program.name for slot in slots if slot.pid)}")
                self._kill(slots, signal.SIGKILL)
                deadline = time.monotonic() + AT_ONCE_S

    def _kill(self, slots: Sequence[_Slot], how: signal.Signals) -> None:
        for slot in slots:
            if slot.pid is not None:  # it is not reaped yet, so the number is its own
                os.kill(slot.pid, how)


def restart_pause(short_lives: int) -> float:
    """Return the seconds before a program is started again that has ended early so many times in a row."""
    return float(min(FIRST_PAUSE_S * 2 ** min(short_lives - 1, 20), MAX_PAUSE_S))


def describe_exit(code: int) -> str:
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"


def say(line: str) -> None:
    print(f"serve: {line}", file=sys.stderr, flush=True)
