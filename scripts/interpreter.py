"""Chooses the Python that a command runs on, and restarts the command if another one is better. Downloads nothing.

Standard library only, and the syntax of 3.6: commands are started by any `python3`.
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
"""In order of preference: CI tests the first two, and the newer of them is maintained longer."""
FALLBACK = "3.11"
"""For machines with nothing newer. Its mitmproxy is 11, whose known vulnerabilities are no longer fixed."""
VERSIONS = (*PREFERRED, FALLBACK)
"""Versions with a lock file."""
SETTLED = "AI_CACHE_PYTHON_SETTLED"
"""Environment variable that is set for the restart, so that two Pythons cannot restart a command endlessly."""
PROBE_TIMEOUT_S = 20.0
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
    """Return whether this process runs a command beside this file, not a test or tool that imports it."""
    file = getattr(sys.modules.get("__main__"), "__file__", None)
    return file is not None and Path(file).resolve().parent == HERE


def settle() -> None:
    """Restart this command, at most once, if another Python is better."""
    if os.environ.pop(SETTLED, ""):
        return
    pin = os.environ.get(PIN, "").strip()
    chosen = _pinned(pin) if pin else _better()
    if chosen is not None:
        _restart(chosen)


def version() -> str:
    """Return the version of the running Python, as "3.13"."""
    return "{}.{}".format(*sys.version_info[:2])


def find(python_version: str) -> "str | None":
    """Return the path of a Python of that version that can make environments; None if there is none."""
    for command in _candidates(python_version):
        found = _probe(command)
        if found is not None and found[0] == python_version:
            return found[1]
    return None


def _better() -> "str | None":
    """Return the Python to restart with; None to stay. One that is new enough stays, so that users can choose it."""
    own = version() if sys.implementation.name == "cpython" else ""
    if own in VERSIONS and (own != FALLBACK or _is_project_environment()):
        return None
    for each in VERSIONS:
        if each == own:
            return None
        found = find(each)
        if found is not None:
            return found
    sys.exit(
        "{}: Python {} or newer is needed ({} is best; newer ones are not supported yet), and {} "
        "is {}: install one, or name one in ${}".format(
            _command_name(), FALLBACK, " or ".join(PREFERRED[:2]), sys.executable, sys.version.split()[0], PIN
        )
    )


def _is_project_environment() -> bool:
    """Return whether this is the Python of one of our environments, which somebody chose on purpose."""
    return HERE.parent / ".venv" in Path(sys.prefix).resolve().parents


def _pinned(pin: str) -> "str | None":
    """Return the Python that the user names by version, path or name on the PATH; None if it is the running one."""
    if re.match(r"\d+\.\d+$", pin):
        if pin == version():
            return None
        found = find(pin) if pin in VERSIONS else None
        if found is None:
            sys.exit(f"{_command_name()}: {PIN}: there is no usable Python {pin} on this machine: {_pin_help()}")
        return found
    probed = _probe([shutil.which(pin) or pin])
    if probed is None or probed[0] not in VERSIONS:
        sys.exit(f"{_command_name()}: {PIN}: {pin} is not a usable Python: {_pin_help()}")
    running = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    return None if running == Path(probed[1]).resolve() else probed[1]


def _pin_help() -> str:
    return "give a version ({}) or a path; it needs the modules venv and ensurepip".format(", ".join(VERSIONS))


def _candidates(python_version: str) -> "list[list[str]]":
    """Return commands that may start that Python. A name on the PATH may be a shim for a missing one."""
    suffix = ".exe" if os.name == "nt" else ""
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    paths = [
        folder / (name + suffix) for name in ("python" + python_version, "python3", "python") for folder in folders
    ]
    paths[len(folders) : len(folders)] = _pyenv_pythons(python_version)
    commands = {path.resolve(): [str(path)] for path in reversed(paths) if os.access(str(path), os.X_OK)}
    found = list(reversed(list(commands.values())))
    if os.name == "nt" and shutil.which("py"):
        found.append(["py", "-" + python_version])
    uv = shutil.which("uv")
    if uv is not None:
        lines = _output_lines((uv, "python", "find", "--no-project", "--no-python-downloads", python_version))
        found += [[lines[0]]] if lines else []
    return found


def _pyenv_pythons(python_version: str) -> "list[Path]":
    """Return the Pythons that pyenv installed, the newest first. Its shims need not be on the PATH."""
    roots = [os.environ.get("PYENV_ROOT", ""), os.environ.get("PYENV", ""), "~/.pyenv", "~/.pyenv/pyenv-win"]
    found = []
    for root in roots:
        try:
            folders = list((Path(root).expanduser() / "versions").iterdir()) if root else []
        except (OSError, RuntimeError):
            continue
        for folder in folders:
            named = re.match(re.escape(python_version) + r"\.(\d+)$", folder.name)
            if named:
                found.append((int(named.group(1)), folder / ("python.exe" if os.name == "nt" else "bin/python")))
    return [path for _, path in sorted(found, reverse=True)]


def _probe(command: "list[str]") -> "tuple[str, str] | None":
    """Return version and path of a Python that can make environments; None for anything else."""
    lines = _output_lines((*command, "-I", "-c", PROBE, *(["uv"] if shutil.which("uv") else [])))
    return (lines[0], lines[1]) if lines is not None and len(lines) == 2 else None


@functools.lru_cache(maxsize=None)  # noqa: UP033  (3.9 has `cache`)
def _output_lines(command: "tuple[str, ...]") -> "list[str] | None":
    try:
        completed = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=PROBE_TIMEOUT_S,
        )
        return None if completed.returncode else completed.stdout.decode().split("\n")[:-1]
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def _restart(python: str) -> None:
    command = [python, *getattr(sys, "orig_argv", ["", *sys.argv])[1:]]
    environment = dict(os.environ, **{SETTLED: "1"})
    sys.stdout.flush()
    if os.name == "nt":  # exec on Windows would end this process, and the shell would not wait for the new one
        sys.exit(subprocess.call(command, env=environment))
    os.execve(python, command, environment)


def _command_name() -> str:
    return Path(sys.argv[0]).name
