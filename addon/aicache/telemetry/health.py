"""How the cache's parts are at the moment. It asks the engine, and no part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aicache.engine import Engine
from aicache.engine.dependency import Part


@dataclass(frozen=True, slots=True)
class DependencyHealth:
    """One outside part, or what it is asked for and fails by itself."""

    name: str
    what: str | None
    """What it is, such as a server's address; None where it is not in use."""
    failing: bool
    failures: int
    last_failure: str | None


@dataclass(frozen=True, slots=True)
class Health:
    """All of them, what is under way, and what hits by meaning are judged by."""

    parts: tuple[DependencyHealth, ...]
    queues: Mapping[str, int]
    policy: str
    threshold: float
    max_error: float
    audit: float
    shadow: bool


def collect_health(engine: Engine) -> Health:
    in_use, rules, semantic = engine.in_use, engine.rules, engine.semantic
    index = semantic.index if semantic is not None else None
    parts = [_part(in_use.exact_part, in_use.exact)]
    parts.append(_part(in_use.embedder_part, semantic.embedder.model if semantic is not None else None))
    parts.append(_part(in_use.index_part, index))
    parts += [_part(in_use.exact_writes, in_use.exact), _part(in_use.index_writes, index)]
    if in_use.judge is not None:
        parts.append(_part(in_use.judge_part, in_use.judge))
    return Health(
        tuple(parts),
        engine.queues,
        rules.policy.value,
        rules.threshold,
        rules.max_error,
        rules.audit,
        rules.shadow,
    )


def _part(part: Part, what: object | None) -> DependencyHealth:
    told = None if what is None else str(what)
    return DependencyHealth(part.name, told, part.failing, part.failures, part.last_failure)
