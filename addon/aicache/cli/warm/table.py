"""Formats the results of a warm-up as a table."""

from __future__ import annotations

from collections import Counter

from aicache.cli.warm.fill import SourceResult
from aicache.config.redis_url import redacted
from aicache.proxy.cache_warming import format_reasons

COLUMNS = ("read", "stored", "by meaning", "not newer", "expired", "not kept", "broken", "failed")


def format_table(results: list[SourceResult]) -> str:
    """Return one row per source, their sum if there are several, and the reasons why answers were not kept."""
    rows = [(_name(result.source), _cells(result)) for result in results]
    if len(rows) > 1:
        rows.append(("together", [sum(column) for column in zip(*(row for _, row in rows), strict=True)]))
    width = max([len(name) for name, _ in rows], default=0)
    text = [" ".join([" " * width, *(f"{column:>10}" for column in COLUMNS)])]
    text += [" ".join([name.ljust(width), *(f"{number:10,}" for number in row)]) for name, row in rows]
    passed: Counter[str] = Counter()
    for result in results:
        passed += result.tally.skipped
    text += [f"not kept: {format_reasons(passed)}"] if passed else []
    text += [f"failed: {why}" for why in sorted({result.tally.why_failed for result in results} - {""})]
    if any(result.tally.imported.expired for result in results):
        text.append("expired: their life (exact.ttl) counts from when they were recorded; with --from-now, from now")
    return "\n".join(text)


def _cells(result: SourceResult) -> list[int]:
    taken, tally = result.tally.imported, result.tally
    return [
        *(result.read, taken.stored, taken.findable, taken.not_newer, taken.expired),
        *(tally.skipped.total(), result.broken, tally.failed),
    ]


def _name(source: str) -> str:
    return redacted(source) if "://" in source else source
