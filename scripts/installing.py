"""Installs packages into an environment with uv, or without it with pip: ten times slower, with the same result.

The caller decides what is installed. Standard library only.
"""

import collections
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import interpreter
from aicache.cli.progress import Progress, parse_activity

LOCKED_OPTIONS = ("--no-deps", "--require-hashes", "--only-binary=:all:")
"""Install exactly what a lock file names, without running code of the packages."""
MAX_TAIL_LINES = 15  # of a failed tool's output
BASE_PYTHON = str(getattr(sys, "_base_executable", sys.executable))
"""Not sys.executable, which may lie in the folder that is about to be made anew."""

RUN_CHECK_TIMEOUT_S = 20


class InstallError(Exception):
    """A tool failed. *tail* has the last lines of its output."""

    def __init__(self, message: str, tail: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.tail = tuple(tail)


def make_venv(folder: Path, lock: IO[str], *, with_pip: bool) -> None:
    """Make an empty environment. Raises InstallError, also if this Python lacks the modules for that."""
    for module in ("venv", *(["ensurepip"] if with_pip else [])):
        if importlib.util.find_spec(module) is None:
            raise InstallError(
                f"this Python ({sys.executable}) has no module {module}: on Debian and Ubuntu "
                f"`apt install python{interpreter.version()}-venv`; or start the command with another Python"
            )
    run([BASE_PYTHON, "-m", "venv", *([] if with_pip else ["--without-pip"]), str(folder)], "venv", lock)


def install(python: Path, arguments: Sequence[str], uv: Path | None, lock: IO[str]) -> None:
    """Install into the environment of *python*. uv and pip understand the same *arguments*. Raises InstallError."""
    if uv is not None:
        run([str(uv), "pip", "install", "--python", str(python), *arguments], "uv", lock)
    else:
        options = ["--disable-pip-version-check", "--no-input", "--no-user", "--progress-bar=off"]
        run([str(python), "-m", "pip", "install", *options, *arguments], "pip", lock)


def requirements_without(python: Path, without: Sequence[str]) -> list[str]:
    """Return the requirements of the packages in a new environment, except for those named in *without*."""
    code = (
        "import importlib.metadata as m; "
        "print(*(need for one in m.distributions() for need in one.requires or ()), sep='\\n')"
    )
    needs = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout
    return [
        need
        for need in needs.splitlines()
        if "extra ==" not in need and re.split(r"[^\w.-]", need, maxsplit=1)[0] not in without
    ]


def add_path(python: Path, path: Path) -> None:
    """Let the environment import from *path*, like an editable installation of pip."""
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    output = subprocess.run([python, "-c", code], stdout=subprocess.PIPE, check=True).stdout
    site = Path(os.fsdecode(output).strip())
    # relative, since the encoding of these files depends on the version of Python
    (site / "project.pth").write_text(os.path.relpath(path, site) + "\n", encoding="ascii")


def install_npm(folder: Path, requirements: Sequence[str], lock: IO[str]) -> None:
    """Install without running the packages' scripts, and without a lock file, which would record the index."""
    folder.mkdir(parents=True)
    (folder / "package.json").write_text('{"private": true}\n', encoding="utf-8")  # else npm uses a parent folder
    options = ["--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock", "--no-progress"]
    npm = shutil.which("npm") or "npm"
    run([npm, "install", "--prefix", str(folder), *options, *requirements], "npm", lock)


def run(command: Sequence[str], tool: str, lock: IO[str]) -> None:
    """Run *command* with progress on stderr; raises InstallError with the tail of its output."""
    inherited = (
        () if os.name == "nt" else (lock.fileno(),)
    )  # so the lock is held until the tool has ended, even if we are killed
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        env=settings(tool),
        pass_fds=inherited,
    )
    assert process.stdout is not None
    progress = Progress(f"starting {tool}")
    tail: collections.deque[str] = collections.deque(maxlen=MAX_TAIL_LINES)
    reader = threading.Thread(target=_read, args=(process.stdout, progress, tail), daemon=True)
    reader.start()
    try:
        while process.poll() is None:
            progress.show()
            reader.join(0.2)
            time.sleep(0.01)
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        raise
    finally:
        progress.clear()
    reader.join(1.0)
    if process.returncode:
        raise InstallError(f"{tool} failed with exit code {process.returncode}", tail)


def is_runnable(command: Sequence[str]) -> bool:
    """Return whether the command runs; a program on the PATH may be a shim for a missing one."""
    try:
        return not subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=RUN_CHECK_TIMEOUT_S
        ).returncode
    except (OSError, subprocess.SubprocessError):
        return False


def settings(tool: str) -> dict[str, str]:
    """Return the environment variables for a tool. uv gets pip's index and certificates, which it does not read."""
    # packages on PYTHONPATH would count as installed
    variables = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONPATH": ""}
    if tool == "uv":
        config = _pip_config()
        for name, value in {"UV_DEFAULT_INDEX": config.get("index-url"), "SSL_CERT_FILE": config.get("cert")}.items():
            if value:
                variables.setdefault(name, value)
    return variables


def _pip_config() -> dict[str, str]:
    """Return pip's settings for all its commands, from its files and the environment; empty without pip."""
    base = getattr(sys, "_base_executable", sys.executable)
    command = [base, "-m", "pip", "--disable-pip-version-check", "config", "list"]
    listed = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    found = re.findall(r"^(?:global|install|:env:)\.([\w-]+)='(.*)'$", listed.decode(errors="replace"), re.MULTILINE)
    return dict(found)


def _read(output: IO[str], progress: Progress, tail: collections.deque[str]) -> None:
    for line in output:
        tail.append(line.rstrip())
        progress.task = parse_activity(line) or progress.task
