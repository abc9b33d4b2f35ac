"""An exchange: a call on its way, from its look-up to its answer."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

from aicache.domain.keys import Identity
from aicache.domain.model import Call, Miss, Vector
from aicache.domain.request_directives import Directives
from aicache.domain.request_headers import Field
from aicache.domain.trial import Trial
from aicache.entries.recording import Recording
from aicache.formats import Format

MAX_BYTES_ON_LOOP = 64 * 1024
"""Larger bodies are parsed in a thread, so that no other request waits for them."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A call on its way to the upstream: what its answer is to be stored under. Made once, at its lookup."""

    call: Call
    identity: Identity
    directives: Directives
    format: Format
    credential: str | None
    """Names the caller, with the API, path, upstream and model that it asks: what the upstream says to its credential
    is good for these alone. None: nothing in the request is like a credential. Such a caller is never proven, so it is
    given nothing where *shared*, and what it says of entries is not listened to, whatever the scope."""
    page: str | None = None
    """The request's Origin: the page in a browser that asks."""
    vector: Vector | None = None
    shared: bool = False
    """Whether every stored answer may be another's: then the credential must be proven, by a good answer within the
    hour. Else the caller's own need no proof, and end when the upstream refuses the credential."""
    proves: bool = False
    """Whether good answers are noted as proof: where *shared*, and where answers that Higress left may be served."""
    higress_question: str | None = None
    """The key, less its prefix, under which Higress kept an answer; None if its answers may not be served."""

    segment: str = ""
    """Traffic segment: digest of scope, upstream and model. Its callers share one error bound for each embedder, and
    the vectors of questions that were asked before."""
    caller: int = 0
    """16 bits of a digest of who asks."""

    sender: str = ""
    """Names those who would share this answer if their header fields were the same."""
    fields: tuple[Field, ...] = ()
    """The header fields that take part in the key or the scope, but for certain credentials."""

    owners: tuple[str, ...] = ()
    """Digests of each credential and identity in the request (`owners`)."""
    asked_at: float = field(default_factory=time.monotonic)
    """By the monotonic clock."""

    trial: Trial | None = None
    """Where something is to be learned from the fresh answer."""

    @property
    def label(self) -> str:
        """What the log calls it."""
        return self.identity.key[:8]


def is_large(recording: Recording) -> bool:
    """Tell whether an answer is read in a thread: by its size, or since it may become any size."""
    return len(recording.body) > MAX_BYTES_ON_LOOP or recording.content_encoding not in ("", "identity")


def after_miss(exchange: Exchange, miss: Miss) -> Exchange:
    """Return the exchange with its look-up's vector, so that no question is embedded twice, and its trial."""
    if miss.vector is None:
        return exchange
    return replace(exchange, vector=miss.vector, trial=miss.trial)
