"""The cache filled from recorded flows: a real mitmdump records, another one reads, and a third one answers hits."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from demo.answers import Reply, Request, error
from e2e.proxy import Proxy

if TYPE_CHECKING:
    from e2e.conftest import Upstream

Start = Callable[..., Proxy]


def read(proxy: Proxy, file: Path, *options: str, how: str = "-nr") -> str:
    """Run ``mitmdump -nr FILE`` with the cache, on the proxy's data folder, and return its log."""
    command = [*proxy.command(), how, str(file), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return done.stdout + done.stderr


def summary(log: str) -> str:
    [line] = [line for line in log.splitlines() if " stored (" in line]
    return line


@pytest.fixture
def recorded(start: Start, upstream: Upstream, tmp_path: Path) -> Path:
    """Save an answer, a stream, a hit, an error, and three answers whose callers want nothing kept."""
    file = tmp_path / "flows.mitm"

    def script(request: Request) -> Reply:
        if request.headers.get("authorization") == "Bearer sk-refused":
            return error(429, "slow down")
        return Reply(("It is as it is.",))

    upstream.script = script
    proxy = start(data="recorder", options=("-w", str(file)))
    proxy.ask("What is the capital of France?")
    proxy.ask_until("exact", "What is the capital of France?")
    proxy.ask("How do I reset my password?", stream=True)
    proxy.ask("And I?", key="sk-refused")
    proxy.ask("Keep this to yourself.", headers={"x-higress-skip-ai-cache": "on"})
    proxy.ask("Forget this.", headers={"cache-control": "no-store"})
    proxy.ask("Forget this soon.", headers={"x-ai-cache-ttl": "0"})
    proxy.stop()
    assert file.stat().st_size
    return file


def test_flows_that_are_read_fill_the_cache_which_answers_in_either_mode_and_by_meaning(
    start: Start, upstream: Upstream, recorded: Path, tmp_path: Path
) -> None:
    proxy = Proxy(upstream.url, tmp_path)
    calls = upstream.calls

    log = read(proxy, recorded)

    assert "2 stored (2 to be found by meaning, too)" in summary(log)
    for reason in ("answered from the cache", "1 status 429", "1 skip", "2 not to be kept"):
        assert reason in summary(log)
    assert upstream.calls == calls
    with proxy:
        again = proxy.ask("What is the capital of France?")
        assert (again.cache, again.text) == ("exact", "It is as it is.")
        assert int(again.headers["age"]) >= 1
        assert proxy.ask("How do I reset my password?", stream=True).cache == "exact"
        assert proxy.ask("How do I reset my password?").text == "It is as it is."
        assert proxy.ask("How can I reset my password?").cache == "semantic"
        assert proxy.ask("Keep this to yourself.").cache == "miss"
        assert proxy.ask("What is the capital of France?", key="sk-other").cache == "miss"
    assert upstream.calls == calls + 2


def test_what_is_read_again_is_there_already_and_what_is_newer_stays(
    start: Start, upstream: Upstream, recorded: Path
) -> None:
    upstream.script = lambda _: Reply(("It is new.",))
    with start() as proxy:
        proxy.ask("What is the capital of France?")
        proxy.ask_until("exact", "What is the capital of France?")

    first, second = (summary(read(proxy, recorded)) for _ in range(2))

    assert "1 stored (1 to be found by meaning, too); 1 not newer than what is there" in first
    assert "0 stored (0 to be found by meaning, too); 2 not newer than what is there" in second
    with proxy.start():
        assert proxy.ask("What is the capital of France?").text == "It is new."


@pytest.mark.parametrize(("how", "options"), [("-nr", ("--set", "ai_cache_warm=false")), ("-r", ())])
def test_flows_that_are_only_looked_at_fill_nothing(
    upstream: Upstream, recorded: Path, tmp_path: Path, how: str, options: tuple[str, ...]
) -> None:
    proxy = Proxy(upstream.url, tmp_path)

    log = read(proxy, recorded, *options, how=how)

    assert " stored (" not in log
    with proxy:
        assert proxy.ask("What is the capital of France?").cache == "miss"
