"""The verified policy beside others, and what it must bear: wrong labels, a wrong prior, other traffic, a poisoner."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from aicache.evidence.embedding_space import USE_MULTILINGUAL, Prior
from aicache.evidence.verified_policy import CheckRates
from evaluation.data import read_questions
from evaluation.policies import EachEntry, Learned, Static
from evaluation.streams import Outcome, Policy, Stream, play, shuffled, stream
from evaluation.vectors import Vectors

SAFE = USE_MULTILINGUAL.safe
THRESHOLDS = [0.78 + 0.005 * i for i in range(44)]
FOUR_PARTS = (0.0, 0.25, 0.5, 0.75, 1.0)
ATTACKER = -7
HALF = 4000
"""Questions of each of two streams that follow one another."""

MOST = 10_003
"""Questions of a file that are played, unless another limit is asked for."""

Row: TypeAlias = dict[str, Any]
Make: TypeAlias = Callable[[int, Stream], Policy]


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is done to a stream, and by which policy it is met."""

    name: str
    make: Make
    noise: float = 0.0


def run(
    files: Sequence[Path], vectors: Vectors, limit: int | None, seeds: Sequence[int], max_error: float
) -> Iterator[Row]:
    """Yield what came of each file and policy, then of each two files that follow one another."""
    limit = limit or MOST
    streams = []
    for file in files:
        questions = read_questions(file, limit, 0)
        classes: dict[str, int] = {}
        answers = [classes.setdefault(question.answer, len(classes)) for question in questions]
        texts = [question.text for question in questions]
        known = vectors.of(texts)
        made = stream(str(file), np.stack([known[text] for text in texts]), answers, texts)
        streams.append(made)
        for scenario in [*policies(max_error), *hardships(max_error)]:
            yield row(made.name, scenario.name, [_play(made, scenario, seed) for seed in seeds])
        threshold, outcomes = best_static(made, seeds, max_error)
        yield row(made.name, f"static {threshold:.3f}, in hindsight", outcomes)
        yield row(made.name, "poisoned", [poisoned(made, seed, max_error) for seed in seeds])
    for one, other in pairwise([*streams, *streams[:1]] if len(streams) > 1 else []):
        both = joined(one, other)
        yield row(both.name, "changed", [changed(both, seed, max_error) for seed in seeds])


def policies(max_error: float) -> Iterator[Scenario]:
    """Yield the policies to compare."""
    yield Scenario(f"static {SAFE}", lambda _, __: Static(SAFE))
    yield Scenario("each entry alone", lambda seed, _: EachEntry(max_error, seed))
    yield Scenario("verified", lambda seed, _: Learned(max_error, seed=seed))
    yield Scenario("verified, guards", lambda seed, made: Learned(max_error, seed=seed, texts=made.texts))
    no_audit = CheckRates(explore=0.05, audit=0.0)
    yield Scenario("verified, no audit", lambda seed, _: Learned(max_error, seed=seed, shares=no_audit))


def hardships(max_error: float) -> Iterator[Scenario]:
    """Yield what the verified policy must bear."""
    for noise in (0.05, 0.1):
        yield Scenario(f"verified, {noise:.0%} of labels wrong", lambda seed, _: Learned(max_error, seed=seed), noise)
    sure = replace(USE_MULTILINGUAL, prior=Prior((6.0, 2.0, 3.0), (0.5, 0.5, 0.5), 0.0))
    yield Scenario("verified, prior wrong and sure", lambda seed, _: Learned(max_error, seed=seed, space=sure))


def best_static(made: Stream, seeds: Sequence[int], max_error: float) -> tuple[float, list[Outcome]]:
    """Return the lowest threshold whose wrong hits are within the error on the mean of the orders, as if known."""
    for threshold in THRESHOLDS:
        outcomes = [_play(made, Scenario("", lambda _, __, t=threshold: Static(t)), seed) for seed in seeds]  # type: ignore[misc]
        if sum(o.wrong for o in outcomes) <= max_error * sum(o.requests for o in outcomes):
            return threshold, outcomes
    return 1.0, [Outcome(len(made.answers)) for _ in seeds]


def changed(both: Stream, seed: int, max_error: float) -> Outcome:
    """Play the first stream's questions, then the second's, on one curve."""
    half = len(both.answers) // 2
    order = shuffled(half, seed) + [half + i for i in shuffled(len(both.answers) - half, seed)]
    return play(both, order, Learned(max_error, seed=seed), seed=seed)


def poisoned(made: Stream, seed: int, max_error: float) -> Outcome:
    """Play a stream of four callers and an attacker, who asks a tenth of all questions and is answered anything.

    What is served to the attacker does not count. All that it plants among the questions of a class has the same wrong
    answer, so that its questions back one another.
    """
    chance = np.random.default_rng(seed)
    count = len(made.answers)
    callers = chance.integers(1, 5, count)
    callers[chance.random(count) < 0.1] = ATTACKER
    planted = np.where(callers == ATTACKER, int(np.max(made.answers)) + 1 + made.answers, made.answers)
    policy = Learned(max_error, seed=seed, shared=True)
    return play(replace(made, answers=planted), shuffled(count, seed), policy, seed=seed, callers=callers.tolist())


def joined(one: Stream, other: Stream) -> Stream:
    """Return some of both as one, of which no answers are the same; as many questions of each, the first by chance."""
    count = min(len(one.answers), len(other.answers), HALF)
    some, others = shuffled(len(one.answers), 0)[:count], shuffled(len(other.answers), 0)[:count]
    answers = np.concatenate([one.answers[some], int(np.max(one.answers)) + 1 + other.answers[others]])
    vectors = np.concatenate([one.vectors[some], other.vectors[others]])
    return stream(f"{one.name} then {other.name}", vectors, answers.tolist())


def _play(made: Stream, scenario: Scenario, seed: int) -> Outcome:
    order = shuffled(len(made.answers), seed)
    return play(made, order, scenario.make(seed, made), noise=scenario.noise, seed=seed)


def row(name: str, policy: str, outcomes: Sequence[Outcome]) -> Row:
    """Return what came of the orders: means and worst, as shares of all requests, and by quarter of the stream."""
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
        "asked_upstream": round(sum(o.asked for o in outcomes) / requests, 4),
        "wrong_by_quarter": [
            round(float(np.mean([o.wrong_between(start, end) for o in outcomes])), 5)
            for start, end in pairwise(FOUR_PARTS)
        ],
    }


def line(row: Row) -> str:
    """Return a row for people to read."""
    right = f"{row['right_of_hits']:6.1%}" if row["right_of_hits"] is not None else "      "
    quarters = " ".join(f"{q:5.2%}" for q in row["wrong_by_quarter"])
    return (
        f"{Path(row['file']).name[:34]:34} {row['policy']:32} hits {row['hit_rate']:6.1%}  "
        f"wrong {row['wrong_of_all']:6.2%}, worst {row['wrong_of_all_worst_order']:6.2%}  "
        f"right of hits {right}  by quarter {quarters}"
    )
