"""All faults, in the order in which they are injected: those that spoil the stage come last."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.cluster.faults import (
    Baseline,
    Fault,
    IndexEmptied,
    IndexHangs,
    IndexKilled,
    LinkDown,
    LinkSlow,
    MasterKilled,
    PacketsDropped,
    ProxyKilled,
    ShardLost,
)
from benchmarks.cluster.purge_fault import PurgeWhileCut

ALL: tuple[Callable[[], Fault], ...] = (
    *(Baseline, ProxyKilled, MasterKilled, ShardLost, IndexHangs, IndexKilled),
    *(PacketsDropped, LinkDown, LinkSlow, PurgeWhileCut, IndexEmptied),
)
