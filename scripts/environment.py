"""Makes the environments that commands run in, under .venv/: one folder per Python and purpose, and for Node.

The project's packages are those of scripts/locks/, by version and hash: nothing is resolved or built. The package
index is that of pip's, uv's and npm's own configuration. Standard library only.
"""

import interpreter

# Before any import that an older Python lacks. This file has the syntax of 3.6, so that it gets as far as this line.
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
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, NoReturn

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "addon"))  # some of the package's commands need no environment

import installing  # noqa: E402
from installing import InstallError  # noqa: E402

PYTHON = f"{sys.implementation.name}-{interpreter.version()}"
FALLBACK_WARNING = (
    f"on Python {interpreter.FALLBACK}, so without the fast path and without --web: the last mitmproxy for it is 11, "
    f"which has known vulnerabilities; Python {' or '.join(interpreter.PREFERRED[:2])} has all, and is taken if found"
)


def project(*, extras: bool = False, root: Path = ROOT) -> Path:
    """Return the Python of the project's environment, which is made or updated first if necessary.

    With *extras* it also has the packages for tests, plots and traces; an environment that has them keeps them.
    """
    if interpreter.version() == interpreter.FALLBACK:
        print(f"{_command()}: {FALLBACK_WARNING}", file=sys.stderr)
    version, locks = interpreter.version(), root / "scripts" / "locks"
    files = [locks / f"{version}.txt", locks / f"{version}-extras.txt"]
    try:
        digest = _digest(root, PYTHON, [file.read_text(encoding="utf-8") for file in files])
    except OSError as exc:
        fail(f"no lock files for Python {version} in {locks}: {exc}")
    folder = root / ".venv" / PYTHON
    return _ensure(Environment(folder, digest, locked=tuple(files), extras=extras, path=root / "addon"))


def packages(purpose: str, requirements: Sequence[str], root: Path = ROOT, without: Sequence[str] = ()) -> Path:
    """Return the Python of a separate environment with *requirements* and nothing of the project.

    *without* names dependencies to leave out: large ones that are never imported.
    """
    folder = root / ".venv" / f"{PYTHON}-{purpose}"
    digest = _digest(root, PYTHON, [*requirements, *(f"!{name}" for name in without)])
    return _ensure(Environment(folder, digest, requirements=tuple(requirements), without=tuple(without)))


def node_packages(purpose: str, requirements: Sequence[str], root: Path = ROOT) -> Path:
    """Return the folder whose ``node_modules`` has the npm packages *requirements*, installed without their scripts.

    All Pythons share it.
    """
    if not has_node():
        fail("Node and npm are needed and are not on the PATH: install them from https://nodejs.org")
    folder = root / ".venv" / f"node-{purpose}"
    digest = _digest(root, "node", list(requirements))
    return _ensure(Environment(folder, digest, requirements=tuple(requirements), npm=True))


def uv() -> Path | None:
    """Return the program uv: from the PATH, else our own, installed by pip; None if that fails."""
    found = shutil.which("uv")
    if found is not None and installing.is_runnable([found, "--version"]):
        return Path(found)
    file = interpreter.LOCKS / "uv.txt"
    tool = Environment(ROOT / ".venv" / "uv", _digest(ROOT, "uv", file.read_text(encoding="utf-8")), locked=(file,))
    try:
        with _locked(tool.folder) as lock:
            if not tool.current():
                _make(tool, lock, by_pip=True)
    except InstallError as exc:
        print(f"uv is not available: {exc} ({' '.join(exc.tail[-1:])})", file=sys.stderr)
        return None
    return executable(tool.python, "uv")


def has_node() -> bool:
    """Return whether Node and npm are on the PATH."""
    return all(shutil.which(name) for name in ("node", "npm"))


def executable(python: Path, name: str) -> Path:
    """Return the path of the command *name* that is installed beside *python*."""
    return python.with_name(name + python.suffix)


def fail(message: str) -> NoReturn:
    """End the command with one line on stderr, and exit code 1."""
    sys.exit(f"{_command()}: {message}")


