"""The figures of one process as plain values, to be added to those of others. Pure.

Counts add up. Of what is a state, the worse counts: the larger error bound, a breaker that is open anywhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from aicache.telemetry.counters import Cost, Counters, Segment
from aicache.telemetry.health import DependencyHealth, Health
from aicache.telemetry.histogram import Histogram
from aicache.telemetry.timeline import Timeline
from aicache.telemetry.top_questions import TopQuestions

_STANDINGS = (None, "learned", "frozen", "off")
"""From the one that restricts least."""


@dataclass(frozen=True, slots=True)
class Figures:
    """All that metrics and dashboard show."""

    counters: Counters
    timeline: Timeline
    top_questions: TopQuestions
    health: Health | None
    log_dropped: int
    """Lines that the decision log has dropped."""


def pack(figures: Figures, *, with_history: bool = True) -> bytes:
    """Return the figures in MessagePack. The last hour and the frequent questions are their *history*."""
    history = figures.timeline.to_plain() if with_history else []
    questions = figures.top_questions.to_plain() if with_history else []
    plain = (pack_counters(figures.counters), history, questions, figures.health, figures.log_dropped)
    return msgspec.msgpack.encode(plain)


def pack_alone(counts: bytes) -> bytes:
    """Return figures, as `pack` does, of packed counts without anything else."""
    return msgspec.msgpack.encode((counts, [], [], None, 0))


def add_up(cost: Cost, packed: Iterable[bytes], timeline: Timeline) -> Figures:
    """Return the sum of packed figures; *timeline* is an empty one. Raises ValueError."""
    counters, questions, dropped = Counters(cost), TopQuestions(), 0
    health: Health | None = None
    for each in packed:
        try:
            added = msgspec.msgpack.decode(each, type=tuple[bytes, list[Any], list[Any], Health | None, int])
        except msgspec.DecodeError as exc:
            raise ValueError("figures of another version") from exc
        add_counters(counters, added[0])
        timeline.add_plain(added[1])
        questions.add_plain(added[2])
        health = _add_health(health, added[3])
        dropped += added[4]
    return Figures(counters, timeline, questions, health, dropped)


def pack_counters(counters: Counters) -> bytes:
    """Return all counts in MessagePack, by their names."""
    plain: dict[str, Any] = {}
    for name, value in _counts(counters).items():
        match value:
            case Histogram():
                plain[name] = _plain_histogram(value)
            case int() | float():
                plain[name] = value
            case _:
                plain[name] = [[key, _plain(each)] for key, each in [*value.items()]]
    return msgspec.msgpack.encode(plain)


def add_counters(counters: Counters, packed: bytes) -> None:
    """Add packed counts. Raises ValueError, and adds nothing, unless they are of this version."""
    try:
        plain: dict[str, Any] = msgspec.msgpack.decode(packed, type=dict[str, Any])
    except msgspec.DecodeError as exc:
        raise ValueError("counts of another version") from exc
    own = _counts(counters)
    if plain.keys() != own.keys():
        raise ValueError("counts of another version")
    for name, added in plain.items():
        match own[name]:
            case Histogram() as histogram:
                _add_histogram(histogram, added)
            case int() | float() as number:
                setattr(counters, name, number + added)
            case counts:
                for key, each in added:
                    _add_to(counts, tuple(key) if isinstance(key, list) else key, each)


def _counts(counters: Counters) -> dict[str, Any]:
    """Return what counters count, by the attribute's name."""
    return {name: value for name, value in vars(counters).items() if not name.startswith("_") and name != "cost"}


def _plain(value: Any) -> Any:
    match value:
        case Histogram():
            return _plain_histogram(value)
        case Segment():
            return [value.model, value.error_bound, value.standing]
        case _:
            return value


def _add_to(counts: Any, key: Any, added: Any) -> None:
    match added:
        case [str(model), int() | float() as bound, standing]:
            before = counts.setdefault(key, Segment(model, 0.0, None))
            before.error_bound = max(before.error_bound, bound)
            before.standing = max(before.standing, standing, key=_STANDINGS.index)
        case [list(), _, _]:
            if key not in counts:
                counts[key] = Histogram(added[2])
            _add_histogram(counts[key], added)
        case _ if isinstance(counts, Counter):
            counts[key] += added
        case _:
            counts[key] = counts.get(key, 0) + added


def _plain_histogram(histogram: Histogram) -> list[Any]:
    return [histogram.counts, histogram.total, list(histogram.bounds)]


def _add_histogram(histogram: Histogram, added: list[Any]) -> None:
    counts, total, bounds = added
    if list(histogram.bounds) != bounds:
        raise ValueError("a histogram of another version")
    histogram.counts = [a + b for a, b in zip(histogram.counts, counts, strict=True)]
    histogram.total += total


def _add_health(one: Health | None, other: Health | None) -> Health | None:
    if one is None or other is None:
        return one or other
    theirs = {part.name: part for part in other.parts}
    parts = [_add_part(part, theirs.pop(part.name, None)) for part in one.parts]
    queues = {name: one.queues.get(name, 0) + other.queues.get(name, 0) for name in {**one.queues, **other.queues}}
    parts = [*parts, *theirs.values()]
    return replace(one, parts=tuple(parts), queues=queues, refilled=one.refilled + other.refilled)


def _add_part(one: DependencyHealth, other: DependencyHealth | None) -> DependencyHealth:
    if other is None:
        return one
    return DependencyHealth(
        one.name,
        one.what if one.what is not None else other.what,
        one.failing or other.failing,
        one.failures + other.failures,
        one.last_failure if one.failing or other.last_failure is None else other.last_failure,
    )
