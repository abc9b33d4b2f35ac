"""Which answers may be stored, and for how long, as pure functions of values. Whether they are good is known before."""

from __future__ import annotations

from collections.abc import Mapping

from aicache.domain.model import Call, Entry
from aicache.domain.policy import Rules, Volatile
from aicache.domain.request_directives import Directives
from aicache.guards.time_sensitive import depends_on_now

MAX_VOLATILE_CHARS = 2000
"""Characters of the longest message that is volatile by a word for the moment: in longer ones it stands in passing."""


def decide_expiry(call: Call, directives: Directives, rules: Rules, now: float) -> float | None:
    """Return the Unix time at which the answer to this call expires, or None if it must not be kept.

    A request that leaves the temperature to the upstream counts as above any limit. Questions about the moment soon
    have another answer, to the very same request, too: tomorrow's today is another day.
    """
    if not may_be_kept(call, directives, rules):
        return None
    until = latest_expiry(directives, rules, now)
    short = rules.volatile is not Volatile.LIKE_OTHERS and _is_volatile(call)
    return min(until, now + rules.volatile_ttl) if until is not None and short else until


def may_be_kept(call: Call, directives: Directives, rules: Rules) -> bool:
    """Return whether the answer to this call may be kept at all: `decide_expiry` without reading the question."""
    if rules.max_temperature is not None and (call.temperature is None or call.temperature > rules.max_temperature):
        return False
    return latest_expiry(directives, rules, 0.0) is not None


def latest_expiry(directives: Directives, rules: Rules, now: float) -> float | None:
    """Return the latest expiry (Unix time) of an answer stored now, or None if the caller forbids storing."""
    ttl = min(rules.ttl, directives.ttl)
    return None if directives.no_store or ttl <= 0 else now + ttl


def keep_until(entry: Entry, rules: Rules) -> float:
    """Return the time (Unix) until which a new entry is kept to be served stale; 0 if it is not.

    Not one that was to be short-lived: by its client's wish, or since its question or what it names is.
    """
    if rules.keeps_stale <= 0 or entry.expires_at - entry.stored_at < rules.ttl:
        return 0.0
    return entry.expires_at + rules.keeps_stale


def check_cache_control(cache_control: str, rules: Rules) -> str | None:
    """Return the directive by which an upstream forbids storing its answer (RFC 9111, 5.2.2), or None.

    ``private`` allows storing it for the caller alone; ``no-cache``, which nearly every stream has, allows storing.
    """
    if not rules.obeys_cache_control:
        return None
    directives = {each.partition("=")[0].strip() for each in cache_control.split(",")}
    return "no-store" if "no-store" in directives else "private" if rules.shared and "private" in directives else None


def _is_volatile(call: Call) -> bool:
    """Return whether the user's last message depends on the moment, even if only the exact request may answer it.

    In a long text such words stand in passing. And the answer to a tool's result depends on that result.
    """
    last = call.turns[-1] if call.turns else None
    if last is None or last.role != "user":
        return False
    parts = last.content if isinstance(last.content, list) else [last.content]
    texts = (part.get("text") if isinstance(part, Mapping) else part for part in parts)
    text = "\n".join(text for text in texts if isinstance(text, str))
    if len(text) > MAX_VOLATILE_CHARS:
        return False
    return call.depends_on_now if text == call.question else depends_on_now(text)
