"""The environments that the commands run in: made once, under .venv/, one folder per Python and purpose, or for Node.

Standard library only, for any bare Python 3.11+. Where packages come from is pip's and npm's configuration, never ours.
"""

import sys

# The commands are started by whatever `python3` is: this file keeps to the syntax of 3.6, to say what is wrong there.
if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit(
        f"{sys.argv[0]}: Python 3.11 or newer is needed, and {sys.executable} is {sys.version.split()[0]}: "
        f"start the command with a newer one, as in `python3.12 {sys.argv[0]}`"
    )

import collections
import contextlib
import hashlib
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NoReturn

from progress import Progress, activity

ROOT = Path(__file__).resolve().parent.parent
PYTHON = f"{sys.implementation.name}-{sys.version_info.major}.{sys.version_info.minor}"
TAIL = 15  # lines of a tool's output shown when it fails


def project(*extras: str, root: Path = ROOT) -> Path:
    """The Python of the project's environment, which is made or brought up to date where need be.

    An environment keeps the extras it once had: `serve` does not take away what `test` has installed.
    """
    pyproject = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    relevant = [pyproject.get("build-system"), pyproject.get("project"), pyproject.get("tool", {}).get("hatch")]
    folder = root / ".venv" / PYTHON
    return _ensure(Environment(folder, _digest(root, PYTHON, relevant), project=root, extras=frozenset(extras)))


def packages(purpose: str, requirements: Sequence[str], root: Path = ROOT, without: Sequence[str] = ()) -> Path:
    """The Python of an environment of its own that holds *requirements* and nothing of the project.

    It lacks those of their dependencies that *without* names: large ones that what is wanted never imports.
    """
    folder = root / ".venv" / f"{PYTHON}-{purpose}"
    digest = _digest(root, PYTHON, [*requirements, *(f"!{name}" for name in without)])
    return _ensure(Environment(folder, digest, requirements=tuple(requirements), without=tuple(without)))


def node_packages(purpose: str, requirements: Sequence[str], root: Path = ROOT) -> Path:
    """The folder whose ``node_modules`` hold *requirements* of npm's, and nothing that npm would run to install them.

    All Pythons share it.
    """
    if not has_node():
        fail("Node and its npm are needed, and are not on the PATH: https://nodejs.org has them")
    folder = root / ".venv" / f"node-{purpose}"
    digest = _digest(root, "node", list(requirements))
    return _ensure(Environment(folder, digest, requirements=tuple(requirements), npm=True))


def has_node() -> bool:
    """Tell whether there is a Node with its npm."""
    return all(shutil.which(name) for name in ("node", "npm"))


def executable(python: Path, name: str) -> Path:
    """The command *name* that pip has put beside *python*."""
    return python.with_name(name + python.suffix)


def fail(message: str) -> NoReturn:
    """End the command with one line on stderr, and exit code 1."""
    sys.exit(f"{Path(sys.argv[0]).name}: {message}")


@dataclass(frozen=True, slots=True)
class Environment:
    """A folder, and what is to be in it; *digest* changes with everything that asks for a new installation."""

    folder: Path
    digest: str
    project: Path | None = None
    extras: frozenset[str] = frozenset()
    requirements: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    npm: bool = False

    @property
    def place(self) -> Path:
        """What its user wants to know of it: the Python, or the folder that Node looks for packages in."""
        return self.folder if self.npm else self.python

    @property
    def python(self) -> Path:
        return self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    @property
    def stamp(self) -> Path:
        """Written last and removed first, so that it lies in finished environments only."""
        return self.folder / "finished.json"

    def installed(self) -> tuple[str, frozenset[str]] | None:
        """The digest and the extras that the folder was finished with; None if it never was, or has lost its Python."""
        try:
            finished = json.loads(self.stamp.read_text(encoding="utf-8"))
            # a link into a Python that has been uninstalled does not exist
            return (finished["digest"], frozenset(finished["extras"])) if self.place.exists() else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def current(self) -> bool:
        installed = self.installed()
        return installed is not None and installed[0] == self.digest and installed[1] >= self.extras


def _digest(root: Path, runtime: str, content: object) -> str:
    # the folder counts: an editable installation and the scripts in bin/ hold absolute paths
    return hashlib.sha256(json.dumps([str(root), runtime, content], sort_keys=True).encode()).hexdigest()


def _ensure(environment: Environment) -> Path:
    if environment.current():
        return environment.place
    if not environment.npm:
        _need_venv()
    try:
        environment.folder.parent.mkdir(parents=True, exist_ok=True)
        with _interruptible(), _locked(environment.folder) as lock:
            if not environment.current():  # another command may have made it while this one waited
                _make(environment, lock)
    except KeyboardInterrupt:
        print(f"\n{Path(sys.argv[0]).name}: interrupted; the next start begins again", file=sys.stderr)
        sys.exit(130)
    except OSError as exc:
        fail(f"cannot make the environment {environment.folder}: {exc}")
    return environment.place


