"""A row of the table: what was seen before, during and after one fault, and whether that is as it should be. Pure."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.faults.answer_checker import Verdict
from benchmarks.faults.load import Seen, since
from benchmarks.faults.requests import Kind
from benchmarks.measurements import percentile

STEP = 0.2  # seconds between two looks at whether hits are back
WINDOW = {Kind.REPEAT: 1.0, Kind.PARAPHRASE: 2.0}  # seconds
BACK = {Kind.REPEAT: 0.9, Kind.PARAPHRASE: 0.6}  # of them are to hit
FEWEST = 4  # in a window, else it is made longer


@dataclass(frozen=True, slots=True)
class Expected:
    """What a fault may cost. Times are seconds after its end; None: it is not asked, since what hit is gone."""

    exact: float | None = 2.0
    semantic: float | None = 3.0
    hot: float | None = None
    """When what is asked often is to hit again, where all was lost."""
    during: float | None = None
    """The share of repeats that is to hit while the fault lasts."""
    down: bool = False
    """Whether the proxy is down meanwhile."""
    errors: bool = False
    """Whether errors are the system's own, as without the cache."""
    lines: int | None = None
    """How many lines of the log it is worth at most."""

    def times(self, patience: float) -> Expected:
        """Return the same for a machine on which all takes so many times as long."""
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
    """Milliseconds, during."""
    exact: float | None
    """Seconds until repeats hit again; None: not while it was looked."""
    semantic: float | None
    hot: float | None
    log: int
    faults: tuple[str, ...]
    """What is not as it should be."""
    notes: tuple[str, ...] = ()


def row(
    name: str,
    title: str,
    seen: Sequence[Seen],
    span: tuple[float, float],
    log: int,
    expected: Expected,
    said: Sequence[str],
) -> Row:
    """*span* is the fault's, from its begin to its end; *said* is what the fault itself found wrong."""
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
        _share(during),
        _share(after),
        1000 * percentile([each.took for each in during], 0.99) if during else 0.0,
        recovery(asked_again, end),
        recovery([each for each in after if each.kind is Kind.PARAPHRASE], end),
        recovery([each for each in asked_again if each.hot], end),
        log,
        (),
    )
    repeats = [each for each in during if each.kind is Kind.REPEAT and each.verdict is not Verdict.DOWN]
    faults = [*said, *_faults(found, expected, _share(repeats) if repeats else None)]
    notes = sorted({f"{each.verdict}: {each.why}" for each in both if each.verdict in (Verdict.ERROR, Verdict.WRONG)})
    return dataclasses.replace(found, faults=tuple(faults), notes=tuple(notes[:8]))


def unmade(name: str, title: str, why: str) -> Row:
    """Return the row of a fault that was not made."""
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
        if within is not None and (took is None or took > within):
            after = "not while it was looked" if took is None else f"after {took:.1f} s"
            faults.append(f"{what} hit again {after}, not within {within:g} s")
    if expected.during is not None and (repeats is None or repeats < expected.during):
        faults.append(f"{repeats or 0:.0%} of repeats hit meanwhile, not {expected.during:.0%}")
    if expected.lines is not None and found.log > expected.lines:
        faults.append(f"{found.log} lines in the log, more than {expected.lines}")
    return faults


def recovery(seen: Sequence[Seen], end: float) -> float | None:
    """Return after how many seconds so many of these hit as do without a fault; None: not while it was looked."""
    if not seen:
        return None
    kind = seen[0].kind
    ordered = sorted(seen, key=lambda each: each.at)
    start, last = end, ordered[-1].at
    while start <= last:
        window = since(ordered, start, start + WINDOW[kind])
        if len(window) < FEWEST:
            window = [each for each in ordered if each.at >= start][:FEWEST]
        if len(window) >= FEWEST and sum(each.hit for each in window) >= BACK[kind] * len(window):
            return round(start - end, 1)
        start += STEP
    return None


def _share(seen: Sequence[Seen]) -> float:
    return sum(each.hit for each in seen) / len(seen) if seen else 0.0


def table(rows: Sequence[Row]) -> str:
    """Write rows as a table in Markdown."""
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
