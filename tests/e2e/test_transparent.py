"""Transparent mode as `scripts/transparent` sets it up, between machines that know of no proxy."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import environment
from e2e.transparent import API, HOSTS, OTHER, SHARED, Internet, Redirected
from namespaces import Lan, Machine, lan

VISITOR = Path(__file__).with_name("visitor.py")
PATH = "/v1/chat/completions"
pytestmark = pytest.mark.skipif(
    not Path(sys.executable).is_relative_to(environment.ROOT / ".venv"), reason="wants scripts/test's own environment"
)

BEFORE = """
*nat
-A PREROUTING -i lan -p tcp -m tcp --dport 81 -j REDIRECT --to-ports 82
-A OUTPUT -d 203.0.113.9/32 -j ACCEPT
COMMIT
*filter
:INPUT DROP [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -p ipv6-icmp -j ACCEPT
-A FORWARD -i lan -j ACCEPT
-A OUTPUT -p udp -m udp --dport 9 -j DROP
COMMIT
"""
"""A firewall that lets nothing in, and rules of others in all the places where ours go."""


def firewall(machine: Machine) -> str:
    """Give a machine rules of its own, and return what `iptables-save` makes of them."""
    for family, text in (("iptables", BEFORE.replace("-A INPUT -p ipv6-icmp -j ACCEPT\n", "")), ("ip6tables", BEFORE)):
        text = text.replace("203.0.113.9/32", "2001:db8::9/128") if family == "ip6tables" else text
        machine.run("sh", "-c", f"{family}-restore --noflush <<'END'\n{text}END")
    return machine.rules()


def visit(
    machine: Machine, host: str, authority: Path, question: str, *, http: str, ip: int, stream: bool = False
) -> Any:
    """Ask an API as a program on *machine* does; see visitor.py for what comes back."""
    words = (f"https://{host}{PATH}", authority, http, ip, question, *(["stream"] if stream else []))
    return json.loads(machine.run(sys.executable, VISITOR, *words))


def until_hit(ask: Callable[[], Any], within: float = 5) -> Any:
    deadline = time.monotonic() + within
    while (answer := ask())["cache"] != "hit":
        assert time.monotonic() < deadline, answer
        time.sleep(0.05)
    return answer


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lan]:
    with lan(tmp_path_factory.mktemp("net"), HOSTS) as net:
        yield net


@pytest.fixture(scope="module")
def internet(net: Lan, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Internet]:
    with Internet(net, tmp_path_factory.mktemp("internet")) as internet:
        yield internet


@pytest.fixture(scope="module")
def before(net: Lan) -> str:
    return firewall(net.gateway)


@pytest.fixture(scope="module")
def gateway(
    net: Lan, internet: Internet, before: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Redirected]:
    """The gateway redirects what its client asks the API."""
    with Redirected(net.gateway, internet, tmp_path_factory.mktemp("gateway"), "--forward", "lan") as redirected:
        yield redirected
    assert net.gateway.rules() == before


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("ip", [4, 6])
@pytest.mark.parametrize("http", ["1.1", "2"])
def test_a_client_that_knows_of_no_proxy_is_answered_from_the_cache(
    net: Lan, gateway: Redirected, http: str, ip: int, stream: bool
) -> None:
    question = f"How many kilometres are {http.replace('.', '')}{ip}{int(stream)} miles?"

    def ask() -> Any:
        return visit(net.client, API, gateway.authority, question, http=http, ip=ip, stream=stream)

    first = ask()
    again = until_hit(ask)

    assert (first["status"], first["cache"], first["http"]) == (200, "miss", f"HTTP/{http}")
    assert (again["status"], again["http"], again["body"]) == (200, f"HTTP/{http}", first["body"])
    if stream:
        assert first["times"][-1] - first["times"][0] > 0.3, "the stream came in one piece"


@pytest.mark.parametrize("ip", [4, 6])
@pytest.mark.parametrize("host", [SHARED, OTHER])
def test_other_names_pass_unopened_also_at_the_same_address(
    net: Lan, internet: Internet, gateway: Redirected, host: str, ip: int
) -> None:
    """The client trusts the server's own certificate only, so it would notice the proxy's."""
    answers = [visit(net.client, host, internet.authority, "What is it?", http="2", ip=ip) for _ in range(2)]

    assert [(answer["status"], answer["cache"]) for answer in answers] == [(200, None)] * 2
