"""Installs the fast path: patches that make mitmproxy itself faster, and hits that need no flow.

It decides when these apply, and no answer.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from mitmproxy import ctx, version
from mitmproxy.connection import Client
from mitmproxy.http import HTTPFlow, Response
from mitmproxy.proxy.layer import NextLayer

from aicache.config.request_settings import Settings
from aicache.domain.events import Decided
from aicache.domain.model import Hit
from aicache.engine import Engine, Exchange
from aicache.fastpath import http_layer, stream_protocol
from aicache.fastpath.flow_observers import FlowObservers
from aicache.fastpath.http_layer import insert_before_http
from aicache.fastpath.prepared_responses import PreparedResponses
from aicache.fastpath.request_index import RequestIndex
from aicache.fastpath.stream_protocol import insert_before_stream
from aicache.patches.addon_dispatch import AddonDispatch, handler_of
from aicache.proxy.malformed_fields import is_safe

logger = logging.getLogger(__name__)


class FastPath:
    """*own* is the addon; *engine* returns the one that may answer now; *decided* is called with the event of each hit
    that had no flow."""

    def __init__(self, own: object, engine: Callable[[], Engine | None], decided: Callable[[Decided], None]) -> None:
        self._own = own
        self._dispatch: AddonDispatch | None = None
        self._responses = PreparedResponses(engine)
        self._index = RequestIndex(self._responses, decided)
        self._observers: FlowObservers | None = None
        self._is_safe = is_safe()
        self._has_warned = False
        self._is_supported: bool | None = None
        self._inserts_protocol = False
        self._is_stopped = False

    def apply(self, settings: Settings) -> None:
        """Install what the settings want and undo the rest. To be called after each change of settings or options."""
        if not self._is_safe:
            if not self._has_warned:
                logger.info("mitmproxy %s is older than 12.2.2, fast path disabled", version.VERSION)
            self._has_warned = True
            return
        if settings.dispatch and self._dispatch is None:
            self._dispatch = AddonDispatch.install(ctx.master.addons)
        elif not settings.dispatch and self._dispatch is not None:
            self._dispatch.uninstall()
            self._dispatch = None
        self._responses.reset(settings.key_rules.fields)
        self._index.clear()
        if self._is_stopped or not (settings.enabled and settings.fast_lane):
            self._disable_index()
            return
        if self._is_supported is None:
            self._is_supported, self._inserts_protocol = http_layer.is_supported(), stream_protocol.is_supported()
        if self._is_supported:
            self._observers = self._observers or FlowObservers(ctx.master, self._own)
            self._observers.refresh()
            self._index.is_enabled = self._observers.are_absent

    def stop(self) -> None:
        """Answer nothing without a flow from now on."""
        self._is_stopped = True
        self._disable_index()

    def uninstall(self) -> None:
        self._disable_index()
        if self._dispatch is not None:
            self._dispatch.uninstall()
        self._dispatch = None

    def is_unobserved(self) -> bool:
        """Tell whether no addon or option is known to need flows; False also while this is not looked into."""
        return self._observers is not None and self._observers.are_absent()

    def client_connected(self, client: Client) -> None:
        if self._dispatch is not None:
            self._dispatch.client_connected(client)

    def next_layer(self, next_layer: NextLayer) -> None:
        """Have mitmproxy choose its layers, which it otherwise does after scripts, and insert the fast path.

        Only while there is no other script, which might want to choose as well.
        """
        if not self.is_unobserved() or next_layer.layer is not None:
            return
        addons = ctx.master.addons
        addons.get("nextlayer").next_layer(next_layer)  # type: ignore[no-untyped-call]
        if (layer := insert_before_http(next_layer, self._index)) is None or not self._inserts_protocol:
            return
        if (handler := handler_of(addons, next_layer.context.client)) is not None:
            insert_before_stream(layer, handler)

    def fingerprints(self, flow: HTTPFlow) -> tuple[bytes, ...]:
        """Return the fingerprints of a request: the flow's, then that of its raw bytes if these are known."""
        if not self._responses.salt or (fingerprint := self._responses.fingerprint(flow)) is None:
            return ()
        raw = None if self._observers is None else self._index.take_fingerprint(flow)
        return (fingerprint,) if raw is None else (fingerprint, raw)

    def recall(self, fingerprints: tuple[bytes, ...], began: float) -> tuple[Response, Decided] | None:
        """Return the prepared response to a request that was complete at *began* (`time.perf_counter`), and its event;
        None if none is prepared."""
        now = time.time()
        if not fingerprints or (prepared := self._responses.get(fingerprints[0], now)) is None:
            return None
        for raw in fingerprints[1:]:  # what it was prepared for had no such bytes: it came in chunks, say
            self._responses.add(raw, prepared)
        return prepared.response(now), prepared.event("recalled", began, time.perf_counter())

    def remember(self, fingerprints: tuple[bytes, ...], exchange: Exchange, hit: Hit, response: Response) -> None:
        """Prepare the response to further requests with these fingerprints."""
        self._responses.put(fingerprints, exchange, hit, response)

    def _disable_index(self) -> None:
        self._observers = None
        self._index.is_enabled = lambda: False
