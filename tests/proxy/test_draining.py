"""What had come before SIGTERM counts as open, however late the event loop is to read it."""

from __future__ import annotations

import asyncio
import logging
import socket

import pytest
from mitmproxy.addons.next_layer import NextLayer
from mitmproxy.addons.proxyserver import Proxyserver
from mitmproxy.test import taddons

from aicache.proxy.draining import IDLE_S, Draining

HALF_A_REQUEST = b"POST / HTTP/1.1\r\nhost: a.example\r\ncontent-length: 2\r\n\r\na"
CLOSED_PORT = 9


@pytest.mark.parametrize("kept_alive", [False, True], ids=["new connection", "kept alive"])
async def test_a_request_that_nobody_has_read_yet_is_waited_for(
    kept_alive: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    proxyserver, draining = Proxyserver(), Draining(lambda: None)
    draining.timeout_s = 2 * IDLE_S
    with taddons.context(proxyserver, NextLayer()) as context:
        context.configure(proxyserver, mode=[f"reverse:http://127.0.0.1:{CLOSED_PORT}"], listen_host="127.0.0.1")
        context.configure(proxyserver, listen_port=0, connection_strategy="lazy")
        proxyserver.running()
        assert await proxyserver.setup_servers()
        client = socket.create_connection(proxyserver.listen_addrs()[0][:2], 5)
        if kept_alive:
            await asyncio.sleep(2 * IDLE_S)

        client.sendall(HALF_A_REQUEST)  # and no turn of the loop, in which it would be read
        draining.terminate()
        while "SIGTERM: all connections have ended" not in caplog.text and "are cut off: 1" not in caplog.text:
            await asyncio.sleep(0.05)
        client.close()
        while proxyserver.connections:
            await asyncio.sleep(0.01)

    assert "are cut off: 1" in caplog.text
