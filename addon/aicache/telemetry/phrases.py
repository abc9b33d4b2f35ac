"""Short descriptions of decisions, for lists that a person reads. Pure; they quote nothing of the request."""

from __future__ import annotations

from collections.abc import Sequence

from aicache.domain.events import ANOTHER_PROXY, SAME_WORDS, Decided, Finished
from aicache.domain.model import Bypass, Miss

SEPARATOR = " · "
MARKERS = {
    "exact hit": ":green_circle:",
    "semantic hit": ":large_blue_circle:",
    "legacy hit": ":brown_circle:",
    "embeddings hit": ":green_circle:",
    "collapsed hit": ":purple_circle:",
    "miss": ":yellow_circle:",
    "bypass": ":white_circle:",
}
"""The marker of each outcome, which mitmproxy shows as an emoji."""
FAILED_MARKER = ":red_circle:"
"""The marker of a miss because a dependency failed."""
PARTIAL_MARKER = ":orange_circle:"
"""A batch of which some inputs are known."""

_MISSES = {
    "no-cache": "a fresh answer was asked for",
    "starting": "the cache was still starting",
    "busy": "more was asked than there was time for, by all or by this caller",
    "in-flight": "the answer to an equal request, which was in flight, was of no use",
    "not-stored": "not stored, and not to be answered by meaning",
    "credential-unproven": "the upstream has not accepted this API key yet",
    "neighbor-gone": "the nearest neighbor's answer is gone",
    "foreign": "what is stored is another caller's",
    "expired": "what is stored has expired",
    "other-clock": "what is stored was made by a clock that has been set back, or lasts longer than exact.ttl",
    "max-age": "what is stored is older than max-age",
    "other-page": "what is stored may not be read by this page",
    "usage-unknown": "the usage that such an answer tells was not recorded",
    "longer-than-asked": "the stored answer is longer than asked for",
    "not-renderable": "the stored answer cannot be said in this API or mode",
    "shadow": "shadow mode answers nothing by meaning",
    "explored": "the neighbor is compared with a fresh answer first",
    "frozen": "hits by meaning are restricted to the surest ones",
    "off": "hits by meaning are switched off until checks come out well again",
}
_BYPASSES = {
    "skip": "the request says so",
    "streamed": "the request's body was streamed",
    "too-large": "the request is too large",
    "too-complex": "the request holds more than is read",
    "busy": "too much was being read",
    "unread": "its client does not read what it was sent before",
    "mask-too-slow": "a pattern of mask takes too long",
    "no-scope": "the header that says whose answers these are is missing",
    "private-tools": "the upstream reads private data for it, or acts",
    "stateful": "the answer depends on what the upstream remembers",
    "not-understood": "the request was not understood",
    "switched-off": "switched off by aicache.bypass",
    "websocket": "a WebSocket, whose messages are not read",
    "websocket-declined": "a WebSocket was declined; its client is to use HTTP",
}
_NOT_CACHED = {
    "no-cache": "it asks for a fresh answer as well (no-cache)",
    "starting": "the cache is still starting",
    "busy": "the cache has too much to do",
    "credential-unproven": "answers are shared (scope: shared), and the upstream has not accepted this credential "
    "within the last hour; one request without only-if-cached that it answers will do",
    "credential-refused": "the upstream has refused this credential",
    "expired": "the stored answer has expired",
    "other-clock": "the clock has been set back since the answer was stored, or the answer is older than exact.ttl",
    "max-age": "the stored answer is older than its max-age",
    "other-page": "the stored answer may not be read by this page",
    "usage-unknown": "the usage that its answer tells was not recorded",
    "longer-than-asked": "the stored answer is longer than asked for",
    "not-renderable": "the stored answer cannot be said in this API or mode",
}
"""Why a request with only-if-cached is not answered, as far as it is the client's to know: not what others asked."""
_NOT_KEPT = {
    "not to be kept": "the request or the settings say so",
    "too busy": "too much was being stored",
    "upstream-refused": "the upstream refuses connections",
    "upstream-unreachable": "no network leads to the upstream",
    "upstream-unresolved": "the upstream's name cannot be resolved",
    "upstream-timeout": "the upstream did not answer in time",
    "upstream-certificate": "the upstream's certificate is not accepted",
    "upstream-no-tls": "the upstream does not speak TLS",
    "upstream-tls": "TLS with the upstream failed",
    "upstream-loop": "the upstream leads back to this proxy",
    "upstream-proxy": "the proxy before the upstream refuses to connect",
    "upstream-closed": "the upstream closed the connection",
    "upstream-not-http": "the upstream's answer is not HTTP",
    "upstream-failed": "the upstream has not answered",
    "stored for longer already": "it is stored for longer already",
}
_UNITS = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"))


def outcome_name(decided: Decided) -> str:
    """Name the outcome: ``miss``, ``bypass`` or a hit with its tier, as in ``exact hit``."""
    return f"{decided.tier or 'exact'} hit" if decided.outcome == "hit" else decided.outcome


def flow_marker(decided: Decided) -> str:
    reason = decided.reason or ""
    if decided.outcome == "miss" and reason.startswith("store-error"):
        return FAILED_MARKER
    if decided.outcome == "miss" and decided.tier == "embeddings" and not reason.startswith("0/"):
        return PARTIAL_MARKER
    return MARKERS[outcome_name(decided)]


def describe_decision(decided: Decided) -> str:
    """Describe a decision and its reason in one line; of a hit also what it saved."""
    outcome, why = outcome_name(decided), describe_reason(decided)
    if decided.outcome != "hit":
        return f"{outcome}: {why}"
    named = outcome if decided.similarity is None else f"{outcome} {decided.similarity:.3f}"
    return SEPARATOR.join(part for part in (named, why) if part)


