"""What is to be redirected, and the rules for it, as pure functions of values. Nothing here touches the system."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Literal, Self

CHAIN = "AI_CACHE"
HOST_NAME = re.compile(r"(?=.{1,253}\.?$)(?!-)[a-z0-9_-]{1,63}(\.(?!-)[a-z0-9_-]{1,63})*\.?", re.IGNORECASE)

Address = IPv4Address | IPv6Address
Family = Literal[4, 6]


@dataclass(frozen=True, slots=True)
class Target:
    """A host that is to be redirected, and its addresses of now."""

    name: str
    addresses: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Whose traffic to which hosts goes to the proxy."""

    targets: tuple[Target, ...]
    ports: tuple[int, ...]
    proxy_port: int
    uid: int
    """The proxy's user."""
    own: bool
    """Whether this machine's own traffic is redirected: that of every user but the proxy's."""
    interfaces: tuple[str, ...] = ()
    """Whose incoming traffic is redirected, too."""
    forwarded: tuple[Family, ...] = (4, 6)
    """The families that this machine passes on from there."""
    block_quic: bool = True
    families: tuple[Family, ...] = (4, 6)

    def hosts(self) -> tuple[str, ...]:
        return tuple(target.name for target in self.targets)

    def at(self, found: Sequence[Target]) -> Self:
        """This plan with all addresses of *found*, where a host may be several times: it has not the same each time."""
        known: dict[str, set[Address]] = {name: set() for name in self.hosts()}
        for target in found:
            known[target.name].update(target.addresses)
        targets = [Target(name, tuple(sorted(addresses, key=_in_order))) for name, addresses in known.items()]
        return replace(self, targets=tuple(targets))


def parse_host(text: str) -> str:
    """A host's name, or an address. Raises ValueError."""
    try:
        address = ip_address(text.strip("[]"))
    except ValueError:
        pass
    else:
        if address.is_unspecified or address.is_multicast:
            raise ValueError(f"{text} is no address of a host")
        return str(address)
    if re.fullmatch(r"\*|any|all|.*/\d+", text):
        raise ValueError(
            f"{text!r} would redirect more than a cache has to see: name the LLM API's hosts, each with --host"
        )
    if not HOST_NAME.fullmatch(text):
        raise ValueError(f"{text!r} is not the name of a host, like api.openai.com")
    return text.rstrip(".").lower()


def check(plan: Plan) -> None:
    """Raises ValueError where the traffic would go in circles, or nowhere."""
    if plan.proxy_port in plan.ports:
        raise ValueError(f"port {plan.proxy_port} is the proxy's own: choose another one with --proxy-port")
    if plan.interfaces and not plan.own:
        for target in plan.targets:
            if any(address.is_loopback for address in target.addresses):
                raise ValueError(
                    f"{target.name} is this machine itself, whose traffic does not come in at an interface"
                )


def opening(plan: Plan, family: Family) -> str:
    """What `iptables-restore --noflush` (ip6tables-restore) makes the rules from."""
    nat, other = [], []
    if plan.own:
        others = f"-m owner ! --uid-owner {plan.uid}"
        nat.append(f"-I OUTPUT -p tcp {others} -j {CHAIN}")
        other.append(f"-I OUTPUT -p udp {others} -j {CHAIN}")
    for interface in plan.interfaces if family in plan.forwarded else ():
        nat.append(f"-I PREROUTING -i {interface} -p tcp -j {CHAIN}")
        other.append(f"-I FORWARD -i {interface} -p udp -j {CHAIN}")
        other.append(f"-I INPUT -i {interface} -p tcp -j {CHAIN}")
    return _table("nat", _redirects(plan, family), nat) + _table("filter", _filters(plan, family), other)


def refreshing(plan: Plan, family: Family) -> str:
    """The same for rules that are there already: their addresses are exchanged at once, and nothing else."""
    return _table("nat", _redirects(plan, family), []) + _table("filter", _filters(plan, family), [])


def closing(saved: str) -> str:
    """What removes our rules, and no other, from those that `iptables-save` tells; empty where there are none."""
    table = ""
    removals: dict[str, list[str]] = {}
    for line in saved.splitlines():
        if line.startswith("*"):
            table = line
        elif line.startswith(f":{CHAIN} "):
            removals.setdefault(table, [])
        elif re.search(rf" -[jg] {CHAIN}( |$)", line):
            removals.setdefault(table, []).append(line.replace("-A ", "-D ", 1))
    lines = [
        line for name, jumps in removals.items() for line in (name, *jumps, f"-F {CHAIN}", f"-X {CHAIN}", "COMMIT")
    ]
    return "".join(f"{line}\n" for line in lines)


def is_open(saved: str) -> bool:
    """Tell whether our rules are among those that `iptables-save` tells."""
    return f"\n:{CHAIN} " in f"\n{saved}"


def counted(saved: str) -> dict[Address, int]:
    """Connections that each address was asked for, by `iptables-save -c -t nat`: it sees the first packet of each."""
    rule = re.compile(rf"\[(\d+):\d+\] -A {CHAIN} -d ([^/ ]+)\S* .*-j REDIRECT")
    found: dict[Address, int] = {}
    for packets, address in rule.findall(saved):
        found[ip_address(address)] = found.get(ip_address(address), 0) + int(packets)
    return found


def _table(name: str, rules: Iterable[str], jumps: Iterable[str]) -> str:
    # declaring the chain empties it, in one step with what follows up to COMMIT
    return "\n".join([f"*{name}", f":{CHAIN} - [0:0]", *rules, *jumps, "COMMIT", ""])


def _redirects(plan: Plan, family: Family) -> list[str]:
    return _for_each(plan, family, f"-p tcp --dport {{port}} -j REDIRECT --to-ports {plan.proxy_port}")


def _filters(plan: Plan, family: Family) -> list[str]:
    """No HTTP/3 past the proxy, whose clients then ask by TCP; and what was redirected may come in at a firewall."""
    rules = _for_each(plan, family, "-p udp --dport {port} -j REJECT") if plan.block_quic else []
    if plan.interfaces:
        rules.append(f"-A {CHAIN} -p tcp --dport {plan.proxy_port} -m conntrack --ctstate DNAT -j ACCEPT")
    return rules


def _for_each(plan: Plan, family: Family, what: str) -> list[str]:
    lines = []
    for target in plan.targets:
        addresses = [address for address in target.addresses if address.version == family]
        lines += [f"# {target.name}"] if addresses else []
        lines += [f"-A {CHAIN} -d {address} {what.format(port=port)}" for address in addresses for port in plan.ports]
    return lines


def _in_order(address: Address) -> tuple[int, int]:
    return address.version, int(address)
