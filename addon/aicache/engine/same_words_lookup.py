"""Look-up by the same words, written differently: an alias leads to the entry, and nothing is embedded or searched.

It is a hit by meaning of similarity 1, so whatever keeps an entry from answering by meaning keeps it from answering
here. Unless hits are checked, it needs neither embedder nor index.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from aicache.domain import policy
from aicache.domain.keys import question_alias
from aicache.domain.model import Entry, Hit, Miss, Neighbor
from aicache.domain.ports import StoreError
from aicache.engine.guarded_semantic import Semantic
from aicache.engine.learning import Learning
from aicache.engine.lookup import Lookup
from aicache.engine.neighbor_search import NeighborSearch, disowned_flags
from aicache.engine.semantic_lookup import SemanticLookup
from aicache.engine.step_names import Step


@dataclass(frozen=True, slots=True)
class FoundAlias:
    """A question's alias, and the key of the entry that it leads to."""

    alias: str
    key: str


def alias_of(lookup: Lookup) -> str:
    """Return the alias to read with the exact entry; "" for none. What is refused by meaning is found out later."""
    exchange = lookup.exchange
    if not lookup.rules.same_words or exchange.directives.threshold > 1.0:
        return ""
    return question_alias(exchange.identity, exchange.call.question)


async def find_same_words(
    lookup: Lookup, learning: Learning, semantic: Semantic | None, found: FoundAlias
) -> Hit | Miss | None:
    """Find the entry that an alias leads to; None where it may not answer, and a search may find another one.

    *semantic* is only asked which traffic segment the hit counts for.
    """
    try:
        with lookup.trace.step("same words"):
            entry = await _get_entry(lookup, found)
        return None if entry is None else await answer_same_words(lookup, learning, semantic, entry)
    except StoreError:
        return None


async def answer_same_words(
    lookup: Lookup, learning: Learning, semantic: Semantic | None, entry: Entry
) -> Hit | Miss | None:
    """Answer with an entry in the same words, as far as hits by meaning may be served. Raises StoreError.

    *semantic* and None are as in `find_same_words`.
    """
    neighbor = Neighbor(entry.key, 1.0, question=entry.question)
    if not lookup.rules.checks_hits:
        lookup.trace.neighbors.append(neighbor)
        return Hit(entry, 1.0, same_words=True)
    return None if semantic is None else await _checked(lookup, learning, semantic, entry, neighbor)


async def _get_entry(lookup: Lookup, found: FoundAlias) -> Entry | None:
    """Fetch the entry if it may answer, with what this caller has said about it where callers share entries."""
    flags = disowned_flags(lookup.exchange, [found.key])
    [entry], told_wrong = await lookup.store.get_with_flags([found.key], flags, Step.SAME_WORDS)
    if not isinstance(entry, Entry) or entry.alias != found.alias or any(flag is not False for flag in told_wrong):
        return None
    if not policy.may_be_neighbor(entry, lookup.rules) or lookup.refusal(entry) is not None:
        return None
    return entry


async def _checked(
    lookup: Lookup, learning: Learning, semantic: Semantic, entry: Entry, neighbor: Neighbor
) -> Hit | Miss:
    """Serve the hit as far as the error bound allows, and have it checked now and then; in shadow, always."""
    rules, trace, store = lookup.rules, lookup.trace, lookup.store
    search = NeighborSearch(lookup, semantic, learning)
    name, segment = await learning.segment_of(lookup.exchange, semantic, rules, store)
    if rules.policy is policy.Policy.VERIFIED:
        records = await learning.get_records(store, [entry.key])
        neighbor = replace(neighbor, group=records[entry.key].group)
        decision = learning.decide(name, segment, [neighbor], records, rules, again=search.is_counted)
    else:
        neighbor = replace(neighbor, group=entry.key)
        decision = learning.watch(name, segment, (entry.key, 1.0), rules, again=search.is_counted)
    trace.neighbors.append(neighbor)
    trace.segment, trace.risk, trace.error_bound = name, decision.risk, segment.error_bound
    settling = SemanticLookup(search)
    hit = Hit(entry, 1.0, same_words=True)
    return settling.settle(name, segment, decision, (neighbor,), hit, Miss("too-risky"), None)
