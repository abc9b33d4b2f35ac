"""A Watcher that keeps the latest requests of each outcome: what became of them, and why. Its size is bounded.

Each outcome has a place of its own, so that a miss is still there after thousands of hits. Of an outcome that comes
faster than `MAX_KEPT` a second no more than these are kept, which bounds the cost. Texts of questions are kept only if
configured to.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from aicache.domain.bounded import BoundedDict
from aicache.domain.events import Checked, Decided, Erased, Finished
from aicache.domain.policy import is_objection
from aicache.telemetry.counters import nearest_similarity
from aicache.telemetry.labels import MAX_NAME_CHARS, replace_surrogates
from aicache.telemetry.phrases import describe_reason, describe_storing
from aicache.telemetry.timeline import COUNTED_OUTCOMES, counted_outcome

MAX_KEPT = 100
"""Requests of each outcome that are kept, and that are returned at once."""
MAX_QUESTION_CHARS = 500
MAX_SENTENCE_CHARS = 500


@dataclass(slots=True)
class LatestRequest:
    """One request. What became known at its end is empty until then, and for a hit."""

    at: float
    """Unix time of the decision, seconds."""
    outcome: str
    """One of `timeline.COUNTED_OUTCOMES`."""
    why: str
    """A sentence for a person."""
    api: str
    model: str
    mode: str
    key: str
    """Of the entry that answered, else that of the request."""
    seconds: float
    """Time to the decision, with what the request waited for another one's answer."""
    similarity: float | None
    """That of the neighbor that answered, else of the nearest one."""
    threshold: float | None
    differences: tuple[str, ...]
    """What the guards found in which the nearest neighbor that they refused differs, by their names."""
    prompt_tokens: int
    completion_tokens: int
    owners: tuple[str, ...]
    """Digests of the caller; they are not shown."""
    question: str | None
    status: int | None = None
    """The upstream's; 0 if none was complete."""
    upstream_seconds: float | None = None
    storing: str = ""
    """Whether the answer to a miss is kept, in words."""


class LatestRequests:
    """Keeps `MAX_KEPT` of each outcome, the newest last."""

    def __init__(self) -> None:
        self._texts = False
        self._kept: dict[str, deque[LatestRequest]] = {name: deque(maxlen=MAX_KEPT) for name in COUNTED_OUTCOMES}
        self._open = BoundedDict[tuple[float, str], LatestRequest](2 * MAX_KEPT)  # upstream, by time and exact key

    def keep_texts(self, wanted: bool) -> None:
        self._texts = wanted
        if not wanted:
            for kept in self._all():
                kept.question = None

    def decided(self, decided: Decided) -> None:
        kept = self._kept[counted_outcome(decided)]
        if len(kept) == MAX_KEPT and 0 <= decided.at - kept[0].at < 1:
            return
        request = self._describe(decided)
        kept.append(request)
        if decided.outcome != "hit":
            self._open[decided.at, decided.key] = request

    def finished(self, finished: Finished) -> None:
        if (request := self._open.pop((finished.decided.at, finished.decided.key), None)) is None:
            return
        request.status, request.upstream_seconds = finished.status, finished.seconds
        if request.outcome == "miss":
            request.storing = _text(describe_storing(finished), MAX_SENTENCE_CHARS)
        if finished.entry is not None:
            request.prompt_tokens = finished.entry.prompt_tokens
            request.completion_tokens = finished.entry.completion_tokens

    def checked(self, checked: Checked) -> None: ...

    def erased(self, erased: Erased) -> None:
        """Forget the questions of deleted entries, and of purged callers."""
        for kept in self._all():
            theirs = erased.caller is not None and erased.caller.matches_any(kept.owners)
            if erased.everything or theirs or kept.key in erased.keys:
                kept.question = None

    def find(self, outcome: str = "", text: str = "") -> list[LatestRequest]:
        """Return the newest requests, the newest first: those of an *outcome*, if given, in which a *text* is found.

        It is searched for in what is shown of a request.
        """
        found = self._kept[outcome] if outcome else self._all()
        return newest(each for each in found if not text or is_in(text, each))

    def _all(self) -> Iterable[LatestRequest]:
        for kept in self._kept.values():
            yield from kept

    def _describe(self, decided: Decided) -> LatestRequest:
        entry = decided.entry
        question = entry.question if entry is not None else decided.question
        return LatestRequest(
            at=decided.at,
            outcome=counted_outcome(decided),
            why=_text(describe_reason(decided), MAX_SENTENCE_CHARS),
            api=decided.api,
            model=_text(decided.model, MAX_NAME_CHARS),
            mode=str(decided.mode),
            key=entry.key if entry is not None else decided.key,
            seconds=decided.seconds + decided.waited,
            similarity=nearest_similarity(decided),
            threshold=decided.trace.threshold,
            differences=_differences(decided),
            prompt_tokens=decided.tokens[0],
            completion_tokens=decided.tokens[1],
            owners=decided.owners,
            question=_text(question, MAX_QUESTION_CHARS) if self._texts and question is not None else None,
        )


def newest(requests: Iterable[LatestRequest]) -> list[LatestRequest]:
    """Return the newest requests, the newest first: as many as are kept of an outcome, so that none is missing."""
    return sorted(requests, key=lambda each: each.at, reverse=True)[:MAX_KEPT]


def is_in(text: str, request: LatestRequest) -> bool:
    """Tell whether a text is part of what is shown of a request, in upper or lower case."""
    shown = (request.outcome, request.why, request.storing, request.model, request.api, request.key)
    words = "\n".join((*shown, *request.differences, request.question or ""))
    return text.casefold() in words.casefold()


def pack(requests: list[LatestRequest]) -> bytes:
    """Return requests in MessagePack, for `unpack` in another process."""
    return msgspec.msgpack.encode(requests, enc_hook=float)


def unpack(packed: bytes) -> list[LatestRequest]:
    """Raises ValueError for those of another version."""
    try:
        return msgspec.msgpack.decode(packed, type=list[LatestRequest])
    except msgspec.DecodeError as exc:
        raise ValueError("requests of another version") from exc


def _differences(decided: Decided) -> tuple[str, ...]:
    refused = [each for each in decided.trace.neighbors if is_objection(each.refused)]
    if not refused:
        return ()
    nearest = max(refused, key=lambda each: each.similarity)
    return tuple((nearest.refused or "").partition(":")[2].split("+"))


def _text(text: str, most: int) -> str:
    """Return a text for JSON: shortened, and without the lone surrogates that callers may write."""
    shortened = text[:most]
    return shortened if shortened.isascii() else str(replace_surrogates(shortened))
