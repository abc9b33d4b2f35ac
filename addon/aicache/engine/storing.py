"""Turns a response into entries, and writes them: first the entry, then its vector."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from aicache.domain import policy, storing_policy
from aicache.domain.keys import question_alias
from aicache.domain.model import Entry
from aicache.domain.ports import Purpose, StoreError
from aicache.engine.backends import Backends
from aicache.engine.exchange import Exchange
from aicache.engine.guarded_semantic import Semantic
from aicache.engine.guarded_store import GuardedStore
from aicache.engine.step_names import Step
from aicache.entries.embedding_batch import MAX_COMPLETING_BYTES, BatchExchange, record_batch
from aicache.entries.recording import Recording, decoded, record


class NotKept(ValueError):
    """A good answer that must not be kept; the message says why."""


def record_entries(
    exchange: Exchange | BatchExchange, recording: Recording, rules: policy.Rules, now: float
) -> list[Entry]:
    """Return the entries of a response: one for a call, one for each input of a batch that was asked for.

    Raises ValueError, with the reason, when the response is no good answer, and NotKept when it is one.
    """
    if isinstance(exchange, BatchExchange):
        return _record_batch(exchange, recording, rules, now)
    until = storing_policy.decide_expiry(exchange.call, exchange.directives, rules, now)
    entry = record(
        exchange.call,
        exchange.identity,
        recording,
        exchange.format,
        now=now,
        until=now if until is None else until,
        max_bytes=rules.max_bytes,
        refusals=rules.refusals is not policy.Refusals.NEVER,
        owners=exchange.owners,
    )
    if until is None:
        raise NotKept("not to be kept")
    if (word := storing_policy.check_cache_control(recording.cache_control, rules)) is not None:
        raise NotKept(f"the upstream says {word}")
    entry = replace(entry, kept_until=storing_policy.keep_until(entry, rules))
    if policy.may_have_alias(exchange.directives, rules) and has_vector(exchange, entry, rules):
        entry = replace(entry, alias=question_alias(exchange.identity, entry.question))
    return [entry]


def _record_batch(exchange: BatchExchange, recording: Recording, rules: policy.Rules, now: float) -> list[Entry]:
    """Return the entries of a batch's response. Those that must not be kept expire at once.

    For a response that completes a batch is needed, up to `MAX_COMPLETING_BYTES`, however little of it may be kept.
    """
    until = storing_policy.latest_expiry(exchange.directives, rules, now)
    if storing_policy.check_cache_control(recording.cache_control, rules) is not None:
        until = None
    max_bytes = max(rules.max_bytes, MAX_COMPLETING_BYTES) if exchange.known else rules.max_bytes
    body = decoded(recording, max_bytes)
    if len(body) > rules.max_bytes:
        until = None
    return record_batch(exchange, recording, body, now=now, until=now if until is None else until)


def lasting(exchange: Exchange | BatchExchange, entries: Sequence[Entry]) -> list[Entry]:
    """Leave out entries of a batch that must not be kept, and only complete its response."""
    if isinstance(exchange, Exchange):
        return list(entries)
    return [entry for entry in entries if entry.expires_at > entry.stored_at]


async def store(backends: Backends, exchange: Exchange, entry: Entry, rules: policy.Rules) -> None:
    """Write the entry, then its vector: in this order no neighbor ever leads nowhere. Raises StoreError."""
    await put(backends, exchange, [entry], rules)
    await put_vector_once_known(backends, exchange, entry, rules)


async def write(store: GuardedStore, entry: Entry) -> None:
    """Write an entry. Raises StoreError."""
    await store.put(entry, Step.STORING)


async def put(
    backends: Backends,
    exchange: Exchange | BatchExchange,
    entries: Sequence[Entry],
    rules: policy.Rules,
    write: Callable[[GuardedStore, Entry], Awaitable[None]] = write,
) -> None:
    """Write the entries, each by *write*. Raises StoreError, and NotKept where a better one is there.

    A caller who wants its answer kept for a short time does not shorten that of one that others have.
    """
    if (store := await backends.exact_once_known()) is None:
        raise StoreError("exact store: it is not in use")
    store = store.within(None, exchange.label)
    if isinstance(exchange, Exchange) and exchange.shared and exchange.directives.ttl < rules.ttl:
        for entry in entries:
            existing = await store.get(entry.key, Step.STORED_BEFORE)
            if existing is not None and existing.expires_at > entry.expires_at:
                raise NotKept("stored for longer already")
    for entry in entries:
        await write(store, entry)


async def put_vector_once_known(backends: Backends, exchange: Exchange, entry: Entry, rules: policy.Rules) -> None:
    """Do as `put_vector`, once embedder and index have started, if they are to. Raises StoreError."""
    if (semantic := await backends.semantic_once_known()) is not None:
        await put_vector(backends, semantic, exchange, entry, rules)


async def put_vector(
    backends: Backends, semantic: Semantic, exchange: Exchange, entry: Entry, rules: policy.Rules
) -> None:
    """Write an entry's vector, if it may be found by meaning. Raises StoreError."""
    if not has_vector(exchange, entry, rules):
        return
    semantic = semantic.within(None, exchange.label)
    vector = exchange.vector
    if vector is None or semantic.embedder.asymmetric:
        # Unless the embedder is asymmetric, as in a look-up: a question is compared with questions.
        purpose: Purpose = "document" if semantic.embedder.asymmetric else "query"
        texts = [exchange.call.question or ""]
        with backends.embedding.place(exchange.caller):
            vectors = await semantic.embedder.embed(texts, purpose, exchange.segment, step=Step.EMBEDDING_STORED)
        vector = vectors[0]
    await semantic.index.upsert(entry.key, semantic.namespace(exchange.identity), vector, entry.expires_at)


def has_vector(exchange: Exchange, entry: Entry, rules: policy.Rules) -> bool:
    """Tell whether an entry may answer other requests by meaning."""
    by_meaning = policy.may_answer_by_meaning(exchange.call, exchange.directives, rules)
    return by_meaning and policy.may_be_neighbor(entry, rules)
