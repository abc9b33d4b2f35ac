"""A file that records the changes of `up` and `run`, so that `down` can undo them even after a crash."""

import contextlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from redirection import system

FOLDER = Path("/run/ai-cache")  # emptied when the machine starts, as are the kernel's rules


@dataclass(frozen=True, slots=True)
class Process:
    """A process, identified by number and start time, since numbers are reused."""

    pid: int
    began: str

    @property
    def alive(self) -> bool:
        return _start_ticks(self.pid) == self.began


@dataclass(frozen=True, slots=True)
class State:
    """The redirection in force, and what to undo."""

    hosts: tuple[str, ...]
    ports: tuple[int, ...]
    proxy_port: int
    settings: dict[str, str] = field(default_factory=dict)
    """Files under /proc/sys/net that were set to 0, with their previous content."""
    runner: Process | None = None
    """The `run` process, which undoes all this itself when it gets a signal."""
    proxy: Process | None = None


def state_file() -> Path:
    """Return the state file, one per network namespace, since rules belong to a namespace."""
    return FOLDER / f"transparent-{system.namespace()}.json"


def write(state: State) -> None:
    FOLDER.mkdir(mode=0o755, exist_ok=True)
    new = state_file().with_suffix(f".{os.getpid()}")
    new.write_text(json.dumps(asdict(state)), "utf-8")
    new.replace(state_file())


def read() -> State | None:
    try:
        saved = json.loads(state_file().read_text("utf-8"))
        runner, proxy = (Process(**saved[name]) if saved[name] else None for name in ("runner", "proxy"))
        return State(
            tuple(saved["hosts"]), tuple(saved["ports"]), saved["proxy_port"], dict(saved["settings"]), runner, proxy
        )
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):  # not written by this version
        return None


def delete() -> None:
    state_file().unlink(missing_ok=True)


def process(pid: int) -> Process:
    return Process(pid, _start_ticks(pid) or "")


def icmp_redirect_settings(interfaces: Sequence[str]) -> dict[str, str]:
    """Return the settings, of those that are on, that make this machine send ICMP redirects, which bypass the proxy."""
    files = [f"/proc/sys/net/ipv4/conf/{name}/send_redirects" for name in (("all", *interfaces) if interfaces else ())]
    values = {file: Path(file).read_text().strip() for file in files if Path(file).exists()}
    return {file: value for file, value in values.items() if value != "0"}


def switch_off(settings: Iterable[str]) -> None:
    for name in settings:
        Path(name).write_text("0")


def restore(settings: dict[str, str]) -> None:
    """Restore settings, except those that were changed since or whose interface is gone."""
    for name, value in settings.items():
        with contextlib.suppress(OSError):
            if Path(name).read_text().strip() == "0":
                Path(name).write_text(value)


def _start_ticks(pid: int) -> str | None:
    """Return the start time of a process in clock ticks; None if it does not exist or is a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return fields[19] if fields[0] != "Z" else None
