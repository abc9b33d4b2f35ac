"""The files for containers and Kubernetes, for the tests that hold them to the code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from aicache.cli import serve

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / ".github" / "deploy"
KUBERNETES, CHART = DEPLOY / "kubernetes", DEPLOY / "helm" / "ai-cache"
MONITORING = KUBERNETES / "components" / "monitoring"
PAGE = ROOT / ".github" / "docs" / "containers.md"
COMPOSE = sorted(DEPLOY.glob("compose*.yaml"))
STORING_S = 10
"""Seconds after `drain_timeout` that a proxy is given for what is being stored."""


def text(path: Path) -> str:
    return path.read_text("utf-8")


def parse(path: Path) -> Any:
    return yaml.safe_load(text(path))


def options(arguments: list[str]) -> Any:
    """Return arguments of `serve`, parsed; they must be ones that it has."""
    return serve.build_parser(serve.Installation("serve", Path)).parse_args(arguments)
