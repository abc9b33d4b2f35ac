"""An address is known in every spelling, and this machine's own are known as such."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from aicache.proxy.addresses import is_local, is_loopback, parse_address, parse_numeric, reaches, resolve

LOOPBACK = ip_address("127.0.0.1")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "[::ffff:127.0.0.1]"])
def test_the_spellings_of_an_address_are_one(host: str) -> None:
    assert parse_numeric(host) == LOOPBACK


def test_scopes_and_clothes_are_taken_off() -> None:
    assert parse_address("fe80::1%eth0") == ip_address("fe80::1")
    assert parse_address("::ffff:10.0.0.7") == parse_address("64:ff9b::a00:7") == ip_address("10.0.0.7")
    assert parse_address("localhost") is None
    assert all(parse_numeric(host) is None for host in ("localhost", "a name", ""))


async def test_a_name_is_resolved_and_a_number_is_not_asked_for() -> None:
    assert LOOPBACK in await resolve("localhost") or ip_address("::1") in await resolve("localhost")
    assert await resolve("0x7f000001") == [LOOPBACK]
    with pytest.raises(OSError):
        await resolve("nobody.invalid")


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "0.0.0.0", "::"])
def test_these_never_leave_this_machine(address: str) -> None:
    assert is_loopback(ip_address(address))
    assert is_local(ip_address(address))


@pytest.mark.parametrize("address", ["192.0.2.7", "203.0.113.7", "8.8.8.8", "2001:db8::7"])
def test_others_are_not_here(address: str) -> None:
    assert not is_local(ip_address(address))


@pytest.mark.parametrize(
    ("listener", "address", "taken"),
    [
        ("0.0.0.0", "127.0.0.2", True),
        ("::", "127.0.0.1", True),
        ("0.0.0.0", "192.0.2.7", False),
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", "0.0.0.0", True),
        ("127.0.0.1", "127.0.0.2", False),  # where another proxy may listen at the same port
        ("192.0.2.7", "0.0.0.0", False),
    ],
)
def test_a_listener_takes_what_comes_to_its_address(listener: str, address: str, taken: bool) -> None:
    assert reaches(ip_address(listener), ip_address(address)) is taken
