"""The configuration: YAML to typed values, reporting all problems at once. Only `read_file` and `read_text` do I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from aicache.config import higress
from aicache.config.environment import Overlay, overlay
from aicache.config.origins import Origin, find_origins
from aicache.config.reader import ConfigError, build
from aicache.config.syntax import compose
from aicache.config.translation import Translation
from aicache.config.values import (
    AnswerReuse,
    CacheControl,
    Cassette,
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
    InFlight,
    JudgeModel,
    JudgeWhen,
    LocalEmbedder,
    Log,
    OpenAIEmbedder,
    Otel,
    PgVectorIndex,
    Redis,
    RedisIndex,
    RunMode,
    Scope,
    Semantic,
    Shared,
    Store,
    StreamPace,
    Templates,
    WebSockets,
    ZvecIndex,
)

__all__ = [
    "AnswerReuse",
    "CacheControl",
    "Cassette",
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
    "InFlight",
    "Index",
    "JudgeModel",
    "JudgeWhen",
    "Loaded",
    "LocalEmbedder",
    "Log",
    "Migration",
    "OpenAIEmbedder",
    "Otel",
    "PgVectorIndex",
    "Redis",
    "RedisIndex",
    "RunMode",
    "Scope",
    "Semantic",
    "Shared",
    "Store",
    "StreamPace",
    "Templates",
    "WebSockets",
    "ZvecIndex",
    "load",
    "load_with_origins",
    "read_file",
    "read_file_with_origins",
    "read_text",
    "translate_higress",
]

MAX_FILE_BYTES = 64 * 1024


def _ignore(note: str) -> None:
    """Drop a note."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration, and the origins of the settings that do not have their defaults, by dotted name."""

    config: Config
    origins: Mapping[str, Origin]


def read_file(path: Path | None, env: Mapping[str, str], on_note: Callable[[str], None] = _ignore) -> Config:
    """Return the configuration in a file, which messages name without its folder. Raises ConfigError with all problems.

    Without a *path* it is that of the environment alone. *on_note* is called with each difference from Higress, a line
    each, if the file is one of Higress's.
    """
    return read_file_with_origins(path, env, on_note).config


def read_file_with_origins(
    path: Path | None, env: Mapping[str, str], on_note: Callable[[str], None] = _ignore
) -> Loaded:
    """Return what `read_file` does, with the origin of each setting."""
    return load_with_origins("" if path is None else read_text(path), "" if path is None else path.name, env, on_note)


def load(text: str, source: str, env: Mapping[str, str], on_note: Callable[[str], None] = _ignore) -> Config:
    """Parse YAML; *source* names it in messages. Raises ConfigError with all problems.

    *env* replaces ``${NAME}``, and its variables that begin with ``AI_CACHE__`` take precedence over the YAML. The YAML
    is our own, or that of Higress's ``ai-cache``.
    """
    return load_with_origins(text, source, env, on_note).config


def load_with_origins(
    text: str, source: str, env: Mapping[str, str], on_note: Callable[[str], None] = _ignore
) -> Loaded:
    """Return what `load` does, with the origin of each setting."""
    node = _compose(text, source)
    if not higress.is_higress(node):
        over = overlay(Config, node, env)
        config = build(Config, over.node, source, env, problems=over.problems, places=over.places)
        return Loaded(config, find_origins(over.node, source, over.places))
    translation = higress.translate(node, source, env)
    config, over = _build_translated(translation, source, env)
    for note in translation.notes:
        on_note(note)
    return Loaded(config, find_origins(over.node, source, over.places, translation.names))


@dataclass(frozen=True, slots=True)
class Migration:
    """A Higress configuration in our own keys, without secrets. *problems* are marked in *yaml* as missing."""

    yaml: str
    problems: tuple[str, ...]
    """What could not be carried over, a line each."""


def translate_higress(text: str, source: str, env: Mapping[str, str]) -> Migration:
    """Translate Higress's YAML as far as it goes. Raises ConfigError if it is none."""
    node = _compose(text, source)
    if not higress.is_higress(node):
        raise ConfigError([f"{source}: no Higress ai-cache configuration, so there is nothing to migrate"])
    translation = higress.translate(node, source, env)
    problems: tuple[str, ...] = ()
    try:
        _build_translated(translation, source, env)
    except ConfigError as exc:
        problems = exc.problems
    return Migration(translation.yaml(problems), problems)


def _compose(text: str, source: str) -> yaml.Node | None:
    try:
        return compose(text, source)
    except ValueError as exc:
        try:  # Higress's demo was published with comments that YAML does not have
            node = compose(higress.with_yaml_comments(text), source)
        except ValueError:
            node = None
        if higress.is_higress(node):
            return node
        raise ConfigError([str(exc)]) from None


def _build_translated(translation: Translation, source: str, env: Mapping[str, str]) -> tuple[Config, Overlay]:
    over = overlay(Config, translation.node(), env)
    problems = (*translation.problems, *over.problems)
    return build(Config, over.node, source, env, translation.names, problems, over.places), over


def read_text(path: Path) -> str:
    """Return the text of a configuration file. Raises ConfigError if it cannot be one."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        raise ConfigError([f"{path}: there is no such file"]) from None
    except IsADirectoryError:
        raise ConfigError([f"{path}: a folder, not a file"]) from None
    except (OSError, ValueError) as exc:
        raise ConfigError([f"{path}: cannot be read: {getattr(exc, 'strerror', None) or exc}"]) from exc
    if len(content) > MAX_FILE_BYTES:
        raise ConfigError([f"{path}: larger than {MAX_FILE_BYTES // 1024}kb, so it is no configuration"])
    try:
        return content.decode()
    except UnicodeDecodeError as exc:
        line = content.count(b"\n", 0, exc.start) + 1
        raise ConfigError([f"{path}: not UTF-8: byte {content[exc.start]:#04x} in line {line}"]) from None
