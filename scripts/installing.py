"""How an environment is filled: by uv, or for want of it by pip, an order of magnitude slower and with the same result.

It decides nothing: what is installed, and whether anything is, is said by its caller. Standard library only.
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

LOCKED = ("--no-deps", "--require-hashes", "--only-binary=:all:")
"""What makes an installation exactly that of a lock file, and keeps it from running code of the packages."""
TAIL = 15  # lines of a tool's output shown when it fails
BASE = str(getattr(sys, "_base_executable", sys.executable))
"""Not sys.executable: that may lie in the very folder that is made anew."""


class Failed(Exception):
    """A tool cannot do it: what has happened, and the last lines that it said."""

    def __init__(self, message: str, tail: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.tail = tuple(tail)


def make_venv(folder: Path, lock: IO[str], *, with_pip: bool) -> None:
    """Make an empty environment; raises Failed also where this Python has not what that takes."""
    for module in ("venv", *(["ensurepip"] if with_pip else [])):
        if importlib.util.find_spec(module) is None:
            raise Failed(
                f"this Python ({sys.executable}) comes without its {module} module: on Debian and Ubuntu "
                f"`apt install python{interpreter.version()}-venv` brings it; or start the command with another Python"
            )
    run([BASE, "-m", "venv", *([] if with_pip else ["--without-pip"]), str(folder)], "venv", lock)


def install(python: Path, arguments: Sequence[str], uv: Path | None, lock: IO[str]) -> None:
    """Install into the environment of *python*; both tools know the arguments. Raises Failed."""
    if uv is not None:
        run([str(uv), "pip", "install", "--python", str(python), *arguments], "uv", lock)
    else:
        options = ["--disable-pip-version-check", "--no-input", "--no-user", "--progress-bar=off"]
        run([str(python), "-m", "pip", "install", *options, *arguments], "pip", lock)


def needed(python: Path, without: Sequence[str]) -> list[str]:
    """What the distributions that are in a new environment need, less what it shall be without."""
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
    """Let the environment import what lies in *path*, which pip calls an editable installation."""
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    told = subprocess.run([python, "-c", code], stdout=subprocess.PIPE, check=True).stdout
    site = Path(os.fsdecode(told).strip())
    # relative, since Pythons differ in the encoding of these files
    (site / "project.pth").write_text(os.path.relpath(path, site) + "\n", encoding="ascii")


def install_npm(folder: Path, requirements: Sequence[str], lock: IO[str]) -> None:
    """Install where no package may run code of its own, and no lock file notes where it came from."""
    folder.mkdir(parents=True)
    (folder / "package.json").write_text('{"private": true}\n', encoding="utf-8")  # else npm looks above
    options = ["--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock", "--no-progress"]
    npm = shutil.which("npm") or "npm"
    run([npm, "install", "--prefix", str(folder), *options, *requirements], "npm", lock)


def run(command: Sequence[str], tool: str, lock: IO[str]) -> None:
    """Run *command* with progress on stderr; raises Failed with the tail of its output."""
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
    tail: collections.deque[str] = collections.deque(maxlen=TAIL)
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
        raise Failed(f"{tool} failed with exit code {process.returncode}", tail)


def runs(command: Sequence[str]) -> bool:
    """Whether what is on the PATH is more than a shim of something that is not there."""
    try:
        return not subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=20).returncode
    except (OSError, subprocess.SubprocessError):
        return False


def settings(tool: str) -> dict[str, str]:
    """The variables that a tool is run with; uv is told where pip is told to look, which it does not ask."""
    # what lies on PYTHONPATH today would count as installed
    variables = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONPATH": ""}
    if tool == "uv":
        told = _of_pip()
        for name, value in {"UV_DEFAULT_INDEX": told.get("index-url"), "SSL_CERT_FILE": told.get("cert")}.items():
            if value:
                variables.setdefault(name, value)
    return variables


def _of_pip() -> dict[str, str]:
    """pip's settings for all of its commands, by its files and by the environment; none where there is no pip."""
    base = getattr(sys, "_base_executable", sys.executable)
    command = [base, "-m", "pip", "--disable-pip-version-check", "config", "list"]
    listed = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    found = re.findall(r"^(?:global|install|:env:)\.([\w-]+)='(.*)'$", listed.decode(errors="replace"), re.MULTILINE)
    return dict(found)


def _read(output: IO[str], progress: Progress, tail: collections.deque[str]) -> None:
    for line in output:
        tail.append(line.rstrip())
        progress.task = parse_activity(line) or progress.task
