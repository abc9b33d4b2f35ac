"""What makes mitmproxy itself faster, as the settings want it. What an answer is, is not its business."""

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
from aicache.fastpath import stream_protocol
from aicache.fastpath.flow_observers import Gate
from aicache.fastpath.http_layer import fits, put_before_http
from aicache.fastpath.prepared_responses import Answers
from aicache.fastpath.request_index import Lane
from aicache.patches.addon_dispatch import Dispatch, handler_of
from aicache.proxy.malformed_fields import is_safe

logger = logging.getLogger(__name__)


class Speed:
    """*own* is the addon; *engine* returns the one that may answer now, *tell* is told of each hit in the fast lane."""

    def __init__(self, own: object, engine: Callable[[], Engine | None], tell: Callable[[Decided], None]) -> None:
        self._own = own
        self._dispatch: Dispatch | None = None
        self._answers = Answers(engine)
        self._lane = Lane(self._answers, tell)
        self._gate: Gate | None = None
        self._known = is_safe()
        self._said = False
        self._fits: bool | None = None
        self._taps = False

    def apply(self, settings: Settings) -> None:
        """Do to mitmproxy what the settings say, and undo what they no longer say. To be called at every change."""
        if not self._known:
            if not self._said:
                logger.info("mitmproxy %s is older than 12.2.2: hits take the ordinary way", version.VERSION)
            self._said = True
            return
        if settings.dispatch and self._dispatch is None:
            self._dispatch = Dispatch.install(ctx.master.addons)
        elif not settings.dispatch and self._dispatch is not None:
            self._dispatch.leave()
            self._dispatch = None
        self._answers.renew(settings.key_rules.fields)
        self._lane.renew()
        if not (settings.enabled and settings.fast_lane):
            self._close_lane()
            return
        if self._fits is None:
            self._fits, self._taps = fits(), stream_protocol.fits()
        if self._fits:
            self._gate = self._gate or Gate(ctx.master, self._own)
            self._gate.look()
            self._lane.is_open = self._gate

    def leave(self) -> None:
        """Undo it all."""
        self._close_lane()
        if self._dispatch is not None:
            self._dispatch.leave()
        self._dispatch = None

    def nobody_wants_flows(self) -> bool:
        """Tell whether nothing wants to see, change or save flows; where that is not looked into, something may."""
        return self._gate is not None and self._gate()

    def connected(self, client: Client) -> None:
        if self._dispatch is not None:
            self._dispatch.connected(client)

    def next_layer(self, next_layer: NextLayer) -> None:
        """Have mitmproxy choose its layers, which it does after scripts, and put the lane before them.

        Only while there is no other script, which might want to choose, too.
        """
        if self._gate is None or not self._gate() or next_layer.layer is not None:
            return
        addons = ctx.master.addons
        addons.get("nextlayer").next_layer(next_layer)  # type: ignore[no-untyped-call]
        lane = put_before_http(next_layer, self._lane)
        if lane is not None and self._taps and (handler := handler_of(addons, next_layer.context.client)) is not None:
            stream_protocol.put_before_stream(lane, handler)

    def names_of(self, flow: HTTPFlow) -> tuple[bytes, ...]:
        """Return the names by which the answer to a request may be found: the flow's first."""
        if not self._answers.salt or (name := self._answers.name_of(flow)) is None:
            return ()
        in_lane = None if self._gate is None else self._lane.take(flow)
        return (name,) if in_lane is None else (name, in_lane)

    def recall(self, names: tuple[bytes, ...], began: float) -> tuple[Response, Decided] | None:
        """Return the answer to a request where it is at hand, and what there is to tell of it.

        *began* is the performance counter's time at which the request was there.
        """
        now = time.time()
        if not names or (found := self._answers.find(names[0], now)) is None:
            return None
        return found.response(now), found.report("recalled", began, time.perf_counter())

    def learn(self, names: tuple[bytes, ...], exchange: Exchange, hit: Hit, response: Response) -> None:
        """Have the request of these names answered by this hit from now on."""
        self._answers.keep(names, exchange, hit, response)

    def _close_lane(self) -> None:
        self._gate = None
        self._lane.is_open = lambda: False
