"""What became of the sources, for people to read."""

from __future__ import annotations

from collections import Counter

from aicache.cli.warm.fill import Result
from aicache.config.redis_url import redacted
from aicache.proxy.warmup import format_reasons

COLUMNS = ("read", "stored", "by meaning", "not newer", "expired", "not kept", "broken", "failed")


def lines(results: list[Result]) -> str:
    """Return a row for each source, their sum where there are several, and what was not kept for which reason."""
    rows = [(_name(result.source), _numbers(result)) for result in results]
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
        text.append("expired: their life (exact.ttl) counts from when they were recorded; --from-now lets it begin now")
    return "\n".join(text)


def _numbers(result: Result) -> list[int]:
    taken, tally = result.tally.imported, result.tally
    return [
        *(result.read, taken.stored, taken.findable, taken.not_newer, taken.expired),
        *(tally.skipped.total(), result.broken, tally.failed),
    ]


def _name(source: str) -> str:
    return redacted(source) if "://" in source else source
