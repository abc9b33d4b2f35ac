"""What this machine is like, read from the kernel and the resolver. Changes nothing."""

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

from redirection.plan import Address, Family, Target

LISTENING = "0A"


@dataclass(frozen=True, slots=True)
class Listener:
    """A port that somebody listens on."""

    address: Address
    port: int
    uid: int


def families() -> tuple[Family, ...]:
    """IPv4, and IPv6 where this kernel speaks it."""
    addresses = Path("/proc/net/if_inet6")
    return (4, 6) if addresses.exists() and addresses.read_text() else (4,)


def resolve(names: Iterable[str]) -> list[Target]:
    """The addresses of hosts. Raises OSError, for the first that has none."""
    found = []
    for name in names:
        answers = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
        addresses = {ip_address(str(answer[4][0]).partition("%")[0]) for answer in answers}
        found.append(Target(name, tuple(sorted(addresses, key=lambda address: (address.version, int(address))))))
    return found


def listeners(port: int) -> list[Listener]:
    """Who listens on a TCP port of this machine's (network namespace's)."""
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
    """Tell whether a connection to *address* comes to this listener."""
    if listener.address == address:
        return True
    # Linux gives the wildcard of IPv6 what comes by IPv4, too, unless asked not to; taken for granted here
    return listener.address.is_unspecified and listener.address.version >= address.version


def interface_addresses(interface: str) -> list[Address]:
    """The addresses at which others reach this machine there. Raises ValueError where there is no such interface."""
    if interface not in {name for _, name in socket.if_nameindex()}:
        raise ValueError(f"there is no interface {interface!r}: `ip -brief link` shows them")
    if shutil.which("ip") is None:
        raise ValueError("no ip on the path: `apt install iproute2` brings it")
    told = subprocess.run(
        ["ip", "-json", "address", "show", "dev", interface], capture_output=True, text=True, check=False
    )
    if told.returncode:
        raise ValueError(f"cannot read the addresses of {interface}: {told.stderr.strip()}")
    lines = [line for device in json.loads(told.stdout or "[]") for line in device.get("addr_info", [])]
    return [ip_address(line["local"]) for line in lines if line["scope"] == "global"]


def forwards(family: Family, interface: str) -> bool:
    """Tell whether what comes in there is passed on."""
    # IPv6 knows it for all interfaces only
    file = Path(f"/proc/sys/net/ipv{family}/conf/{interface if family == 4 else 'all'}/forwarding")
    return file.exists() and file.read_text().strip() != "0"


def namespace() -> int:
    """The number of the network namespace that all this is about."""
    return os.stat("/proc/self/ns/net").st_ino  # noqa: PTH116


def _address(hexadecimal: str) -> Address:
    """An address as /proc/net/tcp writes it: words of 32 bits, each in the machine's own order."""
    words = struct.iter_unpack("!I", bytes.fromhex(hexadecimal))
    packed = b"".join(struct.pack("=I", word) for (word,) in words)
    return IPv4Address(packed) if len(packed) == 4 else IPv6Address(packed)
