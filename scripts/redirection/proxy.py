"""The proxy that the traffic is led to: its command, and its life as a user of its own."""

import os
import pwd
import select
import signal
import subprocess
import time
from collections.abc import Iterable, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import IO

from aicache.cli import launch
from redirection.plan import Address, Plan

READY = Path(__file__).with_name("inside") / "ready.py"
LOOPBACK = {4: ip_address("127.0.0.1"), 6: ip_address("::1")}
ENDS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
READY_WITHIN = 60.0  # seconds
END_WITHIN = 20.0  # seconds; answers may still be on their way into the store


class Failed(Exception):
    """The proxy has not come up."""


def listening(plan: Plan, interface_addresses: Iterable[Address]) -> list[Address]:
    """Where it listens: nowhere but where traffic is led to.

    With a wildcard it would not know its own addresses: a caller who connects to one of them directly would have it
    connect to itself, on and on.
    """
    return [*(LOOPBACK[family] for family in plan.families), *interface_addresses]


def arguments(plan: Plan, addresses: Sequence[Address]) -> list[str]:
    """mitmproxy's, for its transparent mode; connections for other names at the same addresses pass it unopened."""
    words = []
    for address in addresses:
        words += ["--mode", f"transparent@{address}:{plan.proxy_port}"]
    own = ["localhost", *map(str, addresses)]  # for the cache's own pages
    # this machine's own services are asked for by number, too, and no other name is there
    here = [str(address) for target in plan.targets for address in target.addresses if address.is_loopback]
    names = [f"{name}:{port}" for name in (*plan.hosts(), *here) for port in plan.ports]
    for name in [*names, *(f"{name}:{plan.proxy_port}" for name in own)]:
        words += ["--allow-hosts", f"^{_quoted(name)}$"]
    return words


def environment_of(who: pwd.struct_passwd, home: Path) -> dict[str, str]:
    """Our own environment, less what says where another user keeps things."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "SUDO_"))}
    return {**kept, "HOME": str(home), "USER": who.pw_name, "LOGNAME": who.pw_name, "PYTHONUNBUFFERED": "1"}


def start(command: Sequence[str], who: pwd.struct_passwd, home: Path) -> tuple[subprocess.Popen[bytes], IO[bytes]]:
    """Start it in a session of its own, so that Ctrl-C is ours: the rules go first, then the proxy.

    With it comes what wait_ready reads.
    """
    reading, writing = os.pipe()
    try:
        process = subprocess.Popen(
            [*command, "-s", str(READY)],
            stdin=subprocess.DEVNULL,
            user=who.pw_uid,
            group=who.pw_gid,
            extra_groups=[],
            env=environment_of(who, home) | {"AI_CACHE_READY": str(writing)},
            cwd=home,
            pass_fds=[writing],
            start_new_session=True,
            preexec_fn=_hear_signals,
        )
    finally:
        os.close(writing)
    return process, os.fdopen(reading, "rb")


def wait_ready(process: subprocess.Popen[bytes], ready: IO[bytes]) -> None:
    """Raises Failed where it ends instead, or takes too long."""
    with ready:
        deadline = time.monotonic() + READY_WITHIN
        while not select.select([ready], [], [], 0.1)[0]:
            if signal.sigpending() & ENDS:
                raise Failed("ended before the proxy was ready")
            if time.monotonic() > deadline:
                raise Failed(f"the proxy is not ready after {READY_WITHIN:.0f} s")
        if not ready.read(1):  # its end has closed it
            raise Failed(f"the proxy has ended with exit code {process.wait()}; its own words are above")


def stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        launch.terminate(process, END_WITHIN)


def _hear_signals() -> None:
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _quoted(name: str) -> str:
    return name.replace(".", r"\.")
