"""What answers are at hand for which requests, and what is told of them. It answers only what the ordinary way has
answered with a hit before, and only while that is in force; it reads no request's body and decides on no freshness.

A request's name is a digest of where it goes, of its body and of all that its head says but what is noise. Names are
salted, and the salt changes with the settings and mitmproxy's options: what was learned before is not found any more.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from weakref import WeakKeyDictionary

from mitmproxy.connection import Client
from mitmproxy.http import HTTPFlow, Response
from mitmproxy.net.http import http1

from aicache.controls import NO_WISHES
from aicache.engine import Exchange
from aicache.lane import head
from aicache.lane.head import Head
from aicache.messages import hit_headers, make
from aicache.model import Hit
from aicache.ports import ExactStore, HoldsEntries
from aicache.report import Report
from aicache.reporting import of_lookup
from aicache.trace import Step, Trace

HEADS = 512
"""Heads that are remembered: a client's are the same from request to request, but for their length."""


@dataclass(slots=True)
class _Prepared:
    """A hit, ready to be sent again."""

    hit: Hit
    exchange: Exchange
    content_type: str
    body: bytes
    head: bytes = b""
    head_until: float = 0.0
    """Unix time. Its age and what is left of its time are told in whole seconds."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request on its way to mitmproxy's own layers."""

    name: bytes
    target: bytes
    body: bytes


class Lane:
    """*exact* returns the store in use; *tell* is told of each hit."""

    def __init__(self, exact: Callable[[], ExactStore | None], tell: Callable[[Report], None]) -> None:
        self._exact = exact
        self._tell = tell
        self._counts: frozenset[str] = frozenset()
        self._asked: WeakKeyDictionary[Client, _Asked] = WeakKeyDictionary()
        self._heads: dict[bytes, Head | None] = {}
        self.salt = b""
        self.is_open: Callable[[], bool] = lambda: False

    def renew(self, counts: frozenset[str]) -> None:
        """Forget what was learned: something has changed. *counts* are headers that say something, noise or not."""
        self._counts = counts
        self._heads.clear()
        self._asked.clear()
        self.salt = os.urandom(16)

    def head(self, raw: bytes) -> Head | None:
        """Read a head, or say that it is not plain enough."""
        try:
            return self._heads[raw]
        except KeyError:
            if len(self._heads) >= HEADS:
                self._heads.clear()
            found = self._heads[raw] = head.read(raw, self._counts)
            return found

    def name(self, way: bytes, head: Head, body: bytes) -> bytes:
        """Name a request that comes on a certain *way*."""
        name = blake2b(way, digest_size=20, key=self.salt)
        name.update(b"%d:%d " % (len(way), len(head.said)))
        name.update(head.said)
        name.update(body)
        return name.digest()

    def answer(self, name: bytes, began: float) -> tuple[bytes, bytes] | None:
        """Return head and body of the answer to a request, and tell of it; None where none is at hand.

        *began* is the performance counter's time at which the request was there.
        """
        store = self._exact()
        prepared = store.made(name) if isinstance(store, HoldsEntries) else None
        now = time.time()
        if not isinstance(prepared, _Prepared) or prepared.hit.entry.expires_at <= now:
            return None
        if not prepared.head_until - 1 <= now < prepared.head_until:
            _write_head(prepared, now)
        trace = Trace([Step("fast lane", time.perf_counter() - began)])
        self._tell(of_lookup(prepared.exchange, prepared.hit, trace, began))
        return prepared.head, prepared.body

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

    def learn(self, name: bytes, exchange: Exchange, hit: Hit, response: Response) -> None:
        """Have the request of this name answered by this hit, for as long as its entry is held."""
        store, body = self._exact(), response.raw_content
        plain = hit.similarity is None and not hit.legacy and hit.ticket is None and exchange.controls is NO_WISHES
        if not plain or not body or not isinstance(store, HoldsEntries):
            return
        size = len(body) if body is not hit.entry.body else 0
        prepared = _Prepared(hit, exchange, response.headers["content-type"], body)
        store.keep(name, hit.entry, prepared, size)


def _write_head(prepared: _Prepared, now: float) -> None:
    """Write what mitmproxy would send, and note until when it is true."""
    headers = hit_headers(prepared.hit, prepared.exchange, prepared.content_type, now)
    response = make(200, prepared.body, headers)
    prepared.head = http1.assemble_response_head(response)  # type: ignore[no-untyped-call]
    entry = prepared.hit.entry
    to_next_age = 1 - (now - entry.stored_at) % 1
    to_next_ttl = (entry.expires_at - now) % 1 or 1.0
    prepared.head_until = now + min(to_next_age, to_next_ttl)
