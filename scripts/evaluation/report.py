"""Writes a report: curves as PNG, and a page with the worst wrong hits and lost hits. It quotes questions."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import matplotlib

from aicache.domain.policy import Policy, Rules
from evaluation.decisions import Decision, LabeledNeighbor, Run
from evaluation.metrics import capabilities, compute_metrics

matplotlib.use("Agg")

from matplotlib import pyplot

THRESHOLDS = [round(0.80 + step / 100, 2) for step in range(20)]
MAX_ERRORS = (0.002, 0.005, 0.01, 0.02)
MAX_WRONG_SHOWN = 40
MAX_LOST_SHOWN_PER_GUARD = 12
STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "table{border-collapse:collapse;width:100%;margin:1rem 0}td,th{border-bottom:1px solid #ddd;padding:.3rem .6rem;"
    "text-align:left;vertical-align:top}td.n{text-align:right;font-variant-numeric:tabular-nums}img{max-width:100%}"
)

MeasuredFile = tuple[str, Run, Callable[[Rules], Run]]


def write_report(folder: Path, measured: Sequence[MeasuredFile], rules: Rules) -> Path:
    """Write a plot for each file, and ``index.html``; return the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    sections = []
    for number, (file, run, rerun) in enumerate(measured, 1):
        plot = f"curve-{number}.png"
        draw(folder / plot, file, rerun, rules)
        sections.append(_section(file, run, plot, rules))
    page = folder / "index.html"
    page.write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Semantic hits</title>'
        f"<style>{STYLE}</style><h1>Semantic hits</h1>{''.join(sections)}</html>",
        encoding="utf-8",
    )
    return page


def draw(path: Path, file: str, rerun: Callable[[Rules], Run], rules: Rules) -> None:
    """Draw hits against wrong answers: each policy by its threshold, the verified one by its bound."""
    figure, axes = pyplot.subplots(figsize=(7, 4.5))
    for policy in (Policy.STATIC, Policy.GUARDED):
        by_threshold = [
            compute_metrics(rerun(replace(rules, policy=policy, threshold=t)).decisions) for t in THRESHOLDS
        ]
        wrong, hits = [100 * w.wrong_of_all for w in by_threshold], [100 * w.hit_rate for w in by_threshold]
        axes.plot(wrong, hits, marker=".", label=policy.value)
        for threshold, x, y in list(zip(THRESHOLDS, wrong, hits, strict=True))[::4]:
            axes.annotate(f"{threshold:g}", (x, y), fontsize=7, textcoords="offset points", xytext=(4, -8))
    if rules.policy is Policy.VERIFIED:
        learned = [compute_metrics(rerun(replace(rules, max_error=e)).decisions) for e in MAX_ERRORS]
        wrong, hits = [100 * w.wrong_of_all for w in learned], [100 * w.hit_rate for w in learned]
        axes.plot(wrong, hits, marker="o", label=f"verified, max_error {', '.join(f'{e:g}' for e in MAX_ERRORS)}")
    axes.set(xlabel="wrong answers, % of all questions", ylabel="hits, % of all questions", title=Path(file).name)
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.legend(title=f"policy, by threshold (in force: {_in_force(rules)})", fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


def _in_force(rules: Rules) -> str:
    if rules.policy is Policy.VERIFIED:
        return f"{rules.policy.value}, max_error {rules.max_error:g}"
    return f"{rules.policy.value}, {rules.threshold:g}"


def _section(file: str, run: Run, plot: str, rules: Rules) -> str:
    metrics = compute_metrics(run.decisions)
    right = (
        ""
        if metrics.right_of_hits is None
        else f"{metrics.right_of_hits:.1%} ({metrics.low:.1%} to {metrics.high:.1%})"
    )
    parts = [
        f"<h2>{html.escape(Path(file).name)}</h2>",
        _table(
            ("questions", "policy in force", "hits", "wrong of all", "right of hits (95 % interval)"),
            [
                (
                    f"{metrics.n}",
                    _in_force(rules),
                    f"{metrics.hit_rate:.2%}",
                    f"{metrics.wrong_of_all:.2%}",
                    right,
                )
            ],
        ),
        f'<p><img src="{plot}" alt="hits against wrong answers"></p>',
    ]
    if table := capabilities(run.decisions):
        rows = [(row["capability"], f"{row['n']}", _percent(row["false_hits"]), _percent(row["kept"])) for row in table]
        parts.append(_table(("capability", "pairs", "false hits", "right ones kept"), rows))
    wrong = sorted((d for d in run.decisions if d.right is False), key=lambda d: -_at(d.answered))
    worst = [
        (f"{d.answered.similarity:.3f}", d.question, d.answered.text) for d in wrong[:MAX_WRONG_SHOWN] if d.answered
    ]
    parts += [
        f"<h3>Wrong hits, the most similar first ({len(wrong)})</h3>",
        _table(("similarity", "question", "answered as"), worst),
    ]
    parts += [_lost(slot, lost) for slot, lost in _lost_by_slot(run.decisions)]
    return "".join(parts)


def _lost_by_slot(decisions: Sequence[Decision]) -> list[tuple[str, list[Decision]]]:
    """Return the misses whose right neighbor a guard refused, by guard, the guard with most of them first."""
    slots: dict[str, list[Decision]] = {}
    for decision in decisions:
        if decision.refused is not None and decision.right is None:
            slots.setdefault(decision.slot, []).append(decision)
    return sorted(slots.items(), key=lambda item: -len(item[1]))


def _lost(slot: str, lost: Sequence[Decision]) -> str:
    refused = sorted(((d.refused, d.question) for d in lost if d.refused), key=lambda pair: -pair[0].similarity)
    rows = [(f"{near.similarity:.3f}", question, near.text) for near, question in refused[:MAX_LOST_SHOWN_PER_GUARD]]
    return f"<h3>Lost to {html.escape(slot)} ({len(lost)})</h3>" + _table(("similarity", "question", "refused"), rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    titles = "".join(f"<th>{html.escape(cell)}</th>" for cell in head)
    body = "".join(f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><tr>{titles}</tr>{body}</table>"


def _at(near: LabeledNeighbor | None) -> float:
    return 0.0 if near is None else near.similarity


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"
