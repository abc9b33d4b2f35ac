"""What a keeper does to the cache, beside all requests: read, count, purge, pin, carry entries off and bring them."""

from aicache.maintenance.maintenance import MOST, TOGETHER, Upkeep
from aicache.maintenance.results import PINNED, Brief, Found, OfCaller, Taken, brief

__all__ = ["MOST", "PINNED", "TOGETHER", "Brief", "Found", "OfCaller", "Taken", "Upkeep", "brief"]
