"""What makes mitmproxy itself faster, as the settings want it. What an answer is, is not its business."""

from __future__ import annotations

from collections.abc import Callable

from mitmproxy import ctx
from mitmproxy.connection import Client
from mitmproxy.http import HTTPFlow, Response
from mitmproxy.proxy.layer import NextLayer

from aicache.config import Header
from aicache.dispatch import Dispatch
from aicache.engine import Exchange
from aicache.lane.flows import Gate
from aicache.lane.lane import Lane
from aicache.lane.layer import fits, put_before_http
from aicache.model import Hit
from aicache.ports import ExactStore
from aicache.report import Report
from aicache.settings import Settings


class Speed:
    """*own* is the addon; *exact* and *tell* are the lane's."""

    def __init__(self, own: object, exact: Callable[[], ExactStore | None], tell: Callable[[Report], None]) -> None:
        self._own = own
        self._dispatch: Dispatch | None = None
        self._lane = Lane(exact, tell)
        self._gate: Gate | None = None
        self._fits: bool | None = None

    def apply(self, settings: Settings) -> None:
        """Do to mitmproxy what the settings say, and undo what they no longer say. To be called at every change."""
        if settings.dispatch and self._dispatch is None:
            self._dispatch = Dispatch.install(ctx.master.addons)
        elif not settings.dispatch and self._dispatch is not None:
            self._dispatch.leave()
            self._dispatch = None
        scope = {settings.scope.name} if isinstance(settings.scope, Header) else set()
        self._lane.renew(frozenset(settings.key_rules.key_headers) | scope)
        if not (settings.enabled and settings.fast_lane):
            self._close_lane()
            return
        if self._fits is None:
            self._fits = fits()
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

    def connected(self, client: Client) -> None:
        if self._dispatch is not None:
            self._dispatch.connected(client)

    def next_layer(self, next_layer: NextLayer) -> None:
        """Have mitmproxy choose its layers, which it does after scripts, and put the lane before them."""
        if self._gate is None or next_layer.layer is not None:
            return
        ctx.master.addons.get("nextlayer").next_layer(next_layer)  # type: ignore[no-untyped-call]
        put_before_http(next_layer, self._lane)

    def name_of(self, flow: HTTPFlow) -> bytes | None:
        """Return the lane's name for a request that came through it."""
        return None if self._gate is None else self._lane.take(flow)

    def learn(self, name: bytes | None, exchange: Exchange, hit: Hit, response: Response) -> None:
        """Have the request of this name answered by this hit from now on."""
        if name is not None:
            self._lane.learn(name, exchange, hit, response)

    def _close_lane(self) -> None:
        self._gate = None
        self._lane.is_open = lambda: False
