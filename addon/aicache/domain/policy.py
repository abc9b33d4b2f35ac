"""Which stored answer may be served for a request, as pure functions of values. Nothing here awaits.

Which answers may be stored is decided in `aicache.domain.storing_policy`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from aicache import guards
from aicache.domain.conversation import is_textual
from aicache.domain.keys import Identity
from aicache.domain.model import MAX_CLOCK_SKEW_S, PINNED, Call, Entry, Mode, Neighbor
from aicache.domain.request_directives import Directives
from aicache.domain.task_prompts import is_task_prompt
from aicache.evidence.neighbor import MAX_COSINE
from aicache.guards import Outcome
from aicache.guards.time_sensitive import depends_on_now

TOO_FAR = "too far"
"""Why a neighbor does not answer of which nothing is known but its similarity."""


class Refusals(StrEnum):
    """Which requests may get a stored answer in which the model declines."""

    NEVER = "never"
    EXACT = "exact"
    ALWAYS = "always"


class Policy(StrEnum):
    """The checks that a neighbor must pass to answer."""

    STATIC = "static"
    GUARDED = "guarded"
    VERIFIED = "verified"


class Volatile(StrEnum):
    """How to treat questions whose answer depends on the moment or on the caller."""

    EXACT = "exact"
    SHORT = "short"
    LIKE_OTHERS = "like-others"


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings that decisions depend on. Times in seconds, sizes in bytes."""

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
    """Share of the hits by meaning that are sent upstream, too, in the background."""
    shadow: bool = False
    """Nothing is served by meaning; what would have been is compared with the fresh answer."""
    shared: bool = False
    """Callers share their answers."""
    obeys_cache_control: bool = False
    """Answers whose ``cache-control`` forbids storing are not kept."""
    stale_if_error: float = 0.0
    """Time after its expiry in which an answer is served where the upstream fails (RFC 5861, 4)."""
    stale_while_revalidate: float = 0.0
    """Time after its expiry in which an answer is served while the upstream is asked for another (RFC 5861, 3)."""
    same_words: bool = False
    """Questions that differ in nothing but their writing have one answer, whether or not the index is there."""

    @property
    def keeps_stale(self) -> float:
        """Time for which answers are kept after their expiry."""
        return max(self.stale_if_error, self.stale_while_revalidate)

    @property
    def checks_hits(self) -> bool:
        """Whether hits by meaning are counted and checked."""
        return self.policy is Policy.VERIFIED or self.audit > 0 or self.shadow


def may_answer_by_meaning(call: Call, directives: Directives, rules: Rules) -> bool:
    """Return whether the call may be answered by meaning.

    Long questions are left to the exact tier: one changed word hardly moves the vector of a long text, so its
    neighbors prove little. So are conversations with a picture, a sound or a document. Volatile questions get no other
    question's answer, unless the rules allow it; task prompts get no other chat's.
    """
    if directives.threshold > 1.0 or not _has_neighbors(call.question, rules):
        return False
    if rules.volatile is Volatile.EXACT and call.depends_on_now:
        return False
    return all(is_textual(turn) for turn in call.turns)


def may_have_alias(directives: Directives, rules: Rules) -> bool:
    """Return whether an answer that may be found by meaning may be found by the same words, too.

    Where callers share answers, one that is wanted for a short time only must not take the place of theirs.
    """
    return rules.same_words and not (rules.shared and directives.ttl < rules.ttl)


def passing_neighbors(neighbors: Sequence[Neighbor], threshold: float) -> list[Neighbor]:
    """Return the neighbors that reach the threshold, nearest first.

    Ties go to the smaller key, so that proxies that share a store agree. A similarity that no cosine can have is an
    error of the index and never passes.
    """
    passing = [n for n in neighbors if threshold <= n.similarity <= MAX_COSINE]
    return sorted(passing, key=lambda n: (-n.similarity, n.key))


def lowest_similarity(threshold: float, rules: Rules) -> float:
    """Return the similarity from which the guards may let a neighbor answer of which nothing is left unexplained."""
    return threshold + guards.MOST_EASE * (1 - threshold) if rules.policy is Policy.GUARDED else threshold


def check_guards(
    question: str,
    neighbor_question: str | None,
    similarity: float,
    threshold: float,
    rules: Rules,
    partition: str = "",
) -> str | None:
    """Return why the guards keep a neighbor with this question and similarity from answering, or None.

    ``guard:NAME+NAME`` where the questions are known to differ, ``unexplained:NAME+NAME`` where something is left over
    that may change the answer, or that would have to be nearer.
    """
    if rules.policy is Policy.STATIC:
        return None
    if neighbor_question is None:
        return "guard:unknown"
    compared = guards.compare_questions(question, neighbor_question, partition)
    if compared.outcome is Outcome.DIFFERENT:
        return f"guard:{compared.names}"
    near_enough = similarity >= threshold + compared.raised * (1 - threshold)
    if compared.outcome is Outcome.EXPLAINED and near_enough:
        return None
    return f"unexplained:{compared.names}" if compared.names else TOO_FAR


