"""A translated configuration: our settings with their origin in the file, as YAML nodes and as YAML text. Pure."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from aicache.config.scalars import Scalar
from aicache.config.schema import walk
from aicache.config.values import Config


@dataclass(frozen=True, slots=True)
class Carried:
    """A translated setting: *key* and *text* in our configuration, *origin* and *line* in the file."""

    key: str
    text: str = field(repr=False)
    origin: str
    line: int
    shown: str | None = None
    """Written in place of a text that contains a secret."""
    remark: str = ""
    """The user's remaining task, without which *shown* does not work."""
    missing: str = ""
    """The environment variable that *shown* refers to because the file has no value; empty if it has one."""


@dataclass(frozen=True, slots=True)
class Translation:
    """Translated settings, problems by line, and notes for the user, a line each. No message contains a secret."""

    settings: tuple[Carried, ...]
    problems: tuple[tuple[int, str], ...]
    notes: tuple[str, ...]

    @property
    def names(self) -> dict[str, str]:
        """The names of our keys in the file."""
        return {setting.key: setting.origin for setting in self.settings}

    def node(self) -> yaml.MappingNode:
        """Return nodes for `aicache.config.reader.build`, with line numbers of the file."""
        return _mapping(_nested(self.settings))

    def yaml(self, problems: Sequence[str] = ()) -> str:
        """Return YAML in our own keys, with the notes as comments and without literal secrets.

        *problems*, a line each, go before: they make the YAML incomplete.
        """
        head = ["# NOT COMPLETE. What could not be carried over:", *_comments(problems), "#"] if problems else []
        head += _comments([*self.notes, *(setting.remark for setting in self.settings if setting.remark)])
        return "\n".join([*head, *_lines(_nested(self.settings), "")]) + "\n"


_HANGING: dict[str, Any] = {
    "initial_indent": "# - ",
    "subsequent_indent": "#   ",
    "break_long_words": False,
    "break_on_hyphens": False,
}
_BARE = re.compile(r"[A-Za-z0-9_.+-]+")  # what is wrong may be anything, and is put in quotes
_SHAPES = {key: setting.shape for key, setting in reversed(list(walk(Config)))}
_ORDER = {key: place for place, key in enumerate(reversed(_SHAPES))}


def _comments(comments: Iterable[str]) -> list[str]:
    return [line for comment in comments for line in textwrap.wrap(comment, 110, **_HANGING)]


def _nested(settings: tuple[Carried, ...]) -> dict[str, Any]:
    """Return the settings as nested dicts, in the order of our documentation."""
    tree: dict[str, Any] = {}
    for setting in sorted(settings, key=lambda setting: _ORDER[setting.key]):
        *sections, name = setting.key.split(".")
        branch = tree
        for section in sections:
            branch = branch.setdefault(section, {})
        branch[name] = setting
    return tree


def _mapping(tree: dict[str, Any]) -> yaml.MappingNode:
    pairs = []
    for name, value in tree.items():
        node = _mapping(value) if isinstance(value, dict) else _text(value.text, value.line)
        pairs.append((_text(name, node.start_mark.line + 1), node))
    first = min((key.start_mark.line for key, _ in pairs), default=0)
    return yaml.MappingNode("tag:yaml.org,2002:map", pairs, start_mark=_mark(first + 1))


def _text(text: str, line: int) -> yaml.ScalarNode:
    return yaml.ScalarNode("tag:yaml.org,2002:str", text, start_mark=_mark(line))


def _mark(line: int) -> yaml.Mark:
    return yaml.Mark("", 0, line - 1, 0, None, 0)


def _lines(tree: dict[str, Any], indent: str) -> Iterator[str]:
    for name, value in tree.items():
        if isinstance(value, dict):
            yield f"{indent}{name}:"
            yield from _lines(value, f"{indent}  ")
        else:
            if value.missing:
                yield f"{indent}# missing: write it in place of ${{{value.missing}}}, or set that in the environment"
            yield f"{indent}{name}: {_written(value)}"


def _written(setting: Carried) -> str:
    text = setting.text if setting.shown is None else setting.shown
    shape = _SHAPES[setting.key]
    if isinstance(shape, Scalar) and shape.yaml_style != "text" and _BARE.fullmatch(text):
        return text
    if yaml.safe_dump([text], width=math.inf, allow_unicode=True) == f"- {text}\n":
        return text
    # Not as JSON, whose escapes for what lies beyond 16 bits mean something else in YAML.
    return yaml.safe_dump(text, width=math.inf, allow_unicode=True, default_style='"').rstrip("\n")
