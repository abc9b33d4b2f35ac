"""Compares policies, and stress-tests the verified one: wrong labels or prior, changing traffic, poisoning, judges."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from aicache.evidence.decision import CheckRates
from aicache.evidence.embedding_space import USE_MULTILINGUAL, Prior
from evaluation.data import read_questions
from evaluation.decisions import LabeledNeighbor
from evaluation.judges import SimulatedJudge
from evaluation.policies import LearningPolicy, PerEntryPolicy, StaticPolicy
from evaluation.streams import Outcome, Policy, Stream, build_stream, shuffled, simulate
from evaluation.vectors import Vectors

SAFE_SIMILARITY = USE_MULTILINGUAL.safe
THRESHOLDS = [0.78 + 0.005 * i for i in range(44)]
QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)
ATTACKER = -7
MAX_QUESTIONS_PER_HALF = 4000
"""Limit for each of two streams that are concatenated."""

DEFAULT_LIMIT = 10_003
"""Questions used from a file, unless --limit is given."""

Row: TypeAlias = dict[str, Any]
Make: TypeAlias = Callable[[int, Stream], Policy]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A policy, and the noise of its comparisons."""

    name: str
    make: Make
    noise: float = 0.0


def run(
    files: Sequence[Path], vectors: Vectors, limit: int | None, seeds: Sequence[int], max_error: float
) -> Iterator[Row]:
    """Yield the results for each file and policy, then for each pair of consecutive files."""
    limit = limit or DEFAULT_LIMIT
    streams = []
    for file in files:
        questions = read_questions(file, limit, 0)
        classes: dict[str, int] = {}
        answers = [classes.setdefault(question.answer, len(classes)) for question in questions]
        texts = [question.text for question in questions]
        known = vectors.of(texts)
        made = build_stream(str(file), np.stack([known[text] for text in texts]), answers, texts)
        streams.append(made)
        for scenario in [*policy_scenarios(max_error), *stress_scenarios(max_error)]:
            yield summarize(made.name, scenario.name, [_simulate_scenario(made, scenario, seed) for seed in seeds])
        threshold, outcomes = best_static(made, seeds, max_error)
        yield summarize(made.name, f"static {threshold:.3f}, in hindsight", outcomes)
        yield summarize(made.name, "poisoned", [simulate_poisoning(made, seed, max_error) for seed in seeds])
    for one, other in pairwise([*streams, *streams[:1]] if len(streams) > 1 else []):
        both = concatenate(one, other)
        yield summarize(both.name, "changed", [simulate_change(both, seed, max_error) for seed in seeds])


def policy_scenarios(max_error: float) -> Iterator[Scenario]:
    """Yield the scenarios that compare policies."""
    yield Scenario(f"static {SAFE_SIMILARITY}", lambda _, __: StaticPolicy(SAFE_SIMILARITY))
    yield Scenario("each entry alone", lambda seed, _: PerEntryPolicy(max_error, seed))
    yield Scenario("verified", lambda seed, _: LearningPolicy(max_error, seed=seed))
    yield Scenario("verified, guards", lambda seed, made: LearningPolicy(max_error, seed=seed, texts=made.texts))
    no_audit = CheckRates(explore=0.05, audit=0.0)
    yield Scenario("verified, no audit", lambda seed, _: LearningPolicy(max_error, seed=seed, shares=no_audit))


def stress_scenarios(max_error: float) -> Iterator[Scenario]:
    """Yield the stress tests of the verified policy."""
    for noise in (0.05, 0.1):
        yield Scenario(
            f"verified, {noise:.0%} of labels wrong", lambda seed, _: LearningPolicy(max_error, seed=seed), noise
        )
    sure = replace(USE_MULTILINGUAL, prior=Prior((6.0, 2.0, 3.0), (0.5, 0.5, 0.5), 0.0))
    yield Scenario("verified, prior wrong and sure", lambda seed, _: LearningPolicy(max_error, seed=seed, space=sure))
    for errs, name in ((0.02, "verified, a judge"), (0.1, "verified, a judge errs by 10%")):
        yield Scenario(name, partial(_judged, max_error, errs, 0.1))
    yield Scenario("verified, a judge says always yes", partial(_judged, max_error, 1.0, 0.0))


def _judged(max_error: float, false_accepts: float, false_refusals: float, seed: int, made: Stream) -> LearningPolicy:
    judge = SimulatedJudge(false_accepts, false_refusals, seed)

    def may_answer(question: int, neighbor: int) -> bool:
        right = bool(made.answers[question] == made.answers[neighbor])
        return judge.judge(str(question), [LabeledNeighbor(str(neighbor), 1.0, right)])[0]

    return LearningPolicy(max_error, seed=seed, judge=may_answer)


