"""Programs under the supervisor, in real processes: started, killed, ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aicache.cli.workers.supervisor import MAX_PAUSE_S, restart_pause
from e2e.proxy import ROOT, alive, children

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="workers are for Linux")

Start = Callable[..., "Supervised"]


class Supervised:
    """A supervisor with an owner and workers, in a process of its own."""

    def __init__(self, *workers: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-S", str(Path(__file__).with_name("supervised.py")), *workers],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT / "addon")},
        )

    def read(self, lines: int) -> list[str]:
        assert self.process.stdout is not None
        return [self.process.stdout.readline().strip() for _ in range(lines)]

    def end(self) -> tuple[list[str], str, int]:
        """End it; return what the programs and the supervisor say from now on, and the exit code."""
        self.process.send_signal(signal.SIGTERM)
        out, err = self.process.communicate(timeout=20)
        return out.splitlines(), err, self.process.returncode


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[Supervised] = []

    def start(*workers: str) -> Supervised:
        started.append(Supervised(*workers))
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.process.communicate()


def test_the_owner_starts_first_and_ends_last(start: Start) -> None:
    supervised = start("", "", "")

    assert supervised.read(2) == ["owner up", "0 up"]
    assert sorted(supervised.read(2)) == ["1 up", "2 up"]

    lines, _, code = supervised.end()

    assert (sorted(lines[:3]), lines[3:], code) == (["0 ended", "1 ended", "2 ended"], ["owner ended"], 0)


@pytest.mark.parametrize("which", [0, 1])
def test_what_is_killed_starts_again(start: Start, which: int) -> None:
    supervised = start("")
    supervised.read(2)

    os.kill(children(supervised.process.pid)[which], signal.SIGKILL)

    assert supervised.read(1) == [["owner up"], ["0 up"]][which]
    _, said, code = supervised.end()
    assert "was ended by SIGKILL; starting it again" in said
    assert code == 0


def test_what_hangs_is_replaced_and_the_others_go_on(start: Start) -> None:
    supervised = start("reports", "reports", "")
    supervised.read(4)
    owner, hanging, *others = children(supervised.process.pid)

    os.kill(hanging, signal.SIGSTOP)

    assert supervised.read(1) == ["0 up"]
    assert {owner, *others} < set(children(supervised.process.pid))
    assert hanging not in children(supervised.process.pid)
    _, said, code = supervised.end()
    assert said.count("reports hangs: nothing heard of it for 1 s; killed") == 1
    assert code == 0


@pytest.mark.slow
def test_what_hangs_while_it_starts_again_is_killed_as_well(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (first := tmp_path / "first").touch()
    monkeypatch.setenv("FIRST_RUN", str(first))
    supervised = start("stuck")
    supervised.read(2)

    os.kill(children(supervised.process.pid)[1], signal.SIGKILL)
    assert supervised.process.stderr is not None
    said = [supervised.process.stderr.readline() for _ in range(3)]

    assert "stuck was ended by SIGKILL; starting it again" in said[0]
    assert "stuck hangs: nothing heard of it for 0.5 s; killed" in said[1]
    assert "starting it again" in said[2]


@pytest.mark.slow
def test_nothing_hangs_because_all_were_paused(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SILENCE_S", "3")
    supervised = [start("reports", "reports")]
    moments = {name: tmp_path / name for name in ("_wait", "_kill_hung", "_next_time")}  # between two waits
    for name, when in moments.items():
        monkeypatch.setenv("PAUSED", f"{name} {when}")
        supervised.append(start("reports", "reports"))
    for each in supervised:
        each.read(3)
    everybody = [[each.process.pid, *children(each.process.pid)] for each in supervised]
    for when in moments.values():
        when.touch()
    for pid in everybody[0]:
        os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: all(is_stopped(pid) for pids in everybody for pid in pids))

    time.sleep(4)  # longer than the silence, and than a wait between two checks
    for pid in (pid for pids in everybody for pid in pids):
        os.kill(pid, signal.SIGCONT)
    time.sleep(1.2)  # two checks and more

    assert [[each.process.pid, *children(each.process.pid)] for each in supervised] == everybody
    assert [each.end()[1:] for each in supervised] == [("", 0)] * 4


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def test_nothing_is_reported_to_a_pid_that_may_be_another_process_by_now(start: Start) -> None:
    supervised = start("late")
    supervised.read(2)

    supervised.process.kill()
    supervised.process.wait(20)

    assert set(supervised.read(2)) == {"owner ended", "0 ended"}


def test_what_cannot_start_ends_all_with_its_exit_code(start: Start) -> None:
    supervised = start("fails", "")

    out, err = supervised.process.communicate(timeout=20)

    assert (out.split("\n"), err) == (["owner up", "owner ended", ""], "")
    assert supervised.process.returncode == 3


def test_a_second_signal_is_passed_on(start: Start) -> None:
    supervised = start("slow", "")
    supervised.read(3)

    supervised.process.send_signal(signal.SIGINT)
    assert sorted(supervised.read(2)) == ["0 goes on", "1 ended"]
    lines, _, code = supervised.end()

    assert (lines, code) == (["0 ended", "owner ended"], 0)


def test_nothing_outlives_it(start: Start) -> None:
    supervised = start("", "")
    supervised.read(3)
    programs = children(supervised.process.pid)

    supervised.process.kill()

    assert sorted(supervised.read(3)) == ["0 ended", "1 ended", "owner ended"]
    wait_until(lambda: not any(map(alive, programs)))


def test_a_program_that_keeps_ending_is_started_ever_more_rarely() -> None:
    pauses = [restart_pause(times) for times in range(1, 60)]

    assert pauses[:4] == [0.1, 0.2, 0.4, 0.8]
    assert pauses == sorted(pauses)
    assert pauses[-1] == MAX_PAUSE_S
