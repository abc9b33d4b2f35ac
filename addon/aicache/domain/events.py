"""Events of a request, for metrics, logs and the dashboard. Values without behavior."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from aicache.domain.caller_digests import CallerMatcher
from aicache.domain.judging import JudgeOpinion
from aicache.domain.model import Entry
from aicache.domain.trace import Trace

Outcome = Literal["hit", "miss", "bypass"]
Tier = Literal["exact", "semantic", "legacy", "embeddings", "collapsed"]

SAME_WORDS = "same-words"
"""The reason of a hit by meaning for which nothing was embedded."""


ANOTHER_PROXY = "another proxy"
"""In place of a flow's id: the flow is at another proxy that shares the store."""


@dataclass(frozen=True, slots=True)
class Decided:
    """The cache decided on a request. Contains questions and answers, so never log it as a whole."""

    at: float
    """Unix time, seconds."""
    outcome: Outcome
    tier: Tier | None
    """The tier of a hit; a batch of embeddings has its own tier, hit or miss. ``collapsed``: the answer to an equal
    request in flight; that to one in other words is a hit by meaning, with *collapsed_with*."""
    reason: str | None
    """The reason for a miss (``no-neighbor``, ``guard:numbers``, ``store-error: …``) or a bypass (``skip``, …);
    ``same-words`` for a hit by meaning that was found without a search."""
    api: str
    model: str
    """The model as requested; empty if the request was not parsed."""
    mode: str
    key: str
    """The exact key of the request; empty for a batch, or if the request was not parsed."""
    namespace: str
    segment: str
    """Traffic segment: digest of scope, upstream and model; where an error bound is kept, the name of its segment."""
    seconds: float
    """From the request hook to the decision, less what was *waited*."""
    trace: Trace = field(default_factory=Trace)
    question: str | None = None
    entry: Entry | None = None
    """The entry that answered a hit."""
    similarity: float | None = None
    tokens: tuple[int, int] = (0, 0)
    """Prompt and completion tokens that a hit saved."""
    cached_tokens: int = 0
    """Of these prompt tokens, those that the upstream read from its own cache when the answer was recorded."""
    owners: tuple[str, ...] = ()
    """Digests of the caller (`caller_digests`)."""
    is_stale: bool = False
    """The entry that answered had expired, and the upstream is asked for another."""
    judged: bool = False
    """A judge model allowed the hit."""
    headers: tuple[str, ...] = ()
    """Names, in lower case, of the only request headers in which a miss differs from a stored request."""
    waited: float = 0.0
    """Seconds that the request waited for the answer to another one in flight."""
    collapsed_with: str | None = None
    """Id of the flow whose answer a collapsed request was given; or `ANOTHER_PROXY`."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A request that went upstream has ended. Unknown counts are 0."""

    decided: Decided
    status: int
    """Status code of the upstream's response; 0 if none was complete."""
    seconds: float
    """Time that the upstream took, from the request to the last byte."""
    size: int
    """Size of the response body in bytes."""
    entry: Entry | None
    """The stored entry, or the one that would have been stored; None if the response cannot be stored."""
    why_not: str | None
    """The reason why the answer is not stored."""
    is_stale: bool = False
    """The client was given an expired answer in place of the upstream's failure."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A stored answer was compared with a fresh one, for a question that it answered or would have answered."""

    at: float
    segment: str
    key: str
    """Key of the entry that answered, or would have."""
    similarity: float
    verdict: Literal["right", "wrong", "unknown"]
    source: Literal["explore", "audit", "shadow", "feedback", "miss"]
    would_serve: bool
    """Whether it was served, or would have been."""
    guard: str | None = None
    risk: float | None = None
    error_bound: float | None = None
    serving_level: str | None = None
    namespace: str = ""
    """Namespace of the question, in which its neighbors are searched."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A judge model was to say whether a neighbor may answer. Several requests may wait for one such question."""

    model: str
    opinion: JudgeOpinion
    seconds: float = 0.0
    """Time that the model took; 0 where it was not asked."""
    prompt_tokens: int = 0
    completion_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Spent:
    """The cache itself has asked the upstream, or a model, to check a hit or to replace an expired answer."""

    purpose: Literal["audit", "refresh", "comparison"]
    api: str
    model: str
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0
    owners: tuple[str, ...] = ()
    """Digests of the caller whose request it was."""


@dataclass(frozen=True, slots=True)
class Erased:
    """Entries were deleted for good: watchers must forget their questions."""

    keys: frozenset[str] = frozenset()
    caller: CallerMatcher | None = None
    """If set, also every question of this caller."""
    everything: bool = False
