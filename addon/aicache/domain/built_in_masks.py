"""The built-in masks that the settings choose, as masks of texts and edits of bodies. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from aicache.domain.client_masks import BUILT_IN_MASKS as BUILT_IN_MASKS
from aicache.domain.client_masks import BuiltInMask as BuiltInMask
from aicache.domain.client_masks import Pattern
from aicache.domain.json_paths import Change, Edit, parse_path
from aicache.domain.masks import MASKED, Mask

SAFE, AGENTS, NONE = "safe", "agents", "none"
"""Groups: what cannot change an answer; all masks; no mask."""
CHOICES = (SAFE, AGENTS, NONE, *(mask.name for mask in BUILT_IN_MASKS))
"""The valid values of the setting: groups, and the names of masks."""


def select(names: Iterable[str]) -> tuple[BuiltInMask, ...]:
    """Return the masks of *names*: of the group ``safe``, all masks for ``agents``, or single ones."""
    wanted = set(names)
    return tuple(
        mask for mask in BUILT_IN_MASKS if AGENTS in wanted or mask.name in wanted or (mask.safe and SAFE in wanted)
    )


def text_masks(chosen: Iterable[BuiltInMask]) -> tuple[Mask, ...]:
    """Return the masks for the texts of conversations."""
    return tuple(
        Mask(
            re.compile(each.pattern),
            frozenset(each.places),
            mask.name,
            each.anchor,
            frozenset({mask.api} if mask.api else ()),
            _replacement(each),
            each.spreads,
        )
        for mask in chosen
        for each in mask.patterns
        if each.places
    )


def body_edits(chosen: Iterable[BuiltInMask]) -> tuple[Edit, ...]:
    """Return what the masks leave out of bodies beside the texts of conversations."""
    edits: list[Edit] = []
    for mask in chosen:
        edits += [Edit(parse_path(field), mask.name, api=mask.api) for field in mask.fields]
        edits += [
            Edit(parse_path(each.path), mask.name, _change(each), mask.api) for each in mask.patterns if each.path
        ]
    return tuple(edits)


def _change(pattern: Pattern) -> Change:
    compiled, anchor, replacement = re.compile(pattern.pattern), pattern.anchor, _replacement(pattern)

    def change(value: Any) -> Any:
        return compiled.sub(replacement, value) if isinstance(value, str) and anchor in value else value

    return change


def _replacement(pattern: Pattern) -> str:
    return rf"\1{MASKED}\3{MASKED}" if re.compile(pattern.pattern).groups == 3 else rf"\1{MASKED}"
