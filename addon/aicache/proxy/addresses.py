"""Parses IP addresses in all their spellings, and finds out which are this machine's own. It sends nothing."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

DOCUMENTATION_ADDRESSES = ("192.0.2.1", "2001:db8::1")
"""Addresses for documentation (RFC 5737, RFC 3849): where even these can be bound, binding proves nothing."""
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052


def parse_address(text: str) -> Address | None:
    """Return an address without its scope, and as IPv4 if it is mapped or translated to IPv6; None if it is not one."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def parse_numeric(host: str) -> Address | None:
    """Return the address that a host spells in numbers, such as ``[::1]``, ``127.1``, ``0x7f.1`` or ``2130706433``."""
    if (address := parse_address(host.strip("[]"))) is not None:
        return address
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return None
    return parse_address(str(found[0][4][0])) if found else None


async def resolve(host: str) -> list[Address]:
    """Return a host's addresses as a connection would resolve them. Raises OSError and UnicodeError."""
    if (address := parse_numeric(host)) is not None:
        return [address]
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [address for each in found if (address := parse_address(str(each[4][0]))) is not None]


def is_loopback(address: Address) -> bool:
    """Tell whether traffic to an address never leaves this machine; the unspecified address counts as loopback."""
    return address.is_loopback or address.is_unspecified


def is_local(address: Address) -> bool:
    """Tell whether an address is this machine's."""
    if is_loopback(address):
        return True
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    if not _can_bind(family, str(address)):
        return False
    if not _can_bind(family, DOCUMENTATION_ADDRESSES[address.version == 6]):
        return True
    with socket.socket(family, socket.SOCK_DGRAM) as probe:  # net.ipv4.ip_nonlocal_bind is set
        try:
            probe.connect((str(address), 9))  # of UDP: it only finds a route
            return parse_address(probe.getsockname()[0]) == address
        except OSError:
            return False


def reaches(listener: Address, address: Address) -> bool:
    """Tell whether a connection to *address* reaches a socket that listens on *listener*."""
    if listener.is_unspecified:
        return is_local(address)
    return listener == address or (address.is_unspecified and listener.is_loopback)


def reaches_any(listeners: Iterable[Address], addresses: Iterable[Address]) -> bool:
    known = list(addresses)
    return any(reaches(listener, address) for listener in listeners for address in known)


def _can_bind(family: socket.AddressFamily, address: str) -> bool:
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((address, 0))
            return True
    except OSError:
        return False
