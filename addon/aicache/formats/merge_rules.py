"""Rules of how the deltas of a stream are merged, by where in the answer a value stands. Values only.

OpenAI documents the deltas only by example (https://platform.openai.com/docs/api-reference/chat-streaming); what its
vendors add is known from recorded streams.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final, TypeAlias

EMPTY: tuple[Any, ...] = (None, "", [], {})


class _Ambiguous:
    """The type of `AMBIGUOUS` alone."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "AMBIGUOUS"


AMBIGUOUS: Final = _Ambiguous()
"""Stands for a value whose pieces in a stream can be merged in several ways. It is not JSON, so an answer that holds it
can be replayed as it was recorded, but not rendered in another mode or API."""


class Merge(Enum):
    """The way to merge a second piece."""

    APPEND = auto()
    """Append it: it is the next piece of a text."""
    KEEP_FIRST = auto()
    """Keep the first: it names the same thing again."""
    REPLACE = auto()
    """Replace the first; in objects, field by field."""
    REPLACE_COUNTS = auto()
    """Replace counts: numbers and lists, in objects field by field; other texts must stay the same."""
    ACCUMULATED = auto()
    """Replace the first, which it must begin with or contain: all there is so far; in objects, field by field."""
    EXTEND = auto()
    """Extend the list by it: its elements are whole ones."""
    UNION = auto()
    """Add its new elements to the list; it may also be all of the list so far."""
    BASE64 = auto()
    """Append its bytes, in base64."""
    CONTENT = auto()
    """Append text, or a list of parts whose first may continue the last one before."""


@dataclass(frozen=True, slots=True)
class ListRule:
    """A list whose elements come in pieces: *continues* tells whether a piece belongs to an earlier element.

    None means unknown: texts that both have become `AMBIGUOUS`.
    """

    rule: Mapping[str, Rule] | Merge
    """The rule by which a piece is merged into its element."""
    continues: Callable[[Mapping[str, Any], Mapping[str, Any]], bool | None]
    within: bool = False
    """Whether one delta may contain several pieces of the same element; else its elements are all different."""


Rule: TypeAlias = "Merge | ListRule | Mapping[str, Rule]"
