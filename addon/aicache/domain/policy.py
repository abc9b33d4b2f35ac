"""The cache's judgement, as pure functions of values. Nothing here awaits."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from aicache import guards
from aicache.domain.conversation import is_textual
from aicache.domain.keys import Identity
from aicache.domain.model import AHEAD, PINNED, Call, Entry, Mode, Neighbor
from aicache.domain.request_directives import Directives
from aicache.domain.task_prompts import is_task_prompt
from aicache.evidence.neighbor import MAX_COSINE
from aicache.guards.time_sensitive import depends_on_now

MAX_VOLATILE_CHARS = 2000
"""Characters of a question in which a word about the moment tells what it is about."""


class Refusals(StrEnum):
    """To whom a stored answer in which the model declines may be given."""

    NEVER = "never"
    EXACT = "exact"
    ALWAYS = "always"


class Policy(StrEnum):
    """What a neighbour must pass to answer."""

    STATIC = "static"
    GUARDED = "guarded"
    VERIFIED = "verified"


class Volatile(StrEnum):
    """What becomes of questions whose answer depends on the moment, or on the person who asks."""

    EXACT = "exact"
    SHORT = "short"
    LIKE_OTHERS = "like-others"


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings that judgement depends on. Times in seconds, sizes in bytes."""

    ttl: float
    max_bytes: int
    max_temperature: float | None
    threshold: float
    top_k: int
    max_question: int
    refusals: Refusals = Refusals.EXACT
    policy: Policy = Policy.GUARDED
    volatile: Volatile = Volatile.EXACT
    volatile_ttl: float = 600.0
    max_error: float = 0.01
    audit: float = 0.0
    """Share of the hits by meaning that are asked upstream again in the background."""
    shadow: bool = False
    """Nothing is answered by meaning; what would have been is compared with the fresh answer."""
    shared: bool = False
    """Callers get one another's answers."""
    obeys_cache_control: bool = False
    """What the upstream's ``cache-control`` forbids is not kept."""

    @property
    def checks_hits(self) -> bool:
        """Tell whether hits by meaning are counted and checked."""
        return self.policy is Policy.VERIFIED or self.audit > 0 or self.shadow


def may_answer_by_meaning(call: Call, directives: Directives, rules: Rules) -> bool:
    """Tell whether the call may be answered by meaning at all.

    Long questions are left to the exact tier: one changed word hardly moves the vector of a long text, so its
    neighbours prove little. So are conversations that hold a picture, a sound or a document. What depends on now is
    answered by no other answer, unless the rules say so; what is about a chat is answered by no other chat's.
    """
    if not _is_for_others(call.question, rules) or directives.threshold > 1.0:
        return False
    return all(is_textual(turn) for turn in call.turns)


def passing_neighbors(neighbors: Sequence[Neighbor], threshold: float) -> list[Neighbor]:
    """Pick the neighbours that pass the bar, nearest first.

    Ties go to the smaller key, so that two proxies sharing a store agree. A similarity that no cosine can have is the
    index's mistake and never passes.
    """
    passing = [n for n in neighbors if threshold <= n.similarity <= MAX_COSINE]
    return sorted(passing, key=lambda n: (-n.similarity, n.key))


def check_guards(
    question: str,
    neighbor_question: str | None,
    similarity: float,
    threshold: float,
    rules: Rules,
    partition: str = "",
) -> str | None:
    """Say which guard keeps a near entry, asked as *neighbor_question*, from answering *question*; None for none.

    A guard that only doubts raises the bar above *threshold*; the nearer the neighbour is, the less it doubts.
    """
    if rules.policy is Policy.STATIC:
        return None
    if neighbor_question is None:
        return "guard:unknown"
    match guards.compare_questions(question, neighbor_question, partition):
        case guards.Refuse(slot):
            return f"guard:{slot}"
        case guards.Raise(by, slots):
            return None if similarity >= threshold + by * (1 - threshold) else f"guard:{'+'.join(slots)}"
        case guards.Pass():
            return None


def apply_guards(question: str, neighbor_question: str | None, partition: str = "") -> tuple[str | None, float]:
    """Say which guard keeps a neighbour from answering at all, or by how much of the way to 1 it must be nearer."""
    if neighbor_question is None:
        return "guard:unknown", 0.0
    match guards.compare_questions(question, neighbor_question, partition):
        case guards.Refuse(slot):
            return f"guard:{slot}", 0.0
        case guards.Raise(by, _):
            return None, by
        case guards.Pass():
            return None, 0.0


