"""Writes plain values as YAML that people read and compare: texts of several lines as blocks, repeated values once.

PyYAML's own emitter takes a second for a megabyte, breaks texts with a blank at the end of a line into escapes, and its
fast one cannot name anchors. What is written here reads the same by YAML 1.1 and 1.2. Pure.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from typing import Any

STEP = "  "
MAX_KEY_CHARS = 120
"""Longer names are no simple keys of YAML, which end at 1,024 characters."""
NUMBERS_WIDTH = 110
"""Characters of a line of numbers."""

Anchor = Callable[[tuple[Any, ...], Any], tuple[str, bool] | None]
"""Names the anchor of a value by its path (names and positions), and tells whether it has been written before: then
only a reference is written. None: no anchor."""

_PLAIN = re.compile(r"[A-Za-z/](?:[\w./@+,;()'?!%*~^$&=|<>-]|:(?=[\w/])| (?=[\w./@+,;()'?!%~^$=|<>]))*", re.ASCII)
_RESERVED = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
_BLOCK = re.compile(r"[\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]*")
"""Characters that YAML has in a block as they are, without its line breaks other than ``\\n``."""
_TO_ESCAPE = re.compile(r"[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def no_anchor(path: tuple[Any, ...], value: Any) -> None:
    """Write every value where it stands."""


def write(value: Any, anchor: Anchor = no_anchor, indent: str = "") -> str:
    """Return a mapping or list as lines of YAML, each beginning with *indent*.

    Mappings have short text as names; numbers are finite. Raises ValueError for anything else.
    """
    return "".join(_lines(value, indent, (), anchor))


def _lines(value: Any, indent: str, path: tuple[Any, ...], anchor: Anchor) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            if not isinstance(name, str) or len(name) > MAX_KEY_CHARS:
                raise ValueError("a name that YAML has no short form of")
            yield from _entry(f"{indent}{_inline(name)}:", item, indent, (*path, name), anchor)
    else:
        for position, item in enumerate(value):
            yield from _entry(f"{indent}-", item, indent, (*path, position), anchor)


def _entry(head: str, value: Any, indent: str, path: tuple[Any, ...], anchor: Anchor) -> Iterator[str]:
    """Write what follows a name and its colon, or the hyphen of a list."""
    if (found := anchor(path, value)) is not None:
        name, is_written = found
        if is_written:
            yield f"{head} *{name}\n"
            return
        head = f"{head} &{name}"
    in_list = path and isinstance(path[-1], int)
    if isinstance(value, list) and value and all(map(_is_number, value)):
        yield from _numbers(head, value, indent)
    elif isinstance(value, dict | list) and value:
        lines = _lines(value, indent if isinstance(value, list) and not in_list else indent + STEP, path, anchor)
        if in_list and found is None:
            first = next(lines)
            yield f"{head} {first.removeprefix(indent + STEP)}"
        else:
            yield f"{head}\n"
        yield from lines
    elif isinstance(value, str) and "\n" in value and _BLOCK.fullmatch(value):
        yield from _block(head, value, indent + STEP)
    else:
        yield f"{head} {_inline(value)}\n"


def _block(head: str, text: str, indent: str) -> Iterator[str]:
    lines = text.split("\n")
    ends = 1 if lines[-1] == "" else 0
    chomping = "-" if not ends else "+" if len(lines) < 3 or lines[-2] == "" else ""
    indentation = str(len(STEP)) if not lines[0] or lines[0][0] in " \t" else ""
    yield f"{head} |{indentation}{chomping}\n"
    for line in lines[:-1] if ends else lines:
        yield f"{indent}{line}\n" if line else "\n"


def _numbers(head: str, values: list[Any], indent: str) -> Iterator[str]:
    yield f"{head} ["
    width = 0
    for position, value in enumerate(values):
        text = _inline(value) + (", " if position + 1 < len(values) else "]\n")
        if width and width + len(text) > NUMBERS_WIDTH:
            yield f"\n{indent}{STEP}"
            width = 0
        width += len(text)
        yield text


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _inline(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return _quoted(value)
        case int():
            return str(value)
        case float() if math.isfinite(value):
            text = repr(value)
            return re.sub(r"^(-?\d+)e", r"\1.0e", text)  # YAML 1.1 has no number with an exponent and no point
        case list() if not value:
            return "[]"
        case dict() if not value:
            return "{}"
    raise ValueError("a value that is not JSON")


def _quoted(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _RESERVED:
        return text
    return _TO_ESCAPE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))
