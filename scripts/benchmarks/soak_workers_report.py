"""Evaluates a soak test of several workers: tables by time, kind and process, and the problems found. Pure."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.faults.answer_checker import Verdict
from benchmarks.faults.load import CheckedRequest
from benchmarks.faults.measurements import hit_share
from benchmarks.faults.requests import Kind
from benchmarks.measurements import percentile
from benchmarks.soak_report import MB, TIME_PARTS, theil_sen_slope
from benchmarks.soak_workers_state import Stored

FILLING_SHARE = 1 / 3
"""Share of the time in which memory may grow, since caches fill."""
CREST_SHARE = 0.2
"""Memory counts by its crests, which are over this share of the time: files of the index are mapped, and written anew
now and then."""
MAX_GROWTH_SHARE, MAX_GROWTH_BYTES = 0.03, 4 * MB
"""Growth of a process after it has filled that is allowed; either of both."""
MIN_SAMPLES = 12
"""Fewer show no trend."""
SPARE_FILES = 4
"""Files that a process may have open at the end and not under load: connections are kept for the next request."""
MIN_HITS = {Kind.REPEAT: 0.5, Kind.PARAPHRASE: 0.3}
"""Least shares of hits: less is no cache that works. What has expired or was evicted misses."""
BAD = (Verdict.ERROR, Verdict.WRONG, Verdict.UPSTREAM, Verdict.DOWN)


@dataclass(frozen=True, slots=True)
class Sample:
    """What is there *at* seconds after the start: resident bytes and open files by the name of each process."""

    at: float
    memory: Mapping[str, int]
    files: Mapping[str, int]
    stored: Stored


@dataclass(frozen=True, slots=True)
class Soak:
    """All that was seen. Times of requests are in seconds since the start, like those of samples."""

    seconds: float
    seen: Sequence[CheckedRequest]
    samples: Sequence[Sample]
    before: Sample
    """Without load, before ..."""
    after: Sample
    """... and after it, once everything was swept."""
    swept_after: float
    """Seconds from the end of the load until store and index were in step, or it was waited no longer."""
    on_disk: int
    """Difference between the vectors that the index named and those in its files after the end."""
    purges: int
    failed: float
    """Lookups in which a part of the cache failed, by the workers' own count."""
    found: Sequence[str]
    """Problems that were found on the way."""


def growth(samples: Sequence[Sample], name: str, seconds: float) -> tuple[float, float, float]:
    """Return how a process's memory grows once it has filled: % an hour; over that time, the share and the bytes."""
    points = [(each.at, each.memory[name]) for each in samples if name in each.memory]
    window = CREST_SHARE * seconds
    crests = [
        (at, float(max(value for other, value in points if at - window < other <= at)))
        for at, _ in points
        if at >= FILLING_SHARE * seconds
    ]
    if len(crests) < MIN_SAMPLES:
        return 0.0, 0.0, 0.0
    slope, height = theil_sen_slope(crests), statistics.median(value for _, value in crests)
    grown = slope * (1 - FILLING_SHARE) * seconds
    return 3600 * slope / height * 100, grown / height, grown


def find_problems(soak: Soak) -> Iterator[str]:
    """Yield the problems found."""
    for (verdict, why), count in Counter((s.verdict, s.why) for s in soak.seen if s.verdict in BAD).items():
        yield f"{count} of {len(soak.seen)} answers: {verdict}, {why}"
    for kind, least in MIN_HITS.items():
        if (share := hit_share([each for each in soak.seen if each.kind is kind])) < least:
            yield f"only {share:.1%} of {kind} requests hit"
    if not soak.after.stored.expired - soak.before.stored.expired:
        yield "nothing expired"
    if not soak.after.stored.evicted - soak.before.stored.evicted:
        yield "nothing was evicted: there is too much memory"
    if (orphans := soak.after.stored.orphans) or soak.after.stored.lacking:
        yield f"{orphans} vectors have no entry, and {soak.after.stored.lacking} entries have no vector"
    if soak.on_disk:
        yield f"{soak.on_disk} vectors are in the index or in its files, and not in both"
    for name in soak.before.memory:
        if name not in soak.after.memory:
            yield f"{name} has ended"
            continue
        per_hour, share, grown = growth(soak.samples, name, soak.seconds)
        if share > MAX_GROWTH_SHARE and grown > MAX_GROWTH_BYTES:
            yield f"{name}: the memory grew by {share:.1%} ({per_hour:+.1f} % an hour)"
        if (
            more := soak.after.files[name] - max(soak.before.files[name], _filled(soak).files.get(name, 0))
        ) > SPARE_FILES:
            yield f"{name}: {more} more files are open than after a third of the time"
    yield from soak.found


