"""Proposes settings for a bound on wrong answers, from labeled questions or from the log of a proxy in shadow mode.

Each proposal is chosen on one half of the questions and measured on the other, and vice versa.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from aicache.domain.policy import Policy, Rules
from aicache.evidence.embedding_space import space_of_model
from evaluation.data import LoggedComparison, Question, detect_format, read_log, read_pairs, read_questions
from evaluation.decisions import Decision, LabeledNeighbor, earlier_neighbors, evaluate_pairs, evaluate_stream
from evaluation.intervals import clopper_pearson
from evaluation.learning_stream import evaluate_verified
from evaluation.metrics import Metrics, compute_metrics
from evaluation.vectors import Vectors

THRESHOLDS = [round(0.80 + step / 100, 2) for step in range(20)]
BY_CAUTION = (Policy.STATIC, Policy.GUARDED, Policy.VERIFIED)
"""The most cautious policy is last; of two with the same metrics, it is proposed."""
HalfEvaluator = Callable[[Rules], Sequence[Decision]]
"""Decides on one half of the questions under given rules."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A policy, its threshold, and its metrics on the half that the threshold was not chosen on."""

    policy: Policy
    threshold: float | None
    metrics: Metrics

    @property
    def wrong_at_most(self) -> float:
        """Upper bound of the wrong share of all, with 95 % confidence."""
        return wrong_at_most(self.metrics)


@dataclass(frozen=True, slots=True)
class Proposal:
    """The choices that fit a bound, the one with most hits first, and remarks for the reader."""

    max_error: float
    fitting: list[Choice]
    others: list[Choice]
    remarks: list[str]

    def as_json(self) -> dict[str, Any]:
        choices = [(choice, True) for choice in self.fitting] + [(choice, False) for choice in self.others]
        return {
            "max_error": self.max_error,
            "proposed": _settings(self.fitting[0], self.max_error) if self.fitting else {"enabled": False},
            "choices": [
                {
                    "policy": choice.policy.value,
                    "threshold": choice.threshold,
                    "fits": fits,
                    "n": choice.metrics.n,
                    "hit_rate": round(choice.metrics.hit_rate, 6),
                    "wrong_of_all": round(choice.metrics.wrong_of_all, 6),
                    "wrong_of_all_at_most": round(choice.wrong_at_most, 6),
                }
                for choice, fits in choices
            ],
            "said": self.remarks,
        }

    def text(self) -> str:
        lines = [f"# {line}" for line in self.remarks]
        for choice in [*self.fitting, *self.others]:
            bar = "" if choice.threshold is None else f" from {choice.threshold:.2f}"
            verdict = "fits" if choice in self.fitting else "does not fit"
            lines.append(
                f"# {choice.policy.value + bar:22} {choice.metrics.hit_rate:6.1%} hits, wrong "
                f"{choice.metrics.wrong_of_all:.2%} of all, at most {choice.wrong_at_most:.2%} "
                f"with 95 % confidence: {verdict} {self.max_error:g}"
            )
        settings = _settings(self.fitting[0], self.max_error) if self.fitting else {"enabled": False}
        lines.append("semantic:")
        lines += [f"  {name}: {json.dumps(value)}".replace('"', "") for name, value in settings.items()]
        return "\n".join(lines)


def wrong_at_most(metrics: Metrics) -> float:
    return clopper_pearson(round(metrics.wrong_of_all * metrics.n), metrics.n)[1]


def propose(
    files: Sequence[Path], vectors: Callable[[], Vectors], options: argparse.Namespace, rules: Rules
) -> Proposal:
    """Return settings for the bound in *rules*. Raises ValueError for mixed formats or too few questions."""
    formats = {detect_format(file) for file in files}
    if len(formats) > 1:
        raise ValueError(f"files of several formats: {', '.join(sorted(formats))}")
    remarks: list[str] = []
    match formats.pop():
        case "log":
            return _propose_from_log([comparisons for file in files for comparisons in read_log(file)], rules)
        case "pairs":
            pairs = [pair for file in files for pair in read_pairs(file, options.limit, options.seed)]
            known = vectors().of(text for pair in pairs for text in (pair.one, pair.other))
            halves: list[HalfEvaluator] = [
                lambda r, part=pairs[half::2]: evaluate_pairs(part, known, r).decisions  # type: ignore[misc]
                for half in (0, 1)
            ]
            policies = [Policy.STATIC, Policy.GUARDED]
            remarks.append(
                "pairs have no history, so verified cannot be tried on them; a stream or a shadow log can show it"
            )
        case _:
            questions = [q for file in files for q in read_questions(file, options.limit, options.seed)]
            halves = _streams(questions, vectors(), options)
            policies = [Policy.STATIC, Policy.GUARDED, Policy.VERIFIED]
    choices = [_choose(policy, halves, rules) for policy in policies]
    return _build_proposal(choices, rules.max_error, remarks)


