"""Whether other proxies share a Redis. Each announces itself on a channel there, while there may be others."""

from __future__ import annotations

import asyncio
import contextlib
import math
import secrets
import time
from collections.abc import Awaitable, Callable

from aicache.domain.ports import StoreError

ANNOUNCE_INTERVAL_S = 5.0
GONE_AFTER_S = 12.0
"""Silence after which there are no others: two announcements are lost, or nobody makes any."""


class Peers:
    """Knows that this proxy is alone once it has heard its own announcement, and for `GONE_AFTER_S` no other one.

    Until then there may be others, and so while nothing is heard. Nobody announces anything while alone: a proxy that
    comes does so at once. Nothing is written to the server.
    """

    def __init__(
        self, prefix: str, on_arrival: Callable[[], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Proxies share a server if their keys have the same *prefix*. *on_arrival* is called when one comes where
        there was none."""
        self.channel = prefix + "proxies"
        self.name = secrets.token_hex(8)
        self._on_arrival = on_arrival
        self._clock = clock
        self._listens_since = math.inf
        self._heard_itself = False
        self._heard_others_at = -math.inf

    @property
    def may_exist(self) -> bool:
        """Whether there may be other proxies."""
        silent_since = max(self._listens_since, self._heard_others_at)
        return not self._heard_itself or self._clock() < silent_since + GONE_AFTER_S

    def begin(self) -> None:
        """The channel is listened to from now on."""
        self._listens_since, self._heard_itself = self._clock(), False

    def end(self) -> None:
        """The channel is listened to no more."""
        self._heard_itself = False

    def heard(self, name: bytes) -> None:
        """A proxy has announced itself."""
        if name == self.name.encode():
            self._heard_itself = True
            return
        now = self._clock()
        has_come = now >= self._heard_others_at + GONE_AFTER_S
        self._heard_others_at = now
        if has_come:
            self._on_arrival()

    async def announce(self, publish: Callable[[str, str], Awaitable[object]]) -> None:
        """*publish* the name on the channel now and then, until canceled."""
        while True:
            if self.may_exist:
                with contextlib.suppress(StoreError):  # then it does not hear itself
                    await publish(self.channel, self.name)
            await asyncio.sleep(ANNOUNCE_INTERVAL_S)