def check_entry(
    entry: Entry,
    call: Call,
    identity: Identity,
    directives: Directives,
    now: float,
    page: str | None = None,
    ttl: float = math.inf,
) -> str | None:
    """Say why a stored entry must not answer this call, or None when it may.

    *page* is the request's Origin, which browsers send: a page that the recorded response does not allow to read it
    would get nothing at all, so the upstream is asked what it says to this one.

    The namespace holds scope, model and parameters. It is compared even for an exact key, so that neither a mixed-up
    index nor a mixed-up store can hand one owner's answer to another.
    """
    if not (entry.api == call.api or identity.any_api):
        return "foreign"
    if (why_not := check_entry_in_namespace(entry, identity.namespace, directives, now, page, ttl)) is not None:
        return why_not
    if call.counted and not _tells_usage(entry, call):
        return "usage-unknown"
    if identity.any_api and call.common is not None and _tokens_at_most(entry) > (call.common.max_tokens or math.inf):
        return "longer-than-asked"
    return None


def check_entry_in_namespace(
    entry: Entry, namespace: str, directives: Directives, now: float, page: str | None, ttl: float = math.inf
) -> str | None:
    """Say why an entry must not answer anyone in this namespace, page and time, or None when it may."""
    if entry.namespace != namespace:
        return "foreign"
    if entry.expires_at <= now:
        return "expired"
    if not has_plausible_times(entry, now, ttl):
        return "other-clock"
    if now - entry.stored_at > directives.max_age:
        return "max-age"
    if page is not None and not {("access-control-allow-origin", allowed) for allowed in ("*", page)} & set(entry.cors):
        return "other-page"
    return None


def has_plausible_times(entry: Entry, now: float, ttl: float) -> bool:
    """Tell whether an entry was made in the past and ends in time, *ttl* seconds at most after that.

    One stored while a clock was ahead would else be no older than now, and live, for as long as it was ahead.
    """
    if entry.stored_at > now + AHEAD:
        return False
    return entry.expires_at >= PINNED or entry.expires_at - now <= ttl + AHEAD


def may_be_neighbor(entry: Entry, rules: Rules) -> bool:
    """Tell whether a stored answer may answer similar questions, too: what made the model decline may be one word."""
    return not entry.refused or rules.refusals is Refusals.ALWAYS


def may_have_vector(entry: Entry, rules: Rules) -> bool:
    """Tell by the entry alone whether its question has a vector: for what comes without the call it answered."""
    return may_be_neighbor(entry, rules) and _is_for_others(entry.question, rules)


def _is_for_others(question: str | None, rules: Rules) -> bool:
    """Tell whether questions like this one may share an answer."""
    if question is None or len(question) > rules.max_question:
        return False
    if rules.volatile is Volatile.EXACT and depends_on_now(question):
        return False
    return not is_task_prompt(question)


def decide_expiry(call: Call, directives: Directives, rules: Rules, now: float) -> float | None:
    """Return the Unix time until which the answer to this call may be kept, or None when it may not.

    A request that leaves the temperature to the upstream counts as hotter than any limit. What is asked about the
    moment has another answer soon, to the very same request, too: tomorrow's today is another day.
    """
    short = rules.volatile is not Volatile.LIKE_OTHERS and _asks_about_now(call)
    if rules.max_temperature is not None and (call.temperature is None or call.temperature > rules.max_temperature):
        return None
    until = latest_expiry(directives, rules, now)
    return min(until, now + rules.volatile_ttl) if until is not None and short else until


def _asks_about_now(call: Call) -> bool:
    """Tell by the user's last message, whether a neighbour may answer it or not.

    In a long text such words stand in passing. And an answer to what a tool has found is an answer to that.
    """
    last = call.turns[-1] if call.turns else None
    if last is None or last.role != "user":
        return False
    parts = last.content if isinstance(last.content, list) else [last.content]
    texts = (part.get("text") if isinstance(part, Mapping) else part for part in parts)
    asked = "\n".join(text for text in texts if isinstance(text, str))
    return len(asked) <= MAX_VOLATILE_CHARS and depends_on_now(asked)


def latest_expiry(directives: Directives, rules: Rules, now: float) -> float | None:
    """Return the Unix time until which what comes now may be kept, or None when the caller wants nothing kept."""
    ttl = min(rules.ttl, directives.ttl)
    return None if directives.no_store or ttl <= 0 else now + ttl


def check_cache_control(cache_control: str, rules: Rules) -> str | None:
    """Return the directive by which an upstream forbids to keep its answer (RFC 9111, 5.2.2); None where it does not.

    ``private`` leaves a caller what is its own; ``no-cache``, which nearly every stream has, is no word on storing.
    """
    if not rules.obeys_cache_control:
        return None
    directives = {each.partition("=")[0].strip() for each in cache_control.split(",")}
    return "no-store" if "no-store" in directives else "private" if rules.shared and "private" in directives else None


def _tokens_at_most(entry: Entry) -> int:
    """Return how many tokens the answer has at most: none is shorter than a byte."""
    return entry.completion_tokens or len(entry.body)


def _tells_usage(entry: Entry, call: Call) -> bool:
    """Tell whether the usage is known, or all that the upstream says of it to such a call is in the recorded answer."""
    if entry.prompt_tokens + entry.completion_tokens > 0:
        return True
    as_asked = call.mode is entry.asked and entry.asked_usage >= call.wants_usage
    return entry.api == call.api and (as_asked or call.mode is entry.mode is Mode.WHOLE)
