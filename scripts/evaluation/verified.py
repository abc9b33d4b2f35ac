"""The verified policy beside a static threshold and a curve for each entry, on streams of labelled questions.

`python -m evaluation.verified --help`, from the folder `scripts`, with `addon` on PYTHONPATH.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

import numpy as np

from aicache.adapters.local import MAX_BATCH, LocalEmbedder
from aicache.evidence.space import USE_MULTILINGUAL, Prior
from aicache.evidence.verified import Shares
from aicache.model import Vector
from evaluation.policies import EachEntry, Learned, Static
from evaluation.streams import Outcome, Policy, Stream, play, shuffled, stream

SAFE = USE_MULTILINGUAL.safe
THRESHOLDS = [0.78 + 0.005 * i for i in range(44)]
FOUR_PARTS = (0.0, 0.25, 0.5, 0.75, 1.0)
ATTACKER = -7
HALF = 4000
"""Questions of each of two streams that follow one another."""

Make: TypeAlias = Callable[[int, Stream], Policy]


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is done to a stream, and by which policy it is met."""

    name: str
    make: Make
    noise: float = 0.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m evaluation.verified", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("files", nargs="*", type=Path, help="of {q, cls} lines; default: all in AI_CACHE_DATASETS")
    parser.add_argument("--vectors", type=Path, help="folder that keeps what was embedded")
    parser.add_argument("--limit", type=int, default=10_003, help="questions of a file (default %(default)s)")
    parser.add_argument("--orders", type=int, default=5, help="seeds 1 to N (default %(default)s)")
    parser.add_argument("--max-error", type=float, default=0.01)
    parser.add_argument("--scenarios", action="store_true", help="noise, a wrong prior, changing traffic, poisoning")
    parser.add_argument("--json", action="store_true", help="one object a line")
    options = parser.parse_args()
    files = options.files or sorted((Path(os.environ.get("AI_CACHE_DATASETS", ".")) / "classes").glob("*.jsonl.gz"))
    if not files:
        print("no files: set AI_CACHE_DATASETS, or name some", file=sys.stderr)
        return 2
    seeds = range(1, options.orders + 1)
    for made in (read(file, options.limit, options.vectors) for file in files):
        for scenario in list(policies(options.max_error)) + (
            list(hardships(options.max_error)) if options.scenarios else []
        ):
            _tell(options, made.name, scenario.name, [_play(made, scenario, seed) for seed in seeds])
        threshold, outcomes = best_static(made, seeds, options.max_error)
        _tell(options, made.name, f"static {threshold:.3f}, in hindsight", outcomes)
        if options.scenarios:
            _tell(options, made.name, "poisoned", [poisoned(made, seed, options.max_error) for seed in seeds])
    if options.scenarios:
        for one, other in zip(files, files[1:] + files[:1], strict=True):
            both = joined(read(one, options.limit, options.vectors), read(other, options.limit, options.vectors))
            _tell(options, both.name, "changed", [changed(both, seed, options.max_error) for seed in seeds])
    return 0


def policies(max_error: float) -> Iterator[Scenario]:
    """Yield the policies to compare."""
    yield Scenario(f"static {SAFE}", lambda _, __: Static(SAFE))
    yield Scenario("each entry alone", lambda seed, _: EachEntry(max_error, seed))
    yield Scenario("verified", lambda seed, _: Learned(max_error, seed=seed))
    yield Scenario("verified, guards", lambda seed, made: Learned(max_error, seed=seed, texts=made.texts))
    no_audit = Shares(explore=0.05, audit=0.0)
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


def read(file: Path, limit: int, folder: Path | None) -> Stream:
    """Read and embed the first *limit* questions of a file; *folder* keeps the vectors."""
    opens = gzip.open if file.suffix == ".gz" else open
    with opens(file, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line, _ in zip(lines, range(limit), strict=False)]
    classes: dict[str, int] = {}
    answers = [classes.setdefault(row["cls"], len(classes)) for row in rows]
    texts = [row["q"] for row in rows]
    return stream(file.name.split(".")[0], _vectors(texts, folder), answers, texts)


def _vectors(texts: list[str], folder: Path | None) -> Vector:
    digest = blake2b("\0".join(texts).encode("utf-8", "replace"), digest_size=10).hexdigest()
    kept = folder / f"{digest}.npy" if folder else None
    if kept is not None and kept.exists():
        vectors: Vector = np.load(kept)
        return vectors
    vectors = asyncio.run(_embed(texts))
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.save(kept, vectors)
    return vectors


async def _embed(texts: list[str]) -> Vector:
    embedder = LocalEmbedder()
    try:
        batches = [texts[i : i + MAX_BATCH] for i in range(0, len(texts), MAX_BATCH)]
        return np.concatenate([await embedder.embed(batch, "query") for batch in batches])
    finally:
        await embedder.close()


def _play(made: Stream, scenario: Scenario, seed: int) -> Outcome:
    order = shuffled(len(made.answers), seed)
    return play(made, order, scenario.make(seed, made), noise=scenario.noise, seed=seed)


def _tell(options: argparse.Namespace, name: str, policy: str, outcomes: Sequence[Outcome]) -> None:
    """Print what came of the orders: mean and worst, in percent of all requests, and by quarter of the stream."""
    requests, hits, wrong = (sum(v) for v in zip(*((o.requests, o.hits, o.wrong) for o in outcomes), strict=True))
    document = {
        "file": name,
        "policy": policy,
        "n": outcomes[0].requests,
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
    if options.json:
        print(json.dumps(document), flush=True)
        return
    right = f"{document['right_of_hits']:6.1%}" if hits else "      "
    quarters = " ".join(f"{q:5.2%}" for q in document["wrong_by_quarter"])
    print(
        f"{name[:34]:34} {policy:32} hits {hits / requests:6.1%}  wrong {wrong / requests:6.2%}, "
        f"worst {document['wrong_of_all_worst_order']:6.2%}  right of hits {right}  by quarter {quarters}",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
