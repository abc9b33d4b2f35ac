"""Which Python a command runs on: in place of one that is too old, the best that this machine has. It downloads none.

Standard library only, and the syntax of 3.6: commands are started by whatever `python3` is.
"""

import functools
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
LOCKS = HERE / "locks"
PIN = "AI_CACHE_PYTHON"
PREFERRED = ("3.13", "3.12", "3.14")
"""In this order: CI tests the first two, of which the newer is maintained longer."""
FALLBACK = "3.11"
"""For machines with nothing newer. Its mitmproxy is 11, in which known vulnerabilities are not mended any more."""
VERSIONS = (*PREFERRED, FALLBACK)
"""Those that there is a lock file for."""
SETTLED = "AI_CACHE_PYTHON_SETTLED"
"""Set for the one start in between, so that no two Pythons send a command back and forth."""
PATIENCE = 20.0  # seconds for a candidate to say what it is
PROBE = """
import sys, sysconfig, venv
if sys.implementation.name != "cpython" or sys.version_info.releaselevel != "final":
    sys.exit(1)
if sysconfig.get_config_var("Py_GIL_DISABLED"):
    sys.exit(1)
if "uv" not in sys.argv:
    import ensurepip
print("%d.%d" % sys.version_info[:2])
print(sys.executable)
"""


def is_command() -> bool:
    """Whether this process is one of the commands beside this file, and no test or tool that imports it."""
    file = getattr(sys.modules.get("__main__"), "__file__", None)
    return file is not None and Path(file).resolve().parent == HERE


def settle() -> None:
    """Start the command that this process is anew, where another Python suits better; no more than that once."""
    if os.environ.pop(SETTLED, ""):
        return
    pin = os.environ.get(PIN, "").strip()
    chosen = _pinned(pin) if pin else _better()
    if chosen is not None:
        _start_anew(chosen)


def version() -> str:
    """Return the running one's, as "3.13"."""
    return "{}.{}".format(*sys.version_info[:2])


def find(wanted: str) -> "str | None":
    """Return a Python of that version that runs, and that an environment can be made with."""
    for command in _candidates(wanted):
        found = _probe(command)
        if found is not None and found[0] == wanted:
            return found[1]
    return None


def _better() -> "str | None":
    """Return the Python to change to; None to stay. One that is new enough stays, so that a start can choose."""
    own = version() if sys.implementation.name == "cpython" else ""
    if own in VERSIONS and (own != FALLBACK or _is_an_environment()):
        return None
    for each in VERSIONS:
        if each == own:
            return None
        found = find(each)
        if found is not None:
            return found
    sys.exit(
        "{}: Python {} or newer is needed ({} is best; so far there is nothing for what is newer than those), and {} "
        "is {}: install one, or name one in ${}".format(
            _name(), FALLBACK, " or ".join(PREFERRED[:2]), sys.executable, sys.version.split()[0], PIN
        )
    )


def _is_an_environment() -> bool:
    """Whether this is the Python of an environment of ours: whoever starts that means it."""
    return HERE.parent / ".venv" in Path(sys.prefix).resolve().parents


def _pinned(pin: str) -> "str | None":
    """Return the Python that the user names, by its version, its path or its name on the PATH; None if it runs this."""
    if re.match(r"\d+\.\d+$", pin):
        if pin == version():
            return None
        found = find(pin) if pin in VERSIONS else None
        if found is None:
            sys.exit(f"{_name()}: {PIN}: there is no Python {pin} here that can be used: {_which()}")
        return found
    probed = _probe([shutil.which(pin) or pin])
    if probed is None or probed[0] not in VERSIONS:
        sys.exit(f"{_name()}: {PIN}: {pin} is no Python that can be used: {_which()}")
    running = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    return None if running == Path(probed[1]).resolve() else probed[1]


def _which() -> str:
    return "a version ({}), or the path of one, with its venv and ensurepip modules".format(", ".join(VERSIONS))


def _candidates(wanted: str) -> "list[list[str]]":
    """Return what may be that Python. A name on the PATH may be a shim of one that is not there."""
    suffix = ".exe" if os.name == "nt" else ""
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    paths = [folder / (name + suffix) for name in ("python" + wanted, "python3", "python") for folder in folders]
    paths[len(folders) : len(folders)] = _of_pyenv(wanted)
    commands = {path.resolve(): [str(path)] for path in reversed(paths) if os.access(str(path), os.X_OK)}
    found = list(reversed(list(commands.values())))
    if os.name == "nt" and shutil.which("py"):
        found.append(["py", "-" + wanted])
    uv = shutil.which("uv")
    if uv is not None:
        told = _told((uv, "python", "find", "--no-project", "--no-python-downloads", wanted))
        found += [[told[0]]] if told else []
    return found


def _of_pyenv(wanted: str) -> "list[Path]":
    """Return the Pythons that pyenv has made, the newest first, also where its shims are not on the PATH."""
    roots = [os.environ.get("PYENV_ROOT", ""), os.environ.get("PYENV", ""), "~/.pyenv", "~/.pyenv/pyenv-win"]
    found = []
    for root in roots:
        try:
            folders = list((Path(root).expanduser() / "versions").iterdir()) if root else []
        except (OSError, RuntimeError):
            continue
        for folder in folders:
            named = re.match(re.escape(wanted) + r"\.(\d+)$", folder.name)
            if named:
                found.append((int(named.group(1)), folder / ("python.exe" if os.name == "nt" else "bin/python")))
    return [path for _, path in sorted(found, reverse=True)]


def _probe(command: "list[str]") -> "tuple[str, str] | None":
    """Return the version and the path of a Python that an environment can be made with: None for anything else."""
    told = _told((*command, "-I", "-c", PROBE, *(["uv"] if shutil.which("uv") else [])))
    return (told[0], told[1]) if told is not None and len(told) == 2 else None


@functools.lru_cache(maxsize=None)  # noqa: UP033  (3.9 has `cache`)
def _told(command: "tuple[str, ...]") -> "list[str] | None":
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=PATIENCE
        )
        return None if done.returncode else done.stdout.decode().split("\n")[:-1]
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def _start_anew(python: str) -> None:
    command = [python, *getattr(sys, "orig_argv", ["", *sys.argv])[1:]]
    environment = dict(os.environ, **{SETTLED: "1"})
    sys.stdout.flush()
    if os.name == "nt":  # there exec would end this process, and the shell would go on beside the other
        sys.exit(subprocess.call(command, env=environment))
    os.execve(python, command, environment)


def _name() -> str:
    return Path(sys.argv[0]).name
