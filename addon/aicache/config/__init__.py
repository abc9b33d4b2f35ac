"""The configuration: YAML to typed values, with every problem at once. Only `read` touches the outside."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from aicache.config.reader import ConfigError, parse
from aicache.config.values import (
    Config,
    Credential,
    Embedded,
    Embedder,
    Exact,
    Header,
    Index,
    LocalEmbedder,
    Redis,
    Scope,
    Semantic,
    Shared,
    Store,
    ZvecIndex,
)

__all__ = [
    "Config",
    "ConfigError",
    "Credential",
    "Embedded",
    "Embedder",
    "Exact",
    "Header",
    "Index",
    "LocalEmbedder",
    "Redis",
    "Scope",
    "Semantic",
    "Shared",
    "Store",
    "ZvecIndex",
    "load",
    "read",
]

MAX_BYTES = 64 * 1024  # of a configuration file


def read(path: Path, env: Mapping[str, str]) -> Config:
    """Read a configuration file; messages name it by its last part. Raises ConfigError with every problem."""
    return load(_text(path), path.name, env)


def load(text: str, source: str, env: Mapping[str, str]) -> Config:
    """Parse YAML; *source* names it in messages, *env* fills in ``${NAME}``. Raises ConfigError with every problem."""
    return parse(Config, text, source, env)


def _text(path: Path) -> str:
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
