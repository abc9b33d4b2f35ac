"""The local encoder as a fork of the proxy, which has the weights from the process that it is a fork of itself.

To load them takes longer than all else that a proxy does at its start. `encoder_main` runs in the fork as in a process
that is started plainly, and is a child of the proxy as that one is. Linux only.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
import warnings
from pathlib import Path
from typing import Any

NAME = "encoder_main.py"
"""Of its process, in place of a command line."""


class Fork:
    """What `EncoderProcess` uses of `subprocess.Popen`."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._ended = False

    def kill(self) -> None:
        if not self._ended:
            os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> None:
        if not self._ended:
            os.waitpid(self.pid, 0)
            self._ended = True


def install() -> None:
    """Load the weights; encoders of this process and its forks are forks from now on."""
    from aicache.adapters.embedders import encoder_main, local_process

    try:
        encode = encoder_main.load()
    except ImportError:  # it is not installed: a start says so
        return

    def spawn(process: Any, stdin: socket.socket) -> Fork:
        with warnings.catch_warnings(action="ignore"):  # of threads: the fork needs no lock that one might hold
            pid = os.fork()
        if pid == 0:
            try:
                _settle(stdin)
                encoder_main.load = lambda: encode
                encoder_main.main()
            finally:
                os._exit(0)
        return Fork(pid)

    local_process.EncoderProcess._spawn = spawn  # type: ignore[assignment]


def _settle(stdin: socket.socket) -> None:
    """Keep nothing of the proxy's but its memory."""
    gc.disable()  # what is collected here may close files
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    os.setsid()
    os.dup2(stdin.fileno(), 0)
    nothing = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nothing, stream)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    Path("/proc/self/comm").write_text(NAME)
    sys.argv = [NAME]
