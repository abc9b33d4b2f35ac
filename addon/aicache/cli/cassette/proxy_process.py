"""A proxy in a process of its own, in front of several APIs at once, whose cassette is changed while it runs.

Standard library only, and nothing of mitmproxy: whoever uses it need not import that.
"""

from __future__ import annotations

import contextlib
import json
import queue
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aicache.cli.launch import SCRIPT, default_options, set_options

START_TIMEOUT_S = 60.0
REPLY_TIMEOUT_S = 30.0
END_TIMEOUT_S = 10.0
REPLY = "@ai-cache "
CONTROL = Path(__file__).with_name("remote_control.py")
MAX_LINES_KEPT = 200


class ProxyError(Exception):
    """The proxy did not start or do what it was told. The message has what it said."""


class CassetteProxy:
    """*upstreams* are origins (``https://api.openai.com``) by any name; `urls` has the proxy's own in their places.

    It starts with a cassette of nothing that is only replayed. Raises ProxyError.
    """

    def __init__(
        self,
        mitmdump: Path,
        upstreams: Mapping[str, str],
        folder: Path,
        *,
        config: Path | None = None,
        further: Sequence[str] = (),
    ) -> None:
        self._nothing = nothing = folder / "nothing.yaml"
        nothing.write_text("cassette: 1\ninteractions: []\n", "utf-8")
        ports = _free_ports(len(upstreams))
        self.urls = {name: f"http://127.0.0.1:{port}" for name, port in zip(upstreams, ports, strict=True)}
        modes = [
            part
            for origin, port in zip(upstreams.values(), ports, strict=True)
            for part in ("--mode", f"reverse:{origin}@127.0.0.1:{port}")
        ]
        options = default_options(web=False) | {"ai_cache_mode": "replay", "ai_cache_cassette": str(nothing)}
        if config is not None:
            options["ai_cache_config"] = str(config)
        command = [str(mitmdump), *modes, "-s", str(SCRIPT), "-s", str(CONTROL), *set_options(options, further)]
        self._replies: queue.Queue[Any] = queue.Queue()
        self._lines: list[str] = []
        self._process = subprocess.Popen(
            [*command, *further],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        threading.Thread(target=self._read, daemon=True).start()
        self._reply(START_TIMEOUT_S)

    def load(self, mode: str, file: Path) -> None:
        """Write the cassette in use, and use another one, from its beginning."""
        self.call("aicache.cassette.load", mode, str(file))

    def unload(self) -> None:
        """Write the cassette in use; from now on every request is refused."""
        self.load("replay", self._nothing)

    def report(self) -> list[str]:
        """Return what became of the requests since `load`: the tally, then each refusal."""
        return [str(line) for line in self.call("aicache.cassette.report")]

    def call(self, command: str, *arguments: str) -> Any:
        """Run a command of mitmproxy and return its result."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"command": command, "arguments": arguments}) + "\n")
            self._process.stdin.flush()
        except OSError:
            raise ProxyError(self._told("the proxy has ended")) from None
        return self._reply(REPLY_TIMEOUT_S)

    def close(self) -> None:
        """End the proxy, which writes the cassette in use."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _reply(self, timeout_s: float) -> Any:
        try:
            reply = self._replies.get(timeout=timeout_s)
        except queue.Empty:
            raise ProxyError(self._told(f"the proxy did not answer within {timeout_s:g} s")) from None
        if reply is None:
            self._replies.put(None)
            raise ProxyError(self._told("the proxy has ended"))
        if "error" in reply:
            raise ProxyError(reply["error"])
        return reply["result"]

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith(REPLY):
                self._replies.put(json.loads(line.removeprefix(REPLY)))
            else:
                self._lines = [*self._lines[-MAX_LINES_KEPT:], line.rstrip()]
        self._replies.put(None)

    def _told(self, what: str) -> str:
        return "\n".join([what, *self._lines[-20:]])


def find_mitmdump() -> Path:
    """Return mitmdump of this Python's environment. Raises ProxyError."""
    found = Path(sys.executable).with_name("mitmdump" + Path(sys.executable).suffix)
    if not found.is_file():
        raise ProxyError(f"{found} is not there: install mitmproxy-ai-cache in the environment that runs the tests")
    return found


def _free_ports(count: int) -> list[int]:
    """Return free ports of 127.0.0.1, all different. Another process may still take one first."""
    with contextlib.ExitStack() as probes:
        found = [probes.enter_context(socket.socket()) for _ in range(count)]
        for probe in found:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in found]
