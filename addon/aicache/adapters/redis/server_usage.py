"""Reads memory and evictions from a Redis server's INFO."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from aicache.adapters.redis.server import Command
from aicache.domain.ports import StoreError
from aicache.domain.resource_usage import StoreUsage

USAGE_COMMANDS: tuple[Command, ...] = (("INFO", "memory"), ("INFO", "stats"))
"""Two, since servers before Redis 7 take one section only."""

_FIELD = re.compile(rb"^(\w+):(\d+)\r?$", re.MULTILINE)


def parse_usage(replies: Iterable[Any]) -> StoreUsage:
    """Return the usage of one server from its replies to `USAGE_COMMANDS`. Raises StoreError."""
    found: dict[bytes, int] = {}
    for reply in replies:
        if isinstance(reply, StoreError):
            raise reply
        if isinstance(reply, bytes):
            found |= {name: int(value) for name, value in _FIELD.findall(reply)}
    try:
        return StoreUsage(found[b"used_memory"], found.get(b"maxmemory", 0), found[b"evicted_keys"])
    except KeyError as exc:
        raise StoreError("INFO does not tell memory and evictions") from exc


def add_up(usages: Iterable[StoreUsage]) -> StoreUsage:
    """Return the sum over a cluster's masters."""
    each = list(usages)
    return StoreUsage(
        sum(usage.memory for usage in each),
        sum(usage.max_memory for usage in each) if all(usage.max_memory for usage in each) else 0,
        sum(usage.evicted_keys for usage in each),
    )
