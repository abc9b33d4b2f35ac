"""Parses the cache directives in request headers. Never raises: an invalid value counts as the strictest one. Pure."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from aicache.domain.request_headers import Headers

SKIP = "x-higress-skip-ai-cache"
TTL = "x-ai-cache-ttl"
THRESHOLD = "x-ai-cache-threshold"
FEEDBACK = "x-ai-cache-feedback"
KEY = "x-ai-cache-key"
OWN_HEADERS = (SKIP, TTL, THRESHOLD, FEEDBACK, KEY)
"""Headers of this cache: removed from the request before it goes upstream (``cache-control`` stays)."""

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


@dataclass(frozen=True, slots=True)
class Directives:
    """The cache directives of one request; each can only make the cache more careful than its settings."""

    skip: bool = False
    """Neither look up nor store."""
    no_store: bool = False
    """Look up, but store nothing of this exchange (RFC 9111, 5.2.1.5)."""
    no_cache: bool = False
    """Do not look up; the upstream's answer replaces the stored one (5.2.1.4)."""
    max_age: float = math.inf
    """Seconds; older entries do not answer (5.2.1.1)."""
    only_if_cached: bool = False
    """Answer 504 instead of going upstream (5.2.1.7)."""
    ttl: float = math.inf
    """Seconds until the entry expires at the latest. 0 stores nothing."""
    threshold: float = -1.0
    """Similarity that a neighbor needs; above 1 none answers."""
    wrong: str | None = None
    """Key of an entry that the caller reports as a wrong answer to this request, which asks for a fresh one."""
    right: str | None = None
    """Key of an entry that the caller reports as a right answer."""


NO_DIRECTIVES = Directives()


def parse_directives(headers: Headers) -> Directives:
    """Parse the cache directives in the headers of a request; most requests have none."""
    skip, ttl, threshold = headers.get(SKIP), headers.get(TTL), headers.get(THRESHOLD)
    cache_control = headers.get("cache-control")
    feedback = headers.get(FEEDBACK)
    if skip is None and ttl is None and threshold is None and cache_control is None and feedback is None:
        return NO_DIRECTIVES
    word, key = (feedback or "").strip().lower(), (headers.get(KEY) or "").strip().lower()
    known = re.fullmatch(r"[0-9a-f]{40}", key) is not None
    directives = _directives(cache_control or "")
    return Directives(
        skip=skip is not None and skip.strip().lower() in ("on", "true", "1", "yes"),
        no_store="no-store" in directives,
        no_cache="no-cache" in directives or word == "wrong",
        max_age=_delta_seconds(directives["max-age"]) if "max-age" in directives else math.inf,
        only_if_cached="only-if-cached" in directives,
        ttl=math.inf if ttl is None else _duration(ttl),
        threshold=-1.0 if threshold is None else _similarity(threshold),
        wrong=key if known and word == "wrong" else None,
        right=key if known and word == "right" else None,
    )


def _directives(value: str) -> dict[str, str]:
    """Split a Cache-Control field (RFC 9111, 5.2): names are case-insensitive, arguments may be quoted."""
    found = {}
    for part in value.split(","):
        name, _, argument = part.partition("=")
        found[name.strip().lower()] = argument.strip().strip('"')
    return found


def _delta_seconds(text: str) -> float:
    """Return delta-seconds (RFC 9111, 1.2.2); 0 for anything but digits: stale at once (4.2.1)."""
    return float(text) if re.fullmatch(r"[0-9]{1,15}", text) else 0.0


def _duration(text: str) -> float:
    match = re.fullmatch(r"([0-9]{1,15}(?:\.[0-9]{1,6})?)(ms|s|m|h|d)?", text.strip().lower())
    return float(match[1]) * _UNITS[match[2] or "s"] if match else 0.0


def _similarity(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return math.inf
    return value if 0.0 <= value <= 1.0 else math.inf
