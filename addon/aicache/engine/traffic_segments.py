"""What is known of each kind of traffic, kept in step with what other proxies know, over the exact store."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass

from aicache.domain.bounded import BoundedDict
from aicache.domain.digests import digest
from aicache.domain.ports import ExactStore, StoreError
from aicache.engine.backends import InUse
from aicache.engine.background_tasks import Tasks
from aicache.evidence import shared_state
from aicache.evidence.embedding_space import EmbeddingSpace
from aicache.evidence.error_bound import ServingLevel, Tally
from aicache.evidence.verified_policy import CheckRates, VerifiedPolicy

logger = logging.getLogger(__name__)

MOST = 512  # kinds held at once; each has about 100 KB of observations at most
TELL_EVERY = 5.0  # seconds between two exchanges with other proxies, of a kind that is in use
KIND = "kind-"
"""What the names of kinds' notes begin with."""
KEPT = 90 * 86400.0  # seconds that a kind's evidence outlives its last use


@dataclass(frozen=True, slots=True)
class Terms:
    """What a kind is judged by; others begin anew, from the same evidence."""

    space: EmbeddingSpace
    max_error: float
    shares: CheckRates
    shared: bool


@dataclass(slots=True)
class _Kind:
    verified: VerifiedPolicy
    terms: Terms
    told_at: float
    owners: tuple[str, ...] = ()
    """Whose traffic it is, where it is one caller's own."""
    telling: bool = False
    deleted: bool = False


class Kinds:
    """The kinds in use, by name. The first use of one asks the store what is known of it."""

    def __init__(self, in_use: InUse, tasks: Tasks, clock: Callable[[], float]) -> None:
        self._in_use, self._tasks, self._clock = in_use, tasks, clock
        self._kinds = BoundedDict[str, _Kind](MOST)

    def get(self, name: str) -> VerifiedPolicy | None:
        """Return a kind that is in use already."""
        kind = self._kinds.get(name)
        return None if kind is None else kind.verified

    async def of(
        self, name: str, terms: Terms, exact: ExactStore, deadline: float | None, owners: tuple[str, ...] = ()
    ) -> VerifiedPolicy:
        """Return a kind, with all that other proxies have told. Raises StoreError when that cannot be asked for."""
        kind = self._kinds.get(name)
        if kind is None or kind.terms != terms:
            verified = VerifiedPolicy(terms.space, terms.max_error, shares=terms.shares, shared=terms.shared)
            [packed] = await self._in_use.exact_part.ask(exact.get_blobs([_note(name)]), "evidence read", deadline)
            _absorb(verified, packed, self._clock())
            kind = self._kinds.get(name)  # two may have asked
            if kind is None or kind.terms != terms:
                kind = self._kinds[name] = _Kind(verified, terms, self._clock(), owners)
                # what is counted under this generation by others is in the shared account
                self._tell_soon(name, kind)
        self._kinds.touch(name)
        return kind.verified

    def used(self, name: str, *, now: bool = False) -> None:
        """Note that something was decided or learned; from time to time others are told, or at once."""
        kind = self._kinds.get(name)
        if kind is not None and (now or not 0 <= self._clock() - kind.told_at < TELL_EVERY):
            self._tell_soon(name, kind)

    async def tell_all(self) -> None:
        """Tell others of every kind, before the end."""
        for name, kind in list(self._kinds.items()):
            try:
                await self._tell(name, kind)
            except StoreError as exc:
                logger.debug("evidence not written: %s", exc)
                return

    async def forget(self, name: str, exact: ExactStore) -> None:
        """Delete all that is known of a kind. Raises StoreError."""
        kind, part = self._kinds.pop(name, None), self._in_use.exact_part
        if kind is not None:
            kind.deleted = True
        generations = {0, kind.verified.shared_state.generation if kind is not None else 0}
        [packed] = await part.ask(exact.get_blobs([_note(name)]), "evidence read")
        if packed is not None:
            with contextlib.suppress(ValueError):
                generations.add(shared_state.unpack(packed, self._clock()).generation)
        accounts = [digest("account", name, str(each)) for each in generations]
        await part.ask(exact.delete([_note(name), *accounts]), "evidence deleted")
        await part.ask(exact.remember(_note(name), 0), "evidence's owner forgotten")

    def _tell_soon(self, name: str, kind: _Kind) -> None:
        if not kind.telling:
            kind.told_at = self._clock()
            kind.telling = self._tasks.spawn(self._tell_once(name, kind))

    async def _tell_once(self, name: str, kind: _Kind) -> None:
        try:
            await self._tell(name, kind)
        finally:
            kind.telling = False

    async def _tell(self, name: str, kind: _Kind) -> None:
        """Merge with what the store has, and write that back: whoever writes last has merged all others' in."""
        exact, part, writes = self._in_use.exact, self._in_use.exact_part, self._in_use.exact_writes
        if exact is None:
            return
        now, verified = self._clock(), kind.verified
        standing = verified.serving_level
        [packed] = await part.ask(exact.get_blobs([_note(name)]), "evidence read")
        _absorb(verified, packed, now)
        account = digest("account", name, str(verified.shared_state.generation))
        generation, unsent = verified.shared_state.generation, verified.take_unsent_tally()
        counted = await writes.ask(exact.increment(account, unsent.to_counters(), KEPT), "evidence counted")
        verified.adopt_tally(generation, Tally.from_counters(counted))
        if kind.deleted:  # meanwhile
            return
        if kind.owners:  # by which it is found
            await writes.ask(exact.remember(_note(name), KEPT, kind.owners), "evidence's owner noted")
        await writes.ask(
            exact.put_blob(_note(name), shared_state.pack(verified.shared_state), now + KEPT), "evidence written"
        )
        if verified.serving_level is not standing:
            report_serving_level(name, verified)


def report_serving_level(name: str, verified: VerifiedPolicy) -> None:
    """Tell the operator that hits by meaning have been restricted, or are back."""
    what, why = {
        ServingLevel.LEARNED: ("are served again", "enough that were checked were right"),
        ServingLevel.FROZEN: ("are served at safe similarities only", "too many that were checked were wrong"),
        ServingLevel.OFF: ("are switched off", "too many that were checked were wrong"),
    }[verified.serving_level]
    logger.warning("hits by meaning %s (kind %s): %s for max_error %g", what, name[:8], why, verified.max_error)


def _note(name: str) -> str:
    return f"{KIND}{name}"


def _absorb(verified: VerifiedPolicy, packed: bytes | None, now: float) -> None:
    if packed is None:
        return
    try:
        verified.merge_shared_state(shared_state.unpack(packed, now))
    except ValueError as exc:
        logger.debug("evidence not read: %s", exc)
