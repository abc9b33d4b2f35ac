"""Answers that were given as hits, ready to be given again: as bytes, or as mitmproxy's responses.

They are found by a request's name: a digest of all of it that may change the answer. Names are salted, and the salt
changes with the settings and with mitmproxy's options: then what was kept before is not found any more. An answer goes
with its entry, as soon as that is not held in this process any more.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import blake2b

import msgspec
from mitmproxy.http import Headers, HTTPFlow, Response
from mitmproxy.net.http import http1

from aicache.domain.events import Decided
from aicache.domain.model import Entry, Hit
from aicache.domain.policy import has_plausible_times
from aicache.domain.ports import DerivedCache, ExactStore
from aicache.domain.request_directives import NO_DIRECTIVES
from aicache.domain.request_fields import CONTROL_BYTES, FieldRules
from aicache.domain.trace import Step, Trace
from aicache.engine import Engine, Exchange, Semantic
from aicache.fastpath.request_head import ALWAYS_SAID, LARGEST, NOISE
from aicache.proxy.http_messages import hit_headers, known_of, make
from aicache.telemetry.reporting import lookup_report

_encode = msgspec.msgpack.Encoder().encode


@dataclass(slots=True)
class Prepared:
    """A hit, ready to be given again."""

    hit: Hit
    exchange: Exchange
    content_type: str
    body: bytes
    found_by: Semantic | None
    """What it was found by, where that was by meaning: embedder and index."""
    _head: bytes = b""
    _fields: tuple[tuple[bytes, bytes], ...] = ()
    _until: float = 0.0
    """Unix time until which they are true: age and what is left of its time are told in whole seconds."""

    def head(self, now: float) -> bytes:
        """Return what mitmproxy would send before the body."""
        self._write(now)
        return self._head

    def response(self, now: float) -> Response:
        self._write(now)
        return Response(b"HTTP/1.1", 200, b"OK", Headers(self._fields), self.body, None, now, now)

    def report(self, step: str, began: float, answered: float) -> Decided:
        """Say what became of a request: when it was there and when it was answered, by the performance counter.

        *step* is what the look-up is called.
        """
        since = time.perf_counter() - answered
        return lookup_report(self.exchange, self.hit, Trace([Step(step, answered - began)]), began + since)

    def _write(self, now: float) -> None:
        if self._until - 1 <= now < self._until:
            return
        response = make(200, self.body, hit_headers(self.hit, self.exchange, self.content_type, now))
        self._fields = response.headers.fields
        self._head = http1.assemble_response_head(response)  # type: ignore[no-untyped-call]
        entry = self.hit.entry
        to_next_age = 1 - (now - entry.stored_at) % 1
        to_next_ttl = (entry.expires_at - now) % 1 or 1.0
        self._until = now + min(to_next_age, to_next_ttl)


class Answers:
    """*engine* returns the one that answers may come from at the moment."""

    def __init__(self, engine: Callable[[], Engine | None]) -> None:
        self._engine = engine
        self._store: ExactStore | None = None
        self._holds: DerivedCache | None = None
        self.noise = NOISE
        self.salt = b""

    def renew(self, rules: FieldRules) -> None:
        """Forget what was kept: something has changed. *rules* are what the settings say of header fields."""
        ignored = {name.encode() for name in rules.ignore} - ALWAYS_SAID
        said = rules.key | rules.credential | rules.scope_headers
        self.noise = (NOISE | ignored) - {name.encode() for name in said}
        self.salt = os.urandom(16)

    def name_of(self, flow: HTTPFlow) -> bytes | None:
        """Name a request as mitmproxy has it; None where there is no answer to be found by it."""
        data, client = flow.request.data, flow.client_conn
        if data.method != b"POST" or not data.content or len(data.content) > LARGEST:
            return None
        noise, odd = self.noise, CONTROL_BYTES.search
        said = [field for field in data.headers.fields if field[0].lower() not in noise or odd(field[1])]
        way = (client.sni, client.tls, client.proxy_mode.full_spec, known_of(flow))
        where = (data.scheme, data.host, data.port, data.authority, data.path, data.http_version)
        try:
            name = blake2b(_encode((way, where, said)), digest_size=20, key=self.salt)
        except UnicodeEncodeError:  # of a name that is none
            return None
        name.update(data.content)
        return name.digest()

    def find(self, name: bytes, now: float) -> Prepared | None:
        """Return the answer to a request; None where none is at hand."""
        holder = self._holder()
        prepared = None if holder is None else holder.get_derived(name)
        if not isinstance(prepared, Prepared) or not self._is_fresh(prepared.hit.entry, now):
            return None
        if prepared.found_by is not None and prepared.found_by is not self._semantic():
            return None
        return None if self._is_stopped(prepared.exchange.credential) else prepared

    def keep(self, names: tuple[bytes, ...], exchange: Exchange, hit: Hit, response: Response) -> None:
        """Have the request of these names answered by this hit while its entry is held, and it has none of its own."""
        holder, body = self._holder(), response.raw_content
        checked = hit.ticket is not None or hit.error_bound is not None  # then each hit is decided by itself
        plain = not (checked or hit.legacy) and exchange.directives is NO_DIRECTIVES
        found_by = None if hit.similarity is None else self._semantic()
        lost = hit.similarity is not None and found_by is None
        if not names or not plain or not body or holder is None or lost:
            return
        exchange = replace(exchange, fields=())  # no header's value is kept that long
        prepared = Prepared(hit, exchange, response.headers["content-type"], body, found_by)
        size = len(body) if body is not hit.entry.body else 0
        for name in names:
            holder.put_derived(name, hit.entry, prepared, size, exchange.identity.key)

    def _is_fresh(self, entry: Entry, now: float) -> bool:
        engine = self._engine()
        return entry.expires_at > now and engine is not None and has_plausible_times(entry, now, engine.rules.ttl)

    def _is_stopped(self, caller: str | None) -> bool:
        """Tell whether the upstream has refused the caller since: what was prepared for it is given to it no more."""
        return (engine := self._engine()) is None or engine.proofs.stopped(caller)

    def _semantic(self) -> Semantic | None:
        return None if (engine := self._engine()) is None else engine.semantic

    def _holder(self) -> DerivedCache | None:
        """Return the store in use, if it is one that holds entries: to look that up costs as much as an answer."""
        store = None if (engine := self._engine()) is None else engine.exact
        if store is not self._store:
            self._store, self._holds = store, store if isinstance(store, DerivedCache) else None
        return self._holds
