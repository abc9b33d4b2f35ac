"""How much memory and disk there is, and how much of it is used: values in bytes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StoreUsage:
    """Of the servers that hold the exact store, with whatever else they hold; a cluster's masters are added up."""

    memory: int
    max_memory: int
    """0 where there is no limit."""
    evicted_keys: int
    """Keys that the servers have dropped before they expired, for want of memory, since they were started."""


@dataclass(frozen=True, slots=True)
class DiskUsage:
    """Of the data folder, and of the file system that it is on."""

    folder: int
    free: int
    """What this process may still use."""
    size: int
    """Of the whole file system."""


@dataclass(frozen=True, slots=True)
class ResourceUsage:
    """None stands for what cannot be measured at the moment."""

    store: StoreUsage | None = None
    disk: DiskUsage | None = None
