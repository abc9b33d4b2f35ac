"""The configuration: YAML to typed values, with every problem at once. Only `read` touches the outside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import yaml

from aicache.config import higress
from aicache.config.reader import ConfigError, build
from aicache.config.syntax import compose
from aicache.config.translation import Translation
from aicache.config.values import (
    Answers,
    CacheControl,
    Config,
    Credential,
    Dashboard,
    DashScopeEmbedder,
    DashVectorIndex,
    Embedded,
    Embedder,
    Exact,
    Header,
    Index,
    JudgeModel,
    LocalEmbedder,
    Log,
    OpenAIEmbedder,
    Otel,
    Redis,
    Scope,
    Semantic,
    Shared,
    Store,
    Templates,
    ZvecIndex,
)

__all__ = [
    "Answers",
    "CacheControl",
    "Config",
    "ConfigError",
    "Credential",
    "DashScopeEmbedder",
    "DashVectorIndex",
    "Dashboard",
    "Embedded",
    "Embedder",
    "Exact",
    "Header",
    "Index",
    "JudgeModel",
    "LocalEmbedder",
    "Log",
    "OpenAIEmbedder",
    "Otel",
    "Redis",
    "Scope",
    "Semantic",
    "Shared",
    "Store",
    "Templates",
    "ZvecIndex",
    "content",
    "load",
    "migrated",
    "read",
]

MAX_BYTES = 64 * 1024  # of a configuration file


def _nobody(note: str) -> None:
    """Hear a note and forget it."""


def read(path: Path, env: Mapping[str, str], tell: Callable[[str], None] = _nobody) -> Config:
    """Read a configuration file; messages name it by its last part. Raises ConfigError with every problem.

    *tell* is told what is different here, a line each, when the file is one of Higress's.
    """
    return load(content(path), path.name, env, tell)


def load(text: str, source: str, env: Mapping[str, str], tell: Callable[[str], None] = _nobody) -> Config:
    """Parse YAML; *source* names it in messages, *env* fills in ``${NAME}``. Raises ConfigError with every problem.

    The YAML is our own, or one of Higress's ``ai-cache``.
    """
    node = _composed(text, source)
    if not higress.recognised(node):
        return build(Config, node, source, env)
    translation = higress.translate(node, source, env)
    config = _built(translation, source, env)
    for note in translation.notes:
        tell(note)
    return config


def migrated(text: str, source: str, env: Mapping[str, str]) -> str:
    """Return YAML in our own names for one of Higress's; no secret is in it. Raises ConfigError with every problem."""
    node = _composed(text, source)
    if not higress.recognised(node):
        raise ConfigError([f"{source}: no Higress ai-cache configuration, so there is nothing to migrate"])
    translation = higress.translate(node, source, env)
    _built(translation, source, env)
    return translation.yaml()


def _composed(text: str, source: str) -> yaml.Node | None:
    try:
        return compose(text, source)
    except ValueError as exc:
        try:  # Higress's demo was published with comments that are not YAML's
            node = compose(higress.with_hashes(text), source)
        except ValueError:
            node = None
        if higress.recognised(node):
            return node
        raise ConfigError([str(exc)]) from None


def _built(translation: Translation, source: str, env: Mapping[str, str]) -> Config:
    return build(Config, translation.node(), source, env, translation.names, translation.problems)


def content(path: Path) -> str:
    """Return a configuration file's text. Raises ConfigError where it cannot be one."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise ConfigError([f"{path}: there is no such file"]) from None
    except IsADirectoryError:
        raise ConfigError([f"{path}: a folder, not a file"]) from None
    except (OSError, ValueError) as exc:
        raise ConfigError([f"{path}: cannot be read: {getattr(exc, 'strerror', None) or exc}"]) from exc
    if len(content) > MAX_BYTES:
        raise ConfigError([f"{path}: larger than {MAX_BYTES // 1024}kb, so it is no configuration"])
    try:
        return content.decode()
    except UnicodeDecodeError as exc:
        line = content.count(b"\n", 0, exc.start) + 1
        raise ConfigError([f"{path}: not UTF-8: byte {content[exc.start]:#04x} in line {line}"]) from None
