"""Completes the batches that an addon leaves under way at its end, with only a part sent upstream. It stores nothing.

A reloaded script's new addon knows nothing of the old one's flows, a script that is broken or removed has no addon, and
at the proxy's end responses still come while its components close. An answer to a part must never pass for the whole.
"""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Mapping
from weakref import WeakKeyDictionary

from mitmproxy import ctx
from mitmproxy.http import HTTPFlow

from aicache.entries.embedding_batch import MAX_COMPLETING_BYTES, BatchExchange, completed, record_batch
from aicache.entries.recording import decoded
from aicache.proxy.embedding_batches import hold_response
from aicache.proxy.http_messages import mark_forwarded, to_recording

logger = logging.getLogger(__name__)

_numbers = itertools.count(1)


class LeftoverBatches:
    """A separate addon that stays until the last of *flows* has its response."""

    def __init__(self, flows: Mapping[HTTPFlow, BatchExchange]) -> None:
        self.name = f"ai-cache-leftover-{next(_numbers)}"
        self._flows = WeakKeyDictionary(flows)

    def install(self) -> None:
        ctx.master.addons.add(self)  # type: ignore[no-untyped-call]

    def responseheaders(self, flow: HTTPFlow) -> None:
        if flow in self._flows and flow.response is not None:
            hold_response(flow.response)

    def response(self, flow: HTTPFlow) -> None:
        exchange = self._flows.pop(flow, None)
        if exchange is not None and flow.response is not None and flow.response.status_code // 100 == 2:
            try:
                response, now = flow.response, time.time()
                recording = to_recording(response, response.raw_content or b"", flow.request.timestamp_start)
                pieces = record_batch(exchange, recording, decoded(recording, MAX_COMPLETING_BYTES), now=now, until=now)
                response.content = completed(exchange, pieces)
                mark_forwarded(response, exchange, stored=False)
            except Exception as exc:
                # Nothing is left to request the whole. Clients retry after a cut connection, not after a short answer.
                flow.kill()  # type: ignore[no-untyped-call]
                if not isinstance(exc, ValueError):
                    logger.exception("a batch could not be completed")
        self._leave_when_done()

    def error(self, flow: HTTPFlow) -> None:
        self._flows.pop(flow, None)
        self._leave_when_done()

    def _leave_when_done(self) -> None:
        addons = ctx.master.addons
        if not self._flows and addons.get(self.name) is self:  # type: ignore[no-untyped-call]
            addons.remove(self)  # type: ignore[no-untyped-call]
