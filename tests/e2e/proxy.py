"""A real mitmdump with the addon, in a process of its own, and a client that sees when bytes arrive."""

from __future__ import annotations

import contextlib
import functools
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest
from mitmproxy.certs import CertStore
from mitmproxy.options import CONF_BASENAME, KEY_SIZE

from aicache.proxy.malformed_fields import is_safe
from e2e.preloaded import PRELOADED, Fork

ROOT = Path(__file__).parent.parent.parent
SCRIPT = ROOT / "addon" / "ai_cache.py"
SPEED = os.environ.get("AI_CACHE_TEST_SPEED", "")
"""``on`` or ``off``: all of `speed`, where a test does not say itself; on, mitmdump prints no line for each flow."""
WANTS_FAST_PATH = pytest.mark.skipif(not is_safe(), reason="mitmproxy before 12.2.2 has no fast path")
READY = "ready: hits by meaning"
READY_EXACT = "ready: exact hits"
EXACT_ONLY = "semantic: {enabled: false}\n"
"""Starts in half the CPU time: no model is loaded."""
STOP_WAIT_S = 2.0
"""How long connections that a test has left open may hold up the end of its proxy."""
AS_CONFIGURED = "ready"
"""Wait until what the configuration enables is there."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Reply:
    """A response as the client saw it. Times are seconds since the request was sent."""

    status: int
    headers: dict[str, str]
    body: bytes
    first_byte: float
    end: float

    @property
    def cache(self) -> str:
        """``miss``, ``exact``, ``semantic``, ``same-words``, ``collapsed``, ``bypass`` or nothing at all."""
        status = self.headers.get("x-cache-status", "")
        if status != "hit":
            return status
        member = self.headers["cache-status"]
        return "collapsed" if member.endswith("; collapsed") else member.partition("detail=")[2].partition(";")[0]

    @property
    def text(self) -> str:
        """What a whole answer says."""
        return str(json.loads(self.body)["choices"][0]["message"]["content"])


class Proxy:
    """``mitmdump -s addon/ai_cache.py`` in reverse mode, on a data folder of the test's."""

    def __init__(
        self,
        upstream: str,
        home: Path,
        config: str | None = None,
        *,
        data: str = "data",
        options: tuple[str, ...] = (),
        program: str | Path = "mitmdump",
        mode: str | None = None,
        environment: Mapping[str, str] | None = None,
        script: Path = SCRIPT,
    ) -> None:
        self.environment, self.script = environment or {}, script
        self.program, self.mode = program, mode or f"reverse:{upstream}"
        self.upstream, self.home, self.data, self.port = upstream, home, home / data, free_port()
        self.config_file = home / f"{self.port}.yaml"
        if SPEED and "speed:" not in (config or "") and "cacheKeyStrategy" not in (config or ""):  # Higress has none
            flag = "true" if SPEED == "on" else "false"
            config = f"{config or ''}\nspeed: {{dispatch: {flag}, fast_lane: {flag}}}\n"
            options = (*(("--set", "flow_detail=0") if SPEED == "on" else ()), *options)
        if config is not None:
            self.config_file.write_text(config, "utf-8")
            options = ("--set", f"ai_cache_config={self.config_file}", *options)
        self.ready = READY_EXACT if "semantic: {enabled: false" in (config or "") else READY
        self.options = options
        self.log_file = home / f"{self.port}.log"
        self.process: subprocess.Popen[bytes] | Fork | None = None

    def start(self, *, wait_for: str | None = AS_CONFIGURED) -> Self:
        command, env = self.command(), {**os.environ, "PYTHONUNBUFFERED": "1", **self.environment}
        if not (confdir := self.home / "confdir").exists():
            shutil.copytree(certificate_authority().name, confdir)
        with self.log_file.open("wb") as log:
            if PRELOADED.can_start(command, env):
                self.process = PRELOADED.start(command, env, log, log)
            else:
                self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env)
        if wait_for is not None:
            self.wait_listening()
            self.wait_log(self.ready if wait_for == AS_CONFIGURED else wait_for)
        return self

    def command(self) -> list[str]:
        return [
            str(Path(sys.executable).parent / self.program),
            *("-s", str(self.script), "--mode", self.mode),
            *("--listen-host", "127.0.0.1", "--listen-port", str(self.port)),
            *("--set", f"ai_cache_data={self.data}", "--set", f"confdir={self.home / 'confdir'}"),
            *self.options,
        ]

    def __enter__(self) -> Self:
        return self if self.process else self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def token(self) -> str:
        """The dashboard's, where none is configured; mitmproxy listens before it has loaded its scripts."""
        file = self.data / "dashboard-token"
        self.wait_for(file.exists, within=30)
        return file.read_text().strip()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return self.log_file.read_text("utf-8", "replace")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End the process and return its exit code; what is open after a while is cut off."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(how)
        if how is signal.SIGTERM:
            with contextlib.suppress(subprocess.TimeoutExpired):
                return self.process.wait(STOP_WAIT_S)
            if "SIGTERM: all connections have ended" not in self.log:
                self.process.send_signal(how)
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    def wait_listening(self, within: float = 30) -> None:
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            assert self.process is not None
            assert self.process.poll() is None, f"the proxy has ended:\n{self.log}"
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError(f"the proxy does not listen:\n{self.log}")

    def wait_log(self, text: str, within: float = 30, *, times: int = 1) -> None:
        deadline = time.monotonic() + within
        while self.log.count(text) < times:
            assert time.monotonic() < deadline, f"no {text!r} in the log:\n{self.log}"
            time.sleep(0.05)

    def wait_for(self, what: Callable[[], bool], within: float = 5) -> None:
        deadline = time.monotonic() + within
        while not what():
            assert time.monotonic() < deadline, f"not within {within} s:\n{self.log}"
            time.sleep(0.05)

    # ------------------------------------------------------------------ client

    def ask(
        self,
        question: str | list[dict[str, Any]],
        *,
        key: str = "sk-test",
        headers: dict[str, str] | None = None,
        **fields: Any,
    ) -> Reply:
        """Ask a chat completion as one caller; *fields* go into the body."""
        messages = [{"role": "user", "content": question}] if isinstance(question, str) else question
        body = json.dumps({"model": "gpt-test", "messages": messages, **fields}).encode()
        return post(self.port, body, {"authorization": f"Bearer {key}"} | (headers or {}))

    def ask_until(self, cache: str, question: str, within: float = 5, **how: Any) -> Reply:
        """Ask again until the reply has this cache status: stores happen in the background.

        The questions that wait for a neighbor are not stored themselves, or the next one would be an exact hit. Nor
        does the upstream see those that wait for the answer to themselves, or there would be another one.
        """
        directives = {"semantic": "no-store", "same-words": "no-store", "exact": "only-if-cached"}
        if cache in directives:
            how["headers"] = {"cache-control": directives[cache]} | how.get("headers", {})
        deadline = time.monotonic() + within
        while (reply := self.ask(question, **how)).cache != cache:
            assert time.monotonic() < deadline, f"{reply.cache} instead of {cache} ({reply.headers}):\n{self.log}"
            time.sleep(0.05)
        return reply


