"""Listeners on one port, as mitmproxy opens them."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest
from mitmproxy.proxy.mode_servers import ServerInstance
from mitmproxy.test import taddons

from aicache.patches import shared_port
from servers import free_ports

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="workers are for Linux")


@pytest.fixture
async def shared() -> AsyncIterator[None]:
    with taddons.context():  # has mitmproxy's options
        uninstall = shared_port.install()
        yield
        uninstall()


def listener(mode: str) -> Any:
    manager: Any = None
    return ServerInstance.make(mode, manager)


def test_this_mitmproxy_is_known() -> None:
    shared_port.check()


@pytest.mark.parametrize("mode", ["regular", "transparent", "reverse:https://example.com", "reverse:http://localhost"])
async def test_two_listen_on_one_port_over_tcp(shared: None, mode: str) -> None:
    [port] = free_ports(1)
    both = [listener(f"{mode}@127.0.0.1:{port}") for _ in range(2)]

    for each in both:
        await each.start()

    assert [each.listen_addrs for each in both] == [(("127.0.0.1", port),)] * 2
    for each in both:
        await each.stop()


@pytest.mark.parametrize(
    ("mode", "why"),
    [("reverse:udp://127.0.0.1:53@127.0.0.1:5353", "UDP, which workers cannot share"), ("regular@0", "needs a number")],
)
async def test_what_cannot_be_shared_is_refused(shared: None, mode: str, why: str) -> None:
    with pytest.raises(OSError, match=why):
        await listener(mode).start()


async def test_without_it_a_port_is_taken_once() -> None:
    [port] = free_ports(1)
    with taddons.context():
        first, second = (listener(f"regular@127.0.0.1:{port}") for _ in range(2))
        await first.start()
        with pytest.raises(OSError, match="address already in use"):
            await second.start()
        await first.stop()
