"""Fingerprints raw requests, finds their prepared responses, and remembers the requests handed on to mitmproxy.

It parses heads and never a body.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from hashlib import blake2b
from typing import NamedTuple
from weakref import WeakKeyDictionary

from mitmproxy.connection import Client
from mitmproxy.http import HTTPFlow

from aicache.domain.events import Decided
from aicache.fastpath.prepared_responses import PreparedResponse, PreparedResponses
from aicache.fastpath.request_head import Head, parse_head

MAX_HEADS = 512
"""Parsed heads that are remembered: a client's are the same from request to request, except for their length."""


class Reply(NamedTuple):
    """A hit as bytes to send, and what its event needs. A named tuple, for it is made for each hit."""

    head: bytes
    body: bytes
    prepared: PreparedResponse
    began: float
    """The time at which the request was complete, by `time.perf_counter`."""
    found: float
    """The time at which the response was found, by the same clock."""


class _PassedOn(NamedTuple):
    """A request that was handed on to mitmproxy's HTTP layer."""

    fingerprint: bytes
    target: bytes
    body: bytes


class RequestIndex:
    """*responses* holds the prepared hits; *decided* is called with the event of each hit after it has been sent."""

    def __init__(self, responses: PreparedResponses, decided: Callable[[Decided], None]) -> None:
        self._responses = responses
        self._decided = decided
        self._passed_on: WeakKeyDictionary[Client, _PassedOn] = WeakKeyDictionary()
        self._heads: dict[bytes, Head | None] = {}
        self.is_enabled: Callable[[], bool] = lambda: False

    @property
    def salt(self) -> bytes:
        return self._responses.salt

    def clear(self) -> None:
        """Forget heads and requests, after a change of the settings."""
        self._heads.clear()
        self._passed_on.clear()

    def parse_head(self, raw: bytes) -> Head | None:
        """Return the parsed head; None if it is not plain."""
        try:
            return self._heads[raw]
        except KeyError:
            if len(self._heads) >= MAX_HEADS:
                self._heads.clear()
            head = self._heads[raw] = parse_head(raw, self._responses.ignored_fields)
            return head

    def fingerprint(self, route: bytes, head: Head, body: bytes) -> bytes:
        """Return the digest of a request; *route* says where its connection goes and how it came."""
        digest = blake2b(route, digest_size=20, key=self.salt)
        digest.update(b"%d:%d " % (len(route), len(head.significant)))
        digest.update(head.significant)
        digest.update(body)
        return digest.digest()

    def find(self, fingerprint: bytes, began: float) -> Reply | None:
        """Return the reply to a request that was complete at *began* (`time.perf_counter`); None if there is none."""
        now = time.time()
        if (prepared := self._responses.get(fingerprint, now)) is None:
            return None
        return Reply(prepared.head(now), prepared.body, prepared, began, time.perf_counter())

    def report(self, reply: Reply) -> None:
        """Report a hit. Called once it has been sent, so that its client need not wait for that."""
        self._decided(reply.prepared.event("fast lane", reply.began, reply.found))

    def pass_on(self, client: Client, fingerprint: bytes, head: Head, body: bytes) -> None:
        """Note that a request is handed on to mitmproxy, as the only one of its connection."""
        self._passed_on[client] = _PassedOn(fingerprint, head.target, body)

    def pass_on_unknown(self, client: Client) -> None:
        """Note that bytes are handed on to mitmproxy that are not one whole plain request."""
        self._passed_on.pop(client, None)

    def take_fingerprint(self, flow: HTTPFlow) -> bytes | None:
        """Return the fingerprint of a flow's raw request, if it was handed on here and is unchanged."""
        if flow.is_replay is not None or (passed := self._passed_on.pop(flow.client_conn, None)) is None:
            return None
        request = flow.request
        is_same = request.data.path == passed.target and request.raw_content == passed.body
        return passed.fingerprint if is_same else None
