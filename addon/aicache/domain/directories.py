"""Directories that requests announce: an answer that was given in one is made to name another's. Pure."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Directories: TypeAlias = tuple[tuple[str, str], ...]
"""The directories that a request announces: the name that stands for each in the key, and its path."""


def whole_path(directory: str) -> str:
    """Return a pattern for a directory that does not match within a longer name.

    An escaped line break or tab may precede it, as in the arguments of a call, which are a text of JSON.
    """
    return rf"(?:(?<![\w/\\.~-])|(?<=\\[nrt])){re.escape(directory)}(?![\w.-]*\w)"


@dataclass(frozen=True, slots=True)
class Relocation:
    """What stands for each directory of a recorded request in the answer to another one."""

    _paths: Mapping[str, str]
    _pattern: re.Pattern[str]

    def __call__(self, value: Any) -> Any:
        """Return an answer's document whose texts name the directories of the other request."""
        if isinstance(value, str):
            return self._pattern.sub(lambda found: self._paths[found[0]], value)
        if isinstance(value, list | tuple):
            return type(value)(map(self, value))
        if isinstance(value, Mapping):
            return {name: self(item) for name, item in value.items()}
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            names = [field.name for field in dataclasses.fields(value)]
            return dataclasses.replace(value, **{name: self(getattr(value, name)) for name in names})
        return value


def relocate(recorded: Directories, asked: Directories) -> Relocation | None:
    """Return the relocation of answers from one request's directories to another's; None if they are the same ones."""
    to = dict(asked)
    moved = {path: to[name] for name, path in recorded if name in to}
    if all(path == new for path, new in moved.items()):
        return None
    paths: dict[str, str] = {}
    for path, new in moved.items():
        for ascii_only in (False, True):  # as arguments of calls have it, which are a text of JSON
            paths[_escaped(path, ascii_only)] = _escaped(new, ascii_only)
        paths[path] = new
    longest_first = sorted(paths, key=len, reverse=True)
    return Relocation(paths, re.compile("|".join(map(whole_path, longest_first))))


def _escaped(path: str, ascii_only: bool) -> str:
    return json.dumps(path, ensure_ascii=ascii_only)[1:-1]
