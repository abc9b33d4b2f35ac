"""Which recorded request a request is the same as: LLM calls as for the cache, all others exactly. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import msgspec

from aicache import formats
from aicache.cassette.body_document import parse_json
from aicache.cassette.interaction import RecordedRequest
from aicache.domain import keys
from aicache.domain.caller_identity import target_without_credentials
from aicache.domain.digests import digest
from aicache.domain.directories import Directories
from aicache.domain.json_paths import Edit, edits_for
from aicache.domain.keys import KeyRules, Origin
from aicache.domain.model import Call
from aicache.formats import Allow, Format, RequestContext

_BOUNDARY = re.compile(r'boundary="?([^";,\s]+)', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class MatchRules:
    """The settings that decide which requests are the same."""

    keys: KeyRules
    edits: tuple[Edit, ...] = ()
    """Fields that are no part of an LLM call, or in part."""


@dataclass(frozen=True, slots=True)
class MatchedRequest:
    """A request with the key that it shares with every request that is the same."""

    request: RecordedRequest
    key: str
    call: Call | None = None
    """The LLM call, where it is one that the cache can read ..."""
    format: Format | None = None
    """... and its API."""
    directories: Directories = ()
    """Those that it announces."""


def match_request(request: RecordedRequest, rules: MatchRules) -> MatchedRequest:
    """Derive the key of a request, which is without caller, upstream and header fields that are no parameters.

    An LLM call is the same as for the exact cache, in either mode, with the settings' masks. A call that the cache
    cannot read, such as one with state at the upstream, is the same if method, target and body are, as are requests
    that are no LLM calls: JSON by its values.
    """
    if (format := formats.match(request.method, request.path)) is not None:
        try:
            context = RequestContext(
                query=request.query,
                headers=dict(request.headers),
                allow=Allow(private_tools=True, names=rules.keys.ignore),
                edits=edits_for(rules.edits, format.api),
            )
            call = format.parse_request(request.path, request.body, context)
            target = target_without_credentials(*format.normalize_target(request.path, request.query))
            identity = keys.identify(call, Origin("", target, ""), replace(rules.keys, salt=b""))
        except (ValueError, RecursionError):
            pass
        else:
            return MatchedRequest(request, identity.key, call, format, identity.directories)
    ignored = rules.keys.ignore if formats.match_embeddings(request.method, request.path) is not None else frozenset()
    return MatchedRequest(request, digest("exactly", request.method, request.target, _canonical(request, ignored)))


def _canonical(request: RecordedRequest, ignored: frozenset[str]) -> str:
    """Return a body in the one form that equal bodies share."""
    body = request.body
    if boundary := _BOUNDARY.search(request.header("content-type")):  # drawn by lot for each request: RFC 2046, 5.1.1
        body = body.replace(boundary[1].encode(), b"boundary")
    text = body.decode("utf-8", "surrogateescape")
    value = parse_json(text)
    if isinstance(value, dict):
        value = {name: item for name, item in value.items() if name not in ignored}
    return text if value is None else "json " + msgspec.json.encode(value, order="deterministic").decode()
