"""What flows tell of the cache, once they are in a file: the same as when they were seen."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from mitmproxy.http import HTTPFlow
from mitmproxy.io import FlowReader

from aicache.proxy.malformed_fields import is_safe
from demo.answers import Reply, answer
from e2e.preloaded import PRELOADED
from e2e.proxy import SCRIPT, Proxy

if TYPE_CHECKING:
    from e2e.conftest import Upstream

QUESTION, IN_OTHER_WORDS = "How do I reset my password?", "How can I reset my password?"
ANSWER = "follow the link in the mail within one hour."
MANY = "How do I bake bread at home with rye flour?"


@pytest.fixture(scope="module")
def recorded(module_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of flows: misses, exact and semantic hits, whole and streamed, and one that was to pass by the cache."""
    home = tmp_path_factory.mktemp("recorded")
    file = home / "flows"
    module_upstream.script = answer
    with Proxy(module_upstream.url, home, options=("-w", str(file))) as proxy:
        proxy.ask(QUESTION)
        proxy.ask_until("exact", QUESTION)
        for _ in range(2):  # once more from the store at the most, then at hand
            proxy.ask(QUESTION)
        proxy.ask_until("semantic", IN_OTHER_WORDS)
        proxy.ask(MANY, stream=True)
        proxy.ask_until("exact", MANY, stream=True)
        proxy.ask_until("semantic", IN_OTHER_WORDS, stream=True)
        proxy.ask("Past it?", headers={"x-higress-skip-ai-cache": "on"})
    assert "Traceback" not in proxy.log
    assert "Addon error" not in proxy.log
    return file


def read(file: Path, home: Path, *options: str) -> str:
    """Return what ``mitmdump -nr`` prints of a file."""
    command = [
        str(Path(sys.executable).with_name("mitmdump")),
        *("-nr", str(file), "-s", str(SCRIPT), "--set", "flow_detail=3", "--set", f"ai_cache_data={home / 'other'}"),
        *("--set", f"confdir={home / 'confdir'}", *options),
    ]
    done = PRELOADED.run(command, os.environ, 60)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return done.stdout


def test_every_flow_of_a_file_tells_what_became_of_it(recorded: Path) -> None:
    with recorded.open("rb") as file:
        flows = [flow for flow in FlowReader(file).stream() if isinstance(flow, HTTPFlow)]

    told = {(flow.metadata["ai_cache"], flow.marked, flow.comment.partition(" · ")[0]) for flow in flows}

    assert {("miss", ":yellow_circle:"), ("exact hit", ":green_circle:"), ("semantic hit", ":large_blue_circle:")} | {
        ("bypass", ":white_circle:")
    } == {(outcome, marker) for outcome, marker, _ in told}
    assert ("exact hit", ":green_circle:", "exact hit") in told
    assert ("bypass", ":white_circle:", "bypass: the request says so") in told
    assert any(comment.startswith("semantic hit 0.9") for *_, comment in told)
    assert "miss: no neighbor above 0.92 (none there)" in {comment for *_, comment in told}
    misses = [flow for flow in flows if flow.metadata["ai_cache"] == "miss"]
    assert misses[0].comment.endswith(" · kept")
    assert any("recalled" in json.dumps(flow.metadata) for flow in flows) or not is_safe()
    json.dumps([flow.metadata for flow in flows])  # nothing but plain values


def test_a_file_that_is_read_shows_decisions_and_answers_in_one_piece(recorded: Path, tmp_path: Path) -> None:
    shown = read(recorded, tmp_path)

    assert "semantic hit 0.9" in shown
    assert "How [-do-]{+can+} I reset" in shown
    assert "why                   no-neighbor" in shown
    assert "data:" not in shown
    assert "chat.completion.chunk" not in shown
    assert shown.count(ANSWER) >= 4


def test_filters_find_them(recorded: Path, tmp_path: Path) -> None:
    shown = read(recorded, tmp_path, "--set", "dumper_filter=~marker large_blue & ~meta '^ai_cache: semantic hit'")

    assert shown.count("semantic hit 0.9") >= 2
    assert "exact hit ·" not in shown
    assert "why                   no-neighbor" not in shown


def test_a_stream_that_breaks_off_is_shown_as_far_as_it_went(
    start: Callable[..., Proxy], upstream: Upstream, tmp_path: Path
) -> None:
    upstream.script = lambda _: Reply(("Once upon a time there was a cache. ",), ends="reset", ends_after=5)
    file = tmp_path / "flows"
    proxy = start(options=("-w", str(file)))
    with contextlib.suppress(OSError, HTTPException):
        proxy.ask("Tell me a story?", stream=True)
    proxy.stop()

    shown = read(file, tmp_path)

    assert "not complete          the stream is cut off" in shown
    assert "Once upon a" in shown
    assert "data:" not in shown


def test_bypass_by_command_is_marked_and_undone(start: Callable[..., Proxy], tmp_path: Path) -> None:
    """The command is given by another addon, as mitmdump has no prompt."""
    script = tmp_path / "operator.py"
    script.write_text(
        "from mitmproxy import ctx\n"
        "def request(flow):\n"
        "    if state := flow.request.headers.pop('x-state', ''):\n"
        "        flow.request.headers['x-told'] = ctx.master.commands.execute(f'aicache.bypass {state}')\n"
    )
    file = tmp_path / "flows"
    proxy = start(options=("-w", str(file), "-s", str(script)))
    proxy.ask(QUESTION)
    proxy.ask_until("exact", QUESTION)

    proxy.ask("x", headers={"x-state": "on"})
    assert proxy.ask(QUESTION).cache == "bypass"
    proxy.ask("x", headers={"x-state": "off"})
    assert proxy.ask(QUESTION).cache == "exact"

    proxy.stop()
    assert "bypass: switched off by aicache.bypass" in file.read_bytes().decode("utf-8", "replace")
    assert "aicache.bypass is on" in proxy.log
