"""Transparent mode as `scripts/transparent` sets it up, between machines that know of no proxy."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import environment
from e2e.transparent import API, OTHER, SHARED, TRANSPARENT, USER, Internet, Logged, Redirected
from namespaces import ELSEWHERE, GATEWAY, INTERNET, Lan, Machine

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
    machine: Machine,
    host: str,
    authority: Path,
    question: str,
    *,
    http: str,
    ip: int,
    stream: bool = False,
    scheme: str = "https",
    **more: Any,
) -> Any:
    """Ask an API as a program on *machine* does; see visitor.py for what comes back."""
    how = {"authority": str(authority), "http": http, "ip": ip, "question": question, "stream": stream} | more
    answer = machine.ask(json.dumps({"url": f"{scheme}://{host}{PATH}", **how}), sys.executable, VISITOR)
    read = json.loads(answer)
    assert "error" not in read, read["error"]
    return read


def until_hit(ask: Callable[[], Any], within: float = 5) -> Any:
    deadline = time.monotonic() + within
    while (answer := ask())["cache"] != "hit":
        assert time.monotonic() < deadline, answer
        time.sleep(0.05)
    return answer


@pytest.fixture(scope="module")
def before(net: Lan) -> str:
    return firewall(net.gateway)


def icmp_redirects(net: Lan) -> list[str]:
    files = [f"/proc/sys/net/ipv4/conf/{name}/send_redirects" for name in ("all", "lan")]
    return net.gateway.run("cat", *files).split()


@pytest.fixture(scope="module")
def gateway(
    net: Lan, internet: Internet, before: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Redirected]:
    """The gateway redirects what its client asks the API; at port 444 there is none."""
    assert icmp_redirects(net) == ["1", "1"]
    options = ("--forward", "lan", "--port", 443, "--port", 444)
    with Redirected(net.gateway, internet, tmp_path_factory.mktemp("gateway"), *options) as redirected:
        yield redirected
    assert net.gateway.rules() == before
    assert icmp_redirects(net) == ["1", "1"]


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


@pytest.mark.parametrize(("http", "ip"), [("1.1", 4), ("2", 6)])
def test_a_latecomer_follows_a_stream_and_an_answer_is_read_on_without_its_client(
    net: Lan, gateway: Redirected, http: str, ip: int
) -> None:
    def ask(question: str, **how: Any) -> Any:
        words = " and then what" * 15  # its answer takes a few seconds
        return visit(net.client, API, gateway.authority, question + words, http=http, ip=ip, stream=True, **how)

    first = ask(f"Who follows by {http}?", follows=True)
    left = ask(f"Who has left by {http}?", leaves=True)
    again = ask(f"Who has left by {http}?")

    assert first["second"]["headers"]["cache-status"] == "ai-cache; fwd=miss; collapsed"
    assert first["second"]["body"] == first["body"]
    assert (left["cache"], again["cache"]) == ("miss", "hit")
    assert again["body"].startswith(left["body"])
    assert again["body"].endswith("data: [DONE]\n\n")


def test_the_name_counts_and_not_the_address_or_the_protocol(net: Lan, gateway: Redirected) -> None:
    question = "Which address did I take?"
    first = visit(net.client, API, gateway.authority, question, http="1.1", ip=4)
    again = until_hit(lambda: visit(net.client, API, gateway.authority, question, http="2", ip=6))

    assert again["headers"]["cache-status"].startswith("ai-cache; hit; detail=exact")
    assert again["body"] == first["body"]


@pytest.mark.parametrize("ip", [4, 6])
@pytest.mark.parametrize("host", [SHARED, OTHER])
def test_other_names_pass_unopened_also_at_the_same_address(
    net: Lan, internet: Internet, gateway: Redirected, host: str, ip: int
) -> None:
    """The client trusts the server's own certificate only, so it would notice the proxy's."""
    answers = [visit(net.client, host, internet.authority, "What is it?", http="2", ip=ip) for _ in range(2)]

    assert [(answer["status"], answer["cache"]) for answer in answers] == [(200, None)] * 2


def test_the_dashboard_is_on_the_gateway_itself(net: Lan, gateway: Redirected) -> None:
    [url] = re.findall(r"the dashboard: (http://127\.0\.0\.1:8080/_ai_cache/\?token=\S+)", gateway.run.log)
    pages = "u.build_opener(u.HTTPCookieProcessor)"
    ask = f"import urllib.request as u; print({pages}.open({url!r}, timeout=5).read().decode())"

    assert "<title>AI cache</title>" in net.gateway.run(sys.executable, "-c", ask)


@pytest.mark.parametrize(
    "first", ["GET / HTTP/1.1\\r\\nHost: api.llm.test\\r\\n\\r\\n", "GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n"]
)
def test_who_connects_to_the_proxy_itself_does_not_make_it_connect_to_itself(
    net: Lan, gateway: Redirected, first: str
) -> None:
    ask = f"import socket; s = socket.create_connection(('{GATEWAY[0]}', 8080), 5); s.sendall(b'{first}'); "
    ask += "print(len(s.recv(65536)))"
    net.gateway.run("iptables", "-I", "INPUT", "-p", "tcp", "--dport", "8080", "-j", "ACCEPT")
    before = gateway.run.log.count("client connect")
    try:
        net.client.run(sys.executable, "-c", ask)
    finally:
        net.gateway.run("iptables", "-D", "INPUT", "-p", "tcp", "--dport", "8080", "-j", "ACCEPT")

    assert gateway.run.log.count("client connect") == before + 1


def test_an_api_that_is_down_is_a_bad_gateway_and_not_a_hang(net: Lan, gateway: Redirected) -> None:
    began = time.monotonic()
    answer = visit(net.client, f"{API}:444", gateway.authority, "Are you there?", http="2", ip=4)

    assert answer["status"] == 502
    assert time.monotonic() - began < 10


ECHO = """
import socket, sys
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[2] else socket.AF_INET, socket.SOCK_DGRAM)
if sys.argv[1] == "serve":
    s.bind((sys.argv[2], 443)); print("there", flush=True)
    while True:
        said, who = s.recvfrom(100); s.sendto(said, who)
