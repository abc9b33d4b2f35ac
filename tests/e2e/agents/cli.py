"""A coding agent, and one run of it: in a home and a checkout of its own, without a terminal or the Internet."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from e2e.agents.model import Turn

TIMEOUT_S = 120
CHECKOUT = "/CHECKOUT"
OFFLINE = "http://127.0.0.1:9"
"""Nobody listens at this proxy, so what an agent wants from elsewhere than the loopback fails at once."""


@dataclass(frozen=True)
class Place:
    """Where and when an agent runs: *home* and *checkout* are made anew, *zone* decides which day it is."""

    home: Path
    checkout: Path
    commit: str
    zone: str


@dataclass(frozen=True)
class Run:
    """What an agent did. Times are in seconds, *cpu* with its child processes."""

    exit_code: int
    output: str
    files: Mapping[str, str]
    cpu: float


@dataclass(frozen=True)
class Agent:
    """One agent. *files* are those in its home, *variables* its environment: both by the proxy's URL."""

    name: str
    install: Callable[[], list[str]]
    arguments: tuple[str, ...]
    files: Callable[[str], dict[str, str]]
    variables: Callable[[str], dict[str, str]]
    key: str
    """The variable with the API key."""
    turns: tuple[Turn, ...]
    """They name files by their absolute paths, as models do: `CHECKOUT` stands for the directory."""
    api: str
    path: str
    """Of its requests to the model."""
    result: Mapping[str, str]
    """The text files in the checkout when the task is done."""
    heavy: bool = False
    """Whether each run takes several seconds of CPU time."""

    def __str__(self) -> str:
        return self.name

    def turns_in(self, checkout: Path) -> list[Turn]:
        """Return what a model says that knows the directory."""
        return [
            Turn(
                turn.text,
                tuple(
                    (name, json.loads(json.dumps(arguments).replace(CHECKOUT, str(checkout))))
                    for name, arguments in turn.calls
                ),
            )
            for turn in self.turns
        ]

    def run(self, place: Place, url: str, key: str, **variables: str) -> Run:
        """Do the task in a new home and a new checkout, with *variables* added to the environment."""
        for folder in (place.home, place.checkout):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        for name, text in self.files(url).items():
            file = place.home / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
        _check_out(place)
        given = {"PATH": os.environ["PATH"], "HOME": str(place.home), "LANG": "C.UTF-8", "TZ": place.zone}
        given |= {"HTTPS_PROXY": OFFLINE, "HTTP_PROXY": OFFLINE, "NO_PROXY": "127.0.0.1"}
        given |= {**self.variables(url), self.key: key, **variables}
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [*self.install(), *self.arguments],
            cwd=place.checkout,
            env=given,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=TIMEOUT_S,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        files = {file.name: file.read_text("utf-8") for file in place.checkout.glob("*.txt")}
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return Run(done.returncode, done.stdout, files, cpu)


def _check_out(place: Place) -> None:
    (place.checkout / "README.md").write_text("# Notes\n")
    who = {"GIT_AUTHOR_NAME": "T", "GIT_AUTHOR_EMAIL": "t@example.org", "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z"}
    who |= {name.replace("AUTHOR", "COMMITTER"): value for name, value in who.items()}
    for command in (["init", "--quiet", "--initial-branch=main"], ["add", "."], ["commit", "-qm", place.commit]):
        subprocess.run(["git", *command], cwd=place.checkout, check=True, env={**os.environ, **who})