def best_static(made: Stream, seeds: Sequence[int], max_error: float) -> tuple[float, list[Outcome]]:
    """Return the lowest threshold whose mean error over the orders is within the bound, chosen in hindsight."""
    for threshold in THRESHOLDS:
        scenario = Scenario("", lambda _, __, threshold=threshold: StaticPolicy(threshold))  # type: ignore[misc]
        outcomes = [_simulate_scenario(made, scenario, seed) for seed in seeds]
        if sum(o.wrong for o in outcomes) <= max_error * sum(o.requests for o in outcomes):
            return threshold, outcomes
    return 1.0, [Outcome(len(made.answers)) for _ in seeds]


def simulate_change(both: Stream, seed: int, max_error: float) -> Outcome:
    """Simulate a change of traffic: the first stream's questions, then the second's, with one curve."""
    half = len(both.answers) // 2
    order = shuffled(half, seed) + [half + i for i in shuffled(len(both.answers) - half, seed)]
    return simulate(both, order, LearningPolicy(max_error, seed=seed), seed=seed)


def simulate_poisoning(made: Stream, seed: int, max_error: float) -> Outcome:
    """Simulate four callers and an attacker, who sends a tenth of all questions and plants wrong answers.

    Hits of the attacker do not count. Everything that it plants in a class has the same wrong answer, so that its
    questions back one another.
    """
    chance = np.random.default_rng(seed)
    count = len(made.answers)
    callers = chance.integers(1, 5, count)
    callers[chance.random(count) < 0.1] = ATTACKER
    planted = np.where(callers == ATTACKER, int(np.max(made.answers)) + 1 + made.answers, made.answers)
    policy = LearningPolicy(max_error, seed=seed, shared=True)
    return simulate(replace(made, answers=planted), shuffled(count, seed), policy, seed=seed, callers=callers.tolist())


def concatenate(one: Stream, other: Stream) -> Stream:
    """Concatenate equally large random samples of two streams, whose answer classes are kept distinct."""
    count = min(len(one.answers), len(other.answers), MAX_QUESTIONS_PER_HALF)
    some, others = shuffled(len(one.answers), 0)[:count], shuffled(len(other.answers), 0)[:count]
    answers = np.concatenate([one.answers[some], int(np.max(one.answers)) + 1 + other.answers[others]])
    vectors = np.concatenate([one.vectors[some], other.vectors[others]])
    return build_stream(f"{one.name} then {other.name}", vectors, answers.tolist())


def _simulate_scenario(made: Stream, scenario: Scenario, seed: int) -> Outcome:
    order = shuffled(len(made.answers), seed)
    return simulate(made, order, scenario.make(seed, made), noise=scenario.noise, seed=seed)


def summarize(name: str, policy: str, outcomes: Sequence[Outcome]) -> Row:
    """Return the results of all orders: means and worst, as shares of all requests, and by quarter of the stream."""
    requests, hits, wrong = (sum(v) for v in zip(*((o.requests, o.hits, o.wrong) for o in outcomes), strict=True))
    return {
        "file": name,
        "n": outcomes[0].requests,
        "policy": policy,
        "orders": len(outcomes),
        "hit_rate": round(hits / requests, 4),
        "wrong_of_all": round(wrong / requests, 5),
        "wrong_of_all_worst_order": round(max(o.wrong / o.requests for o in outcomes), 5),
        "right_of_hits": round(1 - wrong / hits, 4) if hits else None,
        "asked_upstream": round(sum(o.upstream_calls for o in outcomes) / requests, 4),
        "wrong_by_quarter": [
            round(float(np.mean([o.wrong_between(start, end) for o in outcomes])), 5)
            for start, end in pairwise(QUARTERS)
        ],
    }


def format_row(row: Row) -> str:
    """Return a row as text."""
    right = f"{row['right_of_hits']:6.1%}" if row["right_of_hits"] is not None else "      "
    quarters = " ".join(f"{q:5.2%}" for q in row["wrong_by_quarter"])
    return (
        f"{Path(row['file']).name[:34]:34} {row['policy']:32} hits {row['hit_rate']:6.1%}  "
        f"wrong {row['wrong_of_all']:6.2%}, worst {row['wrong_of_all_worst_order']:6.2%}  "
        f"right of hits {right}  by quarter {quarters}"
    )
