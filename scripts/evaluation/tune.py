"""Settings for a bound on wrong answers, from one's own questions: labeled, or as a proxy in shadow mode saw them.

What is proposed was chosen on one half of the questions and measured on the other, and the reverse.
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
from evaluation.data import Question, Seen, read_pairs, read_questions, read_seen, shape_of
from evaluation.decisions import Decision, Near, nearest, on_pairs, on_stream
from evaluation.intervals import clopper_pearson
from evaluation.learning_stream import on_learned
from evaluation.metrics import Worth, of_decisions
from evaluation.vectors import Vectors

THRESHOLDS = [round(0.80 + step / 100, 2) for step in range(20)]
CARE = (Policy.STATIC, Policy.GUARDED, Policy.VERIFIED)
"""The most careful one last: of two that are worth the same, it is proposed."""
Decide = Callable[[Rules], Sequence[Decision]]
"""Decides on one half of the questions by rules."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A policy with the threshold that was chosen for it, and what both were worth where they were not chosen."""

    policy: Policy
    threshold: float | None
    worth: Worth

    @property
    def wrong_at_most(self) -> float:
        """The wrong of all, with 95 % confidence."""
        return wrong_at_most(self.worth)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What fits a bound, the one with most hits first; *said* are remarks for the reader."""

    max_error: float
    fitting: list[Choice]
    others: list[Choice]
    said: list[str]

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
                    "n": choice.worth.n,
                    "hit_rate": round(choice.worth.hit_rate, 6),
                    "wrong_of_all": round(choice.worth.wrong_of_all, 6),
                    "wrong_of_all_at_most": round(choice.wrong_at_most, 6),
                }
                for choice, fits in choices
            ],
            "said": self.said,
        }

    def text(self) -> str:
        lines = [f"# {line}" for line in self.said]
        for choice in [*self.fitting, *self.others]:
            bar = "" if choice.threshold is None else f" from {choice.threshold:.2f}"
            verdict = "fits" if choice in self.fitting else "does not fit"
            lines.append(
                f"# {choice.policy.value + bar:22} {choice.worth.hit_rate:6.1%} hits, wrong "
                f"{choice.worth.wrong_of_all:.2%} of all, at most {choice.wrong_at_most:.2%} "
                f"with 95 % confidence: {verdict} {self.max_error:g}"
            )
        settings = _settings(self.fitting[0], self.max_error) if self.fitting else {"enabled": False}
        lines.append("semantic:")
        lines += [f"  {name}: {json.dumps(value)}".replace('"', "") for name, value in settings.items()]
        return "\n".join(lines)


def wrong_at_most(worth: Worth) -> float:
    return clopper_pearson(round(worth.wrong_of_all * worth.n), worth.n)[1]


def propose(
    files: Sequence[Path], vectors: Callable[[], Vectors], options: argparse.Namespace, rules: Rules
) -> Proposal:
    """Return settings for *rules*' bound. Raises ValueError when the files are of several kinds, or say too little."""
    kinds = {shape_of(file) for file in files}
    if len(kinds) > 1:
        raise ValueError(f"files of several kinds: {', '.join(sorted(kinds))}")
    said: list[str] = []
    match kinds.pop():
        case "log":
            return _of_log([seen for file in files for seen in read_seen(file)], rules)
        case "pairs":
            pairs = [pair for file in files for pair in read_pairs(file, options.limit, options.seed)]
            known = vectors().of(text for pair in pairs for text in (pair.one, pair.other))
            halves: list[Decide] = [
                lambda r, part=pairs[half::2]: on_pairs(part, known, r).decisions  # type: ignore[misc]
                for half in (0, 1)
            ]
            policies = [Policy.STATIC, Policy.GUARDED]
            said.append(
                "pairs have no history, so verified cannot be tried on them; a stream or a shadow log can show it"
            )
        case _:
            questions = [q for file in files for q in read_questions(file, options.limit, options.seed)]
            halves = _streams(questions, vectors(), options)
            policies = [Policy.STATIC, Policy.GUARDED, Policy.VERIFIED]
    choices = [_chosen(policy, halves, rules) for policy in policies]
    return _sorted(choices, rules.max_error, said)


def _chosen(policy: Policy, halves: Sequence[Decide], rules: Rules) -> Choice:
    """Choose a threshold on each half, try it on the other, and propose the more careful one."""
    decisions: list[Decision] = []
    thresholds = []
    for chosen_on, tried_on in (halves, halves[::-1]):
        threshold = None if policy is Policy.VERIFIED else _lowest(policy, chosen_on, rules)
        decisions += tried_on(_under(policy, threshold, rules))
        thresholds.append(threshold)
    bars = [bar for bar in thresholds if bar is not None]
    return Choice(policy, max(bars) if bars else None, of_decisions(decisions))


