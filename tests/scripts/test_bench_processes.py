"""What `scripts/bench` knows of the processes it starts: whether they stand, what they cost, and that they end."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.errors import Problem
from benchmarks.processes import Tree, free_port, run_server

linux = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="wants /proc")
LISTENS = "import socket, sys, time; s = socket.create_server(('127.0.0.1', int(sys.argv[1]))); time.sleep(60)"
BURNS = "import time\nwhile time.process_time() < {seconds}: pass\n"
ONE_LIVES_ONE_ENDS = f"""
import subprocess, sys, time
subprocess.run([sys.executable, "-c", {BURNS.format(seconds=0.4)!r}])
alive = subprocess.Popen([sys.executable, "-c", {BURNS.format(seconds=0.4)!r} + "time.sleep(60)"])
print("ended", flush=True)
sys.stdin.read()
alive.kill()
"""


def test_a_server_is_ended_with_its_block(tmp_path: Path) -> None:
    port = free_port()

    with run_server([sys.executable, "-c", LISTENS, str(port)], port, tmp_path / "log") as server:
        server.wait_listening()
        assert server.process.poll() is None

    assert server.process.poll() is not None
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", port), 1)


def test_a_server_that_ends_is_a_problem_with_its_last_words(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('the port is taken')"]

    with (
        run_server(command, free_port(), tmp_path / "proxy.log") as server,
        pytest.raises(Problem, match="proxy ended with exit code 1: the port is taken"),
    ):
        server.wait_listening()


@linux
def test_processor_time_is_of_children_too_whether_they_live_or_not() -> None:
    command = [sys.executable, "-c", ONE_LIVES_ONE_ENDS]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        tree = Tree(process.pid)

        deadline = time.monotonic() + 20
        while tree.cpu() < 0.75 and time.monotonic() < deadline:
            time.sleep(0.05)
        cpu, both, alone = tree.cpu(), tree.memory(), tree.alone()

    assert cpu >= 0.75
    assert both > 1.5 * alone > 0
    assert tree.cpu() == tree.memory() == 0  # it has gone
