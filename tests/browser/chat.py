"""A chat UI in front of an API: its server in an environment and a process of its own, its page as a person uses it."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import httpx
from playwright.sync_api import Page

from namespaces import Machine


@dataclass(frozen=True)
class Api:
    """Where a chat UI finds its API, and what stands in the environment of its server for the way there.

    Its server runs on *machine*, for whoever is there: see `namespaces.entered`.
    """

    base_url: str
    variables: Mapping[str, str]
    machine: Machine | None = None


class Server(ABC):
    """The server of a chat UI, on a free port of loopback; it has no more of our environment than it needs."""

    patience = 120.0
    """Seconds that it may take to start."""

    def __init__(self, api: Api, home: Path) -> None:
        self.api, self.home = api, home
        # kept until it listens there, so that nobody gets it in the meantime: that may take a minute
        self._reserved = socket.socket()
        self._reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._reserved.bind(("127.0.0.1", 0))
        self.port = int(self._reserved.getsockname()[1])
        self.log_file = home / "chat.log"
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    @abstractmethod
    def python(cls) -> Path:
        """Return the Python of its environment, which is made here when it is first wanted."""

    @abstractmethod
    def command(self) -> Sequence[str]:
        """Return what starts it."""

    @abstractmethod
    def variables(self) -> Mapping[str, str]:
        """Return its settings."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        variables = {**kept, "HOME": str(self.home), "PYTHONUTF8": "1", **self.variables(), **self.api.variables}
        command = self.api.machine.command(*self.command()) if self.api.machine else self.command()
        with self.log_file.open("wb") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.home, env=variables
            )
        try:
            self._wait_answering(self._process)
        except BaseException:
            self.__exit__()
            raise
        self._reserved.close()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _wait_answering(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + self.patience
        while not self._answers():
            log = self.log_file.read_text("utf-8", "replace")
            assert process.poll() is None, f"the chat UI has ended:\n{log}"
            assert time.monotonic() < deadline, f"the chat UI does not answer:\n{log}"
            time.sleep(0.2)

    def _answers(self) -> bool:
        try:
            return httpx.get(self.url, trust_env=False, timeout=5).status_code == 200
        except httpx.HTTPError:
            return False


class Person(ABC):
    """Who sits in front of a chat UI's page."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        page.goto(url)

    @abstractmethod
    def new_chat(self) -> None: ...

    @abstractmethod
    def send(self, question: str) -> None: ...

    @abstractmethod
    def answers(self) -> list[str]:
        """Return the texts of the answers on the page, oldest first."""

    @abstractmethod
    def wait_finished(self) -> None:
        """Wait until the page takes the answer for complete: one who leaves before has it cut off."""

    def ask(self, question: str, answer: str, within: float = 60) -> list[str]:
        """Ask, and return what was to be read of the *answer* that must come, from its first words to all of it."""
        before = len(self.answers())
        self.send(question)
        seen: list[str] = []
        for text in self._latest(before, within):
            if text and answer.startswith(text) and text not in seen:
                seen.append(text)
            if text == answer:
                self.wait_finished()
                return seen
        raise AssertionError(f"instead of {answer!r}: {self.answers()}")

    def _latest(self, before: int, within: float) -> Iterator[str]:
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            found = self.answers()
            yield found[-1].strip() if len(found) > before else ""
            time.sleep(0.03)
