"""Starts a server that must not outlive the process that started it. Runs as ``python -S -I launcher.py ...``.

Usage: ``launcher.py MODE PARENT_PID LOCK_FILE SERVER [ARGUMENT ...]``, in the folder that the server is to run in.

The server keeps LOCK_FILE locked while it lives, so a successor waits here until the server has released its files.

``exec`` (Linux) makes the kernel send SIGTERM when the parent ends, then becomes the server. ``guard`` (elsewhere)
keeps running, checks twice a second whether the parent still lives, and ends the server when it does not.

It imports only modules of the standard library that import fast.
"""

import fcntl
import os
import signal
import sys
import time

PR_SET_PDEATHSIG = 1
CHECK_INTERVAL_S = 0.5


def main(mode: str, parent: int, lock_file: str, server: list[str]) -> int:
    if mode == "exec":
        # prctl(2): the signal comes when the *thread* that created this process ends, and the request survives exec.
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    lock = os.open(lock_file, os.O_RDWR | os.O_CREAT, 0o600)
    while not _locked(lock):
        if os.getppid() != parent:
            return 0
        time.sleep(0.02)
    os.set_inheritable(lock, True)
    # The parent may have ended before prctl: then no signal will come.
    if os.getppid() != parent:
        return 0
    if mode == "exec":
        os.execv(server[0], server)
    return _guard(parent, server)


def _locked(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _guard(parent: int, server: list[str]) -> int:
    child = 0
    ending = False

    def end(*_: object) -> None:
        nonlocal ending
        ending = True
        if child:
            os.kill(child, signal.SIGTERM)

    signal.signal(signal.SIGTERM, end)
    child = os.posix_spawn(server[0], server, os.environ)
    if ending:  # the signal came before there was a child
        end()
    while True:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status) & 0xFF
        if not ending and os.getppid() != parent:
            end()
        time.sleep(0.02 if ending else CHECK_INTERVAL_S)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4:]))
