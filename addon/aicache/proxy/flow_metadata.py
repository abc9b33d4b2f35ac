"""The request directives noted in ``flow.metadata``, which mitmproxy saves with the flow. They are not parsed here."""

from __future__ import annotations

from mitmproxy.http import HTTPFlow

from aicache.domain.request_directives import OWN_HEADERS

CACHE_NAME = "ai-cache"
"""The key in ``flow.metadata``, and this cache's name in ``cache-status`` (RFC 9211)."""


def note_directives(flow: HTTPFlow, headers: dict[str, str]) -> None:
    """Note the cache's own request headers on the flow: they do not go upstream, but saved flows keep them."""
    if noted := {name: headers[name] for name in OWN_HEADERS if name in headers}:
        flow.metadata[CACHE_NAME] = noted


def directives_of(flow: HTTPFlow) -> dict[str, str]:
    """Return the headers that `note_directives` noted."""
    noted = flow.metadata.get(CACHE_NAME)
    return {str(name): str(value) for name, value in noted.items()} if isinstance(noted, dict) else {}


def strip_directives(flow: HTTPFlow, headers: dict[str, str]) -> None:
    """Note the cache's own headers and remove them from the request."""
    note_directives(flow, headers)
    for name in OWN_HEADERS:
        if name in headers:
            del flow.request.headers[name]
