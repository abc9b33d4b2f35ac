"""Checks before rules are added: they must not cut off traffic, make it loop, or conflict with another run's.

Every check raises ValueError, whose message has the way out, and changes nothing.
"""

import os
import pwd
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from redirection import iptables, saved_state, system
from redirection.rules import Address, Family, Plan


def check_platform() -> None:
    if sys.platform != "linux":
        raise ValueError(
            "this is for Linux; elsewhere use mitmproxy's local capture: "
            "`mitmdump --mode local:NAME-OF-THE-PROGRAM -s addon/ai_cache.py`"
        )


def check_root(command: str) -> None:
    if os.geteuid() != 0:
        raise ValueError(f"changing the kernel's rules needs root: `sudo {command}`; --dry-run shows them without root")


def check_tools(families: tuple[Family, ...]) -> None:
    if missing := iptables.commands_missing(families):
        raise ValueError(f"{missing[0]} is not on the PATH: `apt install iptables` installs it")


def find_user(name: str) -> pwd.struct_passwd:
    """Return the proxy's user. It must differ from other users, or the proxy's own traffic would loop back to it."""
    try:
        found = pwd.getpwnam(name)
    except KeyError:
        raise ValueError(
            f"there is no user {name!r} to run the proxy as, whose traffic is not redirected: `useradd --system "
            f"--create-home --home-dir /var/lib/{name} --shell /usr/sbin/nologin {name}` creates it"
        ) from None
    if found.pw_uid == 0:
        raise ValueError(
            "the proxy must not run as root, since no traffic of root would be redirected then: name another --user"
        )
    return found


def check_interfaces(
    names: Sequence[str], families: tuple[Family, ...]
) -> tuple[tuple[Family, ...], tuple[Address, ...]]:
    """Return the families that these interfaces forward, and this machine's addresses on them."""
    addresses = [address for name in names for address in system.interface_addresses(name)]
    forwarded = tuple(family for family in families if all(system.forwards(family, name) for name in names))
    if 4 not in forwarded:
        raise ValueError(
            f"this machine does not forward traffic from {' or '.join(names)}, so it is not a gateway there: "
            "`sysctl -w net.ipv4.ip_forward=1` (and net.ipv6.conf.all.forwarding=1) first"
        )
    return forwarded, tuple(addresses)


def check_no_rules(families: tuple[Family, ...]) -> None:
    if iptables.has_rules(families):
        raise ValueError("rules of another run are in force: `scripts/transparent down` removes them")
    if saved_state.read():
        raise ValueError("another run changed settings that are not restored: `scripts/transparent down` restores them")


def check_port_free(port: int) -> None:
    if taken := system.listeners(port):
        raise ValueError(f"port {port} is taken at {taken[0].address}: choose another one with --proxy-port")


def check_listening(plan: Plan, addresses: Iterable[Address], start: str) -> None:
    """Check that the proxy listens already, as the user whose traffic is not redirected."""
    listeners = system.listeners(plan.proxy_port)
    for address in addresses:
        answering = [listener for listener in listeners if system.reaches(listener, address)]
        if not answering:
            raise ValueError(
                f"nobody listens at {address} port {plan.proxy_port}, so all traffic to {', '.join(plan.hosts())} "
                f"would end there: `scripts/transparent run` starts the proxy, too; or start it first: {start}"
            )
        if plan.own and answering[0].uid != plan.uid:
            runs_as = pwd.getpwuid(answering[0].uid).pw_name
            raise ValueError(
                f"the program on port {plan.proxy_port} runs as {runs_as} and not as --user, so that its own traffic "
                f"would loop back to it: start it as {pwd.getpwuid(plan.uid).pw_name}"
            )


def check_user_access(user: pwd.struct_passwd, python: Path, home: Path, files: Sequence[Path]) -> None:
    """Check that the user can run the proxy, and can write its certificates and the cache."""
    code = (
        "import os, sys\n"
        "closed = [file for file in sys.argv[2:] if not os.access(file, os.R_OK)]\n"
        "closed += [folder for folder in sys.argv[1:2] if not os.access(folder, os.W_OK | os.X_OK)]\n"
        "sys.exit(', '.join(closed) or 0)"
    )
    try:
        completed = subprocess.run(
            [python, "-c", code, home, *files],
            capture_output=True,
            text=True,
            cwd="/",
            user=user.pw_uid,
            group=user.pw_gid,
            extra_groups=[],
        )
    except OSError:
        raise ValueError(
            f"user {user.pw_name} cannot run {python}: this user has no access to the folder of it or of its Python. "
            "Put the project in a folder that everybody can read, such as /opt, and choose a Python that everybody can "
            "run: `AI_CACHE_PYTHON=/usr/bin/python3`"
        ) from None
    if completed.returncode:
        raise ValueError(
            f"user {user.pw_name} has no access to {completed.stderr.strip()}: it must be able to write to --home, "
            "and to read the files of the project and the configuration"
        )
