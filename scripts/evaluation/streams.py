"""Simulates a policy on streams of labeled questions; misses are stored. Pure: vectors, labels and seeds are given."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from aicache.domain.model import Vector

MAX_NEAREST = 300
"""Neighbors of each question that are computed in advance. Usually some of them are stored already."""
ROWS_PER_BLOCK = 500

StoredNeighbor = tuple[int, float]
"""The number of a stored question, and its cosine similarity."""
SameAnswer = Callable[[int], bool]
"""Returns whether a stored question's answer is found equal to the fresh one."""


@dataclass(frozen=True, slots=True)
class Stream:
    """Questions by number. A hit is right if both have the same class in *answers*."""

    name: str
    vectors: Vector
    """``(n, d)``, L2-normalized."""
    answers: npt.NDArray[np.int64]
    nearest: npt.NDArray[np.int32]
    """``(n, MAX_NEAREST)``, nearest first, without the question itself."""
    similarity: npt.NDArray[np.float32]
    texts: tuple[str, ...] = ()
    """The questions, for the guards; empty if no guards run."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A policy's decision on a question: serve a stored answer, call the upstream, or both (an audit)."""

    served: int | None
    call_upstream: bool


class Policy(Protocol):
    """Decides on questions, and learns from the upstream's answers."""

    max_neighbors: int
    """The number of neighbors that `choose` gets."""

    def choose(self, question: int, near: Sequence[StoredNeighbor], caller: int) -> Choice: ...

    def learn(self, question: int, near: Sequence[StoredNeighbor], same: SameAnswer, stored: bool, caller: int) -> None:
        """Learn from a fresh answer; *stored* tells that the question is stored from now on."""


@dataclass(slots=True)
class Outcome:
    """The results of one order of a stream."""

    requests: int
    served: list[tuple[int, bool]] = field(default_factory=list)
    """The request's number (from 0) of each hit, and whether it was right."""
    upstream_calls: int = 0

    @property
    def hits(self) -> int:
        return len(self.served)

    @property
    def wrong(self) -> int:
        return sum(not right for _, right in self.served)

    def wrong_between(self, start: float, end: float) -> float:
        """Return the share of wrong hits among the requests of a part of the stream, 0 to 1."""
        low, high = int(start * self.requests), int(end * self.requests)
        return sum(low <= at < high and not right for at, right in self.served) / max(1, high - low)


def build_stream(name: str, vectors: Vector, answers: Sequence[int], texts: Sequence[str] = ()) -> Stream:
    """Build a stream, with the nearest neighbors of each question, by brute force."""
    count = min(MAX_NEAREST, len(vectors) - 1)
    nearest = np.empty((len(vectors), count), dtype=np.int32)
    similarity = np.empty((len(vectors), count), dtype=np.float32)
    for start in range(0, len(vectors), ROWS_PER_BLOCK):
        cosine = vectors[start : start + ROWS_PER_BLOCK] @ vectors.T
        rows = np.arange(len(cosine))
        cosine[rows, start + rows] = -2.0
        unsorted = np.argpartition(-cosine, count - 1, axis=1)[:, :count]
        order = np.argsort(-np.take_along_axis(cosine, unsorted, 1), axis=1, kind="stable")
        nearest[start : start + ROWS_PER_BLOCK] = np.take_along_axis(unsorted, order, 1)
        similarity[start : start + ROWS_PER_BLOCK] = np.take_along_axis(
            cosine, nearest[start : start + ROWS_PER_BLOCK], 1
        )
    return Stream(name, vectors, np.asarray(answers, dtype=np.int64), nearest, similarity, tuple(texts))


def shuffled(count: int, seed: int) -> list[int]:
    return [int(i) for i in np.random.default_rng(seed).permutation(count)]


def simulate(
    stream: Stream,
    order: Sequence[int],
    policy: Policy,
    *,
    noise: float = 0.0,
    seed: int = 0,
    callers: Sequence[int] | None = None,
) -> Outcome:
    """Process each question once, in order; every miss is stored with its own answer.

    *noise* is the share of comparisons with the wrong result. *callers* has the caller of each question (0 by default);
    hits of negative callers are not counted in the outcome.
    """
    chance = random.Random(seed)
    stored = _StoredQuestions(stream)
    outcome = Outcome(sum(callers[i] >= 0 for i in order) if callers else len(order))
    at = 0
    for question in order:
        caller = callers[question] if callers else 0
        near = stored.nearest(question, policy.max_neighbors)
        choice = policy.choose(question, near, abs(caller))
        if choice.served is not None and caller >= 0:
            outcome.served.append((at, bool(stream.answers[choice.served] == stream.answers[question])))
        if choice.served is None:
            stored.add(question)
        if choice.call_upstream:
            outcome.upstream_calls += caller >= 0

            def same(other: int, question: int = question) -> bool:
                return bool(stream.answers[other] == stream.answers[question]) != (chance.random() < noise)

            policy.learn(question, near, same, choice.served is None, abs(caller))
        at += caller >= 0
    return outcome


class _StoredQuestions:
    """The stored questions, searched by brute force."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._is_stored = np.zeros(len(stream.answers), dtype=bool)
        self._list: list[int] = []

    def add(self, question: int) -> None:
        self._is_stored[question] = True
        self._list.append(question)

    def nearest(self, question: int, count: int) -> list[StoredNeighbor]:
        """Return the exact nearest stored questions, from the precomputed lists if they suffice, else by search."""
        known = self._stream.nearest[question]
        places = np.flatnonzero(self._is_stored[known])[:count]
        if len(places) == min(count, len(self._list)):
            similarity = self._stream.similarity[question]
            return [(int(known[p]), float(similarity[p])) for p in places]
        cosine = self._stream.vectors[self._list] @ self._stream.vectors[question]
        best = np.argsort(-cosine, kind="stable")[:count]
        return [(self._list[int(b)], float(cosine[b])) for b in best]
