"""Parses YAML along a schema, reporting all problems at once. It knows no key but ``kind`` by name. No message contains
the value of an environment variable or the user-info of a URL."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, TypeVar

import yaml

from aicache.config.redis_url import redacted
from aicache.config.scalars import Scalar, one_of
from aicache.config.schema import ListOf, Section, Setting, settings, walk

T = TypeVar("T")

MAX_PROBLEMS = 100
"""Problems that are listed: more help nobody, and searching for similar names takes time."""

_VARIABLE = re.compile(r"(\$\$\{)|\$\{(?:([A-Za-z_][A-Za-z0-9_]*)(:-[^}]*)?\})?")
_YAML = "tag:yaml.org,2002:"
_NOT_TEXT = {"bool": "true or false", "int": "a number", "float": "a number", "timestamp": "a date"}
_PLAIN_TAGS = {_YAML + tag for tag in ("map", "seq", "str", "null", "merge", "value", *_NOT_TEXT)}
_MERGE = "merge keys are not supported: write the keys out"


class ConfigError(Exception):
    """A configuration that cannot be used. *problems* are all problems, a line each, without secrets."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(problems)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join(self.problems)


def build(
    root: type[T],
    node: yaml.Node | None,
    source: str,
    env: Mapping[str, str],
    names: Mapping[str, str] | None = None,
    problems: Iterable[tuple[int, str]] = (),
    places: Mapping[int, str] | None = None,
) -> T:
    """Return the *root* section that the nodes describe. Raises ConfigError with all problems.

    *names*: the names that messages use for keys, by dotted name, where the user's file has other ones. *problems*:
    those found before, by line. *places*: what messages call a line that is not one of *source*.
    """
    reader = _Reader(root, env, names or {})
    reader.problems.extend(problems)
    value: Any = None
    if node is None or is_null(node):
        value = root()
    else:
        value = reader.section(Section((root,)), root, node, "", node.start_mark.line + 1)
    if reader.problems:
        found = sorted(reader.problems, key=lambda problem: problem[0])
        elsewhere = places or {}
        said = [f"{words} ({elsewhere.get(line, f'{source} line {line}')})" for line, words in found[:MAX_PROBLEMS]]
        raise ConfigError(said if len(found) <= MAX_PROBLEMS else [*said, f"{source}: too many problems to list all"])
    assert isinstance(value, root)
    return value


class _Reader:
    """Walks nodes along the schema only, so that neither aliases nor depth can make it run long.

    Methods record a problem, with its line, and return None.
    """

    def __init__(self, root: type, env: Mapping[str, str], names: Mapping[str, str]) -> None:
        self.problems: list[tuple[int, str]] = []
        self._names = names
        self._known = [name for name, _ in walk(root)]
        self._env = env

    def section(self, shape: Section, usual: type, node: yaml.Node, path: str, line: int) -> Any:
        """Return an instance of one of the section's classes: of the *usual* one, unless the node names a kind."""
        before = len(self.problems)
        cls = usual
        if (pairs := self._pairs(node, path, line, usual)) is None:
            return None
        if shape.kinds and "kind" in pairs:
            kind_line, kind_node = pairs["kind"]
            kind = self._scalar(one_of(*shape.kinds), kind_node, f"{path}kind", kind_line)
            if kind is None:
                return None  # which keys are valid is not known
            cls = shape.kinds[kind]
        known = {setting.name: setting for setting in settings(cls)}
        values = {}
        for name, (key_line, value) in pairs.items():
            if name in known:
                values[known[name].attribute] = self._value(known[name], value, path + name, key_line)
            else:
                self._unknown(path, name, key_line, list(known))
        for name, setting in known.items():
            if setting.required and name not in pairs:
                self._problem(path + name, f"missing: write {setting.description}", line)
        return cls(**values) if len(self.problems) == before else None

    def _pairs(self, node: yaml.Node, path: str, line: int, cls: type) -> dict[str, tuple[int, yaml.Node]] | None:
        """Return line and value by key; None if the node is not a mapping."""
        if not isinstance(node, yaml.MappingNode) or node.tag not in _PLAIN_TAGS:
            names = ", ".join(setting.name for setting in settings(cls))
            self._problem(
                path[:-1], f"{_show_node(node)} is not a section: write key: value below it, indented ({names})", line
            )
            return None
        pairs: dict[str, tuple[int, yaml.Node]] = {}
        for key, value in node.value:
            key_line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                self._problem(path[:-1], f"{_show_node(key)} is not a key", key_line)
            elif key.tag == f"{_YAML}merge":
                self._problem(f"{path}<<", _MERGE, key_line)
            elif key.value in pairs:
                first = pairs[key.value][0]
                where = f", first in line {first}" if first > 0 else ""  # else it is from the environment
                self._problem(path + show_text(key.value), f"written twice{where}", key_line)
            else:
                pairs[key.value] = (key_line, value)
        return pairs

    def _value(self, setting: Setting, node: yaml.Node, path: str, line: int) -> Any:
        if is_null(node) and setting.optional:
            return None
        match setting.shape:
            case Section(classes) as shape:
                if is_null(node) and not node.value:  # all its keys are left out, or commented out
                    node = yaml.MappingNode(f"{_YAML}map", [])
                usual = type(setting.default) if isinstance(setting.default, classes) else classes[0]
                return self.section(shape, usual, node, f"{path}.", line)
            case ListOf(scalar, section):
                if is_null(node):
                    self._problem(path, "has no value: write [] for an empty list", line)
                    return None
                if scalar.alone and isinstance(node, yaml.ScalarNode):
                    return (self._scalar(scalar, node, path, line),)
                if not isinstance(node, yaml.SequenceNode) or node.tag not in _PLAIN_TAGS:
                    self._problem(path, f"{_show_node(node)} is not a list: write [a, b], or one `- a` a line", line)
                    return None
                items = enumerate(node.value)
                return tuple(self._item(scalar, section, item, f"{path}[{i}]") for i, item in items)
            case Scalar() as scalar:
                return self._scalar(scalar, node, path, line)

    def _item(self, scalar: Scalar, section: type | None, node: yaml.Node, path: str) -> Any:
        line = node.start_mark.line + 1
        if section is not None and isinstance(node, yaml.MappingNode):
            return self.section(Section((section,)), section, node, f"{path}.", line)
        return self._scalar(scalar, node, path, line)

    def _scalar(self, scalar: Scalar, node: yaml.Node, path: str, line: int) -> Any:
        value, fault = None, ""
        if not isinstance(node, yaml.ScalarNode):
            fault = f"is not {scalar.description}"
        elif node.tag not in _PLAIN_TAGS:
            fault = "begins with !, which makes it a tag in YAML: put it in quotes"
        elif is_null(node):
            self._problem(path, f"has no value: write {scalar.description}", line)
        else:
            try:
                text = expand_variables(node.value, self._env)
                value = scalar.parse(text)
                fault = _yaml_type_fault(scalar, node)
            except ValueError as exc:
                fault, *details = exc.args
                if details and not _VARIABLE.search(node.value):
                    fault += f": {show_text(details[0])}"
        if fault:
            self._problem(path, f"{_show_node(node, secret=scalar.secret)} {fault}", line)
        return value

    def _unknown(self, path: str, name: str, line: int, siblings: Sequence[str]) -> None:
        parent, _, last = name.rpartition(".")
        if path + name not in self._known:
            near = _nearest(path, name, self._known) if len(self.problems) < MAX_PROBLEMS else []
            hint = f"did you mean {' or '.join(near)}?" if near else f"known here: {', '.join(siblings)}"
            self._problem(path + show_text(name), f"unknown key; {hint}", line)
        elif parent:
            self._problem(path + name, f"keys are not dotted: write {last} below {path}{parent}, indented", line)
        else:
            self._problem(path + name, f"a key of another kind; known here: {', '.join(siblings)}", line)

    def _problem(self, path: str, words: str, line: int) -> None:
        self.problems.append((line, f"{self._names.get(path, path) or 'the file'}: {words}"))


