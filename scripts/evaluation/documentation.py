"""Measures the tables of .github/docs/semantic-hits.md and draws its picture, from the folder of labeled questions."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from aicache.domain.policy import Policy
from evaluation.chinese_pairs import make_pairs, real_questions
from evaluation.data import read_pairs
from evaluation.decisions import Decision, evaluate_pairs
from evaluation.measuring import effective_rules, measure, open_vectors
from evaluation.metrics import capabilities, compute_metrics
from evaluation.vectors import Vectors

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / ".github/docs/semantic-hits.md"
PICTURE = ROOT / ".github/images/hits-by-meaning.png"
BEGIN, END = "<!-- measurements: scripts/evaluate docs -->\n", "<!-- end of measurements -->\n"
JUDGE = "simulated:.02,.1"
ORDERS = 3
MIN_PAIRS_OF_A_KIND = 30
"""Kinds with fewer pairs are not named as the worst."""

STREAMS = {
    "en_banking77_train": "banking77, {n} questions, 77 intents (used for tuning)",
    "en_clinc150_train": "clinc150, {n} questions, 150 intents",
    "en_hwu64_train": "hwu64, {n} questions, 64 intents",
    "en_qqp_clusters": "Quora, {n} questions in clusters, by their labels",
    "zh_lcqmc_dev_clusters": "LCQMC, {n} Chinese questions in clusters, by their labels",
}
RULED = "zh_bq_dev"
"""Its questions are changed by rules."""
PAIRS = {
    "near_misses_dev": "near misses in 14 languages (used for tuning)",
    "en_checklist": "CheckList, English, 16 kinds",
    RULED: "Chinese near misses by rule, 6 kinds",
    "en_pawsx_dev": "PAWS-X, English: the same words",
    "zh_pawsx_dev": "PAWS-X, Chinese: the same words",
}
DRAWN = "en_hwu64_train"


def run(options: argparse.Namespace) -> int:
    """Measure everything; print the tables, and with ``--write`` put them into the document. Raises ValueError."""
    if not (folder := os.environ.get("AI_CACHE_DATASETS")):
        raise ValueError("AI_CACHE_DATASETS is not set: it names the folder of labeled questions")
    text = "\n".join(_tables(options, Path(folder), open_vectors(options)))
    print(text)
    if options.write:
        _draw(options, Path(folder), open_vectors(options))
        DOCUMENT.write_text(insert(DOCUMENT.read_text(encoding="utf-8"), text), encoding="utf-8")
    return 0


def insert(document: str, measurements: str) -> str:
    """Return the document with other measurements between the marks. Raises ValueError without them."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError("the document lacks the marks of its measurements")
    return f"{before}{begin}\n{measurements.strip()}\n\n{end}{after}"


def _tables(options: argparse.Namespace, folder: Path, vectors: Vectors) -> Iterator[str]:
    policies = ("static", "guarded", "guarded, a judge", "verified")
    yield from _row("", *(f"{name}: hits / wrong" for name in policies))
    yield from _row(*["---"] * 5)
    for name, title in STREAMS.items():
        yield from _row(*_stream_cells(options, folder / "classes" / f"{name}.jsonl.gz", title, vectors))
    yield ""
    yield from _row(
        "", "pairs that differ", "answered: static / guarded", "guarded's worst kind", "paraphrases answered"
    )
    yield from _row(*["---"] * 5)
    for name, title in PAIRS.items():
        yield from _row(*_pair_cells(options, folder / "pairs" / f"{name}.jsonl.gz", title, vectors))


def _row(*cells: str) -> Iterator[str]:
    yield f"| {' | '.join(cells)} |"


def _stream_cells(options: argparse.Namespace, file: Path, title: str, vectors: Vectors) -> list[str]:
    cells = []
    n = 0
    for policy, judge in (
        (Policy.STATIC, None),
        (Policy.GUARDED, None),
        (Policy.GUARDED, JUDGE),
        (Policy.VERIFIED, None),
    ):
        changed = _with(options, policy=policy.value, judge=judge, orders=ORDERS)
        runs = measure(changed, "stream", str(file), vectors, effective_rules(changed)).runs
        metrics = [compute_metrics(run.decisions) for run in runs]
        n = metrics[0].n
        hits = sum(each.hit_rate for each in metrics) / len(metrics)
        cells.append(f"{100 * hits:.1f} / {_percent(max(each.wrong_of_all for each in metrics))}")
        print(f"{file.name} {policy.value} {judge or ''} {cells[-1]}", file=sys.stderr, flush=True)
    return [title.format(n=f"{n:,}"), *cells]


def _pair_cells(options: argparse.Namespace, file: Path, title: str, vectors: Vectors) -> list[str]:
    with tempfile.TemporaryDirectory() as made:
        if file.name.startswith(RULED):
            file = _generated(file, Path(made))
        static, guarded = (_decide_pairs(options, file, policy, vectors) for policy in (Policy.STATIC, Policy.GUARDED))
    different = [decision for decision in guarded if decision.same is False]
    kinds = [row for row in capabilities(guarded) if row["different"] >= MIN_PAIRS_OF_A_KIND]
    worst = ""
    if len(kinds) > 1:
        row = max(kinds, key=lambda row: row["false_hits"])
        worst = _percent(row["false_hits"]) + (f" ({row['capability']})" if row["false_hits"] else "")
    return [
        title,
        f"{len(different):,}",
        f"{_percent(_answered(static, same=False))} / {_percent(_answered(guarded, same=False))}",
        worst,
        f"{100 * _answered(static, same=True):.0f} / {100 * _answered(guarded, same=True):.0f}",
    ]


def _generated(file: Path, folder: Path) -> Path:
    pairs = make_pairs(real_questions(file), 200, 0)
    made = folder / "pairs.jsonl"
    made.write_text("".join(json.dumps(pair) + "\n" for pair in pairs), encoding="utf-8")
    return made


def _decide_pairs(options: argparse.Namespace, file: Path, policy: Policy, vectors: Vectors) -> list[Decision]:
    pairs = read_pairs(file, options.limit, options.seed, ("cap",))
    known = vectors.of(text for pair in pairs for text in (pair.one, pair.other))
    return evaluate_pairs(pairs, known, effective_rules(_with(options, policy=policy.value))).decisions


def _answered(decisions: Sequence[Decision], *, same: bool) -> float:
    labeled = [decision for decision in decisions if decision.same is same]
    return sum(decision.right is not None for decision in labeled) / max(len(labeled), 1)


def _draw(options: argparse.Namespace, folder: Path, vectors: Vectors) -> None:
    from evaluation.report import draw  # matplotlib is installed only for plots

    changed = _with(options, policy=Policy.VERIFIED.value, report="plots", orders=1)
    file = str(folder / "classes" / f"{DRAWN}.jsonl.gz")
    rules = effective_rules(changed)
    draw(PICTURE, file, measure(changed, "stream", file, vectors, rules).rerun, rules)


def _with(options: argparse.Namespace, **changes: object) -> argparse.Namespace:
    return argparse.Namespace(**{**vars(options), "threshold": None, "max_error": None, **changes})


def _percent(share: float) -> str:
    """Return percent with two digits that say something."""
    percent = 100 * share
    return f"{percent:.0f}" if percent >= 10 else f"{percent:.1f}" if percent >= 1 else f"{percent:.2f}".lstrip("0")
