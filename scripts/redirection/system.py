"""Reads network state from the kernel and the resolver. Changes nothing."""

import json
import os
import shutil
import socket
import struct
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

from redirection.rules import Address, Family, Target

LISTENING = "0A"


@dataclass(frozen=True, slots=True)
class Listener:
    """A listening socket."""

    address: Address
    port: int
    uid: int


def families() -> tuple[Family, ...]:
    """Return the address families of this kernel: IPv4, and IPv6 if available."""
    addresses = Path("/proc/net/if_inet6")
    return (4, 6) if addresses.exists() and addresses.read_text() else (4,)


def resolve(names: Iterable[str]) -> list[Target]:
    """Look up the addresses of hosts. Raises OSError for the first that has none."""
    found = []
    for name in names:
        answers = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
        addresses = {ip_address(str(answer[4][0]).partition("%")[0]) for answer in answers}
        found.append(Target(name, tuple(sorted(addresses, key=lambda address: (address.version, int(address))))))
    return found


def listeners(port: int) -> list[Listener]:
    """Return the listeners on a TCP port in this network namespace."""
    found = []
    for file in ("/proc/net/tcp", "/proc/net/tcp6"):
        if not Path(file).exists():
            continue
        for line in Path(file).read_text().splitlines()[1:]:
            fields = line.split()
            address, _, number = fields[1].partition(":")
            if fields[3] == LISTENING and int(number, 16) == port:
                found.append(Listener(_address(address), port, int(fields[7])))
    return found


def reaches(listener: Listener, address: Address) -> bool:
    """Return whether a connection to *address* reaches this listener."""
    if listener.address == address:
        return True
    # on Linux, the IPv6 wildcard also accepts IPv4, unless IPV6_V6ONLY is set, which we assume is not the case
    return listener.address.is_unspecified and listener.address.version >= address.version


def interface_addresses(interface: str) -> list[Address]:
    """Return the addresses of this machine on an interface. Raises ValueError if the interface does not exist."""
    if interface not in {name for _, name in socket.if_nameindex()}:
        raise ValueError(f"there is no interface {interface!r}: `ip -brief link` shows them")
    if shutil.which("ip") is None:
        raise ValueError("ip is not on the PATH: `apt install iproute2` installs it")
    completed = subprocess.run(
        ["ip", "-json", "address", "show", "dev", interface], capture_output=True, text=True, check=False
    )
    if completed.returncode:
        raise ValueError(f"cannot read the addresses of {interface}: {completed.stderr.strip()}")
    lines = [line for device in json.loads(completed.stdout or "[]") for line in device.get("addr_info", [])]
    return [ip_address(line["local"]) for line in lines if line["scope"] == "global"]


def forwards(family: Family, interface: str) -> bool:
    """Return whether traffic from an interface is forwarded."""
    # IPv6 has this setting only for all interfaces together
    file = Path(f"/proc/sys/net/ipv{family}/conf/{interface if family == 4 else 'all'}/forwarding")
    return file.exists() and file.read_text().strip() != "0"


def namespace() -> int:
    """Return the number of the current network namespace."""
    return os.stat("/proc/self/ns/net").st_ino  # noqa: PTH116


def _address(hexadecimal: str) -> Address:
    """Parse an address of /proc/net/tcp: 32-bit words in host byte order."""
    words = struct.iter_unpack("!I", bytes.fromhex(hexadecimal))
    packed = b"".join(struct.pack("=I", word) for (word,) in words)
    return IPv4Address(packed) if len(packed) == 4 else IPv6Address(packed)
