"""How redirection begins, goes on and ends, on a machine that redirects its own traffic. Nothing of it may stay."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import environment
from e2e.proxy import EXACT_ONLY, READY_EXACT, children
from e2e.test_transparent import firewall, pytestmark, until_hit, visit
from e2e.transparent import API, HOME, HOSTS, OTHER, TRANSPARENT, USER, Internet, Logged, Redirected
from namespaces import ELSEWHERE, INTERNET, Lan

__all__ = ["pytestmark"]
Start = Callable[..., Redirected]
UP = ("up", "--user", USER, "--yes", "--host", API, "--proxy-port", 8090)


@pytest.fixture(scope="module")
def before(net: Lan) -> str:
    return firewall(net.client)


@pytest.fixture
def start(net: Lan, internet: Internet, before: str, tmp_path: Path) -> Iterator[Start]:
    """Redirect what the client itself asks the API; at the end everything must be as it was before."""
    started: list[Redirected] = []

    def start(*options: object, config: str = "enabled: false", ready: str | None = None) -> Redirected:
        redirected = Redirected(net.client, internet, tmp_path, *options, config=config, ready=ready)
        started.append(redirected)
        return redirected.__enter__()

    yield start
    for redirected in started:
        redirected.__exit__()
    transparent(net, "down")
    assert net.client.rules() == before


def transparent(net: Lan, *words: object) -> str:
    """Run the command on the client and return all it says."""
    return net.client.run(sys.executable, TRANSPARENT, *words, check=False)


def direct(net: Lan, internet: Internet) -> Any:
    """Ask the API while nothing is between: the client trusts the API's own certificate only."""
    return visit(net.client, API, internet.authority, "Is nobody between?", http="2", ip=4)


def test_a_machines_own_traffic_is_answered_from_the_cache_until_sigterm(
    net: Lan, internet: Internet, before: str, start: Start
) -> None:
    redirected = start(config=EXACT_ONLY, ready=READY_EXACT)
    assert net.client.rules() != before

    for ip in (4, 6):
        question = f"How do I reset password number {ip}?"
        first = visit(net.client, API, redirected.authority, question, http="2", ip=ip)
        again = until_hit(lambda q=question, ip=ip: visit(net.client, API, redirected.authority, q, http="2", ip=ip))

        assert first["cache"] == "miss"
        assert again["body"] == first["body"]

    a_signal_undoes_it(net, internet, before, redirected, signal.SIGTERM)


def a_signal_undoes_it(net: Lan, internet: Internet, before: str, redirected: Redirected, how: signal.Signals) -> None:
    assert redirected.run.stop(how) == 0
    assert net.client.rules() == before
    assert direct(net, internet)["status"] == 200


def test_a_service_on_the_machine_itself_is_cached_too_until_ctrl_c(
    net: Lan, internet: Internet, before: str, start: Start, tmp_path: Path
) -> None:
    """As Ollama is, whose clients speak plain HTTP to it, by a name or by its address."""
    scripts = f"PYTHONPATH={environment.ROOT / 'scripts'}"
    words = ("env", scripts, sys.executable, "-u", "-m", "demo.upstream", "--port", 11434)
    service = Logged(net.client, tmp_path / "service.log", *words)
    try:
        service.wait_log("stand-in")
        options = ("--host", "localhost", "--port", 443, "--port", 11434)
        redirected = start(*options, config=EXACT_ONLY, ready=READY_EXACT)

        for name in ("localhost", "127.0.0.1"):

            def ask(name: str = name) -> Any:
                where = (net.client, f"{name}:11434", redirected.authority)
                return visit(*where, f"Who is at {name}?", http="1.1", ip=4, scheme="http")

            first = ask()
            again = until_hit(ask)

            assert first["cache"] == "miss"
            assert again["body"] == first["body"]
        a_signal_undoes_it(net, internet, before, redirected, signal.SIGINT)
    finally:
        service.stop()


