"""Tests that telemetry's memory is bounded, with events of very many requests, as varied as callers can make them."""

from __future__ import annotations

import asyncio
import gc
import os
import time
from dataclasses import dataclass
from pathlib import Path

from aicache.config import Config, Log
from aicache.dashboard.overview import overview
from aicache.domain.digests import digest
from aicache.domain.events import Checked, Decided, Finished
from aicache.domain.model import Entry, Mode
from aicache.domain.trace import Step, Trace
from aicache.evidence.neighbor import Neighbor
from aicache.telemetry.event_watchers import Watchers
from aicache.telemetry.observability import Observability

SNAPSHOTS = 10
WARM_UP_SNAPSHOTS = 2  # afterwards, nothing may grow
MAX_GROWTH_BYTES = 8 * 1024**2  # includes noise of the allocator
MAX_GROWTH_OBJECTS = 5000


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Memory use after a number of requests."""

    requests: int
    rss: int
    objects: int
    shown: int
    """Bytes of the metrics page, which has all labels."""


async def measure(folder: Path, requests: int) -> int:
    """Print the table; return 1 if memory grew with the requests."""
    watchers = Watchers()
    observability = Observability(watchers, lambda: None)
    observability.configure(Config(log=Log(file=str(folder / "watched.jsonl"), text=True, max_bytes=1 << 20, keep=2)))
    print(f"{requests} requests: each with a model, reason, question and kind of its own now and then")
    print(f"{'requests':>10} {'RSS MB':>8} {'objects':>9} {'metrics KB':>11} {'µs each':>8}")
    looks, began = [], time.perf_counter()
    for share in range(1, SNAPSHOTS + 1):
        done, until = requests * (share - 1) // SNAPSHOTS, requests * share // SNAPSHOTS
        for i in range(done, until):
            _send_events(watchers, i)
            if i % 1000 == 0:
                await asyncio.sleep(0)
        looks.append(_take_snapshot(observability, until))
        each = (time.perf_counter() - began) / until * 1e6
        print(_row(looks[-1], each), flush=True)
    await observability.close()
    grown, settled = looks[-1].rss - looks[WARM_UP_SNAPSHOTS - 1].rss, looks[WARM_UP_SNAPSHOTS - 1].requests
    print(f"from {settled} requests on RSS changed by {grown / 1024**2:+.1f} MB; logs on disk: {_logs(folder)} bytes")
    return int(
        grown > MAX_GROWTH_BYTES or looks[-1].objects - looks[WARM_UP_SNAPSHOTS - 1].objects > MAX_GROWTH_OBJECTS
    )


def _logs(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("watched.jsonl*"))


def _row(look: Snapshot, each: float) -> str:
    return f"{look.requests:>10} {look.rss / 1024**2:8.1f} {look.objects:>9} {look.shown / 1024:11.1f} {each:8.1f}"


def _take_snapshot(observability: Observability, requests: int) -> Snapshot:
    shown = len(observability.metrics.text())
    overview(observability.figures, observability.config, 3600)
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return Snapshot(requests, pages * os.sysconf("SC_PAGE_SIZE"), len(gc.get_objects()), shown)


def _send_events(watchers: Watchers, i: int) -> None:
    report = _report(i)
    watchers.decided(report)
    if report.outcome != "hit":
        status = (200, 200, 200, 429, 503, 0)[i % 6]
        kept = report.entry if status == 200 else None
        watchers.finished(Finished(report, status, 0.5, 2000, kept, None if kept else f"status {status} {i}"))
    if i % 10 == 0:
        kind, standing = digest("kind", str(i)), "learned"
        checked = Checked(report.at, kind, report.key, 0.95, "right", "audit", True, None, 0.1, 0.02, standing)
        watchers.checked(checked)


def _report(i: int) -> Decided:
    outcome, tier = _OUTCOMES[i % len(_OUTCOMES)]
    model = f"model-{i}" if i % 5 == 0 else "gpt-4o"
    question = f"What is the number {i}, and what was the one before?" if i % 2 else "Asked by everybody?"
    looked = [Neighbor(digest("key", str(i + k)), 0.9 - k / 10, f"neighbor {i}", f"guard:g{i}") for k in range(3)]
    entry = _entry(i, model, question) if tier else None
    return Decided(
        at=1_900_000_000.0 + i / 1000,
        outcome=outcome,  # type: ignore[arg-type]
        tier=tier,  # type: ignore[arg-type]
        reason=None if tier else f"{'abcdefgh'[i % 8]}-reason-{i}",
        api="chat",
        model=model,
        mode="whole",
        key=digest("key", question),
        namespace=digest("namespace", str(i)),
        segment=digest("kind", str(i)),
        seconds=0.001 + i % 100 / 1000,
        trace=Trace([Step(f"step {i % 200}", 0.001)], looked, 0.92, error_bound=0.1 if i % 3 else None),
        question=question,
        entry=entry,
        similarity=0.95 if tier == "semantic" else None,
        tokens=(100, 50) if tier else (0, 0),
    )


def _entry(i: int, model: str, question: str) -> Entry:
    key, now = digest("key", question), 1_900_000_000.0
    body = b"x" * 500
    whole, kind = Mode.WHOLE, "application/json"
    return Entry(
        key, digest("n", str(i)), "chat", model, whole, False, whole, kind, body, question, 100, 50, now, now + 60
    )


_OUTCOMES = (("hit", "exact"), ("hit", "semantic"), ("miss", None), ("bypass", None), ("hit", "exact"))
