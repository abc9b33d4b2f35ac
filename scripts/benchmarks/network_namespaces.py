"""Machines of their own: Linux network namespaces, joined by links, of which the rest of the system sees nothing.

A machine has no name that another run could have too. Its files are this system's, but for an empty /run, and for
/etc/hosts, which is all it knows names from. It is held by a process that ends with its parent, even when that is
killed, and with it go its links, routes, rules and mounts.
"""

from __future__ import annotations

import contextlib
import ctypes
import ipaddress
import os
import shlex
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

CLONE_NEWNET = 0x40000000
PROGRAMS = ("ip", "iptables", "ip6tables", "nsenter", "unshare", "mount")
TRIALS = (["true"], ["iptables", "-t", "nat", "-S"], ["ip6tables", "-t", "nat", "-S"])


def missing_requirement() -> str:
    """Return what this system lacks for namespaces; empty if it has all."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "network namespaces want Linux and root"
    if missing := [name for name in PROGRAMS if shutil.which(name) is None]:
        return f"no {missing[0]} on the path: `apt install iproute2 iptables util-linux mount` brings it"
    for command in TRIALS:
        if subprocess.run(["unshare", "--net", "--mount", *command], capture_output=True).returncode:
            return f"this kernel, or the container around, allows no `{shlex.join(command)}` in a new namespace"
    return ""


class Located(Protocol):
    """A process in a network."""

    @property
    def pid(self) -> int: ...


class Machine:
    """A network namespace, and a mount namespace in which it has an /etc/hosts of its own."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name, self._folder = name, folder
        self._asked: dict[tuple[str, ...], subprocess.Popen[str]] = {}
        self._hosts = folder / f"hosts-{name}"
        # it reads from us for ever, and so ends when we do
        self._holder = subprocess.Popen(
            ["unshare", "--net", "--mount", "sh", "-c", "echo there && exec cat"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._holder.stdout is not None
        assert self._holder.stdout.readline() == b"there\n"
        self.names({})
        self._hosts.chmod(0o644)
        resolver = folder / f"resolv-{name}"
        resolver.write_text("nameserver 127.0.0.1\n")  # where nobody is, which shows at once
        resolver.chmod(0o644)
        self.run("mount", "-t", "tmpfs", "tmpfs", "/run")
        self.run("mount", "--bind", self._hosts, "/etc/hosts")
        self.run("mount", "--bind", resolver, "/etc/resolv.conf")
        self.run("ip", "link", "set", "lo", "up")

    @property
    def pid(self) -> int:
        return self._holder.pid

    def command(self, *words: object) -> list[str]:
        """Return the command line that runs a command on this machine; paths in it must be absolute."""
        entered = (f"--net=/proc/{self.pid}/ns/net", f"--mount=/proc/{self.pid}/ns/mnt")
        return ["nsenter", *entered, "--", *map(str, words)]

    def run(self, *words: object, check: bool = True, timeout: float = 60, **how: Any) -> str:
        """Run a command and return its output; raises AssertionError with all of it where it fails."""
        done = subprocess.run(
            self.command(*words), capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL, **how
        )
        assert not check or done.returncode == 0, f"{shlex.join(map(str, words))}: {done.stdout}{done.stderr}"
        return str(done.stdout + ("" if check else done.stderr))

    def ask(self, line: str, *words: object) -> str:
        """Return the line with which a command answers one; it runs from then on, as long as the machine."""
        command = tuple(self.command(*words))
        if command not in self._asked:
            self._asked[command] = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        process = self._asked[command]
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(f"{line}\n")
        process.stdin.flush()
        return process.stdout.readline()

    def start(self, *words: object, log: Path, **how: Any) -> subprocess.Popen[bytes]:
        """Start a process of the test's, which the test ends."""
        with log.open("ab") as out:
            return subprocess.Popen(self.command(*words), stdin=subprocess.DEVNULL, stdout=out, stderr=out, **how)

    def launcher(self, path: Path, program: str) -> Path:
        """Write an executable that runs *program* on this machine, for whoever takes a path (Playwright)."""
        path.write_text(f'#!/bin/sh\nexec {shlex.join(self.command(program))} "$@"\n', "utf-8")
        path.chmod(0o755)
        return path

    def names(self, hosts: Mapping[str, Sequence[str]]) -> None:
        """Give hosts their addresses; those of before are forgotten."""
        lines = [f"{address} {name}" for name, addresses in hosts.items() for address in addresses]
        self._hosts.write_text("\n".join(["127.0.0.1 localhost", "::1 localhost", *lines, ""]))

    def address(self, device: str, *addresses: str) -> None:
        """Give a device its addresses, and put it up."""
        for address in addresses:
            bits, more = (24, ()) if ipaddress.ip_address(address).version == 4 else (64, ("nodad",))
            self.run("ip", "address", "add", f"{address}/{bits}", "dev", device, *more)
        self.run("ip", "link", "set", device, "up")

    def rules(self) -> str:
        """Return all rules of both families, less dates and counters."""
        saved = self.run("iptables-save") + self.run("ip6tables-save")
        lines = (line for line in saved.splitlines() if not line.startswith("#"))
        return "\n".join(line.partition(" [")[0] if line.startswith(":") else line for line in lines)

    def open_to_others(self, *folders: Path) -> None:
        """Let every user enter *folders* where a home like root's hides them; nothing else in there shows."""
        hidden = {folder: above for folder in folders if (above := _closed_above(folder))}
        asides = {folder: self._folder / f"{self.name}-{number}" for number, folder in enumerate(hidden)}
        for folder, aside in asides.items():
            aside.mkdir()
            self.run("mount", "--bind", folder, aside)
        for above in set(hidden.values()):
            self.run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", above)
        for folder, aside in asides.items():
            self.run("mkdir", "-p", folder)
            self.run("mount", "--move", aside, folder)

    def close(self) -> None:
        for process in self._asked.values():
            process.communicate(timeout=30)
        assert self._holder.stdin is not None and self._holder.stdout is not None
        self._holder.stdin.close()
        self._holder.stdout.close()
        self._holder.wait(10)


def _closed_above(folder: Path) -> Path | None:
    """Return the topmost folder above this one that others may not enter."""
    return next((above for above in reversed(folder.parents) if not above.stat().st_mode & stat.S_IXOTH), None)


@contextlib.contextmanager
def entered(machine: Located) -> Iterator[None]:
    """Let this thread, and the threads and processes it starts meanwhile, be on a machine's or a process's network.

    They know names from the system's own /etc/hosts all the same.
    """
    with Path("/proc/thread-self/ns/net").open() as here, Path(f"/proc/{machine.pid}/ns/net").open() as there:
        _set_network(there.fileno())
        try:
            yield
        finally:
            _set_network(here.fileno())


def _set_network(namespace: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)  # os.setns is there from Python 3.12 on
    if libc.setns(namespace, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def join(one: Machine, device: str, other: Machine, others: str) -> None:
    """Lay a cable between two machines."""
    one.run("ip", "link", "add", device, "type", "veth", "peer", "name", others, "netns", str(other.pid))