def describe_reason(decided: Decided) -> str:
    """Describe the reason for a miss or a bypass, and of a hit what there is to know, also what it saved."""
    if decided.outcome == "bypass":
        return _describe_bypass(decided.reason or "")
    if decided.outcome == "miss":
        differs = f"; an equal request is stored, with another {', '.join(decided.headers)}" if decided.headers else ""
        return f"{describe_miss(decided)}{_describe_judging(decided)}{differs}"
    parts = []
    if decided.is_stale:
        parts.append("expired, another one is fetched")
    if decided.judged:
        parts.append("allowed by the judge model")
    if decided.reason == SAME_WORDS:
        parts.append("the same words")
    if (other := decided.collapsed_with) is not None:
        whose = "of a request at another proxy" if other == ANOTHER_PROXY else f"of flow {other[:8]}"
        parts.append(f"the answer {whose}, which was in flight")
    if (entry := decided.entry) is not None:
        if decided.tier != "legacy" and decided.collapsed_with is None:
            parts.append(f"{format_duration(max(0.0, decided.at - entry.stored_at))} old")
        if saved := format_amount(
            entry.prompt_tokens + entry.completion_tokens, entry.took - decided.seconds - decided.waited
        ):
            parts.append(f"saved {saved}")
    return SEPARATOR.join(parts)


def describe_completion(finished: Finished) -> str:
    """Describe how a miss ended: what it cost, and whether its answer is kept."""
    entry = finished.entry
    cost = format_amount(entry.prompt_tokens + entry.completion_tokens if entry is not None else 0, finished.seconds)
    return SEPARATOR.join(part for part in (cost, describe_storing(finished)) if part)


def describe_storing(finished: Finished) -> str:
    """Describe whether the answer to a miss is kept, and why it is not."""
    parts = ["an expired answer was given"] if finished.is_stale else []
    if finished.entry is not None:
        parts.append("kept")
    elif finished.why_not is not None:
        parts.append(f"not kept: {_NOT_KEPT.get(finished.why_not, finished.why_not)}")
    return SEPARATOR.join(parts)


def describe_miss(decided: Decided) -> str:
    """Describe why a request was not answered from the cache."""
    reason, trace = decided.reason or "", decided.trace
    nearest = max((neighbor.similarity for neighbor in trace.neighbors), default=None)
    if decided.tier == "embeddings":
        return reason
    if reason == "no-neighbor":
        wanted = "near enough" if trace.threshold is None else f"above {trace.threshold:.4g}"
        return f"no neighbor {wanted} ({'none there' if nearest is None else f'nearest {nearest:.3f}'})"
    if reason.startswith("unexplained:"):
        names = reason.removeprefix("unexplained:").replace("+", ", ")
        at = next((neighbor.similarity for neighbor in trace.neighbors if neighbor.refused == reason), None)
        where = "neighbor" if at is None else f"neighbor at {at:.3f}"
        return f"{where} may ask something else: {names}"
    if reason.startswith("guard:"):
        guards = reason.removeprefix("guard:").replace("+", ", ")
        at = next((neighbor.similarity for neighbor in trace.neighbors if neighbor.refused == reason), None)
        return f"guard against other {guards}" if at is None else f"neighbor at {at:.3f} refused by guard: {guards}"
    if reason == "too-risky":
        risk = "" if trace.risk is None else f", {100 * trace.risk:.2g} % likely wrong"
        return f"neighbor too risky ({'' if nearest is None else f'at {nearest:.3f}'}{risk})".replace("(, ", "(")
    return _MISSES.get(reason, reason.replace("store-error: ", "store error: "))


def describe_not_cached(outcome: Miss | Bypass) -> str:
    """Explain to a client that wants an answer from the cache only (only-if-cached) why it gets none."""
    if isinstance(outcome, Bypass):
        why = _describe_bypass(outcome.reason)
        return f"The cache does not look this request up, which says only-if-cached: {why}."
    if outcome.reason.startswith("store-error"):
        why = "the cache cannot be read at the moment"
    elif (why := _NOT_CACHED.get(outcome.reason, "")) == "":
        return "The answer is not in the cache, and the request says only-if-cached."
    return f"The cache may not answer this request, which says only-if-cached: {why}."


def _describe_judging(decided: Decided) -> str:
    """Describe what a judge model said of a miss's neighbors; empty if it was not to be asked."""
    said = dict.fromkeys(neighbor.judged for neighbor in decided.trace.neighbors if neighbor.judged is not None)
    return f"; judge model: {', '.join(said)}" if said else ""


def _describe_bypass(reason: str) -> str:
    if reason.startswith("content-encoding: "):
        return f"the request's body is encoded ({reason.removeprefix('content-encoding: ')})"
    return _BYPASSES.get(reason, reason)


def format_amount(tokens: int, seconds: float) -> str:
    """Format tokens and seconds, as far as they are known: ``412 tokens, 2.1 s``."""
    parts: Sequence[str] = (
        f"{tokens:,} token{'s' if tokens != 1 else ''}" if tokens > 0 else "",
        f"{seconds:.1f} s" if seconds >= 0.05 else f"{1000 * seconds:.0f} ms" if seconds > 0.0005 else "",
    )
    return ", ".join(part for part in parts if part)


def format_duration(seconds: float) -> str:
    """Format a duration in its largest unit: ``3 h``, ``41 s``."""
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
