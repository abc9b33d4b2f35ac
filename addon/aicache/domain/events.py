"""What became of one request, for whoever shows, counts or logs it. Values without behaviour. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from aicache.domain.caller_digests import CallerMatcher
from aicache.domain.model import Entry
from aicache.domain.trace import Trace

Outcome = Literal["hit", "miss", "bypass"]
Tier = Literal["exact", "semantic", "legacy", "embeddings"]


@dataclass(frozen=True, slots=True)
class Decided:
    """One request, as soon as it is decided on. It holds questions and answers: what is logged of it is chosen."""

    at: float
    """Unix time, seconds."""
    outcome: Outcome
    tier: Tier | None
    """Of a hit; a batch of embeddings has one of its own, hit or miss."""
    reason: str | None
    """Why it is no hit: ``no-neighbor``, ``guard:numbers``, ``store-error: …``, of a bypass ``skip`` and so on."""
    api: str
    model: str
    """As asked for; empty where the request was not read."""
    mode: str
    key: str
    """The request's own exact key; of a batch, and of what was not read, empty."""
    namespace: str
    kind: str
    """Digest of whose answers these are, of the upstream and the model; where an error bound is kept, its name."""
    seconds: float
    """From the request's hook to the decision."""
    trace: Trace = field(default_factory=Trace)
    question: str | None = None
    entry: Entry | None = None
    """What a hit was answered with."""
    similarity: float | None = None
    tokens: tuple[int, int] = (0, 0)
    """Of the prompt and of the completion, that a hit did not cost."""
    owners: tuple[str, ...] = ()
    """Digests of who asked (`owners`)."""
    headers: tuple[str, ...] = ()
    """Names of the request headers, in lower case, by which alone a miss differs from a stored request."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The end of a request that went upstream. The counts are 0 where they are not known."""

    report: Decided
    status: int
    """Of the upstream's response; 0 where none came to its end."""
    seconds: float
    """That the upstream took, from the request to the last byte."""
    size: int
    """Bytes of the response's body."""
    entry: Entry | None
    """What is kept of it, or would be; None where it is not worth keeping."""
    why_not: str | None
    """Why it is not kept."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A stored answer was compared with a fresh one to the question that it answered, or would have."""

    at: float
    kind: str
    key: str
    """Of the entry that answered, or would have."""
    similarity: float
    verdict: Literal["right", "wrong", "unknown"]
    source: Literal["explore", "audit", "shadow", "feedback", "miss"]
    would_serve: bool
    """It was served, or would have been."""
    guard: str | None = None
    risk: float | None = None
    error_bound: float | None = None
    serving_level: str | None = None
    namespace: str = ""
    """Of the question: what its neighbours are looked for in."""


@dataclass(frozen=True, slots=True)
class Erased:
    """Entries were deleted for good: whoever remembers what was asked forgets it."""

    keys: frozenset[str] = frozenset()
    caller: CallerMatcher | None = None
    """All that a caller has asked, besides."""
    everything: bool = False
