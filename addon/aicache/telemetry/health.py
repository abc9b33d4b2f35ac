"""How the cache's parts are at the moment. It asks the engine, and no part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aicache.engine import Engine
from aicache.engine.dependency import Dependency


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
    backends, rules, semantic = engine.backends, engine.rules, engine.semantic
    exact, by_meaning = backends.exact_guards, backends.semantic_guards
    index = semantic.index if semantic is not None else None
    parts = [_part(exact.reads, backends.exact)]
    parts.append(_part(by_meaning.embedder, semantic.embedder.model if semantic is not None else None))
    parts.append(_part(by_meaning.index, index))
    parts += [_part(exact.writes, backends.exact), _part(by_meaning.index_writes, index)]
    if (judge := backends.judge) is not None:
        parts.append(_part(judge.guard, judge))
    return Health(
        tuple(parts),
        engine.queues,
        rules.policy.value,
        rules.threshold,
        rules.max_error,
        rules.audit,
        rules.shadow,
    )


def _part(part: Dependency, what: object | None) -> DependencyHealth:
    told = None if what is None else str(what)
    return DependencyHealth(part.name, told, part.failing, part.failures, part.last_failure)
