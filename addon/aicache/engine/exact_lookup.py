"""Look-up of the very request, and of the pieces of a batch; every failure is a miss."""

from __future__ import annotations

import asyncio
from typing import cast

from aicache.domain import policy
from aicache.domain.loop_time import loop_time
from aicache.domain.model import Entry, Hit, Miss
from aicache.domain.ports import Busy, ExactStore, StoreError
from aicache.domain.trace import Trace
from aicache.engine.backends import InUse, entries
from aicache.engine.credential_status import Proofs
from aicache.engine.exchange import PARSE_ON_LOOP, Exchange
from aicache.engine.semantic_lookup import Unfit
from aicache.entries import higress_answers
from aicache.entries.embedding_batch import BatchExchange

TOGETHER = 64  # inputs of a batch looked up at once: their vectors have tens of kilobytes each


async def by_request(
    in_use: InUse, exact: ExactStore, proofs: Proofs, exchange: Exchange, unfit: Unfit, deadline: float, trace: Trace
) -> Hit | Miss | None:
    """Find the answer to the very request; None when there is none, and one to a similar request may do.

    What is known of the caller's credential is asked for in one go with the entry, where it is not known here.
    """
    label = exchange.label
    why_stopped = "credential-unproven" if exchange.shared else "credential-refused"
    may_answer = proofs.known(exchange)
    if may_answer is False:
        return Miss(why_stopped)
    try:
        with trace.step("exact look-up"):
            entry = in_use.held(exchange.identity.key)
            if entry is None or may_answer is None:
                asking = _asked(exact, proofs, exchange, entry, may_answer)
                entry, may_answer = await in_use.exact_part.ask(asking, f"{label}: 1 exact look-up", deadline)
    except Busy:
        return Miss("busy")
    except StoreError as exc:
        if entry is None or exchange.shared:
            return Miss(f"store-error: {exc}")
        may_answer = True
    if not may_answer:
        return Miss(why_stopped)
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
        proof = exact.remembers(exchange.credential)
        if not await in_use.legacy_part.ask(proof, f"{label}, credential", deadline):
            return None
        finding = exact.get_higress_answer(exchange.legacy, rules.max_bytes)
        if (text := await in_use.legacy_part.ask(finding, label, deadline)) is None:
            return None
    except StoreError:
        return None
    making = (text, exchange.call, exchange.identity, exchange.format, now)
    if len(text) > PARSE_ON_LOOP:
        entry = await asyncio.to_thread(higress_answers.entry, *making)
    else:
        entry = higress_answers.entry(*making)
    return Hit(entry, legacy=True) if unfit(entry) is None else None


async def of_pieces(
    in_use: InUse,
    exact: ExactStore,
    proofs: Proofs,
    exchange: BatchExchange,
    deadline: float,
    now: float,
    ttl: float,
) -> tuple[Entry | None, ...]:
    """Find what is known of a batch by the deadline: an entry or None for each input."""
    unknown = (None,) * len(exchange.keys)
    label = exchange.namespace[:8]
    time = loop_time()
    within = deadline - time.time()
    try:
        may_answer = proofs.known(exchange)
        if may_answer is None:
            may_answer = await in_use.exact_part.ask(proofs.ask(exact, exchange), f"{label}: credential", deadline)
        if not may_answer:
            return unknown
        held = {key: entry for key in exchange.keys if (entry := in_use.held(key)) is not None}
        wanted = [key for key in exchange.keys if key not in held]
        found: dict[str, Entry | StoreError | None] = {**held}
        for start in range(0, len(wanted), TOGETHER):
            if time.time() > deadline - within / 4:
                break  # a long batch is no fault of the store's
            keys = wanted[start : start + TOGETHER]
            fetching = in_use.exact_part.ask(entries(exact, keys), f"{label}: inputs looked up", deadline)
            found.update(zip(keys, await fetching, strict=True))
    except StoreError:
        return unknown
    return tuple(
        entry
        if isinstance(entry, Entry)
        and policy.check_entry_in_namespace(entry, exchange.namespace, exchange.directives, now, exchange.page, ttl)
        is None
        else None
        for entry in map(found.get, exchange.keys)
    )


async def _asked(
    exact: ExactStore, proofs: Proofs, exchange: Exchange, entry: Entry | None, may_answer: bool | None
) -> tuple[Entry | None, bool]:
    """Ask for what is not known of the two, for both at once."""
    if may_answer is not None:
        return await exact.get(exchange.identity.key), may_answer
    if entry is not None:
        return entry, await proofs.ask(exact, exchange)
    asking = (exact.get(exchange.identity.key), proofs.ask(exact, exchange))
    found, good = await asyncio.gather(
        *asking, return_exceptions=True
    )  # what comes of one when the other fails is lost
    if isinstance(good, StoreError) and not exchange.shared:
        good = True
    for each in (good, found):
        if isinstance(each, BaseException):
            raise each
    return cast("tuple[Entry | None, bool]", (found, good))
