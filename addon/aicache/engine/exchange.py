"""An exchange: a call from its look-up to its answer."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

from aicache.domain.keys import Identity
from aicache.domain.model import Call, Entry, Miss, Vector
from aicache.domain.request_directives import Directives
from aicache.domain.request_headers import Field
from aicache.domain.trial import Trial
from aicache.entries.recording import Recording
from aicache.formats import Format

MAX_BYTES_ON_LOOP = 64 * 1024
"""Larger bodies are parsed in a thread, so that no other request waits for them."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A call, and all that is needed to look it up and to store its answer. Built once, before the look-up."""

    call: Call
    identity: Identity
    directives: Directives
    format: Format
    credential: str | None
    """Digest of the caller with the API, path, upstream and model of the request: the upstream's verdict on a
    credential holds for these alone. None if the request has no credential. Such a caller is never proven, so it gets
    no answer where *shared*, and its feedback on entries is ignored, whatever the scope."""
    page: str | None = None
    """The request's Origin header: the web page that sent it."""
    vector: Vector | None = None
    shared: bool = False
    """Whether stored answers may be another caller's: then the credential must be proven, by a good answer within the
    hour. Otherwise a caller's own answers need no proof, and are served until the upstream refuses the credential."""
    proves: bool = False
    """Whether good answers are recorded as proof: where *shared*, and where Higress's answers may be served."""
    higress_question: str | None = None
    """The key, less its prefix, under which Higress kept an answer; None if its answers may not be served."""

    segment: str = ""
    """Traffic segment: digest of scope, upstream and model. Its callers share one error bound for each embedder, and
    the vectors of questions that were asked before."""
    caller: int = 0
    """16 bits of a digest of the caller."""

    sender: str = ""
    """Identifies the callers who would share this answer if their header fields were equal."""
    fields: tuple[Field, ...] = ()
    """The header fields that are part of the key or the scope, except for certain credentials."""

    owners: tuple[str, ...] = ()
    """Digests of each credential and identity in the request (`caller_digests`)."""
    asked_at: float = field(default_factory=time.monotonic)
    """The time of the request, by the monotonic clock."""

    trial: Trial | None = None
    """Set if the fresh answer is to be learned from."""
    stale: Entry | None = None
    """The expired answer that is served if the upstream fails."""
    waited: float | None = None
    """Seconds for which it has waited in vain for the answer to another call; None if it has not."""

    @property
    def label(self) -> str:
        """The request's name in the log."""
        return self.identity.key[:8]


def is_large(recording: Recording) -> bool:
    """Tell whether an answer is parsed in a thread: it is large, or compressed and so of unknown size."""
    return len(recording.body) > MAX_BYTES_ON_LOOP or recording.content_encoding not in ("", "identity")


def after_miss(exchange: Exchange, miss: Miss) -> Exchange:
    """Return the exchange with its look-up's vector, so that no question is embedded twice, and its trial."""
    if miss.vector is None and miss.trial is None and miss.stale is None:
        return exchange
    return replace(exchange, vector=miss.vector, trial=miss.trial, stale=miss.stale)
