"""Writes rows as text tables, CSV and JSON. Measures nothing."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.measurements import Row

YARDSTICKS = ("bare", "upstream", "litellm", "without")
"""Baselines of the comparisons in the CSV; the JSON has every pair."""
MIN_HIT_SHARE = 0.995
"""A table warns about lower hit rates."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table; *value* returns None for a row without a value."""

    heading: str
    value: Callable[[Row], float | None]
    shown: str = ".2f"


def figure(heading: str, name: str, shown: str = ".2f") -> Column:
    return Column(heading, lambda row: row.figures.get(name), shown)


def times(other: str, name: str, heading: str) -> Column:
    return Column(heading, lambda row: row.times.get(other, {}).get(name), ".2f")


def saved(other: str, name: str, heading: str) -> Column:
    """Return a column with the *other* system's value divided by the row's: more is better."""
    return Column(heading, lambda row: 1 / found if (found := row.times.get(other, {}).get(name)) else None, ".2f")


def less(other: str, name: str, heading: str) -> Column:
    """Return a column with the difference from the *other* system's value."""
    return Column(heading, lambda row: row.beyond.get(other, {}).get(name), "+.2f")


LOAD = (
    figure("rps", "rps", ".0f"),
    figure("p50 ms", "p50_ms"),
    figure("p99 ms", "p99_ms"),
    figure("CPU ms", "cpu_ms"),
)
HITS = (*LOAD, times("bare", "rps", "rps it/bare"), saved("bare", "cpu_ms", "CPU bare/it"))
COLUMNS: Mapping[str, Sequence[Column]] = {
    "exact": (*HITS, times("litellm", "rps", "rps it/litellm")),
    "sizes": (*HITS, times("litellm", "rps", "rps it/litellm")),
    "semantic": (*HITS, figure("by meaning", "semantic_share", ".1%")),
    "misses": (*LOAD, less("bare", "p50_ms", "p50 - bare"), times("bare", "rps", "rps it/bare")),
    "in-flight": (*LOAD, less("without", "p50_ms", "p50 - without"), times("without", "cpu_ms", "CPU it/without")),
    "followers": (
        *(figure("first ms", "first_ms"), figure("first p95", "first_p95_ms")),
        *(figure("behind ms", "behind_ms"), figure("behind p95", "behind_p95_ms"), figure("CPU ms", "cpu_ms")),
    ),
    "dashboard": (*LOAD, times("without", "rps", "rps it/without"), saved("without", "cpu_ms", "CPU without/it")),
    "streams": (
        *(figure("first ms", "first_ms"), figure("end ms", "end_ms")),
        *(less("upstream", "first_ms", "first - direct"), less("upstream", "end_ms", "end - direct")),
        *(figure("first p99", "first_p99_ms"), figure("end p99", "end_p99_ms"), figure("CPU ms", "cpu_ms")),
    ),
}


def table(title: str, rows: Sequence[Row]) -> str:
    """Return the table of one scenario. Columns without any value are left out."""
    columns = [c for c in COLUMNS[rows[0].case.scenario] if any(c.value(row) is not None for row in rows)]
    heads = ["connections", "bytes", "system", *(column.heading for column in columns)]
    lines = [
        [str(row.case.connections), str(row.case.request_bytes), row.system, *(_cell(c, row) for c in columns)]
        for row in rows
    ]
    widths = [max(len(line[place]) for line in [heads, *lines]) for place in range(len(heads))]
    text = [title]
    text += ["  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in [heads, *lines]]
    return "\n".join([*text, *_beside_litellm(rows), *_caveats(rows)])


def _cell(column: Column, row: Row) -> str:
    value = column.value(row)
    return "" if value is None else format(value, column.shown)


def _beside_litellm(rows: Sequence[Row]) -> list[str]:
    """Return lines for cases in which a system's p99 is below LiteLLM's median."""
    theirs = {row.case: row.figures["p50_ms"] for row in rows if row.system == "litellm" and "p50_ms" in row.figures}
    found = []
    for system in dict.fromkeys(row.system for row in rows if theirs and row.system != "litellm"):
        ours = [row for row in rows if row.system == system]
        faster = [row for row in ours if row.figures["p99_ms"] < theirs[row.case]]
        found.append(f"{system}: p99 below litellm's p50 in {len(faster)} of {len(ours)} lines")
    return found


def _caveats(rows: Sequence[Row]) -> list[str]:
    """Return caveats: failures, and rows whose requests were not all hits."""
    found = []
    for row in rows:
        where = f"{row.system} at {row.case.connections} connections"
        if row.figures.get("failures"):
            found.append(f"! {where}: {row.figures['failures']:.0f} requests a load failed (median)")
        if failed := row.figures.get("failed_share"):
            found.append(
                f"! {where}: {failed:.1%} of the look-ups failed, as the machine was too busy or a part too slow"
            )
        share = row.figures.get("exact_share")
        if share is not None and row.case.scenario in ("exact", "sizes") and share < MIN_HIT_SHARE:
            found.append(f"! {where}: only {share:.1%} were exact hits")
        hits = share is not None and share + row.figures.get("semantic_share", 0)
        if row.case.scenario == "misses" and hits:
            found.append(f"! {where}: {hits:.1%} were no misses")
    return found


def write(folder: Path, machine: Mapping[str, str], rows: Sequence[Row]) -> None:
    """Write ``results.json`` and ``results.csv``."""
    folder.mkdir(parents=True, exist_ok=True)
    document = {"machine": dict(machine), "rows": [asdict(row) for row in rows]}
    (folder / "results.json").write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    flat = [_flat(row) for row in rows]
    with (folder / "results.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(name for line in flat for name in line)))
        writer.writeheader()
        writer.writerows(flat)


def _flat(row: Row) -> dict[str, object]:
    flat: dict[str, object] = {**asdict(row.case), "system": row.system, **row.figures}
    for other in YARDSTICKS:
        flat |= {f"{name}_times_{other}": value for name, value in row.times.get(other, {}).items()}
        flat |= {f"{name}_beyond_{other}": value for name, value in row.beyond.get(other, {}).items()}
    return flat
