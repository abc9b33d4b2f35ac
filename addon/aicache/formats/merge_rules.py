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
        return "UNCLEAR"


AMBIGUOUS: Final = _Ambiguous()
"""In place of what a stream said in pieces that nobody knows how to join. It cannot be written as JSON, so an answer
that holds it can be replayed as it was recorded, and rendered in no other way."""


class Merge(Enum):
    """What a second piece does to the first."""

    APPEND = auto()
    """It is the next piece of one text."""
    KEEP_FIRST = auto()
    """It names the same thing again; what the first called it stays."""
    REPLACE = auto()
    """It tells the state anew; in objects, field by field."""
    REPLACE_COUNTS = auto()
    """It counts anew, some of what is counted or all; numbers and lists are replaced, unknown texts are not."""
    ACCUMULATED = auto()
    """It tells all there is so far: texts and lists that hold what was told before, in objects field by field."""
    EXTEND = auto()
    """It holds the next elements of one list, whole ones."""
    UNION = auto()
    """It holds further elements of one list, or all of the list so far."""
    BASE64 = auto()
    """It holds the next bytes, in base64."""
    CONTENT = auto()
    """It is text, or a list of parts of which the first may go on with the last one before."""


@dataclass(frozen=True, slots=True)
class ListRule:
    """A list whose elements come in pieces: *continues* tells whether a piece is of an earlier element.

    None says that nobody knows: texts that both have are `AMBIGUOUS` then.
    """

    rule: Mapping[str, Rule] | Merge
    """What a piece does to its element."""
    continues: Callable[[Mapping[str, Any], Mapping[str, Any]], bool | None]
    within: bool = False
    """Whether one delta may hold several pieces of one element; else its elements are elements of their own."""


Rule: TypeAlias = "Merge | ListRule | Mapping[str, Rule]"
