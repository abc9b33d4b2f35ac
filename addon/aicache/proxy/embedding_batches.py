"""Requests for embeddings as mitmproxy has them <-> the cache's own values."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from mitmproxy.http import Request, Response

from aicache.domain.model import Entry
from aicache.engine import MAX_BYTES_ON_LOOP, Engine, is_large
from aicache.entries.embedding_batch import BatchExchange, completed, is_readable, replay_batch
from aicache.entries.recording import Recording
from aicache.formats.embeddings import InputCountMismatch
from aicache.proxy.http_messages import build_response, mark_forwarded, render_gateway_timeout

logger = logging.getLogger(__name__)

BODY_SIGNATURE_HEADERS = ("content-md5", "digest", "content-digest", "x-amz-content-sha256", "signature")
"""Request headers that are computed from the body."""
INDIVISIBLE_FOR_S = 300.0  # seconds that a caller's batches go upstream whole after an answer to a part did not fit
MAX_INDIVISIBLE = 1000  # of what is remembered so


class IndivisibleNamespaces:
    """The namespaces whose batches go upstream whole for a while, since an upstream answered a part of one unlike the
    whole. *clock* returns seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._until: dict[str, float] = {}  # the oldest first
        self._clock = clock

    def __contains__(self, namespace: str) -> bool:
        return self._until.get(namespace, 0.0) > self._clock()

    def __len__(self) -> int:
        return len(self._until)

    def add(self, namespace: str) -> None:
        self._until.pop(namespace, None)
        self._until[namespace] = self._clock() + INDIVISIBLE_FOR_S
        if len(self._until) > MAX_INDIVISIBLE:
            del self._until[next(iter(self._until))]


class EmbeddingBatches:
    """The way of a batch: what is known of it answers, and only the rest goes upstream."""

    def __init__(self) -> None:
        self._indivisible = IndivisibleNamespaces()

    async def look_up(
        self, request: Request, exchange: BatchExchange, engine: Engine, deadline: float, *, divide: bool
    ) -> tuple[Response | BatchExchange, Sequence[Entry | None]]:
        """Return the response if every input is known, else the exchange to send upstream with `reduce_request`.

        And the known entries, one for each input.

        Without *divide*, and where something in the request's head was computed from its body, it goes upstream whole.
        """
        known = await engine.lookup_batch(exchange, deadline)
        entries = [entry for entry in known if entry is not None]
        if len(entries) == len(known):
            try:
                return await asyncio.to_thread(_render_known, entries, exchange), known
            except ValueError as exc:
                logger.warning("stored vectors cannot be read (%s): they are asked for again", exc)
        if sum(len(entry.body) for entry in entries) > MAX_BYTES_ON_LOOP:
            known = await asyncio.to_thread(_readable, known)
        else:
            known = _readable(known)
        if exchange.directives.only_if_cached:
            return render_gateway_timeout("miss"), known
        if not any(known) or all(known):  # all, and yet they could not be written
            return exchange, known
        if not divide or exchange.namespace in self._indivisible or _is_signed(request):
            return exchange, known
        return replace(exchange, known=known, body=request.raw_content or b""), known

    def complete(self, response: Response, recording: Recording, exchange: BatchExchange, engine: Engine) -> bool:
        """Keep an upstream's response, and complete it; False when that cannot be: then it must be asked for all."""
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
        """Do as `take` with a response that completes a batch and takes long to read, the work in a thread."""
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
        """Say why a response cannot be kept; True where it would have completed a batch: then all is asked for."""
        if isinstance(why, InputCountMismatch) and exchange.known:
            self._indivisible.add(exchange.namespace)
            logger.warning("an upstream answered a part of a batch unlike before (%s): asked for all", why)
        elif isinstance(why, ValueError):
            logger.debug("not stored: %s", why)
        else:
            logger.error("an answer was not stored", exc_info=why)
        return bool(exchange.known)


def _may_be_good(response: Response, exchange: BatchExchange) -> bool:
    """Tell whether a response may hold vectors. What is to complete a batch has to, or it is not sent."""
    return response.status_code == 200 or (bool(exchange.known) and response.status_code // 100 == 2)


def reduce_request(request: Request, exchange: BatchExchange) -> None:
    """Reduce the request of a batch that is partly known. From here on its answer is to be completed, or to be none."""
    if exchange.known:
        request.content = exchange.format.select_inputs(exchange.body, exchange.wanted)


class _HeldResponse(Response):
    """A response that is held to its end, whatever another addon would have it be."""

    @property
    def stream(self) -> bool:
        return False

    @stream.setter
    def stream(self, value: object) -> None: ...


def hold_response(response: Response) -> None:
    """Have mitmproxy wait for the whole of a response that is to be completed: what has been streamed is sent."""
    vars(response).pop("stream", None)
    response.__class__ = _HeldResponse


def _readable(known: Sequence[Entry | None]) -> tuple[Entry | None, ...]:
    """Leave out what is damaged: it is no worse than not known, and says nothing of any upstream."""
    return tuple(entry if entry is not None and is_readable(entry) else None for entry in known)


def _is_signed(request: Request) -> bool:
    names = (name.lower() for name in request.headers)
    return (
        any(name in BODY_SIGNATURE_HEADERS for name in names)
        or "signature" in request.headers.get("authorization", "").lower()
    )


def _render_known(entries: Sequence[Entry], exchange: BatchExchange) -> Response:
    """Write a response of known pieces alone. Raises ValueError when one of them cannot be read."""
    now = time.time()
    headers = (dict(entries[0].cors) if exchange.page is not None else {}) | {
        "content-type": entries[0].content_type,
        "age": str(max(0, int(now - min(entry.stored_at for entry in entries)))),
        "cache-status": f"ai-cache; hit; detail=exact; ttl={int(min(entry.expires_at for entry in entries) - now)}",
        "x-cache-status": "hit",
    }
    if len(entries) == 1:
        headers["x-ai-cache-key"] = entries[0].key
    return build_response(200, replay_batch(entries, exchange.format), headers)


def render_bad_gateway() -> Response:
    """For an upstream that answers a part of a batch in another way than it did before, and the whole not at all."""
    body = (
        b'{"error":{"message":"The answer could not be completed from the cache: ask again.",'
        b'"type":"cache_error","param":null,"code":"incomplete_batch"}}'
    )
    headers = {"content-type": "application/json", "cache-status": "ai-cache; fwd=partial", "x-cache-status": "miss"}
    return build_response(502, body, headers | {"retry-after": "0"})