@dataclass(frozen=True)
class Environment:
    """A folder and its intended content; *digest* changes whenever the environment must be made anew."""

    folder: Path
    digest: str
    locked: tuple[Path, ...] = ()
    """The lock file and that of the extras."""
    extras: bool = False
    requirements: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    path: Path | None = None
    """A folder to import from without installing it."""
    npm: bool = False

    @property
    def result(self) -> Path:
        """The path that callers use: the Python, or the folder where Node looks for packages."""
        return self.folder if self.npm else self.python

    @property
    def python(self) -> Path:
        return self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    @property
    def stamp(self) -> Path:
        """Written last and removed first, so that only finished environments have it."""
        return self.folder / "finished.json"

    def finished(self) -> tuple[str, bool]:
        """Return the digest of what it was made from, and whether with the extras; nothing if it is unfinished."""
        try:
            finished = json.loads(self.stamp.read_text(encoding="utf-8"))
            return str(finished["digest"]), bool(finished["extras"])
        except (OSError, ValueError, KeyError, TypeError):
            return "", False

    def installed(self) -> bool | None:
        """Return whether it has the extras; None if it is unfinished, has another digest, or lost its Python."""
        digest, extras = self.finished()
        # a link to an uninstalled Python does not exist
        return extras if digest == self.digest and self.result.exists() else None

    def current(self) -> bool:
        """Return whether it need not be made or updated."""
        installed = self.installed()
        return installed is not None and installed >= self.extras


def _command() -> str:
    return Path(sys.argv[0]).name


def _digest(root: Path, runtime: str, content: object) -> str:
    # includes the folder, since the scripts in bin/ contain absolute paths
    return hashlib.sha256(json.dumps([str(root), runtime, content], sort_keys=True).encode()).hexdigest()


def _ensure(environment: Environment) -> Path:
    if environment.current():
        return environment.result
    try:
        with _interruptible(), _locked(environment.folder) as lock:
            if not environment.current():  # another command may have made it while this one waited
                _make(environment, lock)
    except KeyboardInterrupt:
        print(f"\n{_command()}: interrupted; the next start makes it again", file=sys.stderr)
        sys.exit(130)
    except InstallError as exc:
        if not exc.tail:
            fail(str(exc))
        print(*exc.tail, sep="\n", file=sys.stderr)
        fail(f"{exc}; its last lines are above. Fix that and start again")
    except OSError as exc:
        fail(f"cannot make the environment {environment.folder}: {exc}")
    return environment.result


def _make(environment: Environment, lock: IO[str], by_pip: bool = False) -> None:
    began = time.monotonic()
    print(f"making the environment {environment.folder} (once)", file=sys.stderr)
    before = environment.installed()
    if environment.finished()[1]:  # a lock that changed, or another folder, is no reason to lose the extras
        environment = replace(environment, extras=True)
    environment.stamp.unlink(missing_ok=True)
    if before is None:
        shutil.rmtree(environment.folder, ignore_errors=True)
    if environment.npm:
        installing.install_npm(environment.folder, environment.requirements, lock)
    else:
        tool = None if by_pip else uv()
        try:
            _fill(environment, tool, before is None, lock)
        except InstallError as exc:
            if tool is None:
                raise
            print(f"{exc} ({' '.join(exc.tail[-1:])}); trying pip", file=sys.stderr)
            shutil.rmtree(environment.folder, ignore_errors=True)
            _fill(environment, None, True, lock)
    stamp = {"digest": environment.digest, "extras": environment.extras}
    environment.stamp.write_text(json.dumps(stamp), encoding="utf-8")
    print(f"{environment.folder} is ready after {time.monotonic() - began:.0f} s", file=sys.stderr)


def _fill(environment: Environment, tool: Path | None, from_scratch: bool, lock: IO[str]) -> None:
    if from_scratch:
        installing.make_venv(environment.folder, lock, with_pip=tool is None)
    if environment.locked:
        base, *extras = environment.locked
        files = [*([base] if from_scratch else []), *(extras if environment.extras else [])]
        arguments = [*installing.LOCKED_OPTIONS, *(word for file in files for word in ("-r", str(file)))]
    else:
        arguments = [*(["--no-deps"] if environment.without else []), *environment.requirements]
    if arguments:
        installing.install(environment.python, arguments, tool, lock)
    if environment.without:  # uv and pip have no common option for this
        requirements = installing.requirements_without(environment.python, environment.without)
        installing.install(environment.python, requirements, tool, lock)
    if environment.path is not None:
        installing.add_path(environment.python, environment.path)


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """Handle SIGTERM like Ctrl-C, so that no child process is left behind."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[IO[str]]:
    """Hold the lock of a folder while it is made. The system releases it when the process ends, even if killed."""
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
