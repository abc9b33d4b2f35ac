"""Tells whether the events of a recorded DashScope stream are cumulative or incremental. Pure.

The caller chooses by ``incremental_output``, but need not get what it chose: models have their own defaults, some send
increments only, and gateways ignore the parameter. No event says which it is, so the texts of the events must show it.
A misread text is the worst outcome; a stream that leaves a doubt is rejected, which costs a hit.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

CUMULATIVE = "cumulative"
INCREMENTAL = "incremental"

_CONCLUSIVE_CHARACTERS = 8
"""Different characters in a text that the next event repeats and continues: hardly any answer does so by chance."""
_CONCLUSIVE_REPEATS = 3
"""Such repeats in one stream: by chance they never happen."""


@dataclass(frozen=True, slots=True)
class EventTexts:
    """The texts of one event, by field, and the count of the output's tokens so far, 0 if unknown."""

    texts: Mapping[Hashable, str]
    tokens: int


@dataclass(slots=True)
class _Steps:
    """Counts of the ways in which one of the texts continued, over its events after the first one with text."""

    broken: int = 0  # does not begin with the text before
    grown: int = 0
    conclusive: int = 0  # of the grown ones
    repeated: int = 0
    paid: int = 0  # of the repeated ones: with tokens spent on them
    unpaid: int = 0  # of the repeated ones: without


def is_cumulative(events: Sequence[EventTexts], requested: str) -> bool:
    """Tell whether each event holds the whole text so far. Raises ValueError if the events do not show it.

    If no text is in more than one event, both readings are the same, and the requested one is returned. If a text does
    not continue as it began, the events are increments; unless it mostly does, which is neither (a retracted text,
    say). Otherwise they are increments only if the answer repeats itself (``ha``, ``ha``; ``1``, ``10``): then the
    request, the form and end of the texts, and whether tokens were spent on them must agree.
    """
    steps = _steps(events)
    if any(each.broken for each in steps):
        for each in steps:
            if 4 * (each.conclusive if requested == INCREMENTAL else each.grown) > each.broken:
                raise ValueError("a stream neither of pieces nor of the whole so far")
        return False
    if not any(each.grown or each.repeated for each in steps):
        return requested == CUMULATIVE
    conclusive = sum(each.conclusive for each in steps)
    if conclusive >= _CONCLUSIVE_REPEATS:
        return True
    pieces = _ends_empty(events)
    grown = sum(each.grown for each in steps)
    wholes = conclusive > 0 or (not pieces and (grown >= _CONCLUSIVE_REPEATS or any(each.unpaid for each in steps)))
    if requested == INCREMENTAL:
        pieces = pieces or not (grown or any(each.repeated > each.paid for each in steps))
    elif requested == CUMULATIVE or not pieces:
        wholes = True  # the default of most models
    if wholes == pieces:
        raise ValueError("a stream that may be pieces or the whole so far")
    return wholes


def _steps(events: Sequence[EventTexts]) -> list[_Steps]:
    steps: dict[Hashable, _Steps] = {}
    last: dict[Hashable, tuple[str, int]] = {}
    for event in events:
        for whose, text in event.texts.items():
            if not text:
                continue
            if whose in last:
                _count(steps.setdefault(whose, _Steps()), *last[whose], text, event.tokens)
            last[whose] = text, event.tokens
    return list(steps.values())


def _count(steps: _Steps, before: str, tokens_before: int, text: str, tokens: int) -> None:
    if not text.startswith(before):
        steps.broken += 1
    elif len(text) > len(before):
        steps.grown += 1
        steps.conclusive += len(set(before)) >= _CONCLUSIVE_CHARACTERS
    else:
        steps.repeated += 1
        steps.paid += 0 < tokens_before < tokens
        steps.unpaid += 0 < tokens_before == tokens


def _ends_empty(events: Sequence[EventTexts]) -> bool:
    """Tell whether the last event has no text, as after increments: a cumulative one would repeat the whole."""
    texts = [event.texts for event in events if event.texts]
    return not any(texts[-1].values())
