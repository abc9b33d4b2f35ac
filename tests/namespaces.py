"""Machines of a test's own (`benchmarks/network_namespaces.py`): a client, its gateway, and the internet.

with lan(folder, {"api.llm.test": INTERNET}) as net:     # client -- gateway -- internet, IPv4 and IPv6
    net.client.run("curl", "https://api.llm.test/")
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks.network_namespaces import Machine, entered, join, missing_requirement
from environment import ROOT

__all__ = ["CLIENT", "ELSEWHERE", "GATEWAY", "INTERNET", "Lan", "Machine", "entered", "lan", "needed"]

CLIENT = ("10.77.0.2", "fd77::2")
GATEWAY = ("10.77.0.1", "fd77::1")
INTERNET = ("203.0.113.2", "2001:db8::2")
ELSEWHERE = ("203.0.113.3", "2001:db8::3")
"""A second address of the internet's, for hosts that are nobody's business."""


def needed() -> None:
    """Skip the test where namespaces cannot be made."""
    if lacking := missing_requirement():
        pytest.skip(lacking)


@dataclass(frozen=True)
class Lan:
    """A client, its gateway, and what stands for the internet behind it, at INTERNET and ELSEWHERE."""

    client: Machine
    gateway: Machine
    internet: Machine


@contextlib.contextmanager
def lan(folder: Path, hosts: Mapping[str, Sequence[str]]) -> Iterator[Lan]:
    """Make the three machines, which all know *hosts* by name; skips the test where that cannot be."""
    needed()
    with contextlib.ExitStack() as stack:
        machines = [Machine(folder, name) for name in ("client", "gateway", "internet")]
        for machine in machines:
            stack.callback(machine.close)
            machine.names(hosts)
        client, gateway, internet = machines
        join(gateway, "lan", client, "eth0")
        join(gateway, "wan", internet, "eth0")
        client.address("eth0", *CLIENT)
        gateway.address("lan", *GATEWAY)
        gateway.address("wan", "203.0.113.1", "2001:db8::1")
        internet.address("eth0", *INTERNET, *ELSEWHERE)
        for machine, via in ((client, GATEWAY), (internet, ("203.0.113.1", "2001:db8::1"))):
            machine.run("ip", "route", "add", "default", "via", via[0])
            machine.run("ip", "-6", "route", "add", "default", "via", via[1])
        forwarding = ("net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding")
        gateway.run("sh", "-c", "".join(f"echo 1 > /proc/sys/{name}\n" for name in forwarding))
        for machine in machines:
            machine.open_to_others(Path(sys.base_prefix), ROOT)
        yield Lan(client, gateway, internet)
