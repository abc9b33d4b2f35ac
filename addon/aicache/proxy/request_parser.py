"""Parses requests, large ones in a thread, so that no other request waits for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from mitmproxy.http import HTTPFlow

from aicache.config.request_settings import Settings
from aicache.domain.model import Bypass
from aicache.domain.request_directives import Directives, parse_directives
from aicache.engine import MAX_BYTES_ON_LOOP, Exchange
from aicache.entries.embedding_batch import BatchExchange
from aicache.formats import Embeddings, Format
from aicache.proxy import content_codings
from aicache.proxy.body_readers import BodyReaders, Busy
from aicache.proxy.flow_metadata import strip_directives
from aicache.proxy.http_messages import collect_headers, content_coding_of
from aicache.proxy.request_identity import name_caller
from aicache.runtime.lifecycle import Runtime

E = TypeVar("E", Exchange, BatchExchange)

MAX_NODES_ON_LOOP = 4_000
"""Upper bound on the arrays, objects and names of a body that is parsed on the event loop."""


MAX_ENCODED_BYTES_ON_LOOP = 16 * 1024
"""Larger bodies with a content-encoding are decoded in the thread."""


class RequestParser:
    """*is_switched_off* tells whether the operator has all requests bypass the cache."""

    def __init__(self, is_switched_off: Callable[[], bool]) -> None:
        self._is_switched_off = is_switched_off
        self._readers = BodyReaders()

    async def parse(
        self,
        flow: HTTPFlow,
        runtime: Runtime,
        identify: Callable[..., E | Bypass],
        format: Format | Embeddings,
        deadline: float,
    ) -> tuple[E | Bypass, Directives]:
        """Return what *identify* makes of a request, and the request's directives."""
        headers, directives = take_directives(flow, runtime.settings)
        if self._is_switched_off():
            return Bypass("switched-off"), directives
        message = (flow, format, headers, directives, runtime.settings)
        if _is_quickly_read(flow.request.raw_content or b"", content_coding_of(headers)):
            return identify(*message), directives
        caller = name_caller(flow, headers, runtime.settings)
        half = deadline - runtime.engine.lookup_timeout / 2  # the look-up in the backends has the rest
        try:
            return await self._readers.run(caller, half, identify, *message), directives
        except Busy:
            return Bypass("busy"), directives

    def close(self) -> None:
        self._readers.close()


def take_directives(flow: HTTPFlow, settings: Settings) -> tuple[dict[str, str], Directives]:
    """Return a request's headers and the directives among them, and remove the cache's own headers."""
    headers = collect_headers(flow.request.headers)
    directives = parse_directives(headers)
    if settings.starting:
        directives = replace(directives, no_store=True)  # the key's salt is provisional: nobody would find the entry
    strip_directives(flow, headers)
    return headers, directives


def _is_quickly_read(body: bytes, coding: str) -> bool:
    """Tell whether a body is decoded and parsed within some ten milliseconds, whatever it holds."""
    if not coding:
        return _is_quickly_parsed(body)
    if len(body) > MAX_ENCODED_BYTES_ON_LOOP:
        return False
    try:
        return _is_quickly_parsed(content_codings.decode(body, coding, MAX_BYTES_ON_LOOP))
    except content_codings.TooLarge:
        return False
    except ValueError:
        return True  # it is not decoded, and so not parsed


def _is_quickly_parsed(body: bytes) -> bool:
    """Tell whether a body without a content-encoding is parsed within some ten milliseconds."""
    return (
        len(body) <= MAX_BYTES_ON_LOOP and body.count(b"[") + body.count(b"{") + body.count(b":") <= MAX_NODES_ON_LOOP
    )
