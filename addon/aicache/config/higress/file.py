"""Recognizes and reads a Higress ``ai-cache`` configuration: its keys, their lines and texts. Pure.

The names are those of https://github.com/alibaba/higress/tree/main/plugins/wasm-go/extensions/ai-cache and of the demo
that the plugin grew from. Their case is ignored, because it differs between versions of the demo.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from aicache.config.reader import is_null
from aicache.config.schema import settings
from aicache.config.values import Config

SECTIONS = {
    "cache": {"type", "servicename", "servicehost", "cachettl", "cachekeyprefix"},
    "vector": {"type", "servicename", "servicehost", "collectionid", "thresholdrelation"},
    "embedding": {"type", "servicename", "servicehost"},
    "redis": {"servicename", "servicehost", "serviceport"},
    "dashvector": {"dashscopekey", "dashvectorcollection", "dashvectorend", "dashvectorkey"},
    "dash": {"dashscopekey", "dashvectorcollection", "dashvectorend", "dashvectorkey"},
}
"""Sections, each with keys that distinguish it from other sections of that name."""
KEYS = {
    "cachekeystrategy",
    "enablesemanticcache",
    "cachekeyfrom",
    "cachevaluefrom",
    "cachestreamvaluefrom",
    "cachetoolcallsfrom",
    "responsetemplate",
    "streamresponsetemplate",
    "returnresponsetemplate",
    "returnstreamresponsetemplate",
    "cachekeyprefix",
    "cachettl",
}

_SLASHES = re.compile(
    r"""^([^\S\n]*[\w-]+:(?:[^\S\n]+(?:"[^"\n]*"|'[^'\n]*'))?[^\S\n]+)//""", re.MULTILINE
)  # a comment in the demo's text


class CaselessMapping:
    """One mapping of the file, with case-insensitive keys. `unread` yields the keys that were never read."""

    def __init__(self, node: yaml.Node | None, path: str = "", line: int = 1) -> None:
        self.line = line
        self.path = path
        self.problems: list[tuple[int, str]] = []
        self._pairs: dict[str, tuple[str, int, yaml.Node]] = {}
        self._read: set[str] = set()
        self._sections: dict[str, CaselessMapping] = {}
        for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
            if not isinstance(key, yaml.ScalarNode):
                continue
            written, at = key.value, key.start_mark.line + 1
            if (first := self._pairs.get(written.lower())) is not None:
                self.problems.append((at, f"{path}{written}: written twice, first in line {first[1]}"))
                continue
            self._pairs[written.lower()] = (written, at, value)

    def __contains__(self, name: str) -> bool:
        """Return whether the key has a value."""
        found = self._pairs.get(name.lower())
        return found is not None and not is_null(found[2])

    @property
    def name(self) -> str:
        """The dotted name of the mapping."""
        return self.path.removesuffix(".")

    @property
    def written(self) -> list[str]:
        """All keys, spelled as in the file."""
        return [written for written, _, _ in self._pairs.values()]

    def node(self, name: str) -> yaml.Node | None:
        return self._pairs[name.lower()][2] if name in self else None

    def text(self, name: str) -> str:
        """Return the text of a scalar; "" if it is missing, null or empty, which are the same to Higress."""
        self._read.add(name.lower())
        if name not in self:
            return ""
        _, line, node = self._pairs[name.lower()]
        if isinstance(node, yaml.ScalarNode):
            return str(node.value)
        self.problems.append((line, f"{self.key(name)}: a mapping or a list, where text or a number is right"))
        return ""

    def section(self, name: str) -> CaselessMapping | None:
        """Return the mapping below a key, None if there is none."""
        if name.lower() not in self._sections and name in self:
            _, line, node = self._pairs[name.lower()]
            if isinstance(node, yaml.MappingNode):
                self._read.add(name.lower())
                self._sections[name.lower()] = CaselessMapping(node, f"{self.key(name)}.", line)
        return self._sections.get(name.lower())

    def key(self, name: str) -> str:
        """Return the dotted name of a key, spelled as in the file."""
        return self.path + (self._pairs[name.lower()][0] if name.lower() in self._pairs else name)

    def line_of(self, name: str) -> int:
        return self._pairs[name.lower()][1] if name.lower() in self._pairs else self.line

    def done(self) -> None:
        """Mark all keys as read."""
        self._read.update(self._pairs)

    def unread(self) -> Iterator[tuple[int, str]]:
        """Yield line and dotted name of every key that was not read, in this mapping and those below."""
        for name, (written, line, _) in self._pairs.items():
            if name not in self._read:
                yield line, self.path + written
        for section in self._sections.values():
            yield from section.unread()

    def faults(self) -> Iterator[tuple[int, str]]:
        """Yield all problems, in this mapping and those below."""
        yield from self.problems
        for section in self._sections.values():
            yield from section.faults()


@dataclass(frozen=True, slots=True)
class Plugin:
    """The configuration of a plugin; *others* are further ones in the same resource, by line."""

    names: CaselessMapping
    others: tuple[tuple[int, str], ...] = ()


def is_higress(node: yaml.Node | None) -> bool:
    """Return whether a document is a Higress configuration: it has keys of theirs and none of ours."""
    return _plugin(node) is not None


def find_plugin(node: yaml.Node | None) -> Plugin:
    """Return the configuration of the plugin in a document. Raises ValueError."""
    found = _plugin(node)
    if found is None:
        raise ValueError("is no Higress ai-cache configuration")
    return found


def with_yaml_comments(text: str) -> str:
    """Return *text* with ``//`` comments, which the demo has and YAML does not, replaced by YAML's, line by line."""
    return _SLASHES.sub(r"\1#", text)


def _plugin(node: yaml.Node | None) -> Plugin | None:
    if _is_plugins(node):
        return Plugin(CaselessMapping(node))
    spec = CaselessMapping(node).section("spec")
    if spec is None:  # is no WasmPlugin resource either
        return None
    holders = [(spec, "defaultConfig"), (spec, "pluginConfig")]
    rules = spec.node("matchRules")
    for i, rule in enumerate(rules.value if isinstance(rules, yaml.SequenceNode) else ()):
        holders.append((CaselessMapping(rule, f"spec.matchRules[{i}].", rule.start_mark.line + 1), "config"))
    usable = [(names, name) for names, name in holders if _is_plugins(names.node(name))]
    if not usable:
        return None
    (names, name), *others = usable
    found = CaselessMapping(names.node(name), f"{names.key(name)}.", names.line_of(name))
    return Plugin(found, tuple((names.line_of(name), names.key(name)) for names, name in others))


def _is_plugins(node: yaml.Node | None) -> bool:
    names = CaselessMapping(node)
    if any(setting.name in names.written for setting in settings(Config)):
        return False
    return any(name.lower() in KEYS or _is_section(names.section(name), name) for name in names.written)


def _is_section(section: CaselessMapping | None, name: str) -> bool:
    return section is not None and any(key in section for key in SECTIONS.get(name.lower(), ()))
