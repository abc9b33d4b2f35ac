"""Other addons and mitmproxy's own options beside the cache, with the dispatch and without: nothing else may change."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from mitmproxy.io import FlowReader

from e2e.proxy import READY_EXACT, SCRIPT, Proxy, free_port, post

if TYPE_CHECKING:
    from e2e.conftest import Upstream

COMPANION = Path(__file__).parent / "addons" / "companion.py"
CONFIG = "semantic: {enabled: false}\nspeed: {dispatch: %s}\n"
OPTIONS = (
    *("-s", str(COMPANION)),
    *("--set", "intercept=~bq hold-this", "--set", "modify_headers=/~q/x-modified/yes"),
    *("--set", "stickycookie=.*", "--set", "block_global=true"),
)
QUESTIONS = ("plain", "hold-this", "break-this", "answer-this", "plain")


def ask(port: int) -> list[tuple[int, str, str]]:
    """Ask everything, one connection each, and return what came."""
    replies = []
    for question in QUESTIONS:
        body = json.dumps({"model": "m", "messages": [{"role": "user", "content": question}]}).encode()
        reply = post(port, body, {"authorization": "Bearer sk-test"})
        text = reply.text if reply.status == 200 else ""
        replies.append((reply.status, reply.headers.get("x-cache-status", ""), text))
        time.sleep(0.2)  # the client's leaving is heard, and the answer is stored
    return replies


def saved(path: Path) -> list[tuple[str, bytes | None, str | None]]:
    """Return what ``-w`` wrote, less what differs from run to run."""
    with path.open("rb") as stream:
        return [
            (flow.request.path, flow.request.content, flow.response and flow.response.headers.get("x-companion"))
            for flow in FlowReader(stream).stream()
        ]


def errors(log: str) -> list[str]:
    """Return the tracebacks of a log, less times."""
    lines = [re.sub(r"^\[[\d:.]+\]", "", line) for line in log.splitlines()]
    return [line for line in lines if "Addon error" in line or line.lstrip().startswith(("File", "ValueError"))]


def run(program: str, start: Callable[..., Proxy], home: Path, dispatch: bool) -> dict[str, Any]:
    """Return all that can be seen of a proxy with the companion beside the cache."""
    heard, flows = home / f"heard-{dispatch}", home / f"flows-{dispatch}"
    options = (*OPTIONS, "-w", str(flows), "--set", f"companion_file={heard}")
    if program == "mitmweb":
        options = (*options, "--no-web-open-browser", "--set", f"web_port={free_port()}")
    proxy = start(
        CONFIG % str(dispatch).lower(), program=program, data=f"data-{dispatch}", options=options, wait_for=READY_EXACT
    )
    replies = ask(proxy.port)
    proxy.stop()
    log = proxy.log
    assert ("keeps its own way" in log) is False
    return {"replies": replies, "heard": since_ready(heard), "saved": saved(flows), "errors": errors(log)}


@pytest.mark.parametrize("program", ["mitmdump", "mitmweb"])
def test_hooks_options_and_errors_are_the_same(program: str, start: Callable[..., Proxy], tmp_path: Path) -> None:
    stock = run(program, start, tmp_path, dispatch=False)
    ours = run(program, start, tmp_path, dispatch=True)

    assert ours == stock
    assert [status for status, _, _ in stock["replies"]] == [200, 200, 200, 418, 200]
    assert stock["replies"][-1][1] == "hit"
    assert len(stock["saved"]) == len(QUESTIONS)
    assert "ValueError: broken on purpose" in "\n".join(stock["errors"])
    assert {"request inner", "update", "client_disconnected"} <= set(stock["heard"])


def test_in_the_console_too(upstream: Upstream, tmp_path: Path) -> None:
    seen = []
    for dispatch in (False, True):
        heard = tmp_path / f"heard-{dispatch}"
        with console(upstream.url, tmp_path, heard, CONFIG % str(dispatch).lower()) as port:
            replies = ask(port)
        seen.append((replies, since_ready(heard)))

    assert seen[1] == seen[0]
    assert seen[0][0][-1][1] == "hit"


def since_ready(heard: Path) -> list[str]:
    """Return what was heard from when the proxy was ready: before, somebody looks whether it listens."""
    lines = heard.read_text().splitlines()
    return lines[lines.index("ready") :]


@contextmanager
def console(upstream: str, home: Path, heard: Path, config: str) -> Iterator[int]:
    """Run mitmproxy on a terminal of its own; yield its port once exact hits may come."""
    port = free_port()
    data = home / f"data-{port}"
    config_file = home / f"{port}.yaml"
    config_file.write_text(config)
    command = [
        *(str(Path(sys.executable).with_name("mitmproxy")), "-s", str(SCRIPT), "--mode", f"reverse:{upstream}"),
        *("--listen-host", "127.0.0.1", "--listen-port", str(port), "--set", f"confdir={home / 'confdir'}"),
        *("--set", f"ai_cache_data={data}", "--set", f"ai_cache_config={config_file}"),
        *(*OPTIONS, "--set", f"companion_file={heard}"),
    ]
    ours, its = pty.openpty()
    termios.tcsetwinsize(its, (40, 120))
    shown: list[bytes] = []
    reader = threading.Thread(target=_swallow, args=(ours, shown), daemon=True)
    reader.start()
    process = subprocess.Popen(command, stdin=its, stdout=its, stderr=its, env={**os.environ, "TERM": "xterm"})
    try:
        deadline = time.monotonic() + 30
        while not (heard.exists() and "ready" in heard.read_text()):
            assert time.monotonic() < deadline and process.poll() is None, b"".join(shown).decode()
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(20)
        os.close(its)
        os.close(ours)


def _swallow(terminal: int, shown: list[bytes]) -> None:
    try:
        while output := os.read(terminal, 65536):
            shown.append(output)
    except OSError:
        return