def _choose(policy: Policy, halves: Sequence[HalfEvaluator], rules: Rules) -> Choice:
    """Choose a threshold on each half, measure it on the other, and propose the higher one."""
    decisions: list[Decision] = []
    thresholds = []
    for chosen_on, tried_on in (halves, halves[::-1]):
        threshold = None if policy is Policy.VERIFIED else _lowest_threshold(policy, chosen_on, rules)
        decisions += tried_on(_with_policy(policy, threshold, rules))
        thresholds.append(threshold)
    bars = [bar for bar in thresholds if bar is not None]
    return Choice(policy, max(bars) if bars else None, compute_metrics(decisions))


def _lowest_threshold(policy: Policy, decide: HalfEvaluator, rules: Rules) -> float:
    """Return the lowest threshold such that it and all higher ones are within the bound."""
    best = 1.0
    for threshold in reversed(THRESHOLDS):
        metrics = compute_metrics(decide(_with_policy(policy, threshold, rules)))
        if wrong_at_most(metrics) > rules.max_error:
            break
        best = threshold
    return best


def _with_policy(policy: Policy, threshold: float | None, rules: Rules) -> Rules:
    return replace(rules, policy=policy, threshold=rules.threshold if threshold is None else threshold)


def _streams(questions: Sequence[Question], vectors: Vectors, options: argparse.Namespace) -> list[HalfEvaluator]:
    known = vectors.of(question.text for question in questions)
    space = space_of_model(vectors.model, vectors.threshold)
    halves: list[HalfEvaluator] = []
    for half in (0, 1):
        part = list(questions[half::2])
        near = earlier_neighbors(part, known, THRESHOLDS[0])

        def decide(rules: Rules, part: list[Question] = part, near: Any = near) -> Sequence[Decision]:
            if rules.policy is Policy.VERIFIED:
                return evaluate_verified(part, known, space, rules, options.seed).decisions
            return evaluate_stream(part, near, rules).decisions

        halves.append(decide)
    return halves


def _propose_from_log(comparisons: Sequence[LoggedComparison], rules: Rules) -> Proposal:
    """Choose thresholds from a log: each request's nearest neighbor, and whether it was right.

    Undecided comparisons count as wrong. Requests without a neighbor are not in the log, so rates are of requests with
    one; the rates of all requests are lower.
    """
    compared = [s for s in comparisons if s.source in ("shadow", "miss", "explore", "audit")]
    if len(compared) < 20:
        raise ValueError(f"{len(compared)} comparisons are too few: let the proxy run in shadow mode for longer")
    choices = []
    for policy in (Policy.STATIC, Policy.GUARDED):
        passing = [s for s in compared if policy is Policy.STATIC or not s.guard]
        decisions: list[Decision] = []
        bars = []
        for half in (0, 1):
            threshold = _lowest_threshold_of_log(passing[half::2], len(compared[half::2]), rules.max_error)
            bars.append(threshold)
            decisions += [_decision(s, threshold) for s in passing[1 - half :: 2]]
        decisions += [Decision("", None)] * (len(compared) - len(decisions))
        choices.append(Choice(policy, max(bars), compute_metrics(decisions)))
    would_serve = [s for s in compared if s.would_serve]
    if would_serve:
        decisions = [_decision(s, 0.0) for s in would_serve] + [Decision("", None)] * (len(compared) - len(would_serve))
        choices.append(Choice(Policy.VERIFIED, None, compute_metrics(decisions)))
    remarks = [
        f"{len(compared)} comparisons, {sum(s.verdict == 'unknown' for s in compared)} undecided and taken for wrong",
        "verified: what the policy that the proxy ran with would have served"
        if would_serve
        else "nothing would have been served",
    ]
    return _build_proposal(choices, rules.max_error, remarks)


def _decision(comparisons: LoggedComparison, threshold: float) -> Decision:
    near = LabeledNeighbor("", comparisons.similarity, comparisons.verdict == "right")
    return Decision("", near if comparisons.similarity >= threshold else None)


def _lowest_threshold_of_log(comparisons: Sequence[LoggedComparison], n: int, max_error: float) -> float:
    best = 1.0
    for threshold in reversed(THRESHOLDS):
        wrong = sum(s.verdict != "right" for s in comparisons if s.similarity >= threshold)
        if n and clopper_pearson(wrong, n)[1] > max_error:
            break
        best = threshold
    return best


def _build_proposal(choices: Sequence[Choice], max_error: float, remarks: list[str]) -> Proposal:
    fitting = [choice for choice in choices if choice.wrong_at_most <= max_error and choice.metrics.hit_rate > 0]
    others = [choice for choice in choices if choice not in fitting]
    if not fitting:
        remarks = [
            *remarks,
            f"nothing is surely within {max_error:g}: too few questions, or too similar ones",
        ]
    return Proposal(
        max_error, sorted(fitting, key=lambda c: (-c.metrics.hit_rate, -BY_CAUTION.index(c.policy))), others, remarks
    )


def _settings(choice: Choice, max_error: float) -> dict[str, Any]:
    settings: dict[str, Any] = {"policy": choice.policy.value}
    if choice.threshold is not None:
        settings["threshold"] = choice.threshold
    return settings | {"max_error": max_error}
