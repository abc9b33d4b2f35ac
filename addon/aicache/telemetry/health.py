"""The current state of the cache's dependencies, as the engine knows it: none of them is contacted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aicache.engine import Engine
from aicache.engine.dependency import Dependency


@dataclass(frozen=True, slots=True)
class DependencyHealth:
    """One dependency, or one of its operations that fails separately. The dashboard's JSON has these names."""

    name: str
    what: str | None
    """Its address or model; None where it is not in use."""
    failing: bool
    failures: int
    last_failure: str | None


@dataclass(frozen=True, slots=True)
class Health:
    """All dependencies, the background queues, and the rules for hits by meaning."""

    parts: tuple[DependencyHealth, ...]
    queues: Mapping[str, int]
    policy: str
    threshold: float
    max_error: float
    audit: float
    shadow: bool
    refilled: int = 0
    """Questions of stored answers that were embedded because the index lacked their vectors."""


def collect_health(engine: Engine) -> Health:
    backends, rules, semantic = engine.backends, engine.rules, engine.semantic
    exact, by_meaning = backends.exact_guards, backends.semantic_guards
    index = semantic.index if semantic is not None else None
    parts = [_health(exact.reads, backends.exact)]
    parts.append(_health(by_meaning.embedder, semantic.embedder.model if semantic is not None else None))
    parts.append(_health(by_meaning.index, index))
    parts += [_health(exact.writes, backends.exact), _health(by_meaning.index_writes, index)]
    if (judge := backends.judge) is not None:
        parts.append(_health(judge.guard, judge))
    if (neighbor_judge := backends.neighbor_judge) is not None:
        parts.append(_health(neighbor_judge.guard, neighbor_judge))
    return Health(
        tuple(parts),
        engine.queues,
        rules.policy.value,
        rules.threshold,
        rules.max_error,
        rules.audit,
        rules.shadow,
        engine.refilling.embedded,
    )


def _health(dependency: Dependency, what: object | None) -> DependencyHealth:
    name = None if what is None else str(what)
    return DependencyHealth(dependency.name, name, dependency.failing, dependency.failures, dependency.last_failure)
