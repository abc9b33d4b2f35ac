"""What is refused, each with the way out: rules that would cut traffic off, send it in circles, or meet others of ours.

Every check raises ValueError, and changes nothing.
"""

import os
import pwd
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from redirection import netfilter, saved_state, system
from redirection.plan import Address, Family, Plan


def platform() -> None:
    if sys.platform != "linux":
        raise ValueError(
            "this is for Linux; elsewhere use mitmproxy's local capture: "
            "`mitmdump --mode local:NAME-OF-THE-PROGRAM -s addon/ai_cache.py`"
        )


def root(command: str) -> None:
    if os.geteuid() != 0:
        raise ValueError(f"changing the kernel's rules wants root: `sudo {command}`; --dry-run shows them without")


def tools(families: tuple[Family, ...]) -> None:
    if missing := netfilter.commands_missing(families):
        raise ValueError(f"no {missing[0]} on the path: `apt install iptables` brings it")


def user(name: str) -> pwd.struct_passwd:
    """The proxy's user. Its own traffic must be told from that of the others, or it would come back to it for ever."""
    try:
        found = pwd.getpwnam(name)
    except KeyError:
        raise ValueError(
            f"there is no user {name!r} to run the proxy as, whose own traffic goes out: `useradd --system "
            f"--create-home --home-dir /var/lib/{name} --shell /usr/sbin/nologin {name}` makes one"
        ) from None
    if found.pw_uid == 0:
        raise ValueError("the proxy must not run as root, all of whose traffic would pass it by: name another --user")
    return found


def interfaces(names: Sequence[str], families: tuple[Family, ...]) -> tuple[tuple[Family, ...], tuple[Address, ...]]:
    """The families that are passed on from these interfaces, and this machine's addresses there."""
    addresses = [address for name in names for address in system.interface_addresses(name)]
    forwarded = tuple(family for family in families if all(system.forwards(family, name) for name in names))
    if 4 not in forwarded:
        raise ValueError(
            f"this machine does not pass on what comes in at {' or '.join(names)}, so it is nobody's gateway there: "
            "`sysctl -w net.ipv4.ip_forward=1` (and net.ipv6.conf.all.forwarding=1) first"
        )
    return forwarded, tuple(addresses)


def not_open(families: tuple[Family, ...]) -> None:
    if netfilter.is_open(families):
        raise ValueError("rules of another run are in force: `scripts/transparent down` removes them")
    if saved_state.read():
        raise ValueError("another run has changed settings that are not put back: `scripts/transparent down` does it")


def port_free(port: int) -> None:
    if taken := system.listeners(port):
        raise ValueError(f"port {port} is taken at {taken[0].address}: choose another one with --proxy-port")


def listens(plan: Plan, addresses: Iterable[Address], start: str) -> None:
    """The proxy must be there before its traffic is, and must be of the user whose traffic goes out."""
    there = system.listeners(plan.proxy_port)
    for address in addresses:
        answering = [listener for listener in there if system.reaches(listener, address)]
        if not answering:
            raise ValueError(
                f"nobody listens at {address} port {plan.proxy_port}, so all traffic to {', '.join(plan.hosts())} "
                f"would end there: `scripts/transparent run` starts the proxy, too; or start it first: {start}"
            )
        if plan.own and answering[0].uid != plan.uid:
            runs_as = pwd.getpwuid(answering[0].uid).pw_name
            raise ValueError(
                f"what listens on port {plan.proxy_port} runs as {runs_as}, and not as --user, so that its own traffic "
                f"would come back to it for ever: start it as {pwd.getpwuid(plan.uid).pw_name}"
            )


def runnable(who: pwd.struct_passwd, python: Path, home: Path, files: Sequence[Path]) -> None:
    """The proxy's user must be able to run it, and to keep its certificates and the cache."""
    code = (
        "import os, sys\n"
        "closed = [file for file in sys.argv[2:] if not os.access(file, os.R_OK)]\n"
        "closed += [folder for folder in sys.argv[1:2] if not os.access(folder, os.W_OK | os.X_OK)]\n"
        "sys.exit(', '.join(closed) or 0)"
    )
    try:
        tried = subprocess.run(
            [python, "-c", code, home, *files],
            capture_output=True,
            text=True,
            cwd="/",
            user=who.pw_uid,
            group=who.pw_gid,
            extra_groups=[],
        )
    except OSError:
        raise ValueError(
            f"user {who.pw_name} cannot run {python}: that lies, or its Python does, where only others may go. "
            "Put the project where everybody can read it, as in /opt, and name a Python that everybody can run, as in "
            "`AI_CACHE_PYTHON=/usr/bin/python3`"
        ) from None
    if tried.returncode:
        raise ValueError(
            f"user {who.pw_name} has no access to {tried.stderr.strip()}: --home is where it may write, and the files "
            "of the project and the configuration must be readable for it"
        )
