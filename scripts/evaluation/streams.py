"""Streams of labeled questions through a policy, with insert on a miss. Pure: vectors, labels and chances come in."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from aicache.domain.model import Vector

NEAREST = 300
"""Neighbors of each question that are found beforehand. Seldom are all of them not stored yet."""
CHUNK = 500

Near = tuple[int, float]
"""A stored question, by its number, and the cosine."""
Same = Callable[[int], bool]
"""Tells whether a stored question's answer is judged to be the same as the fresh one."""


@dataclass(frozen=True, slots=True)
class Stream:
    """Questions by number. A hit is right when *answers* are equal: the class of what a question's answer says."""

    name: str
    vectors: Vector
    """``(n, d)``, L2-normalized."""
    answers: npt.NDArray[np.int64]
    nearest: npt.NDArray[np.int32]
    """``(n, NEAREST)``, nearest first; a question is no neighbor of its own."""
    similarity: npt.NDArray[np.float32]
    texts: tuple[str, ...] = ()
    """The questions themselves, for the guards; none where they do not matter."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a policy does with one question: serve a stored one's answer, ask upstream, or (an audit) both."""

    served: int | None
    ask: bool


class Policy(Protocol):
    """Decides on questions and is told what the upstream said."""

    looked_at: int
    """Neighbors that it wants to see."""

    def choose(self, question: int, near: Sequence[Near], caller: int) -> Choice: ...

    def learn(self, question: int, near: Sequence[Near], same: Same, stored: bool, caller: int) -> None:
        """Take in the fresh answer; *stored* says that the question is a stored one from now on."""


@dataclass(slots=True)
class Outcome:
    """What came of one order of a stream."""

    requests: int
    served: list[tuple[int, bool]] = field(default_factory=list)
    """When (the request's number, from 0) a hit was served, and whether it was right."""
    asked: int = 0

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


def stream(name: str, vectors: Vector, answers: Sequence[int], texts: Sequence[str] = ()) -> Stream:
    """Make a stream, with the nearest neighbors of each question among all others, by brute force."""
    count = min(NEAREST, len(vectors) - 1)
    nearest = np.empty((len(vectors), count), dtype=np.int32)
    similarity = np.empty((len(vectors), count), dtype=np.float32)
    for start in range(0, len(vectors), CHUNK):
        cosine = vectors[start : start + CHUNK] @ vectors.T
        rows = np.arange(len(cosine))
        cosine[rows, start + rows] = -2.0
        some = np.argpartition(-cosine, count - 1, axis=1)[:, :count]
        order = np.argsort(-np.take_along_axis(cosine, some, 1), axis=1, kind="stable")
        nearest[start : start + CHUNK] = np.take_along_axis(some, order, 1)
        similarity[start : start + CHUNK] = np.take_along_axis(cosine, nearest[start : start + CHUNK], 1)
    return Stream(name, vectors, np.asarray(answers, dtype=np.int64), nearest, similarity, tuple(texts))


def shuffled(count: int, seed: int) -> list[int]:
    return [int(i) for i in np.random.default_rng(seed).permutation(count)]


def play(
    stream: Stream,
    order: Sequence[int],
    policy: Policy,
    *,
    noise: float = 0.0,
    seed: int = 0,
    callers: Sequence[int] | None = None,
) -> Outcome:
    """Ask the questions in order, each once; every miss is stored with its own answer.

    *noise* is the share of judgments that come out the wrong way round. *callers* says who asks each question, by its
    number (0 for all without it); what is served to negative ones is left out of the outcome.
    """
    chance = random.Random(seed)
    stored = _Stored(stream)
    outcome = Outcome(sum(callers[i] >= 0 for i in order) if callers else len(order))
    at = 0
    for question in order:
        caller = callers[question] if callers else 0
        near = stored.nearest(question, policy.looked_at)
        choice = policy.choose(question, near, abs(caller))
        if choice.served is not None and caller >= 0:
            outcome.served.append((at, bool(stream.answers[choice.served] == stream.answers[question])))
        if choice.served is None:
            stored.add(question)
        if choice.ask:
            outcome.asked += caller >= 0

            def same(other: int, question: int = question) -> bool:
                return bool(stream.answers[other] == stream.answers[question]) != (chance.random() < noise)

            policy.learn(question, near, same, choice.served is None, abs(caller))
        at += caller >= 0
    return outcome


class _Stored:
    """The questions that have been stored, searched by brute force."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._is_stored = np.zeros(len(stream.answers), dtype=bool)
        self._list: list[int] = []

    def add(self, question: int) -> None:
        self._is_stored[question] = True
        self._list.append(question)

    def nearest(self, question: int, count: int) -> list[Near]:
        """Return the nearest stored questions; exact, as far as the lists made beforehand reach or else by search."""
        known = self._stream.nearest[question]
        places = np.flatnonzero(self._is_stored[known])[:count]
        if len(places) == min(count, len(self._list)):
            similarity = self._stream.similarity[question]
            return [(int(known[p]), float(similarity[p])) for p in places]
        cosine = self._stream.vectors[self._list] @ self._stream.vectors[question]
        best = np.argsort(-cosine, kind="stable")[:count]
        return [(self._list[int(b)], float(cosine[b])) for b in best]
