"""The answers to health probes: ``/_ai_cache/live`` and ``/_ai_cache/ready``.

They need no token, and tell nothing but which kinds of component do not work: no address, no model, no count.
"""

from __future__ import annotations

from mitmproxy.http import Response

from aicache.config import Config, RunMode
from aicache.dashboard.pages import json_response
from aicache.engine import Engine

LIVE, READY = b"/_ai_cache/live", b"/_ai_cache/ready"


def is_probe(target: bytes) -> bool:
    """Tell whether a request's target is one of the two, with or without a query."""
    return target.partition(b"?")[0] in (LIVE, READY)


def render(target: bytes, engine: Engine | None, config: Config, *, draining: bool) -> Response:
    """Render the response to a probe.

    The proxy is ready if it answers requests or forwards them: it does both without any component, and neither once it
    has begun to end.
    """
    if target.startswith(LIVE):
        return json_response({"status": "live"})
    degraded = degraded_parts(engine, config)
    if draining or engine is None:
        return json_response({"status": "draining", "degraded": degraded}, 503)
    return json_response({"status": "ready", "degraded": degraded})


def degraded_parts(engine: Engine | None, config: Config) -> list[str]:
    """Return the kinds of component that are configured and do not work: not started yet, or failing."""
    if engine is None or not config.enabled or config.mode is not RunMode.LIVE:
        return []
    backends = engine.backends
    exact, by_meaning = backends.exact_guards, backends.semantic_guards
    found = []
    if backends.exact is None or exact.reads.failing:
        found.append("exact store")
    elif exact.writes.failing:
        found.append("exact store (writes)")
    if config.semantic.enabled:
        if backends.semantic is None or by_meaning.embedder.failing:
            found.append("embedder")
        if backends.semantic is None or by_meaning.index.failing:
            found.append("vector index")
        elif by_meaning.index_writes.failing:
            found.append("vector index (writes)")
    if any(judge is not None and judge.guard.failing for judge in (backends.judge, backends.neighbor_judge)):
        found.append("judge model")
    return found
