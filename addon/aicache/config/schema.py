"""What a section of the configuration may hold, read off its dataclass. Pure; it knows no section by name.

An annotation says all: ``Annotated[float, duration(most=30), "how long a search may take"]``. A union with None makes
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
    """A list of scalars of one kind."""

    scalar: Scalar


@dataclass(frozen=True, slots=True)
class Section:
    """A mapping with the keys of a dataclass; of one dataclass a kind, where there are several."""

    classes: tuple[type, ...]

    @property
    def kinds(self) -> dict[str, type]:
        """Classes by kind; empty where the section has no kinds."""
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

    @property
    def required(self) -> bool:
        return self.default is MISSING

    @property
    def words(self) -> str:
        """What is right."""
        match self.shape:
            case Scalar(words):
                pass
            case ListOf(Scalar(words)):
                words = f"a list; each item is {words}"
            case Section():
                words = "a section"
        return f"{words}, or null" if self.optional else words


@functools.cache
def settings(section: type) -> tuple[Setting, ...]:
    """Return a section's keys in their order. Raises TypeError for an annotation that does not say enough."""
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
        case [Scalar() as scalar, str(meaning)]:
            shape = ListOf(scalar) if typing.get_origin(kind) is tuple else scalar
        case [str(meaning)] if classes:
            shape = Section(classes)
        case [str(meaning)] if typing.get_origin(kind) is typing.Literal:
            shape = one_of(*typing.get_args(kind))
        case _:
            raise TypeError(f"{name}: {hint!r} does not say what it may be and what it means")
    return Setting(name, shape, types.NoneType in members, default, meaning)