def _nearest(path: str, name: str, known: Sequence[str]) -> list[str]:
    """Return the keys most similar to *name* in all sections; those of its own section count as a little nearer."""

    def plain(text: str) -> str:
        return re.sub("[-_ ]", "", text).lower()

    def nearness(dotted: str) -> float:
        parent, _, last = dotted.rpartition(".")
        beside = parent == path[:-1]
        return SequenceMatcher(None, plain(name[:40]), plain(last)).ratio() + (0.1 if beside else 0.0)

    by_name = {dotted: nearness(dotted) for dotted in known}
    best = max(by_name.values())
    return [dotted for dotted in by_name if by_name[dotted] == best][:3] if best >= 0.7 else []


def expand_variables(text: str, env: Mapping[str, str]) -> str:
    """Replace ``${NAME}`` and ``${NAME:-default}``; ``$${`` is a literal ``${``. Raises ValueError."""
    missing = []

    def fill(found: re.Match[str]) -> str:
        literal, name, default = found.groups()
        if literal:
            return "${"
        if not name:
            raise ValueError("holds ${ without a name: write ${NAME}, ${NAME:-default}, or $${ for the characters ${")
        if default is not None:
            return env.get(name) or default[2:]
        if name not in env:
            missing.append(name)
        return env.get(name, "")

    filled = _VARIABLE.sub(fill, text)
    if missing:
        names = ", ".join(dict.fromkeys(missing))
        raise ValueError(f"needs {names} from the environment: set it there, or write ${{NAME:-default}}")
    try:
        filled.encode()
    except UnicodeEncodeError:
        raise ValueError("holds characters that are not Unicode") from None
    return filled


def _yaml_type_fault(scalar: Scalar, node: yaml.ScalarNode) -> str:
    """Return the problem of a value to which YAML gives another type than intended; "" if there is none."""
    if _VARIABLE.search(node.value):
        return ""  # it is text to YAML, and the environment has no types
    taken_for = _NOT_TEXT.get(node.tag.removeprefix(_YAML))
    if scalar.yaml_style == "text" and taken_for:
        return f"is {taken_for} to YAML, not text: put it in quotes"
    if scalar.yaml_style == "bare" and node.style is not None:
        return "is text because of its quotes: leave them out"
    return ""


def is_null(node: yaml.Node) -> bool:
    return bool(node.tag == f"{_YAML}null")


def _show_node(node: yaml.Node, *, secret: bool = False) -> str:
    """Return a value as it is written in the file, so that values from the environment are not shown."""
    if not isinstance(node, yaml.ScalarNode):
        return "a list" if isinstance(node, yaml.SequenceNode) else "a mapping"
    text = node.value
    if not secret or not text:
        return show_text(text, quoted=node.style is not None)
    text = _VARIABLE.sub(lambda found: f"${{{found[2]}}}" if found[2] else "", text)  # a default may be secret as well
    return show_text(text if not _VARIABLE.sub("", text) else redacted(text))


def show_text(text: str, *, quoted: bool = False) -> str:
    """Return *text* for a message: on one line, shortened, and of a URL only what is not secret."""
    if "://" in text:
        text = redacted(text)
    if len(text) > 60:
        text = f"{text[:59]}…"
    if not text or not text.isprintable():
        return json.dumps(text)
    return f'"{text}"' if quoted else text
