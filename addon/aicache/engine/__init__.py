"""Lookup and store: the only place where decisions meet I/O. It holds deadlines and breakers, and fails open."""

from aicache.engine.engine import Engine
from aicache.engine.exchange import PARSE_ON_LOOP, Exchange, Semantic, is_large, with_vector

__all__ = ["PARSE_ON_LOOP", "Engine", "Exchange", "Semantic", "is_large", "with_vector"]
