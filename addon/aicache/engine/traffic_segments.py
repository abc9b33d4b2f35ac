"""The evidence on each traffic segment, shared with other proxies through the exact store.

A segment is the requests of one scope, upstream and model, under one embedding model: they share a risk model and an
error bound. Logs, metrics and stored names call it a kind.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass

from aicache.domain.bounded import BoundedDict
from aicache.domain.digests import digest
from aicache.domain.policy import Policy, Rules
from aicache.domain.ports import StoreError
from aicache.engine.backends import Backends
from aicache.engine.background_tasks import BackgroundTasks
from aicache.engine.exchange import Exchange
from aicache.engine.guarded_semantic import Semantic
from aicache.engine.guarded_store import GuardedStore
from aicache.evidence import shared_state
from aicache.evidence.decision import DEFAULT_CHECK_RATES, CheckRates
from aicache.evidence.embedding_space import EmbeddingSpace, space_of_model
from aicache.evidence.error_bound import ServingLevel, Tally
from aicache.evidence.verified_policy import VerifiedPolicy

logger = logging.getLogger(__name__)

MAX_SEGMENTS = 512
"""Segments kept in memory; each has at most about 100 KB of observations."""
SYNC_INTERVAL_S = 5.0
"""Interval of the exchanges with other proxies about a segment that is in use."""
SEGMENT_PREFIX = "kind-"
"""Prefix of the names of segments' blobs and flags."""
SEGMENT_TTL_S = 90 * 86400.0
"""Time to live of a segment, counted from its last use."""


@dataclass(frozen=True, slots=True)
class SegmentTerms:
    """The settings that a segment's policy is built from; with others it begins anew, from the same evidence."""

    space: EmbeddingSpace
    max_error: float
    shares: CheckRates
    shared: bool


@dataclass(slots=True)
class _Segment:
    policy: VerifiedPolicy
    terms: SegmentTerms
    synced_at: float
    owners: tuple[str, ...] = ()
    """Digests of the caller, where the segment is one caller's own."""
    syncing: bool = False
    deleted: bool = False