def table_by_time(soak: Soak) -> str:
    """Return a table with one line per time interval."""
    lines = [
        "   until s  requests  bad   hits   p50 ms   p99 ms  entries  vectors  orphans  lacking  evicted  expired"
        "  Valkey MB"
    ]
    for part in range(TIME_PARTS):
        begin, end = part * soak.seconds / TIME_PARTS, (part + 1) * soak.seconds / TIME_PARTS
        seen = [each for each in soak.seen if begin <= each.at < end]
        line = f"{end:10.0f}{_load(seen)}"
        if held := [each.stored for each in soak.samples if begin <= each.at < end]:
            counts = (held[-1].entries, held[-1].vectors, held[-1].orphans, held[-1].lacking)
            line += "".join(f"{count:9}" for count in (*counts, held[-1].evicted, held[-1].expired))
            line += f"{held[-1].memory / MB:11.2f}"
        lines.append(line)
    return "\n".join(lines)


def table_by_kind(soak: Soak) -> str:
    lines = ["      kind  requests  bad   hits   p50 ms   p99 ms"]
    lines += [f"{kind:>10}{_load([each for each in soak.seen if each.kind is kind])}" for kind in Kind]
    return "\n".join(lines)


def table_by_process(soak: Soak) -> str:
    """Return a table of memory, its growth, and open files."""
    lines = ["      process  MB at first  after a third  at the end  % an hour  files before  after"]
    third = _filled(soak)
    last = soak.samples[-1] if soak.samples else soak.after
    for name, files in soak.before.files.items():
        held = [each.memory.get(name, 0) / MB for each in (soak.before, third, last)]
        per_hour, _, _ = growth(soak.samples, name, soak.seconds)
        lines.append(
            f"{name:>13}{held[0]:13.1f}{held[1]:15.1f}{held[2]:12.1f}{per_hour:+11.1f}{files:14}"
            f"{soak.after.files.get(name, 0):7}"
        )
    return "\n".join(lines)


def summary(soak: Soak) -> str:
    """Return some sentences on purges, failures, and store and index at the end."""
    last, after = (soak.samples[-1] if soak.samples else soak.before).stored, soak.after.stored
    return (
        f"{soak.purges} purges; {soak.failed:.0f} lookups in which a part of the cache failed\n"
        f"at the end of the load: {last.entries} entries, {last.vectors} vectors, {last.orphans} of them without an "
        f"entry, {last.lacking} entries without a vector\n"
        f"{soak.swept_after:.0f} s later: {after.entries} entries, {after.vectors} vectors, {after.orphans} of them "
        f"without an entry, {after.lacking} entries without a vector"
    )


def rows(soak: Soak) -> Iterator[list[object]]:
    """Yield the lines of a CSV of the samples, the heads first."""
    names = list(soak.before.memory)
    counts = ("entries", "vectors", "orphans", "lacking", "memory", "evicted", "expired")
    yield ["seconds", *counts, *(f"{name} {what}" for what in ("bytes", "files") for name in names)]
    for each in (soak.before, *soak.samples, soak.after):
        held = [values.get(name, "") for values in (each.memory, each.files) for name in names]
        yield [round(each.at, 1), *(getattr(each.stored, count) for count in counts), *held]


def _filled(soak: Soak) -> Sample:
    return next((each for each in soak.samples if each.at >= FILLING_SHARE * soak.seconds), soak.before)


def _load(seen: Sequence[CheckedRequest]) -> str:
    took = [each.took * 1000 for each in seen] or [0.0]
    bad = sum(each.verdict in BAD for each in seen)
    return f"{len(seen):10}{bad:5}{hit_share(seen):7.1%}{percentile(took, 0.5):9.1f}{percentile(took, 0.99):9.1f}"
