"""Settings from environment variables: ``AI_CACHE__SEMANTIC__THRESHOLD=0.9`` is ``semantic.threshold: 0.9``. Pure.

They take precedence over the file. A value is taken as it is, without quotes and without ``${NAME}``; where a key is a
list or a section, the value is YAML.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field

import yaml

from aicache.config.scalars import Scalar
from aicache.config.schema import Setting, walk
from aicache.config.syntax import compose

PREFIX = "AI_CACHE__"
SEPARATOR = "__"

_YAML = "tag:yaml.org,2002:"
_NULL = ("", "~", "null")


@dataclass(frozen=True, slots=True)
class Overlay:
    """A configuration's nodes with those of the environment in them.

    A line below 1 stands for a variable, which *places* names, so that messages can say where a value is from.
    """

    node: yaml.Node | None
    places: Mapping[int, str] = field(default_factory=dict)
    problems: tuple[tuple[int, str], ...] = ()


def variable_name(key: str) -> str:
    """Return the variable of a key, which is given by its dotted name."""
    return PREFIX + key.replace(".", SEPARATOR).upper()


def overlay(root: type, node: yaml.Node | None, env: Mapping[str, str]) -> Overlay:
    """Lay the variables of *env* over the nodes of a file; *root* is the class of the configuration."""
    names = sorted((name for name in env if name.upper().startswith(PREFIX)), key=lambda name: (name.count("_"), name))
    if not names:
        return Overlay(node)
    keys = sorted(walk(root), key=lambda each: each[1].optional)  # a key may be optional in one of several kinds only
    known = {variable_name(key): (key, setting) for key, setting in keys}
    places: dict[int, str] = {}
    problems: list[tuple[int, str]] = []
    for number, name in enumerate(names):
        line = number - len(names)
        if name not in known:
            places[line] = "environment"
            problems.append((line, f"{name}: {_unknown(name, known)}"))
            continue
        places[line] = f"environment variable {name}"
        key, setting = known[name]
        try:
            value = _value(env[name], setting, line)
        except ValueError as exc:
            problems.append((line, f"{key}: {exc}"))
            continue
        node = _put(node, key.split("."), value, line)
    return Overlay(node, places, tuple(problems))


def _unknown(name: str, known: Mapping[str, object]) -> str:
    if name.upper() in known:
        return f"unknown variable; write it in capitals: {name.upper()}"
    near = difflib.get_close_matches(name[len(PREFIX) :], [each[len(PREFIX) :] for each in known], 1, 0.7)
    if near:
        return f"unknown variable; did you mean {PREFIX}{near[0]}?"
    return "unknown variable; what begins like this is named after a key, such as AI_CACHE__SEMANTIC__THRESHOLD"


def _value(text: str, setting: Setting, line: int) -> yaml.Node:
    """Return the node of a variable's value. Raises ValueError if it is not YAML where it must be."""
    if setting.optional and text.strip().lower() in _NULL:
        return yaml.ScalarNode(f"{_YAML}null", "null", _mark(line), _mark(line))
    if isinstance(setting.shape, Scalar):
        return yaml.ScalarNode(f"{_YAML}str", _literal(text), _mark(line), _mark(line))
    try:
        node = compose(text, "its value")
    except ValueError as exc:
        raise ValueError(str(exc).rpartition(" (")[0]) from None  # its place in the file is none
    if node is None:
        return yaml.ScalarNode(f"{_YAML}null", "", _mark(line), _mark(line))
    _place(node, line, set())
    return node


def _place(node: yaml.Node, line: int, seen: set[int]) -> None:
    """Have a node and all below it at *line*, and its texts taken as they are."""
    if id(node) in seen:  # an alias
        return
    seen.add(id(node))
    node.start_mark = node.end_mark = _mark(line)
    if isinstance(node, yaml.ScalarNode):
        node.value = _literal(node.value)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            _place(key, line, seen)
            _place(value, line, seen)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _place(item, line, seen)


def _put(node: yaml.Node | None, path: list[str], value: yaml.Node, line: int) -> yaml.Node:
    """Return *node* with a value at *path*; unchanged if there is something else than a mapping on the way."""
    name, *below = path
    if node is None or node.tag == f"{_YAML}null":
        node = yaml.MappingNode(f"{_YAML}map", [], _mark(line), _mark(line))
    if not isinstance(node, yaml.MappingNode):
        return node
    pairs = list(node.value)
    place = next((i for i, (key, _) in enumerate(pairs) if getattr(key, "value", None) == name), None)
    before = None if place is None else pairs[place][1]
    after = _put(before, below, value, line) if below else value
    key = yaml.ScalarNode(f"{_YAML}str", name, _mark(line), _mark(line))
    if place is None:
        pairs.append((key, after))
    else:
        pairs[place] = (pairs[place][0] if below else key, after)
    return yaml.MappingNode(node.tag, pairs, node.start_mark, node.end_mark)


def _literal(text: str) -> str:
    return text.replace("${", "$${")


def _mark(line: int) -> yaml.Mark:
    return yaml.Mark("", 0, line - 1, 0, None, 0)
