"""The environments that the commands run in: made once, under .venv/, one folder per Python and purpose, or for Node.

What the project runs on is what scripts/locks/ names, by version and hash: nothing is resolved, and nothing built.
Standard library only. Where packages come from is pip's, uv's and npm's configuration, never ours.
"""

import interpreter

# Before what an older Python does not have. This file keeps to the syntax of 3.6, to come as far as this line.
if interpreter.is_command():
    interpreter.settle()

import contextlib
import hashlib
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NoReturn

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "addon"))  # the package's commands, of which some need no environment

import installing  # noqa: E402
from installing import Failed  # noqa: E402

PYTHON = f"{sys.implementation.name}-{interpreter.version()}"
ON_FALLBACK = (
    f"on Python {interpreter.FALLBACK}, so without the fast path and without --web: the last mitmproxy for it is 11, "
    f"which has known vulnerabilities; Python {' or '.join(interpreter.PREFERRED[:2])} has all, and is taken if found"
)


def project(*, extras: bool = False, root: Path = ROOT) -> Path:
    """The Python of the project's environment, which is made or brought up to date where need be.

    With *extras* it holds what tests, plots and traces need, too; an environment that has them keeps them.
    """
    if interpreter.version() == interpreter.FALLBACK:
        print(f"{_command()}: {ON_FALLBACK}", file=sys.stderr)
    version, locks = interpreter.version(), root / "scripts" / "locks"
    files = [locks / f"{version}.txt", locks / f"{version}-extras.txt"]
    try:
        digest = _digest(root, PYTHON, [file.read_text(encoding="utf-8") for file in files])
    except OSError as exc:
        fail(f"there is nothing for Python {version} in {locks}: {exc}")
    folder = root / ".venv" / PYTHON
    return _ensure(Environment(folder, digest, locked=tuple(files), extras=extras, path=root / "addon"))


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


def uv() -> Path | None:
    """The program uv: the one on the PATH, else one of our own, installed by pip; None where it cannot be had."""
    found = shutil.which("uv")
    if found is not None and installing.runs([found, "--version"]):
        return Path(found)
    file = interpreter.LOCKS / "uv.txt"
    tool = Environment(ROOT / ".venv" / "uv", _digest(ROOT, "uv", file.read_text(encoding="utf-8")), locked=(file,))
    try:
        with _locked(tool.folder) as lock:
            if not tool.current():
                _make(tool, lock, by_pip=True)
    except Failed as exc:
        print(f"uv cannot be had: {exc} ({' '.join(exc.tail[-1:])})", file=sys.stderr)
        return None
    return executable(tool.python, "uv")


def has_node() -> bool:
    """Tell whether there is a Node with its npm."""
    return all(shutil.which(name) for name in ("node", "npm"))


def executable(python: Path, name: str) -> Path:
    """The command *name* that an installation has put beside *python*."""
    return python.with_name(name + python.suffix)


def fail(message: str) -> NoReturn:
    """End the command with one line on stderr, and exit code 1."""
    sys.exit(f"{_command()}: {message}")


@dataclass(frozen=True)
class Environment:
    """A folder, and what is to be in it; *digest* changes with everything that asks for a new installation."""

    folder: Path
    digest: str
    locked: tuple[Path, ...] = ()
    """The lock file, and that of the extras."""
    extras: bool = False
    requirements: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    path: Path | None = None
    """What is imported from where it lies."""
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

    def installed(self) -> bool | None:
        """Whether it has the extras; None if it is not finished, is of another digest, or has lost its Python."""
        try:
            finished = json.loads(self.stamp.read_text(encoding="utf-8"))
            # a link into a Python that has been uninstalled does not exist
            same = finished["digest"] == self.digest and self.place.exists()
            return bool(finished["extras"]) if same else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def current(self) -> bool:
        installed = self.installed()
        return installed is not None and installed >= self.extras


def _command() -> str:
    return Path(sys.argv[0]).name


def _digest(root: Path, runtime: str, content: object) -> str:
    # the folder counts: the scripts in bin/ hold absolute paths
    return hashlib.sha256(json.dumps([str(root), runtime, content], sort_keys=True).encode()).hexdigest()


def _ensure(environment: Environment) -> Path:
    if environment.current():
        return environment.place
    try:
        with _interruptible(), _locked(environment.folder) as lock:
            if not environment.current():  # another command may have made it while this one waited
                _make(environment, lock)
    except KeyboardInterrupt:
        print(f"\n{_command()}: interrupted; the next start begins again", file=sys.stderr)
        sys.exit(130)
    except Failed as exc:
        if not exc.tail:
            fail(str(exc))
        print(*exc.tail, sep="\n", file=sys.stderr)
        fail(f"{exc}; its last lines are above. Mend that and start again")
    except OSError as exc:
        fail(f"cannot make the environment {environment.folder}: {exc}")
    return environment.place


def _make(environment: Environment, lock: IO[str], by_pip: bool = False) -> None:
    began = time.monotonic()
    print(f"making the environment {environment.folder} (once)", file=sys.stderr)
    before = environment.installed()
    environment.stamp.unlink(missing_ok=True)
    if before is None:
        shutil.rmtree(environment.folder, ignore_errors=True)
    if environment.npm:
        installing.install_npm(environment.folder, environment.requirements, lock)
    else:
        tool = None if by_pip else uv()
        try:
            _fill(environment, tool, before is None, lock)
        except Failed as exc:
            if tool is None:
                raise
            print(f"{exc} ({' '.join(exc.tail[-1:])}); going on with pip", file=sys.stderr)
            shutil.rmtree(environment.folder, ignore_errors=True)
            _fill(environment, None, True, lock)
    stamp = {"digest": environment.digest, "extras": environment.extras or bool(before)}
    environment.stamp.write_text(json.dumps(stamp), encoding="utf-8")
    print(f"{environment.folder} is ready after {time.monotonic() - began:.0f} s", file=sys.stderr)


def _fill(environment: Environment, tool: Path | None, anew: bool, lock: IO[str]) -> None:
    if anew:
        installing.make_venv(environment.folder, lock, with_pip=tool is None)
    if environment.locked:
        base, *extras = environment.locked
        files = [*([base] if anew else []), *(extras if environment.extras else [])]
        wanted = [*installing.LOCKED, *(word for file in files for word in ("-r", str(file)))]
    else:
        wanted = [*(["--no-deps"] if environment.without else []), *environment.requirements]
    if wanted:
        installing.install(environment.python, wanted, tool, lock)
    if environment.without:  # for which the tools have no word that both know
        needed = installing.needed(environment.python, environment.without)
        installing.install(environment.python, needed, tool, lock)
    if environment.path is not None:
        installing.add_path(environment.python, environment.path)


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """Let SIGTERM end the work as Ctrl-C does, so that no tool is left behind."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[IO[str]]:
    """Hold the lock of a folder that is being made; the system releases it however the process ends."""
    folder.parent.mkdir(parents=True, exist_ok=True)
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
