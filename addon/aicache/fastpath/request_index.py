"""Requests named by their bytes, and which of them are on their way to mitmproxy's own layers. It reads no body."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from weakref import WeakKeyDictionary

from mitmproxy.connection import Client
from mitmproxy.http import HTTPFlow

from aicache.domain.events import Decided
from aicache.fastpath import request_head
from aicache.fastpath.prepared_responses import Answers, Prepared
from aicache.fastpath.request_head import Head

HEADS = 512
"""Heads that are remembered: a client's are the same from request to request, but for their length."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request on its way to mitmproxy's own layers."""

    name: bytes
    target: bytes
    body: bytes


class Lane:
    """Where *answers* are given to requests that are as plain as can be; *tell* is told of each."""

    def __init__(self, answers: Answers, tell: Callable[[Decided], None]) -> None:
        self._answers = answers
        self._tell = tell
        self._asked: WeakKeyDictionary[Client, _Asked] = WeakKeyDictionary()
        self._heads: dict[bytes, Head | None] = {}
        self._untold: tuple[Prepared, float, float] | None = None
        self.is_open: Callable[[], bool] = lambda: False

    @property
    def salt(self) -> bytes:
        return self._answers.salt

    def renew(self) -> None:
        """Forget what was read: something has changed."""
        self._heads.clear()
        self._asked.clear()

    def head(self, raw: bytes) -> Head | None:
        """Read a head, or say that it is not plain enough."""
        try:
            return self._heads[raw]
        except KeyError:
            if len(self._heads) >= HEADS:
                self._heads.clear()
            found = self._heads[raw] = request_head.read(raw, self._answers.noise)
            return found

    def name(self, way: bytes, head: Head, body: bytes) -> bytes:
        """Name a request that comes on a certain *way*."""
        name = blake2b(way, digest_size=20, key=self.salt)
        name.update(b"%d:%d " % (len(way), len(head.said)))
        name.update(head.said)
        name.update(body)
        return name.digest()

    def answer(self, name: bytes, began: float) -> tuple[bytes, bytes] | None:
        """Return head and body of the answer to a request, to be told of once it has been sent; None: none is at hand.

        *began* is the performance counter's time at which the request was there.
        """
        now = time.time()
        if (prepared := self._answers.find(name, now)) is None:
            return None
        answer = prepared.head(now), prepared.body
        self._untold = prepared, began, time.perf_counter()
        return answer

    def tell(self) -> None:
        """Tell of the answer that has been sent: its client need not wait for that."""
        if self._untold is None:
            return
        prepared, began, answered = self._untold
        self._untold = None
        self._tell(prepared.report("fast lane", began, answered))

    def pass_on(self, client: Client, name: bytes, head: Head, body: bytes) -> None:
        """Note that a request goes on to mitmproxy's layers, as the only one of its connection's."""
        self._asked[client] = _Asked(name, head.target, body)

    def pass_on_unknown(self, client: Client) -> None:
        """Note that something else goes on to them."""
        self._asked.pop(client, None)

    def take(self, flow: HTTPFlow) -> bytes | None:
        """Return the name of a flow's request, where it came through the lane as it is."""
        if flow.is_replay is not None or (asked := self._asked.pop(flow.client_conn, None)) is None:
            return None
        request = flow.request
        same = request.data.path == asked.target and request.raw_content == asked.body
        return asked.name if same else None
