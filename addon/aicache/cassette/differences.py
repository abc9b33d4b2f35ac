"""Which recorded request is nearest to one that is not on the cassette, and what differs between the two. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any

from aicache.cassette.body_document import parse_json
from aicache.cassette.interaction import RecordedRequest
from aicache.cassette.matching import MatchedRequest, MatchRules
from aicache.domain import keys
from aicache.domain.masks import MASKED

MAX_SHOWN = 5
EXCERPT_CHARS = 60
MAX_COMPARED = 200
"""Recordings that are compared in full."""
MAX_SIMILAR = 20
"""Recordings that differ in equally many places of which the most similar is chosen ..."""
MAX_SIMILAR_CHARS = 400
"""... by so much of each text that differs."""
_ABSENT = object()

Leaves = dict[str, Any]
"""The values in a request by their place: ``message 3 (user)``, ``tools[0].name``."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One place in which two requests differ, with an excerpt of each."""

    place: str
    recorded: str
    asked: str

    def __str__(self) -> str:
        return f"{self.place}: recorded {self.recorded}, asked {self.asked}"


@dataclass(frozen=True, slots=True)
class Nearest:
    """The recording that differs least, by its number from 1 on."""

    number: int
    differences: tuple[Difference, ...]
    """At most `MAX_SHOWN` of them ..."""
    more: int = 0
    """... and how many more there are."""


def find_nearest(asked: MatchedRequest, recorded: Sequence[MatchedRequest], rules: MatchRules) -> Nearest | None:
    """Return the nearest recording: of the same method and path where there is one; None on an empty cassette.

    LLM calls are compared without what the settings leave out of their keys.
    """
    if not recorded:
        return None
    numbered = list(enumerate(recorded, 1))
    same = [each for each in numbered if _place_of(each[1].request) == _place_of(asked.request)]
    wanted = _leaves(asked, rules)
    compared = [(at, _leaves(each, rules)) for at, each in (same or numbered)[:MAX_COMPARED]]
    counts = [sum(1 for _ in _differing(leaves, wanted)) for _, leaves in compared]
    nearest = [each for each, count in zip(compared, counts, strict=True) if count == min(counts)]
    number, found = max(nearest[:MAX_SIMILAR], key=lambda each: _similarity(each[1], wanted))
    differences = [_difference(place, found, wanted) for place in _differing(found, wanted)]
    return Nearest(number, tuple(differences[:MAX_SHOWN]), max(0, len(differences) - MAX_SHOWN))


def _place_of(request: RecordedRequest) -> tuple[str, str]:
    return request.method, request.path


def _leaves(matched: MatchedRequest, rules: MatchRules) -> Leaves:
    request, call = matched.request, matched.call
    leaves: Leaves = {"method": request.method, "path": request.target}
    if call is None:
        leaves |= {f"header {name}": value for name, value in request.headers}
        text = request.body.decode("utf-8", "replace")
        body = parse_json(text)
        return leaves | (dict(_walk(body, "")) if body is not None else {"body": text} if text else {})
    keyed = keys.keyed_parts(call, rules.keys)
    leaves |= {"model": call.model, **dict(_walk(keyed.params, ""))}
    for position, turn in enumerate(keyed.turns, 1):
        place = f"message {position} ({turn.role})"
        leaves |= dict(_walk(turn.content, place))
        leaves |= dict(_walk(turn.rest, place)) if turn.rest else {}
    return leaves


def _walk(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for name, item in value.items():
            yield from _walk(item, f"{place}.{name}" if place else name)
    elif isinstance(value, list) and value:
        for position, item in enumerate(value):
            yield from _walk(item, f"{place}[{position}]")
    else:
        yield place or "body", value


def _differing(recorded: Leaves, asked: Leaves) -> Iterator[str]:
    for place in {**asked, **recorded}:
        if recorded.get(place, _ABSENT) != asked.get(place, _ABSENT):
            yield place


def _similarity(recorded: Leaves, asked: Leaves) -> float:
    """Return how alike the texts are in which two requests differ, on the scale of their number."""
    pairs = ((recorded.get(place), asked.get(place)) for place in _differing(recorded, asked))
    return sum(
        SequenceMatcher(None, one[:MAX_SIMILAR_CHARS], other[:MAX_SIMILAR_CHARS], autojunk=False).ratio()
        for one, other in pairs
        if isinstance(one, str) and isinstance(other, str)
    )


def _difference(place: str, recorded: Leaves, asked: Leaves) -> Difference:
    one, other = recorded.get(place, _ABSENT), asked.get(place, _ABSENT)
    start = 0
    if isinstance(one, str) and isinstance(other, str):
        pairs = zip_longest(one, other)
        start = max(0, next(at for at, (left, right) in enumerate(pairs) if left != right) - EXCERPT_CHARS // 3)
    return Difference(place, _excerpt(one, start), _excerpt(other, start))


def _excerpt(value: Any, start: int) -> str:
    if value is _ABSENT:
        return "nothing"
    if not isinstance(value, str):
        return repr(value)[:EXCERPT_CHARS]
    part = value[start : start + EXCERPT_CHARS]
    part = part.replace(MASKED, "")
    return f"{'…' if start else ''}{part!r}{'…' if start + EXCERPT_CHARS < len(value) else ''}"
