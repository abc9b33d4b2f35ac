"""Rows as a Markdown table and as CSV. Pure but for `write`."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from benchmarks.cluster.measurements import Row
from benchmarks.cluster.network import PROXY_NAMES

HEADS = (
    "shared",
    "fault",
    "n",
    "down",
    "err",
    "wrong",
    "hits %, a",
    "hits %, b",
    "p99",
    "back",
    "lost",
    "one call",
    "",
)
PHASES = ("before", "during", "after")
FILE = "cluster.csv"


def head() -> str:
    return f"| {' | '.join(HEADS)} |\n|{'---|' * len(HEADS)}"


def line(row: Row) -> str:
    losses = row.losses
    cells = (
        *(row.setup, row.title, *map(str, (row.n, row.down, row.err, row.wrong))),
        *(" / ".join(f"{100 * share:.0f}" for share in shares) for shares in row.hits),
        f"{row.p99:.0f}",
        " / ".join("—" if each is None else f"{each:.1f}" for each in (row.exact, row.semantic)),
        f"{losses.lost_answers} of {losses.answers}, {losses.lost_vectors} of {losses.vectors}",
        " / ".join(f"{one} of {pairs}" for one, pairs in row.one_call),
        "FAILED" if row.faults else "ok",
    )
    return f"| {' | '.join(cells)} |"


def explanation(row: Row) -> list[str]:
    """Return lines about why a row failed, if it did."""
    return [f"! {row.name}: {each}" for each in row.faults] + [f"!     {each}" for each in row.notes if row.faults]


def write(folder: Path, rows: Sequence[Row]) -> None:
    """Write the rows as CSV."""
    with (folder / FILE).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            [
                *(
                    "shared",
                    "fault",
                    "requests",
                    "upstream_failures",
                    "failures_while_killed",
                    "errors",
                    "wrong",
                    "foreign",
                ),
                *(f"hits_{phase}_{name}" for name in PROXY_NAMES for phase in PHASES),
                *("p99_ms", "exact_back_s", "semantic_back_s"),
                *("answers", "lost_answers", "vectors", "lost_vectors"),
                *(f"{what}_{phase}" for phase in PHASES for what in ("pairs_with_one_call", "pairs")),
                "deviations",
            ]
        )
        for row in rows:
            losses = row.losses
            writer.writerow(
                [
                    *(row.setup, row.name, row.n, row.up, row.down, row.err, row.wrong, row.foreign),
                    *(f"{share:.3f}" for shares in row.hits for share in shares),
                    *(f"{row.p99:.0f}", row.exact, row.semantic),
                    *(losses.answers, losses.lost_answers, losses.vectors, losses.lost_vectors),
                    *(number for counts in row.one_call for number in counts),
                    "; ".join(row.faults),
                ]
            )
