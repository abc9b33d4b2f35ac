"""The requests of the load: repeats, paraphrases, new questions, and batches of embeddings. Pure."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from benchmarks import questions

KEYS = tuple(f"sk-faults-{name}" for name in ("ada", "bob", "cho", "dan", "eve"))
MODELS = ("gpt-faults", "gpt-faults-mini")
EMBEDDER = "embed-faults"
CHAT, EMBEDDINGS = "/v1/chat/completions", "/v1/embeddings"
TEXTS = 12  # that each caller has embedded in advance
HOT = 20  # frequent questions, which a cache must soon have again after a total loss
HOT_SHARE = 0.3
STREAMED = 0.3


class Kind(StrEnum):
    REPEAT = "repeat"
    PARAPHRASE = "paraphrase"
    NEW = "new"
    BATCH = "batch"


MIX = {Kind.REPEAT: 50, Kind.PARAPHRASE: 20, Kind.NEW: 18, Kind.BATCH: 12}


@dataclass(frozen=True, slots=True)
class PlannedRequest:
    """A request. *texts* are the question or the inputs of a batch; *group* is common to paraphrases of a question."""

    kind: Kind
    key: str
    model: str
    texts: tuple[str, ...]
    group: frozenset[str] = frozenset()
    stream: bool = False
    hot: bool = False
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def path(self) -> str:
        return EMBEDDINGS if self.kind is Kind.BATCH else CHAT

    def body(self) -> bytes:
        if self.kind is Kind.BATCH:
            return json.dumps({"model": self.model, "input": list(self.texts)}).encode()
        turns = [{"role": "user", "content": self.texts[0]}]
        # Whole answers always have the usage, so a stream that can serve them must have it, too.
        more = {"stream": True, "stream_options": {"include_usage": True}} if self.stream else {}
        return json.dumps({"model": self.model, "messages": turns, "temperature": 0.2, **more}).encode()


class Corpus:
    """*entries* stored questions, each of one caller and model, and a random choice of requests about them.

    The last *unasked* of them are stored, and not chosen.
    """

    def __init__(self, entries: int, seed: int = 1, unasked: int = 0) -> None:
        self._chance = random.Random(seed)
        stored, wordings = questions.stored(entries), questions.reworded(entries)
        self._groups = [(stored[i], *wordings[i::entries]) for i in range(entries)]
        self._asked = entries - unasked
        self._fresh = itertools.count(1)
        self._kinds = [kind for kind, share in MIX.items() for _ in range(share)]

    def warm(self) -> Iterator[PlannedRequest]:
        """Return the requests that fill the store."""
        for number in range(len(self._groups)):
            yield self._question(Kind.REPEAT, number, 0, stream=number % 10 < 10 * STREAMED)
        for key in KEYS:
            yield PlannedRequest(Kind.BATCH, key, EMBEDDER, tuple(_text(key, number) for number in range(TEXTS)))

    def repeat(self, number: int | None = None) -> PlannedRequest:
        hot = self._chance.random() < HOT_SHARE
        if number is None:
            number = self._chance.randrange(min(HOT, self._asked) if hot else self._asked)
        return self._question(Kind.REPEAT, number, 0, stream=self._streams())

    def some(self) -> PlannedRequest:
        """Return a random request of the mix."""
        match self._chance.choice(self._kinds):
            case Kind.REPEAT:
                return self.repeat()
            case Kind.PARAPHRASE:
                number = self._chance.randrange(self._asked)
                wording = self._chance.randrange(1, len(self._groups[number]))
                # It must be a semantic hit the next time, too.
                quiet = (("cache-control", "no-store"),)
                return self._question(Kind.PARAPHRASE, number, wording, stream=self._streams(), headers=quiet)
            case Kind.NEW:
                return self.new()
            case Kind.BATCH:
                return self.batch(self._chance.randrange(3))

    def unasked(self, wording: int = 0) -> Iterator[PlannedRequest]:
        """Return requests for the questions that are not chosen, or for another *wording* of each."""
        kind = Kind.PARAPHRASE if wording else Kind.REPEAT
        for number in range(self._asked, len(self._groups)):
            yield self._question(kind, number, wording, stream=False)

    def new(self) -> PlannedRequest:
        place = next(self._fresh)
        [question] = questions.new(place, 1)
        key, model = KEYS[place % len(KEYS)], MODELS[place % len(MODELS)]
        return PlannedRequest(Kind.NEW, key, model, (question,), frozenset((question,)), self._streams())

    def batch(self, new: int) -> PlannedRequest:
        """Return a batch of some stored texts and *new* others."""
        key = self._chance.choice(KEYS)
        known = self._chance.sample(range(TEXTS), 4)
        texts = [*(_text(key, number) for number in known), *(f"fresh text {next(self._fresh)}" for _ in range(new))]
        self._chance.shuffle(texts)
        return PlannedRequest(Kind.BATCH, key, EMBEDDER, tuple(texts))

    def _streams(self) -> bool:
        return self._chance.random() < STREAMED

    def _question(
        self, kind: Kind, number: int, wording: int, *, stream: bool, headers: tuple[tuple[str, str], ...] = ()
    ) -> PlannedRequest:
        group = self._groups[number]
        key, model = KEYS[number % len(KEYS)], MODELS[number // len(KEYS) % len(MODELS)]
        hot = kind is Kind.REPEAT and number < HOT
        return PlannedRequest(kind, key, model, (group[wording],), frozenset(group), stream, hot, headers)


def _text(key: str, number: int) -> str:
    return f"text {number} of {key.rpartition('-')[2]}"
