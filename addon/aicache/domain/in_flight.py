"""Calls in flight: which of equal ones goes upstream, and what becomes of the others, and of those in other words.

A state machine without I/O or clock: events go in, and steps for waiting calls come out. Each waiting call gets exactly
one further step, unless it leaves.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Generic, TypeAlias, TypeVar

from aicache.domain.bounded import BoundedDict

RECENT_FOR_S = 2.0
"""Longest time for which an answer that has come is given to calls whose look-up began before it was stored."""
MAX_RECENT_BYTES = 16 * 1024 * 1024
NOT_SHARED_FOR_S = 60.0
"""Time for which calls do not wait for each other after one of them had an answer that must not be stored."""
MAX_NOT_SHARED = 4096

A = TypeVar("A")
"""An answer that may be stored, and so shared."""
S = TypeVar("S")
"""A stream under way."""

CallId: TypeAlias = int
Form: TypeAlias = Hashable | None
"""Equal for calls that are sent the same bytes; None for one that cannot be sent a stream under way."""


@dataclass(frozen=True, slots=True)
class Lead:
    """Go upstream; equal calls wait for the answer."""


@dataclass(frozen=True, slots=True)
class Alone:
    """Go upstream; nobody waits for the answer."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait for the answer to an equal call."""


@dataclass(frozen=True, slots=True)
class Apart:
    """The other question has no answer to give: decide on this call by its own."""


@dataclass(frozen=True, slots=True)
class Take(Generic[A]):
    """The answer that the call waited for is there."""

    answer: A


@dataclass(frozen=True, slots=True)
class Join(Generic[S]):
    """That answer has begun, and can be followed as it comes."""

    stream: S


Step: TypeAlias = Lead | Alone | Wait | Apart | Take[A] | Join[S]
Steps: TypeAlias = list[tuple[CallId, Step[A, S]]]


@dataclass(slots=True)
class _Flight(Generic[S]):
    leader: CallId
    waiting: dict[CallId, Form] = field(default_factory=dict)
    by_meaning: dict[CallId, Form] = field(default_factory=dict)
    """Calls with other questions that wait as well. They never lead: their answers would be to their own questions."""
    stream: tuple[Form, S] | None = None
    failures: int = 0
    is_overdue: bool = False
    """A call has waited for it as long as calls do."""


@dataclass(slots=True)
class _Recent(Generic[A]):
    answer: A
    until: float
    stored_at: float = math.inf


