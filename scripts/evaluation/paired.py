"""Compares two policies on the same questions, with the confidence of the difference. Pure."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from aicache.domain.policy import Policy
from evaluation.decisions import Decision, Run

RESAMPLES = 2000
CONFIDENCE_PERCENTILES = (2.5, 97.5)
MISS, RIGHT, WRONG = 0, 1, 2
"""What became of a question."""

Outcomes = list[list[int]]
"""One list per order; every question's outcome, in the order of the stream."""


def outcomes_of(runs: Sequence[Run]) -> Outcomes:
    return [[_outcome(decision) for decision in run.decisions] for run in runs]


def compare(file: str, runs: Sequence[Run], other: Outcomes) -> dict[str, Any]:
    """Return the differences between what *runs* decided and the *other* outcomes, which are subtracted.

    Streams: a bootstrap over the classes of answers, since the questions of a class stand or fall together; all orders
    of a class's questions are resampled with it. Pairs: McNemar's exact test. Raises ValueError if these are not the
    outcomes of the same questions.
    """
    ours = outcomes_of(runs)
    if [len(each) for each in ours] != [len(each) for each in other]:
        raise ValueError(f"{file}: the other outcomes are of other questions, or of another number of orders")
    if runs[0].decisions and runs[0].decisions[0].same is not None:
        return {"file": file, "n": len(ours[0]), "test": "McNemar, exact", **_compare_pairs(runs[0], ours[0], other[0])}
    return {"file": file, "n": len(ours[0]), "orders": len(ours), "test": "bootstrap over classes of answers"} | (
        _compare_streams(runs, ours, other)
    )


def mcnemar(only_one: int, only_other: int) -> float:
    """Return the exact two-sided p-value that as uneven a split is chance (McNemar 1947, by the binomial tail)."""
    n = only_one + only_other
    tail: float = sum(math.comb(n, k) for k in range(min(only_one, only_other) + 1)) / 2**n
    return min(1.0, 2 * tail)


def _compare_pairs(run: Run, ours: Sequence[int], other: Sequence[int]) -> dict[str, Any]:
    table = {}
    for name, same in (("false_hits", False), ("kept", True)):
        chosen = [i for i, decision in enumerate(run.decisions) if decision.same is same]
        only_other = sum(ours[i] == MISS != other[i] for i in chosen)
        only_one = sum(other[i] == MISS != ours[i] for i in chosen)
        n = max(len(chosen), 1)
        table[name] = {
            "ours": round(sum(ours[i] != MISS for i in chosen) / n, 6),
            "other": round(sum(other[i] != MISS for i in chosen) / n, 6),
            "only_ours": only_one,
            "only_other": only_other,
            "p": round(mcnemar(only_one, only_other), 6),
        }
    return table


def _compare_streams(runs: Sequence[Run], ours: Outcomes, other: Outcomes) -> dict[str, Any]:
    numbers: dict[str, int] = {}
    cluster = np.array([numbers.setdefault(d.answer, len(numbers)) for run in runs for d in run.decisions])
    one, two = np.array([o for each in ours for o in each]), np.array([o for each in other for o in each])
    sizes = np.bincount(cluster)
    sides = {
        "hits": (one != MISS, two != MISS),
        "right": (one == RIGHT, two == RIGHT),
        "wrong": (one == WRONG, two == WRONG),
    }
    sums = [np.bincount(cluster, first.astype(float) - second, len(sizes)) for first, second in sides.values()]
    resampled = _bootstrap(np.stack(sums, axis=1), sizes)
    table = {}
    for (name, (first, second)), column in zip(sides.items(), resampled.T, strict=True):
        low, high = np.percentile(column, CONFIDENCE_PERCENTILES)
        table[name] = {
            "ours": round(float(first.mean()), 6),
            "other": round(float(second.mean()), 6),
            "difference": round(float(first.mean() - second.mean()), 6),
            "low": round(float(low), 6),
            "high": round(float(high), 6),
        }
    return table


def _bootstrap(sums: npt.NDArray[np.float64], sizes: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
    """Return the means of *sums* (clusters, columns) per question in each resample of the clusters."""
    chance = np.random.default_rng(0)
    rows = []
    for _ in range(RESAMPLES):  # one after the other: a matrix of all draws takes hundreds of megabytes
        drawn = chance.integers(0, len(sizes), len(sizes))
        rows.append(sums[drawn].sum(axis=0) / sizes[drawn].sum())
    return np.stack(rows)


def format_comparison(document: dict[str, Any]) -> str:
    """Return a comparison as text."""
    text = f"{document['file']}\n  {document['n']} questions, {document['test']}"
    for name in ("hits", "right", "wrong", "false_hits", "kept"):
        if (row := document.get(name)) is None:
            continue
        text += f"\n    {name.replace('_', ' '):10} {row['ours']:7.2%} against {row['other']:7.2%}: "
        if "p" in row:
            text += f"{row['only_ours']} only here, {row['only_other']} only there, p = {row['p']:.3g}"
        else:
            text += f"{row['difference']:+.2%} ({row['low']:+.2%} to {row['high']:+.2%})"
    return text


def save(path: Path, saved: dict[str, Outcomes]) -> None:
    """Write the outcomes of each file: numbers only."""
    path.write_text(json.dumps(saved), encoding="utf-8")


def load(path: Path) -> dict[str, Outcomes]:
    """Read what `save` wrote. Raises ValueError."""
    saved = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(saved, dict):
        raise ValueError(f"{path}: not what --save writes")
    return saved


def other_options(options: argparse.Namespace) -> argparse.Namespace:
    """Return the options of the other side of ``--against``: a policy, or a configuration. Raises ValueError."""
    against = str(options.against)
    if against.endswith((".yaml", ".yml")):
        return argparse.Namespace(
            **{**vars(options), "config": against, "policy": None, "threshold": None, "max_error": None}
        )
    name, _, number = against.partition(":")
    if name not in {policy.value for policy in Policy}:
        raise ValueError(f"--against {against}: neither a policy, nor a configuration (.yaml), nor what --save wrote")
    value = float(number) if number else None
    bars = {"threshold": None, "max_error": None, "max_error" if name == Policy.VERIFIED else "threshold": value}
    return argparse.Namespace(**{**vars(options), "policy": name, **bars})


def _outcome(decision: Decision) -> int:
    return {None: MISS, True: RIGHT, False: WRONG}[decision.right]
