"""The cache's own error responses, in the shape of the API that the client speaks. It decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from mitmproxy.http import Request, Response

from aicache.domain.model import Bypass, Miss
from aicache.formats import Embeddings, Format
from aicache.formats.api_errors import APIError, render_openai_error
from aicache.proxy.http_messages import build_response, embeddings_format_of, format_of
from aicache.telemetry import phrases

NO_RETRY = MappingProxyType({"x-should-retry": "false"})
"""Tells the SDKs of OpenAI and Anthropic not to repeat the request: they would have the same response."""


def render_error(format: Format | Embeddings, error: APIError, headers: Mapping[str, str]) -> Response:
    """Render an error in place of an answer; *headers* are the fields beside the content's own."""
    return build_response(error.status, format.render_error(error), {"content-type": "application/json", **headers})


def render_not_cached(format: Format | Embeddings, outcome: Miss | Bypass) -> Response:
    """Return the response to a request with only-if-cached that is not answered from the cache (RFC 9111, 5.2.1.7)."""
    message = phrases.describe_not_cached(outcome)
    status = "bypass" if isinstance(outcome, Bypass) else "miss"
    headers = {"cache-status": "ai-cache; detail=only-if-cached", "x-cache-status": status}
    return render_error(format, APIError(504, message, "cache_miss", "only_if_cached"), headers | NO_RETRY)


def render_incomplete_batch(format: Embeddings) -> Response:
    """Return the response for when the upstream's answer to a part does not fit, and the whole is not answered."""
    message = "The answer could not be completed from the cache: ask again."
    headers = {"cache-status": "ai-cache; fwd=partial", "x-cache-status": "miss", "retry-after": "0"}
    return render_error(format, APIError(502, message, "cache_error", "incomplete_batch"), headers)


def render_miss_on_cassette(request: Request, error: APIError) -> Response:
    """Return the refusal of a request that is not on the cassette, in OpenAI's shape if it is no call of any API."""
    headers = {"cache-status": "ai-cache; detail=cassette", "x-cache-status": "miss"} | NO_RETRY
    format = format_of(request) or embeddings_format_of(request)
    if format is not None:
        return render_error(format, error, headers)
    body = render_openai_error(error)
    return build_response(error.status, body, {"content-type": "application/json", **headers})
