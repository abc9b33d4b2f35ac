"""The machines: one with the clients, the API and the servers that keep data; and one for each of two proxies.

Each proxy has a link to the clients and the API (``front``) and one to the servers (``back``), both to bridges.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from benchmarks.cluster.slow_cable import SlowCable
from benchmarks.network_namespaces import Machine, join

FRONT, BACK = "front", "back"
NETWORKS = {FRONT: "10.78.1", BACK: "10.78.2"}
SERVERS = {name: f"{network}.1" for name, network in NETWORKS.items()}
"""The addresses of the servers' machine."""
HARDWARE = {FRONT: "02:00:00:4e:01:01", BACK: "02:00:00:4e:02:01"}
PROXY_NAMES = ("a", "b")


class Network:
    """The three machines. Proxies are given by their places, 0 and 1."""

    def __init__(self, servers: Machine, proxies: tuple[Machine, Machine]) -> None:
        self.servers, self.proxies = servers, proxies
        self._slow: SlowCable | None = None
        for name, address in SERVERS.items():
            # else it has the lowest address of its ports, and another one when one is added
            servers.run("ip", "link", "add", name, "address", HARDWARE[name], "type", "bridge")
            servers.address(name, address)
            for place, proxy in enumerate(proxies):
                join(servers, f"{name}-{place}", proxy, name)
                servers.run("ip", "link", "set", f"{name}-{place}", "master", name, "up")
                proxy.address(name, proxy_address(name, place))

    def drop(self, place: int) -> None:
        """Drop all packets between a proxy and the servers, from now on."""
        self._filter("-I", place)

    def pass_on(self, place: int) -> None:
        """Pass these packets on again."""
        self._filter("-D", place)

    def unplug(self, place: int) -> None:
        """Take down the link between a proxy and the servers."""
        self.servers.run("ip", "link", "set", f"{BACK}-{place}", "down")

    def plug_in(self, place: int) -> None:
        self.servers.run("ip", "link", "set", f"{BACK}-{place}", "up")

    def slow_down(self, place: int, delay_s: float) -> None:
        """Delay each packet between a proxy and the servers, in each direction. Needs a running loop."""
        proxy, address = self.proxies[place], proxy_address(BACK, place)
        self._slow = SlowCable(self.servers, f"slow-{place}", proxy, "slow", delay_s)
        self.servers.run("ip", "link", "set", f"slow-{place}", "master", BACK, "up")
        hardware = proxy.run("ip", "-o", "link", "show", "dev", BACK).partition("link/ether ")[2].split()[0]
        proxy.run("ip", "address", "flush", "dev", BACK)
        proxy.run("ip", "link", "set", BACK, "down")
        proxy.run("ip", "link", "set", "slow", "address", hardware)  # which the servers have in their tables
        proxy.address("slow", address)

    def speed_up(self, place: int) -> None:
        if self._slow is not None:
            self._slow.close()
            self._slow = None
            self.proxies[place].address(BACK, proxy_address(BACK, place))

    def _filter(self, how: str, place: int) -> None:
        address = proxy_address(BACK, place)
        self.servers.run("iptables", how, "INPUT", "-s", address, "-j", "DROP")
        self.servers.run("iptables", how, "OUTPUT", "-d", address, "-j", "DROP")


def proxy_address(network: str, place: int) -> str:
    return f"{NETWORKS[network]}.{11 + place}"


@contextlib.contextmanager
def network(folder: Path) -> Iterator[Network]:
    """Make the machines, which end with the block."""
    with contextlib.ExitStack() as stack:
        machines = []
        for name in ("servers", *(f"proxy-{each}" for each in PROXY_NAMES)):
            machines.append(Machine(folder, name))
            stack.callback(machines[-1].close)
        servers, first, second = machines
        yield Network(servers, (first, second))
