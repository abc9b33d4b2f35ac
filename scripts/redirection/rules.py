"""The traffic that is redirected, and the rules for it as text. Pure functions; nothing here touches the system."""

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
    """A host to redirect, and its current addresses."""

    name: str
    addresses: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The traffic that is redirected to the proxy."""

    targets: tuple[Target, ...]
    ports: tuple[int, ...]
    proxy_port: int
    uid: int
    """User id of the proxy."""
    own: bool
    """Whether this machine's own traffic is redirected, of all users except the proxy's."""
    interfaces: tuple[str, ...] = ()
    """Interfaces whose incoming traffic is redirected."""
    forwarded: tuple[Family, ...] = (4, 6)
    """Address families that this machine forwards from those interfaces."""
    block_quic: bool = True
    families: tuple[Family, ...] = (4, 6)

    def hosts(self) -> tuple[str, ...]:
        return tuple(target.name for target in self.targets)

    def with_addresses(self, found: Sequence[Target]) -> Self:
        """Return the plan with all addresses in *found*. A host may occur repeatedly: its addresses vary."""
        known: dict[str, set[Address]] = {name: set() for name in self.hosts()}
        for target in found:
            known[target.name].update(target.addresses)
        targets = [Target(name, tuple(sorted(addresses, key=_sort_key))) for name, addresses in known.items()]
        return replace(self, targets=tuple(targets))


def parse_host(text: str) -> str:
    """Parse a host name or an IP address. Raises ValueError."""
    try:
        address = ip_address(text.strip("[]"))
    except ValueError:
        pass
    else:
        if address.is_unspecified or address.is_multicast:
            raise ValueError(f"{text} is not the address of a host")
        return str(address)
    if re.fullmatch(r"\*|any|all|.*/\d+", text):
        raise ValueError(
            f"{text!r} would redirect traffic that the cache need not see: name the LLM API's hosts, each with --host"
        )
    if not HOST_NAME.fullmatch(text):
        raise ValueError(f"{text!r} is not the name of a host, like api.openai.com")
    return text.rstrip(".").lower()


def check(plan: Plan) -> None:
    """Raise ValueError if traffic would loop, or would not be redirected at all."""
    if plan.proxy_port in plan.ports:
        raise ValueError(f"port {plan.proxy_port} is the proxy's own: choose another one with --proxy-port")
    if plan.interfaces and not plan.own:
        for target in plan.targets:
            if any(address.is_loopback for address in target.addresses):
                raise ValueError(
                    f"{target.name} is this machine itself, whose own traffic does not arrive at an interface"
                )


def install_script(plan: Plan, family: Family) -> str:
    """Return the input for `iptables-restore --noflush` (or ip6tables-restore) that adds the rules."""
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


def update_script(plan: Plan, family: Family) -> str:
    """Return the input that replaces the addresses in existing rules, atomically."""
    return _table("nat", _redirects(plan, family), []) + _table("filter", _filters(plan, family), [])


def removal_script(dump: str) -> str:
    """Return the input that removes our rules from those in a dump of `iptables-save`; empty if there are none."""
    table = ""
    removals: dict[str, list[str]] = {}
    for line in dump.splitlines():
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


def has_rules(dump: str) -> bool:
    """Return whether a dump of `iptables-save` has rules of ours."""
    return f"\n:{CHAIN} " in f"\n{dump}"


def count_connections(dump: str) -> dict[Address, int]:
    """Count connections per address in a dump of `iptables-save -c -t nat`, which sees each one's first packet."""
    rule = re.compile(rf"\[(\d+):\d+\] -A {CHAIN} -d ([^/ ]+)\S* .*-j REDIRECT")
    found: dict[Address, int] = {}
    for packets, address in rule.findall(dump):
        found[ip_address(address)] = found.get(ip_address(address), 0) + int(packets)
    return found


def _table(name: str, rules: Iterable[str], jumps: Iterable[str]) -> str:
    # declaring the chain empties it; everything up to COMMIT is one atomic step
    return "\n".join([f"*{name}", f":{CHAIN} - [0:0]", *rules, *jumps, "COMMIT", ""])


def _redirects(plan: Plan, family: Family) -> list[str]:
    return _for_each(plan, family, f"-p tcp --dport {{port}} -j REDIRECT --to-ports {plan.proxy_port}")


def _filters(plan: Plan, family: Family) -> list[str]:
    """Return rules that reject HTTP/3, so that clients use TCP, and let redirected traffic pass the firewall."""
    rules = _for_each(plan, family, "-p udp --dport {port} -j REJECT") if plan.block_quic else []
    if plan.interfaces:
        rules.append(f"-A {CHAIN} -p tcp --dport {plan.proxy_port} -m conntrack --ctstate DNAT -j ACCEPT")
    return rules


def _for_each(plan: Plan, family: Family, match: str) -> list[str]:
    lines = []
    for target in plan.targets:
        addresses = [address for address in target.addresses if address.version == family]
        lines += [f"# {target.name}"] if addresses else []
        lines += [f"-A {CHAIN} -d {address} {match.format(port=port)}" for address in addresses for port in plan.ports]
    return lines


def _sort_key(address: Address) -> tuple[int, int]:
    return address.version, int(address)
