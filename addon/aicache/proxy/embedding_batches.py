"""Answers embedding batches from known inputs: only the others go upstream, and the response is completed here."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from mitmproxy.http import Request, Response

from aicache.domain.bounded import BoundedDict
from aicache.domain.model import Entry, Miss
from aicache.engine import MAX_BYTES_ON_LOOP, Engine, is_large
from aicache.entries.embedding_batch import BatchExchange, completed, is_readable, replay_batch
from aicache.entries.recording import Recording
from aicache.formats.embeddings import InputCountMismatch
from aicache.proxy.error_responses import render_not_cached
from aicache.proxy.http_messages import build_response, mark_forwarded

logger = logging.getLogger(__name__)

BODY_SIGNATURE_HEADERS = ("content-md5", "digest", "content-digest", "x-amz-content-sha256", "signature")
"""Request headers that are computed from the body."""
INDIVISIBLE_FOR_S = 300.0
MAX_INDIVISIBLE = 1000


class IndivisibleNamespaces:
    """The namespaces whose batches go upstream whole for `INDIVISIBLE_FOR_S`, since an upstream's answer to a part of
    one did not fit the known inputs. *clock* returns seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._until: BoundedDict[str, float] = BoundedDict(MAX_INDIVISIBLE)
        self._clock = clock

    def __contains__(self, namespace: str) -> bool:
        return self._until.get(namespace, 0.0) > self._clock()

    def __len__(self) -> int:
        return len(self._until)

    def add(self, namespace: str) -> None:
        self._until[namespace] = self._clock() + INDIVISIBLE_FOR_S


class EmbeddingBatches:
    """Looks batches up before they go upstream, and completes their responses."""

    def __init__(self) -> None:
        self._indivisible = IndivisibleNamespaces()

    async def look_up(
        self, request: Request, exchange: BatchExchange, engine: Engine, deadline: float, *, divide: bool
    ) -> tuple[Response | BatchExchange, Sequence[Entry | None]]:
        """Return the response if every input is known, else the exchange to send upstream with `reduce_request`; and
        the known entry of each input, or None.

        Without *divide*, and if a field of the request's head was computed from its body, it goes upstream whole.
        """
        known = await engine.lookup_batch(exchange, deadline)
        entries = [entry for entry in known if entry is not None]
        if len(entries) == len(known):
            try:
                return await asyncio.to_thread(_render_known, entries, exchange), known
            except ValueError as exc:
                logger.warning("stored vectors cannot be read (%s); the batch goes upstream", exc)
        if sum(len(entry.body) for entry in entries) > MAX_BYTES_ON_LOOP:
            known = await asyncio.to_thread(_readable, known)
        else:
            known = _readable(known)
        if exchange.directives.only_if_cached:
            return render_not_cached(exchange.format, Miss(engine.why_unknown(exchange))), known
        if not any(known) or all(known):  # all, but they could not be rendered
            return exchange, known
        if not divide or exchange.namespace in self._indivisible or _is_signed(request):
            return exchange, known
        return replace(exchange, known=known), known

    def complete(self, response: Response, recording: Recording, exchange: BatchExchange, engine: Engine) -> bool:
        """Store a response and complete it; False if it cannot be completed, so that the whole is to be requested."""
        stored = False
        if not exchange.known and response.status_code == 200 and is_large(recording):
            engine.record_and_store_soon(exchange, recording)
        elif _may_be_good(response, exchange):
            try:
                fresh = engine.record(exchange, recording)
                if exchange.known:
                    response.content = completed(exchange, fresh)
                stored = engine.store_soon(exchange, fresh)
            except Exception as exc:
                if self._fails(exchange, exc):
                    return False
        mark_forwarded(response, exchange, stored=stored)
        return True

    async def complete_in_thread(
        self, response: Response, recording: Recording, exchange: BatchExchange, engine: Engine
    ) -> bool:
        """Do as `complete` with a response that takes long to parse, in a thread."""
        if not _may_be_good(response, exchange):
            return self.complete(response, recording, exchange, engine)
        try:
            fresh = await engine.record_in_thread(exchange, recording)
            response.content = await asyncio.to_thread(completed, exchange, fresh)
        except Exception as exc:
            self._fails(exchange, exc)
            return False
        mark_forwarded(response, exchange, stored=engine.store_soon(exchange, fresh))
        return True

    def _fails(self, exchange: BatchExchange, why: Exception) -> bool:
        """Log why a response cannot be stored; tell whether it was to complete a batch: the whole is then requested."""
        if isinstance(why, InputCountMismatch) and exchange.known:
            self._indivisible.add(exchange.namespace)
            logger.warning("a response does not fit the known inputs of its batch (%s); the whole is requested", why)
        elif isinstance(why, ValueError):
            logger.debug("not stored: %s", why)
        else:
            logger.error("an answer was not stored", exc_info=why)
        return bool(exchange.known)


def _may_be_good(response: Response, exchange: BatchExchange) -> bool:
    """Tell whether a response may hold vectors. One that is to complete a batch must, or it is not sent on."""
    return response.status_code == 200 or (bool(exchange.known) and response.status_code // 100 == 2)


def reduce_request(request: Request, exchange: BatchExchange) -> None:
    """Remove the known inputs from a request, which then goes on without a content-encoding.

    From here on its response must be completed before it is sent on.
    """
    if exchange.known:
        request.headers.pop("content-encoding", None)
        request.content = exchange.format.select_inputs(exchange.body, exchange.wanted)


class _HeldResponse(Response):
    """A response that is held to its end, even if another addon wants it streamed."""

    @property
    def stream(self) -> bool:
        return False

    @stream.setter
    def stream(self, value: object) -> None: ...


def hold_response(response: Response) -> None:
    """Have mitmproxy hold a whole response that is to be completed: streamed parts would have been sent."""
    vars(response).pop("stream", None)
    response.__class__ = _HeldResponse


def _readable(known: Sequence[Entry | None]) -> tuple[Entry | None, ...]:
    """Treat damaged entries as unknown: their damage says nothing of the upstream."""
    return tuple(entry if entry is not None and is_readable(entry) else None for entry in known)


def _is_signed(request: Request) -> bool:
    names = (name.lower() for name in request.headers)
    return (
        any(name in BODY_SIGNATURE_HEADERS for name in names)
        or "signature" in request.headers.get("authorization", "").lower()
    )


def _render_known(entries: Sequence[Entry], exchange: BatchExchange) -> Response:
    """Render the response to a batch whose inputs are all known. Raises ValueError when an entry cannot be read."""
    now = time.time()
    headers = (dict(entries[0].cors) if exchange.page is not None else {}) | {
        "content-type": entries[0].content_type,
        "age": str(max(0, int(now - min(entry.stored_at for entry in entries)))),
        "cache-status": f"ai-cache; hit; detail=exact; ttl={int(min(entry.expires_at for entry in entries) - now)}",
        "x-cache-status": "hit",
    }
    if len(entries) == 1:
        headers["x-ai-cache-key"] = entries[0].key
    return build_response(200, replay_batch(entries, exchange), headers)
