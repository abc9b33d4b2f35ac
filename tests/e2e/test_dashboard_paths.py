"""The dashboard where addresses differ: from another machine's, and on a transparent proxy; in a network namespace."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aicache.proxy.own_connections import LOOP_REASON
from e2e.page_visitor import CHANGE, bearer
from e2e.proxy import READY_EXACT, ROOT, Proxy

OWN, SITE = "192.0.2.1", "203.0.113.9"  # addresses for documentation, which the namespace has all to itself
TOKEN = "a-token-of-24-characters"
CONFIG = "semantic: {enabled: false}\n"
VISIT = """
import json, sys
from e2e.page_visitor import Visitor
port, address, asked, headers = json.loads(sys.argv[1])
shown = Visitor(port, headers, address).get(asked)
print(json.dumps([shown.status, shown.body.decode()]))
"""


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
        wanted = json.dumps([port or self.port, address, asked, CHANGE | headers])
        out = subprocess.run(
            ["nsenter", f"--net=/proc/{self.pid}/ns/net", sys.executable, "-c", VISIT, wanted],
            env={**os.environ, "PYTHONPATH": str(ROOT / "tests")},
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        ).stdout
        status, body = json.loads(out)
        return status, json.loads(body) if body.startswith("{") else body


@pytest.fixture
def start_apart(tmp_path: Path) -> Iterator[Callable[..., Apart]]:
    if not all(shutil.which(name) for name in ("unshare", "nsenter", "ip", "iptables")):
        pytest.skip("unshare, nsenter and iptables make a network to test in (Debian: util-linux, iptables, iproute2)")
    if subprocess.run(["unshare", "--net", "iptables", "-t", "nat", "-L"], capture_output=True).returncode:
        pytest.skip("no rights here to make a network namespace")
    started: list[Apart] = []

    def start(config: str, *options: str, **how: Any) -> Apart:
        proxy = Apart("http://127.0.0.1:9", tmp_path, config, options=("--listen-host", "0.0.0.0", *options), **how)
        started.append(proxy)
        proxy.start(wait_for=None)
        proxy.wait_log("listening at")
        proxy.wait_log(READY_EXACT)
        return proxy

    yield start
    for proxy in started:
        proxy.stop()


@pytest.mark.parametrize("mode", ["transparent", "regular"])
def test_it_is_at_the_proxys_own_address_for_who_has_the_token(start_apart: Callable[..., Apart], mode: str) -> None:
    """A transparent proxy that connects at once (eager) would find that the destination is itself, and hang up."""
    proxy = start_apart(CONFIG, "--set", "connection_strategy=lazy", mode=mode)

    for address in ("127.0.0.1", OWN):
        assert proxy.visit("api/overview", address)[0] == 401
        assert proxy.visit("api/overview", address, **bearer(proxy.token))[0] == 200
        assert "<title>AI cache</title>" in proxy.visit("", address, **bearer(proxy.token))[1]


def test_on_a_transparent_proxy_whoever_has_the_token_finds_it_at_any_host(start_apart: Callable[..., Apart]) -> None:
    proxy = start_apart(CONFIG + f"dashboard: {{token: {TOKEN}}}\n", mode="transparent")
    named = {"Host": "api.example"} | bearer(TOKEN)

    status, now = proxy.visit("api/overview", SITE, 80, **named)

    assert (status, now["since"]["hit"]) == (200, 0)


def test_without_it_another_hosts_path_is_its_own(start_apart: Callable[..., Apart]) -> None:
    """There is nobody at that address but the proxy, to which its own connection leads, and which refuses it."""
    proxy = start_apart(CONFIG, "--set", "connection_strategy=lazy", mode="transparent")

    status, said = proxy.visit("api/overview", SITE, 80, Host="api.example")

    assert (status, said) == (508, {"error": LOOP_REASON})
