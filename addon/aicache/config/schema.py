"""The schema of a section of the configuration, derived from its dataclass. Pure; it knows no section by name.

An annotation has it all: ``Annotated[float, duration(most=30), "how long a search may take"]``. A union with None makes
a key optional, ``tuple[X, ...]`` makes it a list, a dataclass makes it a section, and a union of dataclasses with
``kind: Literal`` keys a section of several kinds. To add a kind, write its class and add it to the union.
"""

from __future__ import annotations

import functools
import types
import typing
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields, is_dataclass
from typing import Any, TypeAlias

from aicache.config.scalars import Scalar, one_of


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of scalars of one type. With a *section*, an item may also be a mapping with its keys."""

    scalar: Scalar
    section: type | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """A mapping with the keys of a dataclass, or of several dataclasses, one for each kind."""

    classes: tuple[type, ...]

    @property
    def kinds(self) -> dict[str, type]:
        """Classes by kind; empty if the section has no kinds."""
        found = {}
        for cls in self.classes:
            for setting in settings(cls):
                if setting.name == "kind":
                    found[str(setting.default)] = cls
        return found


Shape: TypeAlias = Scalar | ListOf | Section


@dataclass(frozen=True, slots=True)
class Setting:
    """One key of a section."""

    name: str
    shape: Shape
    optional: bool
    default: Any
    meaning: str
    attribute: str
    """The name of the dataclass's field; it ends with an underscore where the key is a word of Python's."""

    @property
    def required(self) -> bool:
        return self.default is MISSING

    @property
    def description(self) -> str:
        """The valid values."""
        match self.shape:
            case Scalar(description):
                pass
            case ListOf(Scalar(description) as scalar):
                description = f"a list; each item is {description}"
                if scalar.alone:
                    description += "; one item needs no list"
            case Section():
                description = "a section"
        return f"{description}, or null" if self.optional else description


@functools.cache
def settings(section: type) -> tuple[Setting, ...]:
    """Return the keys of a section in order. Raises TypeError for an incomplete annotation."""
    hints = typing.get_type_hints(section, include_extras=True)
    return tuple(_setting(field.name, hints[field.name], field.default) for field in fields(section))


def walk(section: type, path: str = "") -> Iterator[tuple[str, Setting]]:
    """Yield every key below a section under its dotted name, in the order of declaration."""
    for setting in settings(section):
        yield path + setting.name, setting
        if isinstance(setting.shape, Section):
            for nested in setting.shape.classes:
                yield from walk(nested, f"{path}{setting.name}.")


def _setting(name: str, hint: Any, default: Any) -> Setting:
    kind, *extras = typing.get_args(hint)
    members = typing.get_args(kind) if isinstance(kind, types.UnionType) else (kind,)
    classes = tuple(member for member in members if isinstance(member, type) and is_dataclass(member))
    shape: Shape
    match extras:
        case [Scalar() as scalar, str(meaning)] if typing.get_origin(kind) is tuple:
            item = typing.get_args(kind)[0]
            shape = ListOf(scalar, item if is_dataclass(item) and isinstance(item, type) and scalar.section else None)
        case [Scalar() as scalar, str(meaning)]:
            shape = scalar
        case [str(meaning)] if classes:
            shape = Section(classes)
        case [str(meaning)] if typing.get_origin(kind) is typing.Literal:
            shape = one_of(*typing.get_args(kind))
        case _:
            raise TypeError(f"{name}: {hint!r} lacks its type or its documentation")
    return Setting(name.removesuffix("_"), shape, types.NoneType in members, default, meaning, name)
