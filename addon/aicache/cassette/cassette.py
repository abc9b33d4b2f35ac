"""A cassette in use: answers requests in the order recorded, takes new recordings, and counts. It does no I/O."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from aicache.cassette.conversion import is_as_asked, respond
from aicache.cassette.differences import Nearest, find_nearest
from aicache.cassette.interaction import Interaction, RecordedRequest, RecordedResponse
from aicache.cassette.matching import MatchedRequest, MatchRules, match_request
from aicache.cassette.redaction import Redaction


class CassetteMode(StrEnum):
    """What is done with a request."""

    RECORD = "record"
    """It goes upstream, and is recorded."""
    REPLAY = "replay"
    """It is answered from the cassette, or refused."""
    HYBRID = "hybrid"
    """It is answered from the cassette, or goes upstream and is recorded."""


@dataclass(slots=True)
class Tally:
    """What became of the requests."""

    replayed: int = 0
    recorded: int = 0
    missing: int = 0
    unused: int = 0
    """Recordings that answered nothing."""
    lost: int = 0
    """Responses that were not recorded: they broke off."""

    def __str__(self) -> str:
        parts = [f"{self.replayed} replayed", f"{self.missing} missing"]
        if self.recorded:
            parts = [*(parts if self.replayed or self.missing else ()), f"{self.recorded} recorded"]
        if self.unused:
            parts.append(f"{self.unused} recordings not used")
        if self.lost:
            parts.append(f"{self.lost} not recorded")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Played:
    """A response from the cassette, with the number of its recording."""

    response: RecordedResponse
    number: int


@dataclass(frozen=True, slots=True)
class Missing:
    """Nothing on the cassette answers a request."""

    request: str
    """Its method and path."""
    reason: str
    """Why, to follow "the request": ``is not recorded``."""
    nearest: Nearest | None = None


@dataclass(slots=True)
class _Recorded:
    """A recording, and whether it has been played."""

    number: int
    matched: MatchedRequest
    response: RecordedResponse
    is_played: bool = False


class Cassette:
    """Requests are redacted before they are matched, as the recorded ones were.

    *repeat_last* tells whether the last of several recordings of a request is played again when all have been. A
    request that was on the cassette from the start is played; any other is to be recorded each time it comes.
    """

    def __init__(
        self,
        interactions: Iterable[Interaction],
        rules: MatchRules,
        redaction: Redaction,
        *,
        repeat_last: bool = True,
    ) -> None:
        self.interactions = list(interactions)
        self.tally = Tally()
        self._lock = threading.Lock()
        self._rules = rules
        self._redaction = redaction
        self._repeat_last = repeat_last
        self._matched = [match_request(redaction.request(each.request), rules) for each in self.interactions]
        self._by_key: defaultdict[str, list[_Recorded]] = defaultdict(list)
        for number, (each, matched) in enumerate(zip(self.interactions, self._matched, strict=True), 1):
            self.tally.unused += 1
            self._by_key[matched.key].append(_Recorded(number, matched, each.response))

    def match(self, request: RecordedRequest, credentials: Iterable[str] = ()) -> MatchedRequest:
        """Return the request as it is compared. *credentials* are those it was sent with. Raises RedactionTooSlow."""
        return match_request(self._redaction.request(request, credentials), self._rules)

    def play(self, asked: MatchedRequest) -> Played | Missing:
        """Take the next response to a request. It is taken at once, so that no other request gets it, too."""
        candidates = self._by_key.get(asked.key, [])
        origin = asked.request.origin
        candidates = [each for each in candidates if each.matched.request.origin == origin] or candidates
        candidates = [each for each in candidates if is_as_asked(each.matched, asked)] or candidates
        name = f"{asked.request.method} {asked.request.path}"
        if not candidates:
            return Missing(name, "is not recorded")
        chosen = next((each for each in candidates if not each.is_played), candidates[-1])
        if chosen.is_played and not self._repeat_last:
            times = f"{len(candidates)} times" if len(candidates) > 1 else "once"
            return Missing(name, f"is recorded {times}, and was replayed as often (cassette.repeat_last: false)")
        try:
            response = respond(chosen.matched, chosen.response, asked)
        except ValueError:
            return Missing(name, f"is recording {chosen.number}, which cannot be replayed in this mode or API")
        self.tally.unused -= not chosen.is_played
        chosen.is_played = True
        self.tally.replayed += 1
        return Played(response, chosen.number)

    def explain(self, asked: MatchedRequest, missing: Missing) -> Missing:
        """Return *missing* with the nearest recording, if it is not recorded. It takes long; any thread may call it."""
        if asked.key in self._by_key:
            return missing
        return replace(missing, nearest=find_nearest(asked, self._matched, self._rules))

    def add(self, request: RecordedRequest, response: RecordedResponse, credentials: Iterable[str]) -> Interaction:
        """Redact and take a new recording, *request* redacted already, and return it. Raises RedactionTooSlow."""
        interaction = Interaction(request, self._redaction.response(response, credentials))
        with self._lock:  # it comes in several threads
            self.interactions.append(interaction)
            self.tally.recorded += 1
        return interaction
