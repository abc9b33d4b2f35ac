"""What was changed, kept in a file until it is undone, so that `down` can do so whatever became of who did it."""

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
    """A process, which its number alone does not name: numbers come again."""

    pid: int
    began: str

    @property
    def alive(self) -> bool:
        return _began(self.pid) == self.began


@dataclass(frozen=True, slots=True)
class State:
    hosts: tuple[str, ...]
    ports: tuple[int, ...]
    proxy_port: int
    settings: dict[str, str] = field(default_factory=dict)
    """Files under /proc/sys/net that were changed to 0, and what was in them."""
    runner: Process | None = None
    """The `run` that undoes all this itself, when it is asked to end."""
    proxy: Process | None = None


def file() -> Path:
    """Rules belong to a network namespace, and so does what is known of them."""
    return FOLDER / f"transparent-{system.namespace()}.json"


def write(state: State) -> None:
    FOLDER.mkdir(mode=0o755, exist_ok=True)
    new = file().with_suffix(f".{os.getpid()}")
    new.write_text(json.dumps(asdict(state)), "utf-8")
    new.replace(file())


def read() -> State | None:
    try:
        told = json.loads(file().read_text("utf-8"))
        runner, proxy = (Process(**told[name]) if told[name] else None for name in ("runner", "proxy"))
        return State(
            tuple(told["hosts"]), tuple(told["ports"]), told["proxy_port"], dict(told["settings"]), runner, proxy
        )
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):  # not written by this version
        return None


def forget() -> None:
    file().unlink(missing_ok=True)


def process(pid: int) -> Process:
    return Process(pid, _began(pid) or "")


def redirects_of_icmp(interfaces: Sequence[str]) -> dict[str, str]:
    """The settings that let this machine tell its neighbors of a shorter way, past the proxy, and are on now."""
    files = [f"/proc/sys/net/ipv4/conf/{name}/send_redirects" for name in (("all", *interfaces) if interfaces else ())]
    values = {file: Path(file).read_text().strip() for file in files if Path(file).exists()}
    return {file: value for file, value in values.items() if value != "0"}


def switch_off(settings: Iterable[str]) -> None:
    for name in settings:
        Path(name).write_text("0")


def restore(settings: dict[str, str]) -> None:
    """Put settings back, but for those that somebody else has changed since, or whose interface has gone."""
    for name, value in settings.items():
        with contextlib.suppress(OSError):
            if Path(name).read_text().strip() == "0":
                Path(name).write_text(value)


def _began(pid: int) -> str | None:
    """When a process began, in the kernel's ticks; None where there is none, or only what is left of one."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return fields[19] if fields[0] != "Z" else None
