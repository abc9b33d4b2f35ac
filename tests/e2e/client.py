"""Official clients of the providers, each in an environment and a process of its own, that ask what a test wants."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import environment

SCRIPTS = Path(__file__).with_name("clients")
SYSTEM = "Be brief."


@dataclass(frozen=True)
class Client:
    """A script under ``clients/`` with the package it speaks through, and one of the APIs that it can ask."""

    name: str
    script: str
    requirements: tuple[str, ...]
    api: str
    modes: tuple[str, ...]
    """The ways to ask: ``whole``, ``stream``, and those that are the client's own."""
    thinks: bool = True
    tools: bool = True
    model: str = "gpt-test"
    purpose: str = "clients"
    """Of the environment in which those in Python run."""

    def __str__(self) -> str:
        return self.name


class Asker:
    """A running client: a line of JSON in is one question, a line of JSON out is what it read."""

    def __init__(self, client: Client, log_file: Path) -> None:
        self._log_file = log_file
        command, folder = _command(client)
        # keys and addresses that are set where the tests run are none of its business
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "SYSTEMROOT", "LANG")}
        with log_file.open("wb") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                encoding="utf-8",
                cwd=folder,
                env={**kept, "NO_PROXY": "127.0.0.1", "PYTHONUTF8": "1"},
            )
        self._lines = queue.SimpleQueue[str]()
        threading.Thread(target=self._read, daemon=True).start()

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def ask(self, url: str, question: str, mode: str, client: Client, **how: Any) -> dict[str, Any]:
        """Ask at *url*, a proxy's or an upstream's own, and return what the client made of the answer."""
        asked = {"key": "sk-client", "model": client.model, "system": SYSTEM, "tools": False, **how}
        asked |= {"url": url, "api": client.api, "mode": mode, "question": question}
        assert self._process.stdin is not None
        print(json.dumps(asked), file=self._process.stdin, flush=True)
        try:
            read: dict[str, Any] = json.loads(self._lines.get(timeout=60))
        except (queue.Empty, ValueError):
            log = self._log_file.read_text("utf-8", "replace")
            raise AssertionError(f"{client} does not tell what it read:\n{log}") from None
        assert "error" not in read, f"{client}, {mode}:\n{read['error']}"
        return read

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put("")  # ended


class Askers:
    """The clients that were asked so far. One starts, and its environment is made, when it is first wanted."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._running: dict[str, Asker] = {}

    def __getitem__(self, client: Client) -> Asker:
        if client.script not in self._running:
            self._running[client.script] = Asker(client, self._home / f"{client.script}.log")
        return self._running[client.script]

    def close(self) -> None:
        for asker in self._running.values():
            asker.close()


def _command(client: Client) -> tuple[list[str], Path]:
    """Return what starts a client, and where: Node looks for packages from the folder in which code is evaluated."""
    script = SCRIPTS / client.script
    if script.suffix == ".py":  # all in one: most of what one needs the others need, too
        python = environment.packages(client.purpose, client.requirements)
        return [str(python), str(script)], SCRIPTS
    if not environment.has_node():
        pytest.skip("there is no Node with npm")
    folder = environment.node_packages(f"client-{script.stem.rpartition('_')[2]}", client.requirements)
    return ["node", "--input-type=module", "--eval", script.read_text("utf-8")], folder