def apply_guards(question: str, neighbor_question: str | None, partition: str = "") -> tuple[str | None, float]:
    """Return the guard that keeps a neighbor from answering, and by which share of the way to 1 it must be nearer."""
    if neighbor_question is None:
        return "guard:unknown", 0.0
    compared = guards.compare_questions(question, neighbor_question, partition)
    if compared.outcome is Outcome.DIFFERENT:
        return f"guard:{compared.names}", 0.0
    return None, compared.raised


def is_objection(refused: str | None) -> bool:
    """Return whether a neighbor's refusal is the guards'."""
    return refused is not None and refused.startswith(("guard:", "unexplained:"))


def check_entry(
    entry: Entry,
    call: Call,
    identity: Identity,
    directives: Directives,
    now: float,
    page: str | None = None,
    ttl: float = math.inf,
) -> str | None:
    """Return why a stored entry must not answer this call, or None if it may.

    *page* is the request's Origin, which browsers send: a page that the recorded response does not allow to read it
    would get nothing, so the request goes upstream.

    The namespace covers scope, model and parameters. It is compared even for an exact key, so that neither a mixed-up
    index nor a mixed-up store can give one caller's answer to another.
    """
    if not (entry.api == call.api or identity.any_api):
        return "foreign"
    if (why_not := check_entry_in_namespace(entry, identity.namespace, directives, now, page, ttl)) is not None:
        return why_not
    if call.counted and not _reports_usage(entry, call):
        return "usage-unknown"
    if identity.any_api and call.common is not None and _max_tokens(entry) > (call.common.max_tokens or math.inf):
        return "longer-than-asked"
    return None


def check_entry_in_namespace(
    entry: Entry, namespace: str, directives: Directives, now: float, page: str | None, ttl: float = math.inf
) -> str | None:
    """Return why an entry must not answer any call in this namespace, from this page, at this time; None if it may."""
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


def may_answer_stale(
    entry: Entry,
    call: Call,
    identity: Identity,
    directives: Directives,
    now: float,
    page: str | None = None,
    ttl: float = math.inf,
) -> bool:
    """Return whether an entry that has expired may answer this call in all other respects (see `check_entry`)."""
    if not entry.expires_at <= now < entry.kept_until:
        return False
    lasting = replace(entry, expires_at=now + 1)
    return check_entry(lasting, call, identity, directives, now, page, ttl) is None


def has_plausible_times(entry: Entry, now: float, ttl: float) -> bool:
    """Return whether an entry was stored in the past and expires within *ttl* seconds.

    An entry stored while a clock was ahead would otherwise live longer, by as much as the clock was ahead.
    """
    if entry.stored_at > now + MAX_CLOCK_SKEW_S:
        return False
    return entry.expires_at >= PINNED or entry.expires_at - now <= ttl + MAX_CLOCK_SKEW_S


def may_be_neighbor(entry: Entry, rules: Rules) -> bool:
    """Return whether a stored answer may answer similar questions, too: one word may have made the model decline."""
    return not entry.refused or rules.refusals is Refusals.ALWAYS


def may_have_vector(entry: Entry, rules: Rules) -> bool:
    """Return whether the question of an entry may have a vector, by the entry alone: without the call it answered."""
    question = entry.question
    if question is None or not may_be_neighbor(entry, rules) or not _has_neighbors(question, rules):
        return False
    return rules.volatile is not Volatile.EXACT or not depends_on_now(question)


def _has_neighbors(question: str | None, rules: Rules) -> bool:
    """Return whether a question may share its answer with similar ones, if its answer does not depend on the moment."""
    return question is not None and len(question) <= rules.max_question and not is_task_prompt(question)


def _max_tokens(entry: Entry) -> int:
    """Return the most tokens that the answer can have: a token has at least one byte."""
    return entry.completion_tokens or len(entry.body)


def _reports_usage(entry: Entry, call: Call) -> bool:
    """Return whether the usage is known, or the recorded answer has all that the upstream reports to such a call."""
    if entry.prompt_tokens + entry.completion_tokens > 0:
        return True
    as_asked = call.mode is entry.asked and entry.asked_usage >= call.wants_usage
    return entry.api == call.api and (as_asked or call.mode is entry.mode is Mode.WHOLE)
