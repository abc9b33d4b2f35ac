"""The configuration's documentation, generated from its dataclasses: the example file and a Markdown table. Pure."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import yaml

from aicache.config.scalars import Scalar, one_of
from aicache.config.schema import ListOf, Section, Setting, settings
from aicache.config.values import Config
from aicache.domain.built_in_masks import BUILT_IN_MASKS
from aicache.domain.masks import Place

_APIS = {"": "all APIs", "messages": "Messages", "responses": "Responses", "gemini": "Gemini"}
_PLACES = {Place.SYSTEM: "system prompts", Place.USER: "users' messages", Place.TOOL: "tool results"}
_HEAD = """\
# The AI cache's configuration: every key with its default and its meaning.
#
# A key that is left out has its default; an empty file is a configuration, too. Values may hold ${NAME} or
# ${NAME:-default} from the environment, and $${ where the characters ${ are meant. To use a key that is
# commented out, delete its #.
#
# An environment variable takes precedence over the file: AI_CACHE__SEMANTIC__THRESHOLD=0.9 is semantic.threshold.
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One key: its dotted name, its valid values, its default as YAML (or ``required``), its documentation."""

    key: str
    type: str
    default: str
    meaning: str


def rows(root: type = Config) -> list[Row]:
    """Return a row for every key with a value and every section that may be null, in order.

    The keys of a kind that is not the default are followed by its name: ``semantic.embedder.model (dashscope)``.
    """
    return list(_rows(settings(root), ""))


def table() -> str:
    """Return all rows as a Markdown table."""
    lines = ["| Key | Default | Meaning |", "| --- | --- | --- |"]
    lines += [f"| `{row.key}` | `{row.default}` | {row.meaning} ({row.type}) |" for row in rows()]
    return "\n".join(lines) + "\n"


def mask_table() -> str:
    """Return the built-in masks as a Markdown table."""
    lines = ["| mask | group | client | leaves out | where | example |", "| --- | --- | --- | --- | --- | --- |"]
    for mask in BUILT_IN_MASKS:
        url = mask.source.partition(", ")[0]
        client = f"[{mask.client}]({url})" if url.startswith("https:") else mask.client
        paths = [f"`{path}`" for path in dict.fromkeys([*mask.fields, *filter(None, (p.path for p in mask.patterns))])]
        texts = [_PLACES[place] for place in Place if any(place in pattern.places for pattern in mask.patterns)]
        where = f"{_APIS[mask.api]}: {', '.join([*texts, *paths])}"
        line = re.search(r"^.*\[.+\].*$", mask.examples[0], re.MULTILINE)
        shown = f"`{line[0].strip()}`" if line and not mask.fields else ""
        cells = (f"`{mask.name}`", "safe" if mask.safe else "agents", client, mask.what, where, shown)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def example(root: type = Config) -> str:
    """Return YAML of the defaults, with the documentation of each key as a comment above it.

    Sections whose default is null are commented out, and so are all kinds of a section but its default.
    """
    return "\n".join([_HEAD, *("\n".join([*_lines(setting), ""]) for setting in settings(root))])


def _rows(documented: Iterable[Setting], path: str, kind: str = "") -> Iterator[Row]:
    for setting in documented:
        if kind and setting.name == "kind":
            continue
        key = f"{path}{setting.name} ({kind})" if kind else path + setting.name
        if not isinstance(setting.shape, Section) or setting.optional:
            default = "required" if setting.required else _yaml(setting)
            yield Row(key, setting.description, default, setting.meaning)
        for i, variant in enumerate(_variants(setting)):
            other = next((str(nested.default) for nested in variant if i and nested.name == "kind"), "")
            yield from _rows(variant, f"{key}.", other)


def _lines(setting: Setting) -> Iterator[str]:
    variants = _variants(setting)
    yield from _comment(setting.meaning if variants else f"{setting.meaning} ({setting.description})")
    if not variants:
        yield f"{setting.name}: {_yaml(setting)}"
    for i, variant in enumerate(variants):
        lines = [f"{setting.name}:", *(f"  {line}" for nested in variant for line in _lines(nested))]
        if i:
            yield "# or"
        yield from (f"#{line}" for line in lines) if i or setting.default is None else lines


def _variants(setting: Setting) -> list[list[Setting]]:
    """Return the keys of each kind of a section, its default first; empty if it is not a section."""
    if not isinstance(setting.shape, Section):
        return []
    usual = setting.default
    kinds = setting.shape.kinds
    variants = []
    for cls in sorted(setting.shape.classes, key=lambda cls: not isinstance(usual, cls)):
        variant = {nested.name: nested for nested in settings(cls)}
        if isinstance(usual, cls):
            variant = {name: replace(nested, default=getattr(usual, name)) for name, nested in variant.items()}
        if "kind" in variant:
            meaning = "; ".join(f"{kind}: {_meaning(other)}" for kind, other in kinds.items())
            variant["kind"] = replace(variant["kind"], shape=one_of(*kinds), meaning=meaning)
        variants.append(list(variant.values()))
    return variants


def _meaning(cls: type) -> str:
    return next(setting.meaning for setting in settings(cls) if setting.name == "kind")


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(text, 100)]


def _yaml(setting: Setting) -> str:
    """Return the default of a key as YAML; an example if it is required."""
    match setting.shape:
        case _ if setting.default is None:
            return "null"
        case Scalar() as scalar:
            return _quoted(scalar, scalar.example if setting.required else scalar.show(setting.default))
        case ListOf(scalar) if scalar.alone and len(setting.default) == 1:
            return _quoted(scalar, scalar.show(setting.default[0]))
        case ListOf(scalar):
            return f"[{', '.join(_quoted(scalar, scalar.show(item)) for item in setting.default)}]"
        case Section():
            raise TypeError(f"{setting.name}: a section that is not null has no default of its own")


def _quoted(scalar: Scalar, text: str) -> str:
    if scalar.yaml_style != "text" or yaml.safe_dump([text], default_flow_style=True, width=10_000) == f"[{text}]\n":
        return text
    return json.dumps(text)