class TrafficSegments:
    """The segments in use, by name. The first use of one reads what other proxies know."""

    def __init__(self, backends: Backends, tasks: BackgroundTasks, clock: Callable[[], float]) -> None:
        self._backends, self._tasks, self._clock = backends, tasks, clock
        self._segments = BoundedDict[str, _Segment](MAX_SEGMENTS)

    def get(self, name: str) -> VerifiedPolicy | None:
        """Return the policy of a segment that is in use already."""
        segment = self._segments.get(name)
        return None if segment is None else segment.policy

    async def load(
        self, name: str, terms: SegmentTerms, store: GuardedStore, owners: tuple[str, ...] = ()
    ) -> VerifiedPolicy:
        """Return the policy of a segment, with all that other proxies know. Raises StoreError."""
        segment = self._segments.get(name)
        if segment is None or segment.terms != terms:
            policy = VerifiedPolicy(terms.space, terms.max_error, check_rates=terms.shares, shared=terms.shared)
            [packed] = await store.get_blobs([_blob_name(name)])
            _absorb(policy, packed, self._clock())
            segment = self._segments.get(name)  # two look-ups may have read it
            if segment is None or segment.terms != terms:
                segment = self._segments[name] = _Segment(policy, terms, self._clock(), owners)
                # what other proxies have counted in this generation is in the shared counters
                self._sync_soon(name, segment)
        self._segments.touch(name)
        return segment.policy

    def used(self, name: str, *, now: bool = False) -> None:
        """Record that something was decided or learned; share it from time to time, or *now*."""
        segment = self._segments.get(name)
        if segment is not None and (now or not 0 <= self._clock() - segment.synced_at < SYNC_INTERVAL_S):
            self._sync_soon(name, segment)

    async def sync_all(self) -> None:
        """Share what is known of every segment, before the proxy ends."""
        for name, segment in list(self._segments.items()):
            try:
                await self._sync(name, segment)
            except StoreError as exc:
                logger.debug("evidence not written: %s", exc)
                return

    async def delete(self, name: str, store: GuardedStore) -> None:
        """Delete all that is known of a segment. Raises StoreError."""
        segment = self._segments.pop(name, None)
        if segment is not None:
            segment.deleted = True
        generations = {0, segment.policy.shared_state.generation if segment is not None else 0}
        [packed] = await store.get_blobs([_blob_name(name)])
        if packed is not None:
            with contextlib.suppress(ValueError):
                generations.add(shared_state.unpack(packed, self._clock()).generation)
        counters = [digest("account", name, str(each)) for each in generations]
        await store.delete([_blob_name(name), *counters])
        await store.remember(_blob_name(name), 0)

    def _sync_soon(self, name: str, segment: _Segment) -> None:
        if not segment.syncing:
            segment.synced_at = self._clock()
            segment.syncing = self._tasks.spawn(self._sync_once(name, segment))

    async def _sync_once(self, name: str, segment: _Segment) -> None:
        try:
            await self._sync(name, segment)
        finally:
            segment.syncing = False

    async def _sync(self, name: str, segment: _Segment) -> None:
        """Merge with what the store has, and write that back: the last writer has merged all others' knowledge."""
        if (store := self._backends.exact) is None:
            return
        now, policy = self._clock(), segment.policy
        level = policy.serving_level
        [packed] = await store.get_blobs([_blob_name(name)])
        _absorb(policy, packed, now)
        generation, unsent = policy.shared_state.generation, policy.take_unsent_tally()
        counters = await store.increment(digest("account", name, str(generation)), unsent.to_counters(), SEGMENT_TTL_S)
        policy.adopt_tally(generation, Tally.from_counters(counters))
        if segment.deleted:  # meanwhile
            return
        if segment.owners:  # a purge of the caller finds it by them
            await store.remember(_blob_name(name), SEGMENT_TTL_S, segment.owners)
        await store.put_blob(_blob_name(name), shared_state.pack(policy.shared_state), now + SEGMENT_TTL_S)
        if policy.serving_level is not level:
            warn_of_serving_level(name, policy)


def warn_of_serving_level(name: str, policy: VerifiedPolicy) -> None:
    """Log that hits by meaning have been restricted, or are back."""
    what, why = {
        ServingLevel.LEARNED: ("are served again", "enough that were checked were right"),
        ServingLevel.FROZEN: ("are served at safe similarities only", "too many that were checked were wrong"),
        ServingLevel.OFF: ("are switched off", "too many that were checked were wrong"),
    }[policy.serving_level]
    logger.warning("hits by meaning %s (kind %s): %s for max_error %g", what, name[:8], why, policy.max_error)


def _blob_name(name: str) -> str:
    return f"{SEGMENT_PREFIX}{name}"


def _absorb(policy: VerifiedPolicy, packed: bytes | None, now: float) -> None:
    if packed is None:
        return
    try:
        policy.merge_shared_state(shared_state.unpack(packed, now))
    except ValueError as exc:
        logger.debug("evidence of a kind cannot be read: %s", exc)


def segment_name(exchange: Exchange, semantic: Semantic) -> str:
    """Name what one risk model and one error bound are kept for: callers, upstream, model, and embedding model."""
    return digest("kind", exchange.segment, semantic.embedder.model, str(semantic.embedder.dimensions))


def segment_terms(semantic: Semantic, rules: Rules) -> SegmentTerms:
    """Return what the settings and the embedding model say of a segment."""
    explore = DEFAULT_CHECK_RATES.explore if rules.policy is Policy.VERIFIED else 0.0
    space = space_of_model(semantic.embedder.model, semantic.embedder.threshold)
    return SegmentTerms(space, rules.max_error, CheckRates(explore, rules.audit), rules.shared)
