"""Responses that were given as hits, ready to be given again: as bytes, or as mitmproxy's responses.

Each is found by its request's fingerprint, a digest of everything that may change the answer. Fingerprints are salted,
and the salt changes with the settings and mitmproxy's options, so that what was prepared before is no longer found.
The store's client-side cache holds the prepared responses, and drops each with the entry it was made from.
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
from aicache.domain.model import Hit
from aicache.domain.policy import has_plausible_times
from aicache.domain.request_directives import NO_DIRECTIVES
from aicache.domain.request_headers import CONTROL_BYTES, FieldRules
from aicache.domain.store_ports import DerivedCache
from aicache.domain.trace import Step, Trace
from aicache.engine import Engine, Exchange, Semantic
from aicache.fastpath.request_head import IGNORED_FIELDS, MAX_BODY_BYTES, NEVER_IGNORED_FIELDS
from aicache.proxy.http_messages import build_response, hit_headers
from aicache.proxy.platform_headers import platform_fields
from aicache.proxy.request_identity import connection_identities
from aicache.telemetry.reporting import lookup_event

_encode = msgspec.msgpack.Encoder().encode


@dataclass(slots=True)
class PreparedResponse:
    """A hit, ready to be given again."""

    hit: Hit
    exchange: Exchange
    content_type: str
    body: bytes
    found_by: Semantic | None
    """The embedder and index that found a semantic hit; None for an exact one."""
    _head: bytes = b""
    _fields: tuple[tuple[bytes, bytes], ...] = ()
    _source: str | None = None
    _valid_until: float = 0.0
    """Unix time until which head and fields are true: ``age`` and ``ttl`` are in whole seconds."""

    def head(self, now: float) -> bytes:
        """Return the bytes that mitmproxy would send before the body."""
        self._render(now)
        return self._head

    def response(self, now: float) -> Response:
        self._render(now)
        return Response(b"HTTP/1.1", 200, b"OK", Headers(self._fields), self.body, None, now, now)

    def event(self, step: str, began: float, found: float) -> Decided:
        """Return the event of a request that was complete at *began* and answered at *found* (`time.perf_counter`).

        *step* names the look-up in the trace.
        """
        since = time.perf_counter() - found
        return lookup_event(self.exchange, self.hit, Trace([Step(step, found - began)]), began + since)

    def _render(self, now: float) -> None:
        if self._valid_until - 1 <= now < self._valid_until:
            return
        response = build_response(
            200, self.body, hit_headers(self.hit, self.exchange, self.content_type, now, self._source)
        )
        self._source = response.headers.get("x-ai-cache-source")
        self._fields = response.headers.fields
        self._head = http1.assemble_response_head(response)  # type: ignore[no-untyped-call]
        entry = self.hit.entry
        to_next_age = 1 - (now - entry.stored_at) % 1
        to_next_ttl = (entry.expires_at - now) % 1 or 1.0
        self._valid_until = now + min(to_next_age, to_next_ttl)


class PreparedResponses:
    """*engine* returns the one that answers may come from at the moment."""

    def __init__(self, engine: Callable[[], Engine | None]) -> None:
        self._engine = engine
        self.ignored_fields = IGNORED_FIELDS
        self.salt = b""

    def reset(self, rules: FieldRules) -> None:
        """Forget everything prepared, after a change. *rules* are the settings for header fields."""
        ignored = {name.encode() for name in rules.ignore} - NEVER_IGNORED_FIELDS
        significant = rules.key | rules.credential | rules.scope_headers
        added = {name.encode() for name in platform_fields()}  # removed before anybody reads a flow
        self.ignored_fields = (IGNORED_FIELDS | ignored | added) - {name.encode() for name in significant}
        self.salt = os.urandom(16)

    def fingerprint(self, flow: HTTPFlow) -> bytes | None:
        """Return the digest of a request that mitmproxy has parsed; None if no response is prepared for such a one."""
        data, client = flow.request.data, flow.client_conn
        if data.method != b"POST" or not data.content or len(data.content) > MAX_BODY_BYTES:
            return None
        ignored, control = self.ignored_fields, CONTROL_BYTES.search
        significant = [field for field in data.headers.fields if field[0].lower() not in ignored or control(field[1])]
        origin = (client.sni, client.tls, client.proxy_mode.full_spec, connection_identities(flow))
        target = (data.scheme, data.host, data.port, data.authority, data.path, data.http_version)
        try:
            digest = blake2b(_encode((origin, target, significant)), digest_size=20, key=self.salt)
        except UnicodeEncodeError:  # a host name that is not one
            return None
        digest.update(data.content)
        return digest.digest()

    def get(self, fingerprint: bytes, now: float) -> PreparedResponse | None:
        """Return the response prepared for a request; None if there is none, or none that may still be given."""
        if (engine := self._engine()) is None or (cache := engine.backends.derived_cache) is None:
            return None
        prepared = cache.get_derived(fingerprint)
        if not isinstance(prepared, PreparedResponse):
            return None
        entry = prepared.hit.entry
        if entry.expires_at <= now or not has_plausible_times(entry, now, engine.rules.ttl):
            return None
        if prepared.found_by is not None and prepared.found_by is not engine.semantic:
            return None
        # The upstream may have refused the caller's credential since.
        return None if engine.credentials.is_refused(prepared.exchange.credential) else prepared

    def put(self, fingerprints: tuple[bytes, ...], exchange: Exchange, hit: Hit, response: Response) -> None:
        """Prepare the response to requests with these fingerprints.

        It is given as long as the hit's entry is cached in this process and the request has no entry of its own.
        """
        cache, body = self._derived_cache(), response.raw_content
        is_checked = hit.trial is not None or hit.error_bound is not None  # then each hit is decided by itself
        is_plain = not (is_checked or hit.from_higress) and exchange.directives is NO_DIRECTIVES
        is_found = hit.similarity is not None and not hit.same_words
        found_by = self._semantic() if is_found else None
        is_lost = is_found and found_by is None
        if not fingerprints or not is_plain or not body or cache is None or is_lost:
            return
        exchange = replace(exchange, fields=())  # no header's value is held that long
        if hit.judge_seconds is not None:
            hit = replace(hit, judge_seconds=0.0)  # nobody waits for the judge model again
        prepared = PreparedResponse(hit, exchange, response.headers["content-type"], body, found_by)
        size = len(body) if body is not hit.entry.body else 0
        for fingerprint in fingerprints:
            cache.put_derived(fingerprint, hit.entry, prepared, size, exchange.identity.key)

    def add(self, fingerprint: bytes, prepared: PreparedResponse) -> None:
        """Have a prepared response be found by another fingerprint of the same request, too."""
        if (cache := self._derived_cache()) is not None:
            cache.put_derived(fingerprint, prepared.hit.entry, prepared, 0, prepared.exchange.identity.key)

    def _semantic(self) -> Semantic | None:
        return None if (engine := self._engine()) is None else engine.semantic

    def _derived_cache(self) -> DerivedCache | None:
        return None if (engine := self._engine()) is None else engine.backends.derived_cache