s.settimeout(3); s.connect((sys.argv[2], 443))
try:
    s.send(b"QUIC"); print(s.recv(100).decode())
except ConnectionRefusedError:
    print("refused")
"""


@pytest.mark.parametrize("index", [0, 1], ids=["ipv4", "ipv6"])
def test_http3_to_the_api_is_refused_at_once_and_to_others_is_not(
    net: Lan, gateway: Redirected, tmp_path: Path, index: int
) -> None:
    addresses = INTERNET[index], ELSEWHERE[index]
    servers = [
        Logged(net.internet, tmp_path / f"{i}.log", sys.executable, "-c", ECHO, "serve", address)
        for i, address in enumerate(addresses)
    ]
    try:
        for server in servers:
            server.wait_log("there")
        said = [net.client.run(sys.executable, "-c", ECHO, "ask", address) for address in addresses]
    finally:
        for server in servers:
            server.stop()

    assert said == ["refused\n", "QUIC\n"]


def test_the_status_counts_connections(net: Lan, gateway: Redirected) -> None:
    def connections() -> int:
        told = net.gateway.run(sys.executable, TRANSPARENT, "status")
        assert f"in force for {API}; the proxy on port 8080 listens" in told
        return int(told.partition(f"{INTERNET[0]}: ")[2].split()[0])

    before = connections()
    visit(net.client, API, gateway.authority, "Do you count?", http="2", ip=4)

    assert connections() == before + 1


def test_a_second_run_is_refused_while_one_is_in_force(net: Lan, gateway: Redirected) -> None:
    rules = net.gateway.rules()
    options = ("--user", USER, "--yes", "--host", OTHER, "--forward", "lan", "--proxy-port", 8081)
    refused = net.gateway.run(sys.executable, TRANSPARENT, "run", *options, check=False)

    assert refused == "transparent: rules of another run are in force: `scripts/transparent down` removes them\n"
    assert net.gateway.rules() == rules


def test_clients_are_told_of_no_way_past_the_gateway(net: Lan, gateway: Redirected) -> None:
    assert icmp_redirects(net) == ["0", "0"]


def test_a_machine_that_is_no_gateway_is_refused(net: Lan, before: str) -> None:
    """Forwarding is off on the internet's machine."""
    options = ("--user", USER, "--yes", "--host", API, "--forward", "eth0")
    refused = net.internet.run(sys.executable, TRANSPARENT, "run", *options, check=False)

    assert refused.startswith("transparent: this machine does not forward traffic from eth0")
    assert "`sysctl -w net.ipv4.ip_forward=1`" in refused
