"""The dashboard where addresses differ: from another machine's, and on a transparent proxy; in a network namespace."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from aicache.proxy.own_connections import LOOP_REASON
from e2e.page_visitor import CHANGE, Visitor, bearer
from e2e.proxy import EXACT_ONLY, READY_EXACT, Proxy, free_port
from namespaces import entered

OWN, SITE = "192.0.2.1", "203.0.113.9"  # addresses for documentation, which the namespace has all to itself
TOKEN = "a-token-of-24-characters"
LAZY = ("--set", "connection_strategy=lazy")
"""A transparent proxy that connects at once (eager) would find that the destination is itself, and hang up."""


class Apart(Proxy):
    """A proxy in a network of its own, which only has itself; all that goes to port 80 is redirected to it."""

    def command(self) -> list[str]:
        steps = [
            "ip link set lo up",
            f"ip addr add {OWN}/32 dev lo",
            f"ip addr add {SITE}/32 dev lo",
            f"iptables -t nat -A OUTPUT -p tcp --dport 80 -j REDIRECT --to-ports {self.port}",
            'exec "$@"',
        ]
        return ["unshare", "--net", "sh", "-c", " && ".join(steps), "sh", *super().command()]

    def visit(self, asked: str, address: str = "127.0.0.1", port: int | None = None, **headers: str) -> tuple[int, Any]:
        """Look as a client in the same network does, over *address*, which its requests then come from, too."""
        with entered(self):
            shown = Visitor(port or self.port, CHANGE | headers, address).get(asked)
        return shown.status, shown.json if shown.body.startswith(b"{") else shown.body.decode()


@pytest.fixture(scope="module")
def start_apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Apart]]:
    if not all(shutil.which(name) for name in ("unshare", "ip", "iptables")):
        pytest.skip("unshare and iptables make a network to test in (Debian: util-linux, iptables, iproute2)")
    if subprocess.run(["unshare", "--net", "iptables", "-t", "nat", "-L"], capture_output=True).returncode:
        pytest.skip("no rights here to make a network namespace")
    started: list[Apart] = []

    def start(config: str, *options: str) -> Apart:
        home, all_addresses = tmp_path_factory.mktemp("apart"), ("--listen-host", "0.0.0.0")
        proxy = Apart("http://127.0.0.1:9", home, config, mode="transparent", options=(*all_addresses, *options))
        started.append(proxy)
        proxy.start(wait_for=None)
        proxy.wait_log("listening at")
        proxy.wait_log(READY_EXACT)
        return proxy

    yield start
    for proxy in started:
        proxy.stop()


@pytest.fixture(scope="module")
def regular_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def lazy(start_apart: Callable[..., Apart], regular_port: int) -> Apart:
    """A proxy that is transparent at its port, and regular at another."""
    return start_apart(EXACT_ONLY, *LAZY, "--mode", f"regular@{regular_port}")


@pytest.mark.parametrize("mode", ["transparent", "regular"])
def test_it_is_at_the_proxys_own_address_for_who_has_the_token(lazy: Apart, regular_port: int, mode: str) -> None:
    port = regular_port if mode == "regular" else lazy.port

    for address in ("127.0.0.1", OWN):
        assert lazy.visit("api/overview", address, port)[0] == 401
        assert lazy.visit("api/overview", address, port, **bearer(lazy.token))[0] == 200
        assert "<title>AI cache</title>" in lazy.visit("", address, port, **bearer(lazy.token))[1]


def test_on_a_transparent_proxy_whoever_has_the_token_finds_it_at_any_host(start_apart: Callable[..., Apart]) -> None:
    proxy = start_apart(EXACT_ONLY + f"dashboard: {{token: {TOKEN}}}\n")
    named = {"Host": "api.example"} | bearer(TOKEN)

    status, now = proxy.visit("api/overview", SITE, 80, **named)

    assert (status, now["since"]["hit"]) == (200, 0)


def test_without_it_another_hosts_path_is_its_own(lazy: Apart) -> None:
    """There is nobody at that address but the proxy, to which its own connection leads, and which refuses it."""
    status, said = lazy.visit("api/overview", SITE, 80, Host="api.example")

    assert (status, said) == (508, {"error": LOOP_REASON})
