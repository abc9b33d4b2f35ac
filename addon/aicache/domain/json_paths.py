"""Paths to fields within a request's body, such as ``input[].id``: reading them, leaving out what they name. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

_ITEMS = "[]"
_STEP = re.compile(r"([^.\[\]\s]+)((?:\[\])*)")
_CONVERSATION = frozenset(
    f"{place}.{name}"
    for place in ("messages[]", "input[]", "input.messages[]", "contents[]", "contents[].parts[]", "system[]")
    for name in (
        "role",
        "type",
        "content",
        "content[].text",
        "content[].type",
        "parts",
        "parts[].text",
        "text",
        "output",
    )
)
"""Paths of what is said and by whom, without which no request is the same as before."""

Change = Callable[[Any], Any]
"""Returns what is kept of a field's value."""


@dataclass(frozen=True, slots=True)
class JSONPath:
    """The path of a field: names, and after a list ``[]`` for each of its items. It ends with a name."""

    text: str
    steps: tuple[str, ...]

    @property
    def root(self) -> str:
        """The field of the body that the path begins with."""
        return self.steps[0]


def parse_path(text: str) -> JSONPath:
    """Parse a path such as ``metadata.user_id`` or ``messages[].content[].cache_control``.

    Raises ValueError with the fault, worded to follow the path.
    """
    steps: list[str] = []
    for step in text.split("."):
        if (found := _STEP.fullmatch(step)) is None:
            raise ValueError("is not a path of names joined by dots, with [] after a list: write input[].id")
        steps += [found[1], *[_ITEMS] * (len(found[2]) // 2)]
    if steps[-1] == _ITEMS:
        raise ValueError("names whole items of a list: add the name of a field in them, as in input[].id")
    if text in _CONVERSATION:
        raise ValueError("is what the conversation consists of: to leave out parts of its texts, use mask")
    return JSONPath(text, tuple(steps))


def is_path(text: str) -> bool:
    """Tell whether a text names a field within another one, rather than one of the body's own."""
    return "." in text or "[" in text or "]" in text


@dataclass(frozen=True, slots=True)
class Edit:
    """A field of the body that is no part of the key, or only without the matches of a pattern."""

    path: JSONPath
    name: str
    """The setting's value or the built-in mask that asks for it."""
    change: Change | None = None
    """Makes of each value what is kept; None leaves the field out."""
    api: str = ""
    """The API whose requests it is for; empty for all."""


def tell_nobody(edit: Edit) -> None:
    """Take note of nothing: for callers of `edit_body` that need not know which edits changed something."""


def edits_for(edits: Sequence[Edit], api: str) -> tuple[Edit, ...]:
    """Return the edits for the requests of an API."""
    return tuple([edit for edit in edits if edit.api in ("", api)]) if edits else ()


def edit_body(body: Any, edits: Sequence[Edit], found: Callable[[Edit], object]) -> Any:
    """Return a body after all *edits*; the body itself is not changed. *found* is told those that changed anything."""
    for edit in edits:
        edited = _edit(body, edit.path.steps, edit.change)
        if edited is not body:
            found(edit)
            body = edited
    return body


def _edit(value: Any, steps: Sequence[str], change: Change | None) -> Any:
    """Return a copy of *value* with the fields at *steps* changed, or *value* itself if there is nothing to change."""
    step, *further = steps
    if step == _ITEMS:
        if not isinstance(value, list):
            return value
        items = [_edit(item, further, change) for item in value]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    if not isinstance(value, dict) or step not in value:
        return value
    old = value[step]
    if further:
        new = _edit(old, further, change)
        return value if new is old else {**value, step: new}
    if change is None:
        return {name: inner for name, inner in value.items() if name != step}
    new = change(old)
    return value if new is old or new == old else {**value, step: new}
