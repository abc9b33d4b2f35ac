"""Look-up of the very request, and of the inputs of a batch; every failure is a miss."""

from __future__ import annotations

import asyncio

from aicache.domain import policy
from aicache.domain.loop_time import loop_time
from aicache.domain.model import Entry, Hit, Miss
from aicache.domain.ports import Busy, StoreError
from aicache.engine.backends import Backends
from aicache.engine.credential_status import CredentialStatus
from aicache.engine.exchange import MAX_BYTES_ON_LOOP
from aicache.engine.guarded_store import GuardedStore
from aicache.engine.lookup import Lookup
from aicache.engine.same_words_lookup import FoundAlias, alias_of
from aicache.engine.step_names import Step
from aicache.entries import higress_answers
from aicache.entries.embedding_batch import BatchExchange

INPUT_BATCH_SIZE = 64
"""Inputs looked up at once: their vectors have tens of kilobytes each."""


async def find_exact(lookup: Lookup, credentials: CredentialStatus) -> tuple[Hit | Miss | None, FoundAlias | None]:
    """Find the answer to the very request; None when there is none, and one to a similar request may do.

    With None comes what an alias leads to: an entry in the same words. The alias, and what is known of the caller's
    credential, are read in one round trip with the entry, where they are not known here.
    """
    exchange = lookup.exchange
    why_stopped = credentials.why_refused(exchange)
    may_answer = credentials.may_answer(exchange)
    if may_answer is False:
        return Miss(why_stopped), None
    found: FoundAlias | None = None
    entry: Entry | None = None
    try:
        with lookup.trace.step("exact look-up"):
            entry = lookup.backends.get_cached(exchange.identity.key)
            if entry is None:
                entry, found, may_answer = await _read(lookup, credentials, may_answer)
            elif may_answer is None:
                may_answer = await _read_flag(lookup, credentials)
    except Busy:
        return Miss("busy"), None
    except StoreError as exc:
        if entry is None or exchange.shared:
            return Miss(f"store-error: {exc}"), None
        may_answer = True
    if not may_answer:
        return Miss(why_stopped), None
    if entry is None:
        return None, found
    refused = lookup.refusal(entry)
    if refused == "expired" and (stale := _use_stale(lookup, entry)) is not None:
        return stale, None
    return (Hit(entry) if refused is None else Miss(refused)), None


def _use_stale(lookup: Lookup, entry: Entry) -> Hit | Miss | None:
    """Return a hit for an expired entry that may be served while another is fetched, or a miss with one that may be
    served if that fails; None where neither may."""
    exchange, rules, now = lookup.exchange, lookup.rules, lookup.clock()
    if exchange.directives.only_if_cached or not policy.may_answer_stale(
        entry, exchange.call, exchange.identity, exchange.directives, now, exchange.page, rules.ttl
    ):
        return None
    since = now - entry.expires_at
    if since < rules.stale_while_revalidate and not exchange.directives.no_store:
        return Hit(entry, is_stale=True)
    return Miss("expired", stale=entry) if since < rules.stale_if_error else None


async def _read(
    lookup: Lookup, credentials: CredentialStatus, may_answer: bool | None
) -> tuple[Entry | None, FoundAlias | None, bool]:
    """Read the entry, the alias if the question has one, and the caller's flag where *may_answer* is not known."""
    exchange, store, target = lookup.exchange, lookup.store, None
    key, alias = exchange.identity.key, alias_of(lookup)
    flags = [credentials.flag(exchange)] if may_answer is None else []
    entry: Entry | StoreError | None
    if alias:
        entry, target, values = await store.find(key, alias, flags, Step.EXACT, flags_required=exchange.shared)
    elif flags:
        [entry], values = await store.get_with_flags([key], flags, Step.EXACT, flags_required=exchange.shared)
    else:
        entry, values = await store.get(key, Step.EXACT), []
    if may_answer is None:
        may_answer = credentials.apply_flag(exchange, values[0])
    return entry if isinstance(entry, Entry) else None, FoundAlias(alias, target) if target else None, may_answer


async def _read_flag(lookup: Lookup, credentials: CredentialStatus) -> bool:
    exchange = lookup.exchange
    flags, required = [credentials.flag(exchange)], exchange.shared
    _, [flag] = await lookup.store.get_with_flags((), flags, Step.EXACT, flags_required=required)
    return credentials.apply_flag(exchange, flag)


async def find_higress_answer(lookup: Lookup) -> Hit | None:
    """Find a text that anyone may have asked for: its reader's credential must be proven, whatever the scope.

    It comes after the exact look-up and has a guard of its own, so that its failures cost no other hit.
    """
    exchange = lookup.exchange
    if exchange.higress_question is None or exchange.credential is None:
        return None
    store = lookup.store.for_higress()
    try:
        if not await store.remembers(exchange.credential):
            return None
        if (text := await store.get_higress_answer(exchange.higress_question, lookup.rules.max_bytes)) is None:
            return None
    except StoreError:
        return None
    making = (text, exchange.call, exchange.identity, exchange.format, lookup.clock())
    if len(text) > MAX_BYTES_ON_LOOP:
        entry = await asyncio.to_thread(higress_answers.build_entry, *making)
    else:
        entry = higress_answers.build_entry(*making)
    return Hit(entry, from_higress=True) if lookup.refusal(entry) is None else None


async def find_inputs(
    backends: Backends,
    store: GuardedStore,
    credentials: CredentialStatus,
    exchange: BatchExchange,
    deadline: float,
    now: float,
    ttl: float,
) -> tuple[Entry | None, ...]:
    """Find the entries of a batch's inputs by the deadline, which is the store's: an entry or None for each."""
    time = loop_time()
    time_left = deadline - time.time()
    try:
        may_answer = credentials.may_answer(exchange)
        if may_answer is None:
            may_answer = await credentials.fetch(store, exchange)
        if not may_answer:
            return (None,) * len(exchange.keys)
        found: dict[str, Entry | StoreError | None] = {
            key: entry for key in exchange.keys if (entry := backends.get_cached(key)) is not None
        }
        missing = [key for key in exchange.keys if key not in found]
        for start in range(0, len(missing), INPUT_BATCH_SIZE):
            if time.time() > deadline - time_left / 4:
                break  # a long batch is no fault of the store's
            keys = missing[start : start + INPUT_BATCH_SIZE]
            found.update(zip(keys, await store.get_many(keys), strict=True))
    except StoreError:
        return (None,) * len(exchange.keys)
    return tuple(
        entry
        if isinstance(entry, Entry)
        and policy.check_entry_in_namespace(entry, exchange.namespace, exchange.directives, now, exchange.page, ttl)
        is None
        else None
        for entry in map(found.get, exchange.keys)
    )
