"""Where each setting comes from: the file, the environment, or neither. Pure; it holds no value of a variable."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import yaml

_VARIABLE = re.compile(r"(?<!\$)\$\{([A-Za-z_][A-Za-z0-9_]*)")


@dataclass(frozen=True, slots=True)
class Origin:
    """The origin of one setting that does not have its default."""

    place: str
    """As messages name it: ``config.yaml line 3``, ``environment variable AI_CACHE__LOG__TEXT``."""
    variables: tuple[str, ...] = ()
    """The variables whose values were filled into it: ``${NAME}``."""


def find_origins(
    node: yaml.Node | None, source: str, places: Mapping[int, str], names: Mapping[str, str] | None = None
) -> dict[str, Origin]:
    """Return the origin of every key in the nodes of a valid configuration, and of every section, by dotted name.

    *source*: the name of their file; *places*: those of lines that are not in it; *names*: those of keys in the file,
    where it has other ones.
    """
    found: dict[str, Origin] = {}
    for key, line, value in _walk(node, ""):
        named = f", {names[key]}" if names and key in names else ""
        place = places.get(line) or f"{source} line {line}{named}"
        found[key] = Origin(place, tuple(dict.fromkeys(_variables(value))))
    return found


def _walk(node: yaml.Node | None, path: str) -> Iterator[tuple[str, int, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield path + key.value, key.start_mark.line + 1, value
            yield from _walk(value, f"{path}{key.value}.")


def _variables(node: yaml.Node) -> Iterator[str]:
    if isinstance(node, yaml.ScalarNode):
        yield from _VARIABLE.findall(node.value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _variables(item)
    elif isinstance(node, yaml.MappingNode):
        for _, value in node.value:
            yield from _variables(value)