def test_sighup_undoes_it(net: Lan, internet: Internet, before: str, start: Start) -> None:
    a_signal_undoes_it(net, internet, before, start(), signal.SIGHUP)


def test_the_proxys_death_undoes_it(net: Lan, internet: Internet, before: str, start: Start) -> None:
    redirected = start()
    [proxy] = children(redirected.run.process.pid)

    os.kill(proxy, signal.SIGKILL)

    assert redirected.run.process.wait(20) == 1
    assert "transparent: the proxy has ended with exit code -9, and the rules are undone" in redirected.run.log
    assert net.client.rules() == before
    assert direct(net, internet)["status"] == 200


def test_after_the_commands_own_death_the_traffic_goes_on_and_down_undoes_it(
    net: Lan, internet: Internet, before: str, start: Start
) -> None:
    redirected = start()
    [proxy] = children(redirected.run.process.pid)

    redirected.run.stop(signal.SIGKILL)
    orphaned = visit(net.client, API, redirected.authority, "Still there?", http="2", ip=4)

    assert orphaned["status"] == 200
    assert transparent(net, "status").startswith(f"in force for {API}")
    assert transparent(net, "down") == "undone\n"
    assert net.client.rules() == before
    assert direct(net, internet)["status"] == 200
    deadline = time.monotonic() + 20
    while Path(f"/proc/{proxy}").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert transparent(net, "down") == "nothing was in force\n"


def test_settings_that_a_run_left_changed_are_put_back_before_another_one(net: Lan, before: str) -> None:
    setting = "/proc/sys/net/ipv4/conf/all/send_redirects"
    leave = f"from redirection import saved_state; s = {{'{setting}': '1'}}; "
    leave += "saved_state.write(saved_state.State(('api.llm.test',), (443,), 8080, s)); saved_state.switch_off(s)"
    net.client.run("env", f"PYTHONPATH={environment.ROOT / 'scripts'}", sys.executable, "-c", leave)
    assert net.client.run("cat", setting) == "0\n"

    assert "`scripts/transparent down` restores them" in transparent(net, *UP)
    assert transparent(net, "down") == "undone\n"
    assert net.client.run("cat", setting) == "1\n"


def test_addresses_that_come_later_are_redirected_too_and_down_ends_the_run(
    net: Lan, internet: Internet, before: str, start: Start
) -> None:
    """And what the proxy's own user asks goes out all the while."""
    redirected = start("--refresh", 0.2)
    ask = "import ssl, sys, socket; c = ssl.create_default_context(cafile=sys.argv[1]); "
    ask += "c.wrap_socket(socket.create_connection((sys.argv[2], 443), 5), server_hostname='api.llm.test').close()"
    try:
        net.client.names(HOSTS | {API: ELSEWHERE})
        deadline = time.monotonic() + 10
        while f"-d {ELSEWHERE[0]}/32 -p tcp" not in (rules := net.client.rules()):
            assert time.monotonic() < deadline, rules
            time.sleep(0.1)

        assert f"-d {INTERNET[0]}/32 -p tcp" in rules, "who asked before still has the former address"
        for address in (*INTERNET, *ELSEWHERE):
            net.client.run(sys.executable, "-c", ask, redirected.authority, address)
    finally:
        net.client.names(HOSTS)

    assert what_the_proxys_user_is_told(net) == "None\n"
    assert transparent(net, "down") == "undone\n"
    assert redirected.run.process.wait(20) == 0
    assert net.client.rules() == before
    assert transparent(net, "status") == "not in force\n"


def what_the_proxys_user_is_told(net: Lan) -> str:
    """Ask the API as the user whose traffic is not redirected; return the header that the cache would have set."""
    code = "import ssl, sys, urllib.request as u; c = ssl.create_default_context(cafile=sys.argv[2]); "
    code += "print(u.urlopen(u.Request(sys.argv[1], b'{}'), context=c, timeout=5).headers.get('x-cache-status'))"
    words = (sys.executable, "-c", code, f"https://{API}/v1/chat/completions", f"{HOME}/internet.pem")
    return net.client.run("setpriv", "--reuid=65534", "--clear-groups", *words)


