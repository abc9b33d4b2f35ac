"""The tests' own network: machines that reach each other by name, and nothing of them outside or afterwards."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from namespaces import CLIENT, ELSEWHERE, INTERNET, Lan, entered, lan, needed

SERVER = """
import http.server, socket, sys
class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6
class Say(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        said = self.client_address[0].encode()
        self.send_response(200); self.send_header("content-length", str(len(said))); self.end_headers()
        self.wfile.write(said)
server = Server(("::", 80), Say)
print("there", flush=True)
server.serve_forever()
"""
ASK = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=5).read().decode())"


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Lan]:
    with lan(tmp_path, {"four.test": INTERNET[:1], "six.test": ELSEWHERE[1:]}) as net:
        yield net


def test_the_client_reaches_the_internet_by_name_in_both_families(net: Lan) -> None:
    command = net.internet.command(sys.executable, "-c", SERVER)
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as server:
        try:
            assert server.stdout is not None and server.stdout.readline() == b"there\n"
            seen = [net.client.run(sys.executable, "-c", ASK, f"http://{name}/") for name in ("four.test", "six.test")]
        finally:
            server.terminate()

    assert seen == [f"::ffff:{CLIENT[0]}\n", f"{CLIENT[1]}\n"]


def test_a_thread_enters_a_machine_with_what_it_starts_and_leaves_it_again(net: Lan) -> None:
    link = ["readlink", "/proc/self/ns/net"]
    outside = subprocess.check_output(link, text=True)

    with entered(net.client), socket.create_server((CLIENT[0], 0)):
        inside = subprocess.check_output(link, text=True)

    assert inside == net.client.run(*link) != outside
    assert subprocess.check_output(link, text=True) == outside


def test_nothing_of_it_is_outside_or_afterwards(tmp_path: Path) -> None:
    def outside() -> list[str]:
        links = subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=True).stdout
        mounts = Path("/proc/self/mounts").read_text()
        return [links, mounts, Path("/etc/hosts").read_text(), Path("/proc/sys/net/ipv4/ip_forward").read_text()]

    needed()
    before = outside()

    with lan(tmp_path, {"four.test": INTERNET}) as net:
        pid = net.gateway.pid
        net.gateway.run("iptables", "-t", "nat", "-A", "PREROUTING", "-j", "ACCEPT")
        assert "-A PREROUTING -j ACCEPT" in net.gateway.rules()
        during = outside()

    assert before == during == outside()
    assert not Path(f"/proc/{pid}").exists()


def test_a_program_can_be_launched_there_by_its_path(net: Lan, tmp_path: Path) -> None:
    launcher = net.client.launcher(tmp_path / "cat", "cat")

    seen = subprocess.run([launcher, "/etc/hosts"], capture_output=True, text=True, check=True).stdout

    assert f"{INTERNET[0]} four.test" in seen
