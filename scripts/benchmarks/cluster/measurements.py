"""Computes a row of the table: what clients saw before, during and after a fault. Pure."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.cluster.equal_calls import Pair
from benchmarks.faults.answer_checker import Verdict
from benchmarks.faults.load import CheckedRequest, since
from benchmarks.faults.measurements import describe_late, hit_share, recovery
from benchmarks.faults.requests import Kind
from benchmarks.measurements import percentile

FOREIGN = "another caller's answer"
MIN_PAIRS_SHARE = 0.8
"""Share of equal calls that make one call upstream after a fault; a busy machine delays some."""


@dataclass(frozen=True, slots=True)
class Expected:
    """The tolerated effects of a fault. Times are seconds after `Span.healed`; None: not checked."""

    exact: float | None = 3.0
    semantic: float | None = 5.0
    during: tuple[float, float] = (0.0, 0.0)
    """Required hit rates of repeated questions at each proxy during the fault."""
    down: int | None = None
    """The place of the proxy that is down during the fault."""
    keeps_answers: bool = True
    keeps_vectors: bool = True

    def times(self, patience: float) -> Expected:
        """Return the same for a slower machine."""
        exact, semantic = (None if each is None else patience * each for each in (self.exact, self.semantic))
        return dataclasses.replace(self, exact=exact, semantic=semantic)


@dataclass(frozen=True, slots=True)
class Span:
    """Times of the monotonic clock: the fault lasts from *begin* to *end*, and is observed from *first* on.

    Hits must be back so soon after *healed*: its end, or its begin where the servers help themselves.
    """

    first: float
    begin: float
    end: float
    healed: float


@dataclass(frozen=True, slots=True)
class Losses:
    """How many answers, and vectors, were stored before a fault, and how many of them were not found after it."""

    answers: int = 0
    lost_answers: int = 0
    vectors: int = 0
    lost_vectors: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    setup: str
    name: str
    title: str
    n: int
    up: int
    """Failures that the upstream caused."""
    down: int
    """Failures while the proxy was killed."""
    err: int
    wrong: int
    foreign: int
    """Answers of another caller; they are wrong, too."""
    hits: tuple[tuple[float, float, float], ...]
    """Shares of hits before, during and after, of repeated questions and other wordings, for each proxy."""
    p99: float
    """Milliseconds, during the fault."""
    exact: float | None
    """Seconds after `Span.healed` until repeated questions hit again at both proxies; None if not within the
    observation."""
    semantic: float | None
    one_call: tuple[tuple[int, int], ...]
    """Pairs of equal calls with one call upstream, and all pairs: before, during, and once hits are back."""
    losses: Losses
    faults: tuple[str, ...]
    """Deviations from the expected effects."""
    notes: tuple[str, ...] = ()


def row(
    labels: tuple[str, str, str],
    seen: Sequence[Sequence[CheckedRequest]],
    pairs: Sequence[Pair],
    span: Span,
    losses: Losses,
    expected: Expected,
    problems: Sequence[str],
) -> Row:
    """Compute a row; *seen* is by proxy, *labels* are setup, name and title."""
    watched = [since(each, span.first) for each in seen]
    both = [each for of_one in watched for each in of_one]
    count = Counter(each.verdict for each in both)
    during = since(both, span.begin, span.end)
    exact = _recovery(watched, Kind.REPEAT, span.healed)
    back_at = max(span.end, span.healed + (exact or 0.0))
    found = Row(
        *labels,
        len(both),
        count[Verdict.UPSTREAM],
        count[Verdict.DOWN],
        count[Verdict.ERROR],
        count[Verdict.WRONG],
        sum(FOREIGN in each.why for each in both),
        tuple(_shares(each, span) for each in watched),
        1000 * percentile([each.took for each in during], 0.99) if during else 0.0,
        exact,
        _recovery(watched, Kind.PARAPHRASE, span.healed),
        tuple(_one_call(pairs, *each) for each in (*_phases(span)[:2], (back_at, math.inf))),
        losses,
        (),
    )
    repeats = [
        hit_share([each for each in since(of_one, span.begin, span.end) if each.kind is Kind.REPEAT])
        for of_one in watched
    ]
    down = [sum(each.verdict is Verdict.DOWN for each in of_one) for of_one in watched]
    faults = [*problems, *_faults(found, expected, repeats, down)]
    failures = (Verdict.ERROR, Verdict.WRONG)
    notes = sorted({f"{each.verdict}: {each.why}" for each in both if each.verdict in failures})
    return dataclasses.replace(found, faults=tuple(faults), notes=tuple(notes[:8]))


def failed_row(labels: tuple[str, str, str], why: str) -> Row:
    """Return the row of a fault that was not injected."""
    nothing = ((0.0, 0.0, 0.0),) * 2
    return Row(*labels, 0, 0, 0, 0, 0, 0, nothing, 0.0, None, None, ((0, 0),) * 3, Losses(), (why,))


def _phases(span: Span) -> tuple[tuple[float, float], ...]:
    return (span.first, span.begin), (span.begin, span.end), (span.end, math.inf)


def _shares(seen: Sequence[CheckedRequest], span: Span) -> tuple[float, float, float]:
    asked = [each for each in seen if each.kind in (Kind.REPEAT, Kind.PARAPHRASE) and each.verdict is not Verdict.DOWN]
    before, during, after = (hit_share(since(asked, *phase)) for phase in _phases(span))
    return before, during, after


def _recovery(watched: Sequence[Sequence[CheckedRequest]], kind: Kind, healed: float) -> float | None:
    """Return the seconds until hits are back at the later proxy."""
    back = [recovery([each for each in since(seen, healed) if each.kind is kind], healed) for seen in watched]
    times = [each for each in back if each is not None]
    return max(times) if len(times) == len(back) else None


def _one_call(pairs: Sequence[Pair], begin: float, end: float) -> tuple[int, int]:
    found = [each for each in pairs if begin <= each.at < end and each.is_good]
    return sum(each.calls == 1 for each in found), len(found)


def _faults(found: Row, expected: Expected, repeats: Sequence[float], down: Sequence[int]) -> list[str]:
    faults = []
    if found.err:
        faults.append(f"{found.err} errors that the upstream did not cause")
    if found.wrong:
        faults.append(f"{found.wrong} wrong answers, {found.foreign} of them another caller's")
    if unexpected := sum(count for place, count in enumerate(down) if place != expected.down):
        faults.append(f"{unexpected} requests while a proxy was down")
    for what, took, within in (
        ("repeats", found.exact, expected.exact),
        ("other wordings", found.semantic, expected.semantic),
    ):
        if late := describe_late(what, took, within):
            faults.append(late)
    for name, share, wanted in zip("ab", repeats, expected.during, strict=True):
        if share < wanted:
            faults.append(f"{share:.0%} of repeats hit meanwhile at proxy {name}, not {wanted:.0%}")
    if found.losses.lost_answers and expected.keeps_answers:
        faults.append(f"{found.losses.lost_answers} of {found.losses.answers} answers were lost")
    if found.losses.lost_vectors and expected.keeps_vectors:
        faults.append(f"{found.losses.lost_vectors} of {found.losses.vectors} vectors were lost")
    one, pairs = found.one_call[2]
    if one < pairs * MIN_PAIRS_SHARE:
        faults.append(f"afterwards {one} of {pairs} pairs of equal calls made one call upstream")
    return faults
