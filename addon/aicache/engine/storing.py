"""What becomes of an answer: judged, then put with its vector."""

from __future__ import annotations

from aicache.domain import policy
from aicache.domain.model import Entry
from aicache.domain.ports import Purpose, StoreError
from aicache.engine.backends import InUse
from aicache.engine.exchange import Exchange, Semantic
from aicache.entries.embedding_batch import COMPLETING, BatchExchange, record_pieces
from aicache.entries.recording import Recording, decoded, record


class NotKept(ValueError):
    """A good answer, but none that may be kept; the message says why."""


def judged(exchange: Exchange, recording: Recording, rules: policy.Rules, now: float) -> Entry:
    """Make the entry that this response is worth. Raises ValueError, with the reason, when it is worth none."""
    until = policy.decide_expiry(exchange.call, exchange.directives, rules, now)
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
    if (word := policy.check_cache_control(recording.cache_control, rules)) is not None:
        raise NotKept(f"the upstream says {word}")
    return entry


def judged_pieces(exchange: BatchExchange, recording: Recording, rules: policy.Rules, now: float) -> list[Entry]:
    """Make the entries of a batch's response; ValueError, with the reason, when it is no good one.

    Those that are not to be kept expire at once: a response that only completes a batch is needed, up to `COMPLETING`,
    however little of it may be kept.
    """
    until = policy.latest_expiry(exchange.directives, rules, now)
    if policy.check_cache_control(recording.cache_control, rules) is not None:
        until = None
    most = max(rules.max_bytes, COMPLETING) if exchange.known else rules.max_bytes
    body = decoded(recording, most)
    if len(body) > rules.max_bytes:
        until = None
    return record_pieces(exchange, recording, body, now=now, until=now if until is None else until)


async def store(in_use: InUse, exchange: Exchange, entry: Entry, rules: policy.Rules) -> None:
    """Put the entry, then its vector: in this order no neighbour ever leads nowhere. Raises StoreError."""
    await put(in_use, exchange, entry, rules)
    await put_vector(in_use, exchange, entry, rules)


async def put(in_use: InUse, exchange: Exchange, entry: Entry, rules: policy.Rules) -> None:
    """Put the entry. Raises StoreError, and NotKept where a better one is there.

    A caller who wants its answer kept for a short time does not shorten that of one that others have.
    """
    if (exact := await in_use.exact_once_known()) is None:
        raise StoreError("exact store: it is not in use")
    label = exchange.label
    if exchange.shared and exchange.directives.ttl < rules.ttl:
        there = await in_use.exact_part.ask(exact.get(entry.key), f"{label}: 6 what is stored")
        if there is not None and there.expires_at > entry.expires_at:
            raise NotKept("stored for longer already")
    await in_use.exact_writes.ask(exact.put(entry), f"{label}: 6 storing the answer")


async def put_vector(in_use: InUse, exchange: Exchange, entry: Entry, rules: policy.Rules) -> None:
    """Have an entry that is stored found by meaning, where it may be. Raises StoreError."""
    if (semantic := await in_use.semantic_once_known()) is not None:
        await store_vector(in_use, semantic, exchange, entry, rules)


async def store_vector(
    in_use: InUse, semantic: Semantic, exchange: Exchange, entry: Entry, rules: policy.Rules
) -> None:
    """Have an entry found by meaning, where it may be. Raises StoreError."""
    if not has_vector(exchange, entry, rules):
        return
    vector = exchange.vector
    if vector is None or semantic.embedder.asymmetric:
        # Else as a look-up would: a question is compared with questions.
        purpose: Purpose = "document" if semantic.embedder.asymmetric else "query"
        with in_use.embedding.place(exchange.caller):
            embedding = semantic.embedder.embed([exchange.call.question or ""], purpose, exchange.kind)
            vector = (await in_use.embedder_writes.ask(embedding, f"{exchange.label}: 7 embedding"))[0]
    namespace = semantic.namespace(exchange.identity)
    upsert = semantic.index.upsert(entry.key, namespace, vector, entry.expires_at)
    await in_use.index_writes.ask(upsert, f"{exchange.label}: 7 storing the vector")


def has_vector(exchange: Exchange, entry: Entry, rules: policy.Rules) -> bool:
    """Tell whether an entry may answer other requests by meaning."""
    return policy.may_answer_by_meaning(exchange.call, exchange.directives, rules) and policy.may_be_neighbor(
        entry, rules
    )


async def store_pieces(in_use: InUse, entries: list[Entry]) -> None:
    if (exact := await in_use.exact_once_known()) is not None:
        for entry in entries:
            await in_use.exact_writes.ask(exact.put(entry), f"{entry.key[:8]}: storing an input's vector")