class InFlight(Generic[A, S]):
    """All flights. A flight is led by one call at a time; times are seconds of any clock that only goes forward."""

    def __init__(self, size_of: Callable[[A], int]) -> None:
        """*size_of* returns the bytes of an answer."""
        self._flights: dict[str, _Flight[S]] = {}
        self._recent = BoundedDict[str, _Recent[A]](MAX_RECENT_BYTES, lambda recent: size_of(recent.answer))
        self._not_shared = BoundedDict[str, float](MAX_NOT_SHARED)

    def __len__(self) -> int:
        """Return how many flights there are."""
        return len(self._flights)

    def __contains__(self, key: object) -> bool:
        """Tell whether there is a flight for this call."""
        return key in self._flights

    def __iter__(self) -> Iterator[str]:
        """Iterate over the keys of the flights."""
        return iter(self._flights)

    def waiting(self, key: str) -> int:
        """Return how many calls wait for the answer to this one."""
        if (flight := self._flights.get(key)) is None:
            return 0
        return len(flight.waiting) + len(flight.by_meaning)

    def may_give(self, key: str, began: float, now: float) -> bool:
        """Tell whether a call with another question may have the answer to this one, by a look-up that *began* then."""
        if (flight := self._flights.get(key)) is not None:
            return not flight.is_overdue
        return self._recent_answer(key, began, now) is not None

    def arrive(self, key: str, call: CallId, form: Form, began: float, now: float) -> Step[A, S]:
        """Decide on a call for which nothing was stored, by a look-up that *began* then; inf where that failed."""
        if (recent := self._recent_answer(key, began, now)) is not None:
            return Take(recent.answer)
        if (until := self._not_shared.get(key)) is not None and now < until:
            return Alone()
        if (flight := self._flights.get(key)) is None:
            self._flights[key] = _Flight(call)
            return Lead()
        if form is not None and flight.stream is not None and flight.stream[0] == form:
            return Join(flight.stream[1])
        if flight.is_overdue:
            return Alone()
        flight.waiting[call] = form
        return Wait()

    def arrive_by_meaning(self, key: str, call: CallId, form: Form, began: float, now: float) -> Step[A, S]:
        """Decide on a call with another question that the answer to this one may answer as well."""
        if (recent := self._recent_answer(key, began, now)) is not None:
            return Take(recent.answer)
        if (flight := self._flights.get(key)) is None:
            return Apart()
        if form is not None and flight.stream is not None and flight.stream[0] == form:
            return Join(flight.stream[1])
        if flight.is_overdue:
            return Apart()
        flight.by_meaning[call] = form
        return Wait()

    def begin_stream(self, key: str, leader: CallId, form: Form, stream: S) -> Steps[A, S]:
        """The leader's answer has begun and can be followed by calls of the same *form*."""
        if (flight := self._led_by(key, leader)) is None or form is None:
            return []
        flight.stream = form, stream
        steps: Steps[A, S] = []
        for calls in (flight.waiting, flight.by_meaning):
            joining = [call for call, wanted in calls.items() if wanted == form]
            for call in joining:
                del calls[call]
            steps += [(call, Join(stream)) for call in joining]
        return steps

    def complete(self, key: str, leader: CallId, answer: A, now: float) -> Steps[A, S]:
        """The leader's answer has come, and may be stored."""
        if (flight := self._led_by(key, leader)) is None:
            return []
        del self._flights[key]
        while self._recent and self._recent[oldest := next(iter(self._recent))].until <= now:
            del self._recent[oldest]
        self._recent[key] = _Recent(answer, now + RECENT_FOR_S)
        self._not_shared.pop(key, None)
        return [(call, Take(answer)) for call in (*flight.waiting, *flight.by_meaning)]

    def stored(self, key: str, now: float) -> None:
        """The last answer is stored, or could not be: look-ups that begin from now on find what there is."""
        if (recent := self._recent.get(key)) is not None:
            recent.stored_at = min(recent.stored_at, now)

    def withhold(self, key: str, leader: CallId, now: float) -> Steps[A, S]:
        """The leader's answer has come, and must not be stored: all go their own way, later ones as well."""
        if (flight := self._led_by(key, leader)) is None:
            return []
        del self._flights[key]
        self._not_shared[key] = now + NOT_SHARED_FOR_S
        return [*((call, Alone()) for call in flight.waiting), *_part(flight)]

    def fail(self, key: str, leader: CallId) -> Steps[A, S]:
        """The leader has got an error, or half an answer. One call goes upstream in its place, and after each further
        failure twice as many: no stampede, and no long queue for one error after the other. Those with other questions
        part from it.
        """
        if (flight := self._led_by(key, leader)) is None:
            return []
        freed = 2**flight.failures
        flight.failures += 1
        steps = self._replace_leader(key, flight)
        alone = list(islice(flight.waiting, freed - 1))
        for call in alone:
            del flight.waiting[call]
        return [*steps, *((call, Alone()) for call in alone), *_part(flight)]

    def leave(self, key: str, call: CallId) -> Steps[A, S]:
        """A call's client has left. Where it was the leader, the next one goes upstream in its place."""
        if (flight := self._flights.get(key)) is None:
            return []
        if flight.leader == call:
            return self._replace_leader(key, flight)
        _remove(flight, call)
        return []

    def give_up(self, key: str, call: CallId) -> None:
        """A call has waited for too long, and goes upstream; later ones do not begin to wait for the same leader."""
        if (flight := self._flights.get(key)) is not None and _remove(flight, call):
            flight.is_overdue = True

    def forget_answers(self) -> None:
        """Drop the answers that have come: something stored was deleted."""
        self._recent.clear()

    def calls(self) -> Iterator[CallId]:
        """Yield every call that leads or waits."""
        for flight in self._flights.values():
            yield flight.leader
            yield from flight.waiting
            yield from flight.by_meaning

    def _recent_answer(self, key: str, began: float, now: float) -> _Recent[A] | None:
        recent = self._recent.get(key)
        if recent is None or not (began <= min(now, recent.stored_at) and now < recent.until):
            return None
        return recent

    def _led_by(self, key: str, leader: CallId) -> _Flight[S] | None:
        flight = self._flights.get(key)
        return flight if flight is not None and flight.leader == leader else None

    def _replace_leader(self, key: str, flight: _Flight[S]) -> Steps[A, S]:
        flight.stream, flight.is_overdue = None, False
        if not flight.waiting:
            del self._flights[key]
            return _part(flight)
        flight.leader = next(iter(flight.waiting))
        del flight.waiting[flight.leader]
        return [(flight.leader, Lead())]


def _remove(flight: _Flight[S], call: CallId) -> bool:
    """Have a call wait no more; tell whether it did."""
    for calls in (flight.waiting, flight.by_meaning):
        if call in calls:
            del calls[call]
            return True
    return False


def _part(flight: _Flight[S]) -> Steps[A, S]:
    """Have the calls with other questions go their own way."""
    parting, flight.by_meaning = flight.by_meaning, {}
    return [(call, Apart()) for call in parting]
