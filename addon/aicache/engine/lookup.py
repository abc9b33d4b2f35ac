"""One look-up: what it is about, and the rules and backends that it began with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aicache.domain import policy
from aicache.domain.model import Entry
from aicache.domain.trace import Trace
from aicache.engine.backends import Backends
from aicache.engine.exchange import Exchange
from aicache.engine.guarded_store import GuardedStore


def do_nothing() -> None:
    """Take no notice of a search."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """Handed to every step of a look-up. The steps write the *trace*."""

    exchange: Exchange
    rules: policy.Rules
    backends: Backends
    store: GuardedStore
    """Its reads end by the deadline."""
    deadline: float
    """`LoopTime`."""
    clock: Callable[[], float]
    trace: Trace
    on_search: Callable[[], None] = do_nothing
    """Called before a question is embedded, from when on the look-up takes its time."""

    def refusal(self, entry: Entry) -> str | None:
        """Return why an entry must not answer the call, whatever it means; None when it may."""
        exchange = self.exchange
        return policy.check_entry(
            entry,
            exchange.call,
            exchange.identity,
            exchange.directives,
            self.clock(),
            exchange.page,
            self.rules.ttl,
        )