def test_nothing_is_done_unless_it_is_agreed_to(net: Lan, before: str) -> None:
    words = ("run", "--user", USER, "--home", "/tmp", "--host", API)
    ours, theirs = os.openpty()
    command = net.client.command(sys.executable, TRANSPARENT, *words)
    try:
        with subprocess.Popen(
            command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as asked:
            os.write(ours, b"n\n")
            shown, said = asked.communicate(timeout=60)
    finally:
        os.close(ours)
        os.close(theirs)

    assert asked.returncode == 1
    assert "-A AI_CACHE -d 203.0.113.2 -p tcp --dport 443 -j REDIRECT" in shown
    assert shown.endswith("Do this? [y/N] ")
    assert said == "transparent: nothing was done\n"
    assert "there is nobody to ask: --yes does it without" in transparent(net, *words)
    assert net.client.rules() == before


@contextlib.contextmanager
def proxy_of(net: Lan, uid: int, folder: Path) -> Iterator[Path]:
    """Run a proxy that `up` finds there, as a user, and yield its authority."""
    net.client.run("mount", "-t", "tmpfs", "-o", f"uid={uid},mode=755", "tmpfs", HOME)
    net.client.run("cp", folder / "certificate.pem", f"{HOME}/internet.pem")
    command = (
        *("setpriv", f"--reuid={uid}", "--clear-groups", Path(sys.executable).with_name("mitmdump")),
        *("--mode", "transparent@127.0.0.1:8090", "--mode", "transparent@::1:8090", "--set", f"confdir={HOME}/proxy"),
        *("--set", f"ssl_verify_upstream_trusted_ca={HOME}/internet.pem"),
    )
    proxy = Logged(net.client, folder / f"proxy-{uid}.log", *command)
    try:
        proxy.wait_log("[::1]:8090")
        authority = folder / f"authority-{uid}.pem"
        while not authority.exists() or not authority.read_text():  # it listens a moment before it has written that
            authority.write_text(net.client.run("cat", f"{HOME}/proxy/mitmproxy-ca-cert.pem", check=False))
        yield authority
    finally:
        proxy.stop()
        net.client.run("umount", "--lazy", HOME)


def test_up_wants_the_proxy_to_be_there_and_to_be_its_users(net: Lan, internet: Internet, before: str) -> None:
    assert "nobody listens at 127.0.0.1 port 8090" in transparent(net, *UP)

    with proxy_of(net, 0, internet.folder):
        assert "the program on port 8090 runs as root and not as --user" in transparent(net, *UP)

    assert net.client.rules() == before


def test_up_does_what_was_shown_until_down(net: Lan, internet: Internet, before: str) -> None:
    shown = transparent(net, *UP, "--dry-run")
    rules, _, command = shown.partition("Start the proxy first:")
    assert net.client.rules() == before

    with proxy_of(net, 65534, internet.folder) as authority:
        taken = transparent(net, "run", *UP[1:])
        put_up = transparent(net, *UP)
        answer = visit(net.client, API, authority, "Through?", http="1.1", ip=6)
        again = transparent(net, *UP)
        down = transparent(net, "down")

    assert net.client.rules() == before
    assert answer["status"] == 200
    assert down == "undone\n"
    assert "rules of another run are in force" in again
    assert "port 8090 is taken at 127.0.0.1: choose another one with --proxy-port" in taken
    assert put_up.startswith(rules)
    assert "-A AI_CACHE -d 203.0.113.2 -p tcp --dport 443 -j REDIRECT --to-ports 8090" in rules
    assert r"--allow-hosts '^api\.llm\.test:443$'" in command
    assert OTHER not in shown
