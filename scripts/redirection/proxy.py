"""Starts and stops the proxy that traffic is redirected to, as a separate user."""

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
from redirection.rules import Address, Plan

READY_SCRIPT = Path(__file__).with_name("inside") / "ready.py"
LOOPBACK = {4: ip_address("127.0.0.1"), 6: ip_address("::1")}
STOP_SIGNALS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
READY_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 30.0  # more than `drain_timeout`, and answers may still be being stored


class ProxyFailed(Exception):
    """The proxy did not start, or ended."""


def listen_addresses(plan: Plan, interface_addresses: Iterable[Address]) -> list[Address]:
    """Return the addresses to listen on: only those that traffic is redirected to.

    With a wildcard, the proxy would not know its own addresses, and a client that connects to one directly would make
    it connect to itself endlessly.
    """
    return [*(LOOPBACK[family] for family in plan.families), *interface_addresses]


def mitmproxy_arguments(plan: Plan, addresses: Sequence[Address]) -> list[str]:
    """Return mitmproxy's arguments for transparent mode. Connections to other names are not decrypted."""
    arguments = []
    for address in addresses:
        arguments += ["--mode", f"transparent@{address}:{plan.proxy_port}"]
    own = ["localhost", *map(str, addresses)]  # for the dashboard
    # services of this machine are also called by address, and no other name has it
    here = [str(address) for target in plan.targets for address in target.addresses if address.is_loopback]
    names = [f"{name}:{port}" for name in (*plan.hosts(), *here) for port in plan.ports]
    for name in [*names, *(f"{name}:{plan.proxy_port}" for name in own)]:
        arguments += ["--allow-hosts", f"^{_escape(name)}$"]
    return arguments


def proxy_environment(user: pwd.struct_passwd, home: Path) -> dict[str, str]:
    """Return our environment without variables that name another user's folders."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "SUDO_"))}
    return {**kept, "HOME": str(home), "USER": user.pw_name, "LOGNAME": user.pw_name, "PYTHONUNBUFFERED": "1"}


def start(command: Sequence[str], user: pwd.struct_passwd, home: Path) -> tuple[subprocess.Popen[bytes], IO[bytes]]:
    """Start the proxy in its own session, so that Ctrl-C reaches only us: we remove the rules first, then end it.

    Return the process, and the pipe that `wait_ready` reads.
    """
    reading, writing = os.pipe()
    try:
        process = subprocess.Popen(
            [*command, "-s", str(READY_SCRIPT)],
            stdin=subprocess.DEVNULL,
            user=user.pw_uid,
            group=user.pw_gid,
            extra_groups=[],
            env=proxy_environment(user, home) | {"AI_CACHE_READY": str(writing)},
            cwd=home,
            pass_fds=[writing],
            start_new_session=True,
            preexec_fn=_unblock_signals,
        )
    finally:
        os.close(writing)
    return process, os.fdopen(reading, "rb")


def wait_ready(process: subprocess.Popen[bytes], ready: IO[bytes]) -> None:
    """Wait until the proxy accepts connections. Raises ProxyFailed if it ends or takes too long."""
    with ready:
        deadline = time.monotonic() + READY_TIMEOUT_S
        while not select.select([ready], [], [], 0.1)[0]:
            if signal.sigpending() & STOP_SIGNALS:
                raise ProxyFailed("ended before the proxy was ready")
            if time.monotonic() > deadline:
                raise ProxyFailed(f"the proxy is not ready after {READY_TIMEOUT_S:.0f} s")
        if not ready.read(1):  # closed because the proxy ended
            raise ProxyFailed(f"the proxy has ended with exit code {process.wait()}; its output is above")


def stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        launch.terminate(process, STOP_TIMEOUT_S)


def _unblock_signals() -> None:
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _escape(name: str) -> str:
    return name.replace(".", r"\.")
