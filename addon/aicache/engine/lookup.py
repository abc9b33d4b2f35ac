"""Look-up of the very request, and of the pieces of a batch; every failure is a miss."""

from __future__ import annotations

import asyncio

from aicache import legacy, policy
from aicache.engine.inuse import InUse, entries
from aicache.engine.search import Unfit
from aicache.engine.values import PARSE_ON_LOOP, Exchange
from aicache.model import Entry, Hit, Miss
from aicache.pieces import BatchExchange
from aicache.ports import ExactStore, StoreError
from aicache.trace import Trace

TOGETHER = 64  # inputs of a batch looked up at once: their vectors have tens of kilobytes each


async def by_request(
    in_use: InUse, exact: ExactStore, exchange: Exchange, unfit: Unfit, deadline: float, trace: Trace
) -> Hit | Miss | None:
    """Find the answer to the very request; None when there is none, and one to a similar request may do."""
    label = exchange.label
    try:
        if exchange.shared and exchange.credential is not None:
            with trace.step("credential"):
                proof = exact.marked(exchange.credential)
                if not await in_use.exact_part.ask(proof, f"{label}: credential", deadline):
                    return Miss("credential-unproven")
        with trace.step("exact look-up"):
            finding = exact.get(exchange.identity.key)
            entry = await in_use.exact_part.ask(finding, f"{label}: 1 exact look-up", deadline)
    except StoreError as exc:
        return Miss(f"store-error: {exc}")
    if entry is None:
        return None
    why_not = unfit(entry)
    return Hit(entry) if why_not is None else Miss(why_not)


async def left_by_higress(
    in_use: InUse,
    exact: ExactStore,
    exchange: Exchange,
    rules: policy.Rules,
    unfit: Unfit,
    deadline: float,
    now: float,
) -> Hit | None:
    """Look for a text that anyone may have asked for: its reader's credential must be proven, whatever the scope.

    A part of its own, and after the exact look-up, so that its failures cost no other hit.
    """
    if exchange.legacy is None or exchange.credential is None:
        return None
    label = f"{exchange.label}: answer of Higress"
    try:
        proof = exact.marked(exchange.credential)
        if not await in_use.legacy_part.ask(proof, f"{label}, credential", deadline):
            return None
        finding = exact.legacy_text(exchange.legacy, rules.max_bytes)
        if (text := await in_use.legacy_part.ask(finding, label, deadline)) is None:
            return None
    except StoreError:
        return None
    making = (text, exchange.call, exchange.identity, exchange.format, now)
    if len(text) > PARSE_ON_LOOP:
        entry = await asyncio.to_thread(legacy.entry, *making)
    else:
        entry = legacy.entry(*making)
    return Hit(entry, legacy=True) if unfit(entry) is None else None


async def of_pieces(
    in_use: InUse, exact: ExactStore, exchange: BatchExchange, within: float, now: float
) -> tuple[Entry | None, ...]:
    """Find what is known of a batch, within so many seconds: an entry or None for each input."""
    unknown = (None,) * len(exchange.keys)
    label = exchange.namespace[:8]
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within
    try:
        if exchange.credential is not None and not await in_use.exact_part.ask(
            exact.marked(exchange.credential), f"{label}: credential", deadline
        ):
            return unknown
        found: list[Entry | StoreError | None] = []
        for start in range(0, len(exchange.keys), TOGETHER):
            if loop.time() > deadline - within / 4:
                break  # a long batch is no fault of the store's
            fetching = entries(exact, list(exchange.keys[start : start + TOGETHER]))
            found += await in_use.exact_part.ask(fetching, f"{label}: inputs looked up", deadline)
        found += unknown[len(found) :]
    except StoreError:
        return unknown
    return tuple(
        entry
        if isinstance(entry, Entry)
        and policy.unfit(entry, exchange.namespace, exchange.controls, now, exchange.page) is None
        else None
        for entry in found
    )
