"""Replaces the upstream and the credentials of recorded requests, so that other callers get their answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from mitmproxy.http import HTTPFlow

from aicache.domain.caller_identity import CREDENTIAL_PARAMETERS
from aicache.domain.known_request_headers import CREDENTIALS
from aicache.proxy.http_messages import format_of


@dataclass(frozen=True, slots=True)
class CallerOverrides:
    """The changes made to every flow; by default none."""

    upstream: str | None = None
    """URL whose scheme, host and port replace the recorded ones."""
    key: str | None = None
    """API key that replaces every recorded credential."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers that replace the recorded ones, by lower-case name."""

    def apply(self, flow: HTTPFlow) -> None:
        request = flow.request
        if self.upstream is not None:
            parts = urlsplit(self.upstream)
            request.scheme = parts.scheme
            request.host, request.port = parts.hostname or "", parts.port or {"https": 443}.get(parts.scheme, 80)
            request.headers["host"] = parts.netloc
        if self.key is not None:
            for name in CREDENTIALS:
                request.headers.pop(name, None)
            for name in [name for name in request.query if name.lower() in CREDENTIAL_PARAMETERS]:
                del request.query[name]
            name, value = self._credential(flow, self.key)
            request.headers[name] = value
        for name, value in self.headers.items():
            request.headers[name] = value

    def _credential(self, flow: HTTPFlow, key: str) -> tuple[str, str]:
        """Return the header in which clients of this API send their key."""
        format = format_of(flow.request)
        match format.api if format is not None else "":
            case "messages":
                return "x-api-key", key
            case "gemini":
                return "x-goog-api-key", key
        return "authorization", f"Bearer {key}"
