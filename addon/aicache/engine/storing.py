"""What becomes of an answer: judged, then put with its vector."""

from __future__ import annotations

from aicache import policy
from aicache.engine.inuse import InUse
from aicache.engine.values import Exchange
from aicache.entries import Recording, record
from aicache.model import Entry
from aicache.pieces import BatchExchange, record_pieces
from aicache.ports import Purpose

CREDENTIAL_TTL = 3600.0  # seconds for which the upstream's acceptance of a credential is believed


def judged(exchange: Exchange, recording: Recording, rules: policy.Rules, now: float) -> Entry:
    """Make the entry that this response is worth. Raises ValueError, with the reason, when it is worth none."""
    until = policy.keep_until(exchange.call, exchange.controls, rules, now)
    if until is None:
        raise ValueError("not to be kept")
    return record(
        exchange.call,
        exchange.identity,
        recording,
        exchange.format,
        now=now,
        until=until,
        max_bytes=rules.max_bytes,
        refusals=rules.refusals is not policy.Refusals.NEVER,
    )


def judged_pieces(exchange: BatchExchange, recording: Recording, rules: policy.Rules, now: float) -> list[Entry]:
    """Make the entries of a batch's response; ValueError, with the reason, when it is no good one.

    Those that are not to be kept expire at once: a response that only completes a batch is needed however large.
    """
    until = policy.lifetime(exchange.controls, rules, now)
    small = len(recording.body) <= rules.max_bytes
    if not small and not exchange.known:
        raise ValueError("larger than store.max_bytes")
    return record_pieces(exchange, recording, now=now, until=until if until is not None and small else now)


async def store(in_use: InUse, exchange: Exchange, entry: Entry, rules: policy.Rules) -> None:
    """Put the entry, then its vector: in this order no neighbour ever leads nowhere. Raises StoreError."""
    if (exact := await in_use.exact_once_known()) is None:
        return
    label = exchange.label
    await in_use.exact_part.ask(exact.put(entry), f"{label}: 6 storing the answer")
    semantic = await in_use.semantic_once_known()
    if semantic is None or not policy.may_embed(exchange.call, exchange.controls, rules):
        return
    if not policy.may_be_neighbor(entry, rules):
        return
    vector = exchange.vector
    if vector is None or semantic.embedder.asymmetric:
        # Else as a look-up would: a question is compared with questions.
        purpose: Purpose = "document" if semantic.embedder.asymmetric else "query"
        embedding = semantic.embedder.embed([exchange.call.question or ""], purpose)
        vector = (await in_use.embedder_part.ask(embedding, f"{label}: 7 embedding"))[0]
    namespace = semantic.namespace(exchange.identity)
    upsert = semantic.index.upsert(entry.key, namespace, vector, entry.expires_at)
    await in_use.index_part.ask(upsert, f"{label}: 7 storing the vector")


async def store_pieces(in_use: InUse, entries: list[Entry]) -> None:
    if (exact := await in_use.exact_once_known()) is not None:
        for entry in entries:
            await in_use.exact_part.ask(exact.put(entry), f"{entry.key[:8]}: storing an input's vector")


async def mark_accepted(in_use: InUse, credential: str) -> None:
    if (exact := in_use.exact) is not None:
        await in_use.exact_part.ask(exact.mark(credential, CREDENTIAL_TTL), "credential accepted")