def post(
    port: int, body: bytes, headers: dict[str, str], path: str = "/v1/chat/completions", timeout: float = 30
) -> Reply:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        began = time.perf_counter()
        connection.request("POST", path, body, {"content-type": "application/json"} | headers)
        response = connection.getresponse()
        chunks, first = [], 0.0
        while chunk := response.read1(65536):
            first = first or time.perf_counter() - began
            chunks.append(chunk)
        end = time.perf_counter() - began
        return Reply(response.status, {k.lower(): v for k, v in response.getheaders()}, b"".join(chunks), first, end)
    finally:
        connection.close()


@functools.cache
def certificate_authority() -> tempfile.TemporaryDirectory[str]:
    """Return the folder that mitmproxy makes at its first start, made once: keys take time."""
    folder = tempfile.TemporaryDirectory(prefix="confdir-")
    CertStore.create_store(Path(folder.name), CONF_BASENAME, KEY_SIZE)
    return folder


def copy_script(folder: Path) -> Path:
    """Make a copy of the script in a folder, to be touched or broken, beside the package itself."""
    folder.mkdir()
    (folder / "aicache").symlink_to(SCRIPT.parent / "aicache")
    return Path(shutil.copy(SCRIPT, folder))


def alive(pid: int) -> bool:
    """Tell whether a process runs (a zombie does not)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


def children(pid: int) -> list[int]:
    """Return the process ids of a process's direct children (Linux)."""
    found = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for path in found for child in path.read_text().split()]
