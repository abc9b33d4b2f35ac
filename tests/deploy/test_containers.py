"""The Containerfile names what there is, and the settings in compose files can be used."""

from __future__ import annotations

import fnmatch
import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import locked
from aicache import config
from aicache.cli import serve
from aicache.config import Config
from aicache.dashboard.probes import LIVE
from deploy.files import COMPOSE, DEPLOY, ROOT, STORING_S, options, parse, text
from interpreter import LOCKS

_VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")
_SECONDS = re.compile(r"^(\d+)s$")


def environment(service: Mapping[str, Any]) -> dict[str, str]:
    """Return a service's variables as Compose sets them, each required one being sixteen zeros."""

    def fill(found: re.Match[str]) -> str:
        return "0" * 16 if found[2] == "?" else found[3] or ""

    return {name: _VARIABLE.sub(fill, str(value)) for name, value in service.get("environment", {}).items()}


@pytest.mark.parametrize("path", [path for path in COMPOSE if path.name != "compose.yaml"], ids=lambda path: path.name)
def test_the_settings_in_compose_files_can_be_used(path: Path) -> None:
    base, more = parse(DEPLOY / "compose.yaml"), parse(path)
    volumes = base["volumes"] | more.get("volumes", {})

    for name, service in (base["services"] | more["services"]).items():
        if name.startswith("ai-cache"):
            settings = environment(service)
            config.read_file(None, settings)
            serve.parse_upstream(environment(base["services"]["ai-cache"])["AI_CACHE_UPSTREAM"])
        assert "image" in service or name == "ai-cache", name
        for mounted in service.get("volumes", ()):
            assert mounted.partition(":")[0] in volumes
        for needed in service.get("depends_on", ()):
            assert needed in base["services"] | more["services"]


@pytest.mark.parametrize("path", COMPOSE, ids=lambda path: path.name)
def test_compose_waits_for_open_requests(path: Path) -> None:
    for service in parse(path)["services"].values():
        if service.get("image") == "ai-cache":
            waits = _SECONDS.match(service["stop_grace_period"])
            assert waits is not None
            assert int(waits[1]) > Config().drain_timeout + STORING_S


def instructions() -> list[tuple[str, str]]:
    """Return the Containerfile's instructions: a word, and what it is followed by."""
    lines = "\n".join(line for line in text(DEPLOY / "Containerfile").splitlines() if not line.startswith("#"))
    return [
        (word, rest)
        for word, _, rest in (line.partition(" ") for line in lines.replace("\\\n", "").splitlines() if line)
    ]


def test_what_the_image_copies_is_there_and_not_ignored() -> None:
    allowed = [line[1:] for line in text(ROOT / ".dockerignore").splitlines() if line.startswith("!")]
    copied = [
        words[:-1]
        for name, rest in instructions()
        if name == "COPY" and "--from" not in rest
        for words in [rest.split()]
    ]

    for source in (source for sources in copied for source in sources):
        assert (ROOT / source).exists(), source
        assert any(fnmatch.fnmatch(source, pattern) or source.startswith(f"{pattern}/") for pattern in allowed), source
    assert copied


def test_the_image_has_the_extras_from_the_locks() -> None:
    [kept] = re.findall(r"keep = /\^\((.*?)\)==/", text(DEPLOY / "Containerfile"))
    base, extras = (locked.pins(text(LOCKS / f"3.12{kind}.txt")) for kind in ("", "-extras"))
    inside = {*base, *(name for name in extras if re.fullmatch(kept, name))}
    optional = tomllib.loads(text(ROOT / "pyproject.toml"))["project"]["optional-dependencies"]

    for extra in ("otel", "pgvector"):
        assert {re.split(r"[<>=;]", each)[0] for each in optional[extra]} <= inside


def test_the_base_image_is_pinned_for_the_python_of_the_locks() -> None:
    [base] = [rest for name, rest in instructions() if name == "ARG" and rest.startswith("PYTHON=")]

    assert re.fullmatch(r"PYTHON=docker\.io/library/python:3\.12-slim-\w+@sha256:[0-9a-f]{64}", base)


def test_the_image_runs_serve_and_is_checked_where_the_probe_is() -> None:
    by_name = dict(instructions())
    program, command, *arguments = json.loads(by_name["ENTRYPOINT"])

    assert (program, command) == ("ai-cache", "serve")
    assert options(arguments).host == "0.0.0.0"
    assert f"127.0.0.1:{by_name['EXPOSE']}{LIVE.decode()}" in by_name["HEALTHCHECK"]
    assert by_name["USER"].split(":")[0] == "10001"