def _need_venv() -> None:
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if missing:
        version = PYTHON.partition("-")[2]
        fail(
            f"this Python ({sys.executable}) comes without its {missing[0]} module: on Debian and Ubuntu "
            f"`apt install python{version}-venv` brings it; or start the command with another Python"
        )


def _make(environment: Environment, lock: IO[str]) -> None:
    began = time.monotonic()
    before = environment.installed()
    extras = environment.extras | (before[1] if before else frozenset())
    print(f"making the environment {environment.folder} (once; takes a minute or two)", file=sys.stderr)
    environment.stamp.unlink(missing_ok=True)
    anew = before is None or environment.npm or bool(environment.without)
    if anew:
        shutil.rmtree(environment.folder, ignore_errors=True)
    if environment.npm:
        _run(_npm(environment), "npm", lock)
    else:
        _install(environment, anew, extras, lock)
    environment.stamp.write_text(json.dumps({"digest": environment.digest, "extras": sorted(extras)}), encoding="utf-8")
    print(f"{environment.folder} is ready after {time.monotonic() - began:.0f} s", file=sys.stderr)


def _install(environment: Environment, new: bool, extras: Iterable[str], lock: IO[str]) -> None:
    if new:
        # not sys.executable: that may lie in the very folder that has just been removed
        base = getattr(sys, "_base_executable", sys.executable)
        _run([base, "-m", "venv", str(environment.folder)], "venv", lock)
    if environment.project is not None:
        named = ",".join(sorted(extras))
        _pip(environment, ["-e", f"{environment.project}[{named}]" if named else str(environment.project)], lock)
    elif environment.without:  # pip has no word for it
        _pip(environment, ["--no-deps", *environment.requirements], lock)
        _pip(environment, _needed(environment), lock)
    else:
        _pip(environment, environment.requirements, lock)


def _pip(environment: Environment, wanted: Sequence[str], lock: IO[str]) -> None:
    options = ["--disable-pip-version-check", "--no-input", "--no-user", "--progress-bar=off"]
    _run([str(environment.python), "-m", "pip", "install", *options, *wanted], "pip", lock)


def _needed(environment: Environment) -> list[str]:
    """What the distributions that are in a new environment need, less what it shall be without."""
    code = (
        "import importlib.metadata as m; "
        "print(*(need for one in m.distributions() for need in one.requires or ()), sep='\\n')"
    )
    needs = subprocess.run([str(environment.python), "-c", code], capture_output=True, text=True, check=True).stdout
    return [
        need
        for need in needs.splitlines()
        if "extra ==" not in need and re.split(r"[^\w.-]", need, maxsplit=1)[0] not in environment.without
    ]


def _npm(environment: Environment) -> list[str]:
    """Install where no package may run code of its own, and no lock file notes where it came from."""
    environment.folder.mkdir(parents=True)
    (environment.folder / "package.json").write_text('{"private": true}\n', encoding="utf-8")  # else npm looks above
    options = ["--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock", "--no-progress"]
    npm = shutil.which("npm") or "npm"
    return [npm, "install", "--prefix", str(environment.folder), *options, *environment.requirements]


def _run(command: Sequence[str], tool: str, lock: IO[str]) -> None:
    """Run *command* with progress on stderr, and end this one with the tail of its output when it fails."""
    inherited = (
        () if os.name == "nt" else (lock.fileno(),)
    )  # so the lock is held until pip has ended, even if we are killed
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        # what lies on PYTHONPATH today would count as installed
        env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONPATH": ""},
        pass_fds=inherited,
    )
    assert process.stdout is not None
    progress, tail = Progress(f"starting {tool}"), collections.deque[str](maxlen=TAIL)
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
        print(*tail, sep="\n", file=sys.stderr)
        fail(f"{tool} failed with exit code {process.returncode}; its last lines are above. Mend that and start again")


def _read(output: IO[str], progress: "Progress", tail: collections.deque[str]) -> None:
    for line in output:
        tail.append(line.rstrip())
        progress.doing = activity(line) or progress.doing


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """Let SIGTERM end the work as Ctrl-C does, so that pip is not left behind."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[IO[str]]:
    """Hold the lock of a folder that is being made; the system releases it however the process ends."""
    with folder.with_name(folder.name + ".lock").open("a") as file:
        waiting = False
        while not _try_lock(file):
            if not waiting:
                print(f"waiting for another command that is making {folder}", file=sys.stderr)
            waiting = True
            time.sleep(0.2)
        yield file


if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: IO[str]) -> bool:
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

else:
    import fcntl

    def _try_lock(file: IO[str]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