def _lowest(policy: Policy, decide: Decide, rules: Rules) -> float:
    """Return the lowest threshold above which all keep to the bound."""
    best = 1.0
    for threshold in reversed(THRESHOLDS):
        worth = of_decisions(decide(_under(policy, threshold, rules)))
        if wrong_at_most(worth) > rules.max_error:
            break
        best = threshold
    return best


def _under(policy: Policy, threshold: float | None, rules: Rules) -> Rules:
    return replace(rules, policy=policy, threshold=rules.threshold if threshold is None else threshold)


def _streams(questions: Sequence[Question], vectors: Vectors, options: argparse.Namespace) -> list[Decide]:
    known = vectors.of(question.text for question in questions)
    space = space_of_model(vectors.model, vectors.threshold)
    halves: list[Decide] = []
    for half in (0, 1):
        part = list(questions[half::2])
        near = nearest(part, known, THRESHOLDS[0])

        def decide(rules: Rules, part: list[Question] = part, near: Any = near) -> Sequence[Decision]:
            if rules.policy is Policy.VERIFIED:
                return on_learned(part, known, space, rules, options.seed).decisions
            return on_stream(part, near, rules).decisions

        halves.append(decide)
    return halves


def _of_log(seen: Sequence[Seen], rules: Rules) -> Proposal:
    """Choose thresholds from what a proxy has seen: each request's nearest neighbor, and whether it was right.

    What nothing shows to be right counts as wrong. Requests without a neighbor are not in the log, so shares are of
    those with one: the share of all is smaller.
    """
    judged = [s for s in seen if s.source in ("shadow", "miss", "explore", "audit")]
    if len(judged) < 20:
        raise ValueError(f"{len(judged)} comparisons are too few: let the proxy run in shadow mode for longer")
    choices = []
    for policy in (Policy.STATIC, Policy.GUARDED):
        passing = [s for s in judged if policy is Policy.STATIC or not s.guard]
        decisions: list[Decision] = []
        bars = []
        for half in (0, 1):
            threshold = _lowest_of_log(passing[half::2], len(judged[half::2]), rules.max_error)
            bars.append(threshold)
            decisions += [_decision(s, threshold) for s in passing[1 - half :: 2]]
        decisions += [Decision("", None)] * (len(judged) - len(decisions))
        choices.append(Choice(policy, max(bars), of_decisions(decisions)))
    would = [s for s in judged if s.would]
    if would:
        decisions = [_decision(s, 0.0) for s in would] + [Decision("", None)] * (len(judged) - len(would))
        choices.append(Choice(Policy.VERIFIED, None, of_decisions(decisions)))
    said = [
        f"{len(judged)} comparisons, {sum(s.verdict == 'unknown' for s in judged)} undecided and taken for wrong",
        "verified: what the policy that the proxy ran with would have served"
        if would
        else "nothing would have been served",
    ]
    return _sorted(choices, rules.max_error, said)


def _decision(seen: Seen, threshold: float) -> Decision:
    near = Near("", seen.similarity, seen.verdict == "right")
    return Decision("", near if seen.similarity >= threshold else None)


def _lowest_of_log(seen: Sequence[Seen], n: int, max_error: float) -> float:
    best = 1.0
    for threshold in reversed(THRESHOLDS):
        wrong = sum(s.verdict != "right" for s in seen if s.similarity >= threshold)
        if n and clopper_pearson(wrong, n)[1] > max_error:
            break
        best = threshold
    return best


def _sorted(choices: Sequence[Choice], max_error: float, said: list[str]) -> Proposal:
    fitting = [choice for choice in choices if choice.wrong_at_most <= max_error and choice.worth.hit_rate > 0]
    others = [choice for choice in choices if choice not in fitting]
    if not fitting:
        said = [
            *said,
            f"nothing surely keeps to {max_error:g}: too few questions to tell, or too much alike",
        ]
    return Proposal(max_error, sorted(fitting, key=lambda c: (-c.worth.hit_rate, -CARE.index(c.policy))), others, said)


def _settings(choice: Choice, max_error: float) -> dict[str, Any]:
    settings: dict[str, Any] = {"policy": choice.policy.value}
    if choice.threshold is not None:
        settings["threshold"] = choice.threshold
    return settings | {"max_error": max_error}
