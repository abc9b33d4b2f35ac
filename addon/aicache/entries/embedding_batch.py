"""Converts between entries and embeddings responses: every input of a batch has an entry of its own. Pure."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from aicache.domain import response_headers
from aicache.domain.model import Batch, Entry, Mode
from aicache.domain.request_directives import Directives
from aicache.entries.recording import Recording
from aicache.formats import Embeddings
from aicache.formats.embeddings import InputEmbedding, pack, uncounted, unpack

MAX_COMPLETING_BYTES = 32 * 1024**2
"""Uncompressed size of a response that completes a batch; instead of a larger one, the whole batch is requested."""


@dataclass(frozen=True, slots=True)
class BatchExchange:
    """A batch on its way to the upstream, and the keys of its inputs' entries. Made once, at its look-up."""

    batch: Batch
    keys: tuple[str, ...]
    """The exact key of each input."""
    namespace: str
    directives: Directives
    format: Embeddings
    credential: str | None
    """Has the same meaning as in `Exchange`, as have *shared* and *proves*."""
    page: str | None
    known: tuple[Entry | None, ...] = ()
    """The entry of each input, once the look-up has found some."""
    body: bytes = b""
    """The body of the request, its content-encoding undone."""
    shared: bool = False
    proves: bool = False
    owners: tuple[str, ...] = ()
    """Has the same meaning as in `Exchange`, as have *asked_at* and *caller*."""
    asked_at: float = field(default_factory=time.monotonic)
    caller: int = 0
    counted: bool = True
    """Whether known inputs count in the usage that the response tells."""

    @property
    def label(self) -> str:
        """The batch in the log."""
        return self.namespace[:8]

    @property
    def wanted(self) -> list[int]:
        """The positions of the inputs that were requested from the upstream."""
        known = self.known or (None,) * len(self.keys)
        return [i for i, entry in enumerate(known) if entry is None]


def record_batch(
    exchange: BatchExchange, recording: Recording, body: bytes, *, now: float, until: float
) -> list[Entry]:
    """Return the entries of a good response, in the order of `BatchExchange.wanted`. Raises ValueError for any other.

    *body* is the recording's, its content-encoding undone.
    """
    if recording.status != 200:
        raise ValueError(f"status {recording.status}")
    wanted = exchange.wanted
    pieces = exchange.format.parse_response(body, exchange.batch, wanted)
    return [
        Entry(
            key=exchange.keys[i],
            namespace=exchange.namespace,
            api=exchange.batch.api,
            model=exchange.batch.model,
            asked=Mode.WHOLE,
            asked_usage=False,
            mode=Mode.WHOLE,
            content_type=response_headers.media_type(recording.content_type) or "application/json",
            body=pack(piece),
            question=None,
            prompt_tokens=piece.tokens,
            completion_tokens=0,
            stored_at=now,
            expires_at=until,
            cors=response_headers.cors(recording.cors),
            took=recording.took,
            owners=exchange.owners,
        )
        for i, piece in zip(wanted, pieces, strict=True)
    ]


def replay_batch(entries: Sequence[Entry], exchange: BatchExchange) -> bytes:
    """Return the body of the response that known entries amount to. Raises ValueError when one cannot be read."""
    return exchange.format.render_response([_known(entry, exchange) for entry in entries])


def completed(exchange: BatchExchange, fresh: Sequence[Entry]) -> bytes:
    """Return the body of the response to a whole batch: known and fresh inputs, in the request's order.

    Raises ValueError when something of it cannot be read.
    """
    fresh_entries = iter(fresh)
    return exchange.format.render_response(
        [unpack(next(fresh_entries).body) if entry is None else _known(entry, exchange) for entry in exchange.known]
    )


def is_readable(entry: Entry) -> bool:
    """Tell whether an entry holds an input's vector."""
    try:
        unpack(entry.body)
    except ValueError:
        return False
    return True


def _known(entry: Entry, exchange: BatchExchange) -> InputEmbedding:
    embedding = unpack(entry.body)
    return embedding if exchange.counted else uncounted(embedding)
