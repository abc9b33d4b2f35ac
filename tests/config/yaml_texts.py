"""Configurations as texts, and what is found in them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from aicache.config import (
    Config,
    ConfigError,
    load,
)

ROOT = Path(__file__).parents[2]
EXAMPLE = (ROOT / "config.example.yaml").read_text()
PASSWORD = "hunter2"


def loaded(text: str, **env: str) -> Config:
    return load(text, "config.yaml", env)


def problems(text: str, **env: str) -> list[str]:
    """Return what is wrong with a text that is no configuration."""
    with pytest.raises(ConfigError) as caught:
        loaded(text, **env)
    return list(caught.value.problems)


OTHER_KINDS = re.compile(r"^  # or\n((?:  #(?:  |\S).*\n)+)", re.MULTILINE)


def uncommented(example: str) -> str:
    """Delete the # of every key, but for the kinds that are not the default; a comment's # has one space behind it."""
    example = OTHER_KINDS.sub("", example)
    return re.sub(r"^( *)#(?! \S|$)", r"\1", example, flags=re.MULTILINE)


def nested(key: str, value: str) -> str:
    """Return YAML that gives the key ``a.b.c`` a value."""
    outer, *inner = key.split(".")
    for name in reversed(inner):
        value = f"{{{name}: {value}}}"
    return f"{outer}: {value}"
