"""What all originals say, and how it is written down."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

THOUGHTS = ("Zürich, ", "今天", "…\nthe sun, ", "I think.")
THOUGHT = "".join(THOUGHTS)
TEXTS = ("Zürich: ", "晴", "天 ☀️", ", 18 °C.\n\n", "“Take a hat” 🧢", ' & <b>"go"</b> \\o/')
TEXT = "".join(TEXTS)
CALLS = ({"city": "Zürich"}, {"city": "東京", "days": 2})
"""The arguments of two calls of the tool ``weather``, made at once."""
ARGUMENTS = ('{"city":"Zürich"}', '{"city": "東京", "days": 2}')  # as models write them, with and without blanks


def pack(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def cut(text: str, size: int = 5) -> Iterable[str]:
    """The text in pieces, as tokens are: never mind where words end."""
    return (text[start : start + size] for start in range(0, len(text), size))


def events(values: Iterable[Any], *, named: bool = False, end: str = "\n\n") -> bytes:
    """Server-sent events; *named* ones say their type in a line of its own, too."""
    head = "event: {}\n" if named else "{}"
    return b"".join(
        head.format(value["type"] if named else "").encode() + b"data: " + pack(value) + end.encode()
        for value in values
    )
