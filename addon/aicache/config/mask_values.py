"""An entry of the setting ``mask``: a pattern, and the texts that it applies to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from re import Pattern
from typing import Annotated

from aicache.config.scalars import PATTERN, Scalar, some_of
from aicache.domain.masks import Place


@dataclass(frozen=True, slots=True)
class MaskEntry:
    """A pattern as the settings have it."""

    pattern: Annotated[Pattern[str], PATTERN, "the pattern"]
    in_: Annotated[
        tuple[Place, ...],
        some_of(*Place),
        "the texts in which it is looked for: system prompts (also a developer's), messages of users, results of tools",
    ] = (Place.SYSTEM,)


def _entry(text: str) -> MaskEntry:
    return MaskEntry(PATTERN.parse(text))


def _show(entry: MaskEntry) -> str:
    return entry.pattern.pattern


MASK: Scalar = replace(
    PATTERN,
    description=f"{PATTERN.description}, or {{pattern: …, in: [{', '.join(Place)}]}}",
    parse=_entry,
    show=_show,
    section=True,
)
