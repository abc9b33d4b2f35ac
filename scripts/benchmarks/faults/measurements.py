"""Computes a row of the table: results before, during and after a fault, and deviations from the expected. Pure."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.faults.answer_checker import Verdict
from benchmarks.faults.load import CheckedRequest, since
from benchmarks.faults.requests import Kind
from benchmarks.measurements import percentile

CHECK_INTERVAL_S = 0.2  # between two checks for recovered hits
WINDOW_S = {Kind.REPEAT: 1.0, Kind.PARAPHRASE: 2.0}
RECOVERED_HIT_SHARE = {Kind.REPEAT: 0.9, Kind.PARAPHRASE: 0.6}  # counts as recovered
MIN_WINDOW_REQUESTS = 4  # a window with fewer is extended


@dataclass(frozen=True, slots=True)
class Expected:
    """The tolerated effects of a fault. Times are seconds after its end; None: not checked, since entries are lost."""

    exact: float | None = 2.0
    semantic: float | None = 3.0
    hot: float | None = None
    """When frequent questions must hit again after a total loss."""
    during: float | None = None
    """Required hit rate of repeats during the fault."""
    down: bool = False
    """Whether the proxy is down during the fault."""
    errors: bool = False
    """Whether errors would occur without the cache, too."""
    lines: int | None = None
    """Maximum number of log lines."""

    def times(self, patience: float) -> Expected:
        """Return the same for a slower machine: all times are multiplied."""
        exact, semantic, hot = (
            None if each is None else patience * each for each in (self.exact, self.semantic, self.hot)
        )
        return dataclasses.replace(self, exact=exact, semantic=semantic, hot=hot)


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    title: str
    n: int
    up: int
    down: int
    err: int
    wrong: int
    hits_during: float
    hits_after: float
    p99: float
    """Milliseconds, during the fault."""
    exact: float | None
    """Seconds until repeats hit again; None if not within the observation."""
    semantic: float | None
    hot: float | None
    log: int
    faults: tuple[str, ...]
    """Deviations from the expected effects."""
    notes: tuple[str, ...] = ()


def row(
    name: str,
    title: str,
    seen: Sequence[CheckedRequest],
    span: tuple[float, float],
    log: int,
    expected: Expected,
    problems: Sequence[str],
) -> Row:
    """Compute a row. *span* is the begin and end of the fault; *problems* are those that it detected itself."""
    begin, end = span
    during, after = since(seen, begin, end), since(seen, end)
    both = [*during, *after]
    count = Counter(each.verdict for each in both)
    asked_again = [each for each in after if each.kind is Kind.REPEAT]
    found = Row(
        name,
        title,
        len(both),
        count[Verdict.UPSTREAM],
        count[Verdict.DOWN],
        count[Verdict.ERROR],
        count[Verdict.WRONG],
        hit_share(during),
        hit_share(after),
        1000 * percentile([each.took for each in during], 0.99) if during else 0.0,
        recovery(asked_again, end),
        recovery([each for each in after if each.kind is Kind.PARAPHRASE], end),
        recovery([each for each in asked_again if each.hot], end),
        log,
        (),
    )
    repeats = [each for each in during if each.kind is Kind.REPEAT and each.verdict is not Verdict.DOWN]
    faults = [*problems, *_faults(found, expected, hit_share(repeats) if repeats else None)]
    notes = sorted({f"{each.verdict}: {each.why}" for each in both if each.verdict in (Verdict.ERROR, Verdict.WRONG)})
    return dataclasses.replace(found, faults=tuple(faults), notes=tuple(notes[:8]))


def skipped_row(name: str, title: str, why: str) -> Row:
    """Return the row of a fault that was not injected."""
    return Row(name, title, 0, 0, 0, 0, 0, 0.0, 0.0, 0.0, None, None, None, 0, (why,))


def _faults(found: Row, expected: Expected, repeats: float | None) -> list[str]:
    faults = []
    if found.err and not expected.errors:
        faults.append(f"{found.err} errors that the upstream did not cause")
    if found.wrong:
        faults.append(f"{found.wrong} wrong answers")
    if found.down and not expected.down:
        faults.append(f"{found.down} requests while the proxy was down")
    for what, took, within in (
        ("repeats", found.exact, expected.exact),
        ("other wordings", found.semantic, expected.semantic),
        ("questions asked often", found.hot, expected.hot),
    ):
        if late := describe_late(what, took, within):
            faults.append(late)
    if expected.during is not None and (repeats is None or repeats < expected.during):
        faults.append(f"{repeats or 0:.0%} of repeats hit meanwhile, not {expected.during:.0%}")
    if expected.lines is not None and found.log > expected.lines:
        faults.append(f"{found.log} lines in the log, more than {expected.lines}")
    return faults


def describe_late(what: str, took: float | None, within: float | None) -> str:
    """Say that hits were back too late, or not at all (None); empty if they were back in time, or *within* is None."""
    if within is None or (took is not None and took <= within):
        return ""
    after = "not while it was looked" if took is None else f"after {took:.1f} s"
    return f"{what} hit again {after}, not within {within:g} s"


def recovery(seen: Sequence[CheckedRequest], end: float) -> float | None:
    """Return the seconds until hits are back to normal; None if not within the observation."""
    if not seen:
        return None
    kind = seen[0].kind
    ordered = sorted(seen, key=lambda each: each.at)
    start, last = end, ordered[-1].at
    while start <= last:
        window = since(ordered, start, start + WINDOW_S[kind])
        if len(window) < MIN_WINDOW_REQUESTS:
            window = [each for each in ordered if each.at >= start][:MIN_WINDOW_REQUESTS]
        if len(window) >= MIN_WINDOW_REQUESTS and sum(each.hit for each in window) >= RECOVERED_HIT_SHARE[kind] * len(
            window
        ):
            return round(start - end, 1)
        start += CHECK_INTERVAL_S
    return None


def hit_share(seen: Sequence[CheckedRequest]) -> float:
    """Return the share of requests that hit; 0 of none."""
    return sum(each.hit for each in seen) / len(seen) if seen else 0.0


def table(rows: Sequence[Row]) -> str:
    """Format rows as a Markdown table."""
    heads = ("scenario", "n", "up", "down", "err", "wrong", "hits %", "p99", "recovery", "log", "verdict")
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    return "\n".join([*lines, *map(line, rows)])


def line(row: Row) -> str:
    cells = (
        f"{row.name} {row.title}",
        *(str(each) for each in (row.n, row.up, row.down, row.err, row.wrong)),
        f"{100 * row.hits_during:.0f} / {100 * row.hits_after:.0f}",
        f"{row.p99:.0f}",
        " / ".join("—" if each is None else f"{each:.1f}" for each in (row.exact, row.semantic, row.hot)),
        str(row.log),
        "FAILED" if row.faults else "ok",
    )
    return f"| {' | '.join(cells)} |"
