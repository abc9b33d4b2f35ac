"""How a recorded DashScope stream is to be read: each event with the whole text so far, or with a piece of it. Pure.

The caller chooses by ``incremental_output``, but what it chose need not be what it got: models have defaults of their
own, some know only pieces, and gateways ignore the parameter. No event says which it is, so the events themselves are
asked. A text misread is the worst that can happen; where they leave a doubt the stream is refused, which costs a hit.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

CUMULATIVE = "cumulative"
INCREMENTAL = "incremental"

_CONCLUSIVE_CHARACTERS = 8
"""So many different characters, said again from the first on and then more, at the very edge of an event: hardly any
answer repeats itself so by chance."""
_CONCLUSIVE_REPEATS = 3
"""So often in a row, none does."""


@dataclass(frozen=True, slots=True)
class EventTexts:
    """What one event says. *texts* are the texts that grow, by whose they are; *tokens* is the count of the output's
    tokens so far, 0 where it is not told."""

    texts: Mapping[Hashable, str]
    tokens: int


@dataclass(slots=True)
class _Steps:
    """How one of the texts went on, counted over all its events that followed an earlier one with text."""

    broken: int = 0  # not by what was there before
    grown: int = 0
    telling: int = 0  # of the grown ones
    repeated: int = 0
    paid: int = 0  # of the repeated ones: tokens were spent on them
    for_nothing: int = 0  # of the repeated ones: none were


def is_cumulative(events: Sequence[EventTexts], asked: str) -> bool:
    """Tell whether each event holds the whole so far. Raises ValueError where that cannot be told.

    Where no text comes in more than one event, both readings are the same, and what was asked is as good as any.
    Where a text does not go on as it began, the events are pieces; unless mostly it does, which is neither (a text
    taken back, say). Else they are pieces only if the answer repeats itself (``ha``, ``ha``; ``1``, ``10``): then what
    was asked, how the texts look and end, and whether tokens were spent on them must agree.
    """
    steps = _steps(events)
    if any(each.broken for each in steps):
        for each in steps:
            if 4 * (each.telling if asked == INCREMENTAL else each.grown) > each.broken:
                raise ValueError("a stream neither of pieces nor of the whole so far")
        return False
    if not any(each.grown or each.repeated for each in steps):
        return asked == CUMULATIVE
    telling = sum(each.telling for each in steps)
    if telling >= _CONCLUSIVE_REPEATS:
        return True
    pieces = _ends_empty(events)
    grown = sum(each.grown for each in steps)
    wholes = telling > 0 or (not pieces and (grown >= _CONCLUSIVE_REPEATS or any(each.for_nothing for each in steps)))
    if asked == INCREMENTAL:
        pieces = pieces or not (grown or any(each.repeated > each.paid for each in steps))
    elif asked == CUMULATIVE or not pieces:
        wholes = True  # which most models send unless told otherwise
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
        steps.telling += len(set(before)) >= _CONCLUSIVE_CHARACTERS
    else:
        steps.repeated += 1
        steps.paid += 0 < tokens_before < tokens
        steps.for_nothing += 0 < tokens_before == tokens


def _ends_empty(events: Sequence[EventTexts]) -> bool:
    """Tell whether the end came without text, as it does after pieces: the whole would be there once more."""
    texts = [event.texts for event in events if event.texts]
    return not any(texts[-1].values())
