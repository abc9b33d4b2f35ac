"""Lookup and store: the only place where decisions meet I/O. It holds deadlines and breakers, and fails open."""

from aicache.engine.engine import Engine
from aicache.engine.exchange import MAX_BYTES_ON_LOOP, Exchange, after_miss, is_large
from aicache.engine.guarded_semantic import Semantic

__all__ = ["MAX_BYTES_ON_LOOP", "Engine", "Exchange", "Semantic", "after_miss", "is_large"]
