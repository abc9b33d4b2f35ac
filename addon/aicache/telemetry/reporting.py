"""Builds telemetry events from engine outcomes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from aicache.domain.events import SAME_WORDS, Decided, Finished, Spent, Tier
from aicache.domain.model import Bypass, Entry, Hit, Miss
from aicache.domain.trace import Trace
from aicache.engine import Exchange
from aicache.entries.embedding_batch import BatchExchange
from aicache.entries.recording import Recording


def lookup_event(
    exchange: Exchange,
    outcome: Hit | Miss,
    trace: Trace,
    began: float,
    headers: tuple[str, ...] = (),
    *,
    waited: float = 0.0,
) -> Decided:
    """Build the event of a look-up; *began* is its start by `time.perf_counter`, *headers* and *waited* are as in a
    `Decided`.
    """
    hit = outcome if isinstance(outcome, Hit) else None
    entry = hit.entry if hit is not None else None
    call, identity = exchange.call, exchange.identity
    return Decided(
        at=time.time(),
        outcome="hit" if hit is not None else "miss",
        tier=None if hit is None else _tier(hit),
        reason=outcome.reason if isinstance(outcome, Miss) else SAME_WORDS if outcome.same_words else None,
        api=call.api,
        model=call.model,
        mode=call.mode,
        key=identity.key,
        namespace=identity.namespace,
        segment=trace.segment or exchange.segment,
        seconds=time.perf_counter() - began - waited,
        trace=trace,
        question=call.question,
        entry=entry,
        similarity=hit.similarity if hit is not None else None,
        tokens=(entry.prompt_tokens, entry.completion_tokens) if entry is not None else (0, 0),
        cached_tokens=entry.cached_tokens if entry is not None else 0,
        owners=exchange.owners,
        judged=hit is not None and hit.judge_seconds is not None,
        is_stale=hit is not None and hit.is_stale,
        headers=headers,
        waited=waited,
        collapsed_with=hit.collapsed_with if hit is not None else None,
    )


def _tier(hit: Hit) -> Tier:
    if hit.collapsed_with is not None and hit.similarity is None:
        return "collapsed"
    if hit.from_higress:
        return "legacy"
    return "exact" if hit.similarity is None else "semantic"


def joined_event(
    exchange: Exchange, leader: str, trace: Trace, began: float, waited: float, hit: Hit | None
) -> Decided:
    """Build the event of a request that follows the answer to another one, flow *leader*, as it comes: to an equal one,
    or as a *hit* by meaning.
    """
    if hit is not None:
        decided = lookup_event(exchange, replace(hit, collapsed_with=leader), trace, began, waited=waited)
        return replace(decided, entry=None)
    decided = lookup_event(exchange, Miss(""), trace, began, waited=waited)
    return replace(decided, outcome="hit", tier="collapsed", reason=None, collapsed_with=leader)


def followed_event(joined: Decided, entry: Entry | None, waited: float) -> Decided:
    """Complete the event of such a request by what the answer was, if it was a good one."""
    tokens = (0, 0) if entry is None else (entry.prompt_tokens, entry.completion_tokens)
    cached = 0 if entry is None else entry.cached_tokens
    return replace(joined, entry=entry, tokens=tokens, cached_tokens=cached, waited=waited)


def batch_event(exchange: BatchExchange, known: Sequence[Entry | None], began: float, *, answered: bool) -> Decided:
    """Build the event of a batch of embeddings."""
    have = sum(entry is not None for entry in known)
    tokens = sum(entry.prompt_tokens for entry in known if entry is not None)
    return Decided(
        at=time.time(),
        outcome="hit" if answered else "miss",
        tier="embeddings",
        reason=None if answered else f"{have}/{len(exchange.keys)} known",
        api=exchange.batch.api,
        model=exchange.batch.model,
        mode="whole",
        key=exchange.keys[0] if len(exchange.keys) == 1 else "",
        namespace=exchange.namespace,
        segment="",
        seconds=time.perf_counter() - began,
        tokens=(tokens if answered else 0, 0),
        owners=exchange.owners,
    )


def spent_event(purpose: Literal["audit", "refresh"], exchange: Exchange, entry: Entry) -> Spent:
    """Build the event of a request that the cache itself has sent upstream."""
    counts = (entry.prompt_tokens, entry.completion_tokens, entry.cached_tokens)
    return Spent(purpose, exchange.call.api, exchange.call.model, *counts, exchange.owners)


def bypass_event(bypass: Bypass, api: str, began: float) -> Decided:
    """Build the event of a request that bypasses the cache."""
    seconds = time.perf_counter() - began
    return Decided(time.time(), "bypass", None, bypass.reason, api, "", "", "", "", "", seconds)


def finished_event(
    decided: Decided,
    recording: Recording | None,
    entry: Entry | None,
    why_not: str | None,
    *,
    is_stale: bool = False,
) -> Finished:
    """Build the event of the end of a request that went upstream; without a recording it broke off."""
    if recording is None:
        return Finished(decided, 0, 0.0, 0, None, why_not, is_stale)
    return Finished(decided, recording.status, recording.took, len(recording.body), entry, why_not, is_stale)
