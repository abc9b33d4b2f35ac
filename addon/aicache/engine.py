"""Lookup and store: the only place where decisions meet I/O. It holds deadlines and breakers, and fails open."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any

from aicache import legacy, policy
from aicache.controls import Controls
from aicache.entries import Recording, record
from aicache.formats import Format
from aicache.keys import Identity, vector_namespace
from aicache.model import Call, Entry, Hit, Miss, Vector
from aicache.outside import Part
from aicache.pieces import BatchExchange, record_pieces
from aicache.ports import Embedder, ExactStore, Purpose, StoreError, VectorIndex

logger = logging.getLogger(__name__)

MAX_WRITES = 256  # stores under way at once; beyond that answers are not kept
PARSE_ON_LOOP = 64 * 1024  # bytes; larger bodies are parsed in a thread, so that no other request waits for them
CREDENTIAL_TTL = 3600.0  # seconds for which the upstream's acceptance of a credential is believed
TOGETHER = 64  # inputs of a batch looked up at once: their vectors have tens of kilobytes each
JUDGED_AT_ONCE = 8  # neighbours, a fifth of a millisecond each, before other requests have their turn
JUDGE_ON_LOOP = 512  # characters; longer questions are compared in a thread
START_WITHIN = 60.0  # seconds that an answer waits to be stored while the parts are still starting


@dataclass(frozen=True, slots=True)
class Semantic:
    """The three things a look-up by meaning needs, together or not at all."""

    embedder: Embedder
    embedder_timeout: float
    index: VectorIndex
    index_timeout: float

    def namespace(self, identity: Identity) -> str:
        return vector_namespace(identity.namespace, self.embedder.model, self.embedder.dimensions)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A call on its way to the upstream: what its answer is to be stored under. Made once, at its lookup."""

    call: Call
    identity: Identity
    controls: Controls
    format: Format
    credential: str | None
    """Digest to be marked as accepted, where answers may be served that are not the caller's own."""
    page: str | None = None
    """The request's Origin: the page in a browser that asks."""
    vector: Vector | None = None
    shared: bool = True
    """Whether every stored answer may be another's: then the credential is looked at before anything else."""
    legacy: str | None = None
    """The question that Higress had for a key, where an answer that it left may be served."""


class Engine:
    """Answers from the cache and fills it. It works with whatever parts it has at the moment: none, exact, or all.

    Everything here is called on one event loop; the attributes *exact*, *semantic* and *rules* may be replaced there
    at any time, and a lookup under way goes on with those it began with.
    """

    def __init__(self, rules: policy.Rules, lookup_timeout: float, clock: Callable[[], float] = time.time) -> None:
        self.rules = rules
        self.lookup_timeout = lookup_timeout
        self.semantic: Semantic | None = None
        self.exact: ExactStore | None = None
        self._clock = clock
        self._exact_part = Part("exact store", 0.25)
        self._legacy_part = Part("answers of Higress", 0.25)
        self._embedder_part = Part("embedder", 0.4)
        self._index_part = Part("vector index", 0.4)
        self._exact_known, self._semantic_known = asyncio.Event(), asyncio.Event()  # in use, or known to be none
        self._tasks: set[asyncio.Task[None]] = set()

    def use_exact(self, store: ExactStore | None, timeout: float) -> None:
        """Take an exact store into use; its predecessor's failures are forgotten."""
        self.exact = store
        self._exact_part = Part("exact store", timeout)
        self._legacy_part = Part("answers of Higress", timeout)
        if store is not None:
            self._exact_known.set()

    def use_semantic(self, semantic: Semantic | None) -> None:
        """Take embedder and index into use, or do without."""
        self.semantic = semantic
        if semantic is not None:
            self._embedder_part = Part("embedder", semantic.embedder_timeout)
            self._index_part = Part("vector index", semantic.index_timeout)
        self._semantic_known.set()

    # ------------------------------------------------------------------ lookup

    async def lookup(self, exchange: Exchange) -> Hit | Miss:
        """Find an answer within the deadline. Every failure is a Miss."""
        if exchange.controls.no_cache:
            return Miss("no-cache")
        if (exact := self.exact) is None:
            return Miss("starting")
        label = exchange.identity.key[:8]
        deadline = asyncio.get_running_loop().time() + self.lookup_timeout
        try:
            if (
                exchange.shared
                and exchange.credential is not None
                and not await self._exact_part.ask(exact.marked(exchange.credential), f"{label}: credential", deadline)
            ):
                return Miss("credential-unproven")
            entry = await self._exact_part.ask(exact.get(exchange.identity.key), f"{label}: 1 exact look-up", deadline)
        except StoreError as exc:
            return Miss(f"store-error: {exc}")
        if entry is not None:
            why_not = self._refusal(entry, exchange)
            return Hit(entry) if why_not is None else Miss(why_not)
        if (hit := await self._left_by_higress(exchange, exact, deadline)) is not None:
            return hit
        if (semantic := self.semantic) is None or not policy.may_embed(exchange.call, exchange.controls, self.rules):
            return Miss("not-stored")
        return await self._search(exchange, exact, semantic, deadline)

    async def _left_by_higress(self, exchange: Exchange, exact: ExactStore, deadline: float) -> Hit | None:
        """Look for a text that anyone may have asked for: its reader's credential must be proven, whatever the scope.

        A part of its own, and after the exact look-up, so that its failures cost no other hit.
        """
        if exchange.legacy is None or exchange.credential is None:
            return None
        label = f"{exchange.identity.key[:8]}: answer of Higress"
        try:
            proof = exact.marked(exchange.credential)
            if not await self._legacy_part.ask(proof, f"{label}, credential", deadline):
                return None
            finding = exact.legacy_text(exchange.legacy, self.rules.max_bytes)
            if (text := await self._legacy_part.ask(finding, label, deadline)) is None:
                return None
        except StoreError:
            return None
        making = (text, exchange.call, exchange.identity, exchange.format, self._clock())
        if len(text) > PARSE_ON_LOOP:
            entry = await asyncio.to_thread(legacy.entry, *making)
        else:
            entry = legacy.entry(*making)
        return Hit(entry, legacy=True) if self._refusal(entry, exchange) is None else None

    async def _search(self, exchange: Exchange, exact: ExactStore, semantic: Semantic, deadline: float) -> Hit | Miss:
        vector: Vector | None = None
        identity, question = exchange.identity, exchange.call.question or ""
        label = identity.key[:8]
        try:
            embedding = semantic.embedder.embed([question], "query")
            vector = (await self._embedder_part.ask(embedding, f"{label}: 2 embedding", deadline))[0]
            search = semantic.index.search(semantic.namespace(identity), vector, self.rules.top_k)
            neighbors = await self._index_part.ask(search, f"{label}: 3 search", deadline)
            threshold = max(self.rules.threshold, exchange.controls.threshold)
            near = policy.candidates(neighbors, threshold)
            logger.debug(
                "%s: 4 threshold: %d of %d neighbours pass %g, the nearest has %.4f",
                *(label, len(near), len(neighbors), threshold, max((n.similarity for n in neighbors), default=0.0)),
            )
            if not near:
                return Miss("no-neighbor", vector)
            fetching = _entries(exact, [n.key for n in near])
            entries = await self._exact_part.ask(fetching, f"{label}: 5 neighbours' entries", deadline)
        except StoreError as exc:
            return Miss(f"store-error: {exc}", vector)
        if gone := [n.key for n, entry in zip(near, entries, strict=True) if entry is None]:
            self._spawn(self._forget(semantic.index, gone))
        why_not: str | None = None  # the nearest one's reason
        for place, (neighbor, entry) in enumerate(zip(near, entries, strict=True)):
            if not isinstance(entry, Entry):
                continue
            if place % JUDGED_AT_ONCE == JUDGED_AT_ONCE - 1:
                await asyncio.sleep(0)
            refused = self._refusal(entry, exchange)
            if refused is None:
                judging = (question, entry.question, neighbor.similarity, threshold, self.rules)
                if len(question) > JUDGE_ON_LOOP:
                    refused = await asyncio.to_thread(policy.objection, *judging)
                else:
                    refused = policy.objection(*judging)
            if refused is None:
                return Hit(entry, min(neighbor.similarity, 1.0))
            logger.debug("%s: 5 passed over, at %.4f: %s", label, neighbor.similarity, refused)
            why_not = why_not or refused
        return Miss(why_not or "neighbor-gone", vector)

    async def lookup_pieces(self, exchange: BatchExchange) -> tuple[Entry | None, ...]:
        """Find what is known of a batch, within the deadline: an entry or None for each input."""
        unknown = (None,) * len(exchange.keys)
        if exchange.controls.no_cache or (exact := self.exact) is None:
            return unknown
        label = exchange.namespace[:8]
        deadline = asyncio.get_running_loop().time() + self.lookup_timeout
        try:
            if exchange.credential is not None and not await self._exact_part.ask(
                exact.marked(exchange.credential), f"{label}: credential", deadline
            ):
                return unknown
            found: list[Entry | StoreError | None] = []
            for start in range(0, len(exchange.keys), TOGETHER):
                if asyncio.get_running_loop().time() > deadline - self.lookup_timeout / 4:
                    break  # a long batch is no fault of the store's
                fetching = _entries(exact, list(exchange.keys[start : start + TOGETHER]))
                found += await self._exact_part.ask(fetching, f"{label}: inputs looked up", deadline)
            found += unknown[len(found) :]
        except StoreError:
            return unknown
        now = self._clock()
        return tuple(
            entry
            if isinstance(entry, Entry)
            and policy.unfit(entry, exchange.namespace, exchange.controls, now, exchange.page) is None
            else None
            for entry in found
        )

    def _refusal(self, entry: Entry, exchange: Exchange) -> str | None:
        return policy.refusal(entry, exchange.call, exchange.identity, exchange.controls, self._clock(), exchange.page)

    # ------------------------------------------------------------------ store

    def judge(self, exchange: Exchange, recording: Recording) -> Entry:
        """Make the entry that this response is worth. Raises ValueError, with the reason, when it is worth none."""
        now = self._clock()
        until = policy.keep_until(exchange.call, exchange.controls, self.rules, now)
        if until is None:
            raise ValueError("not to be kept")
        return record(
            exchange.call,
            exchange.identity,
            recording,
            exchange.format,
            now=now,
            until=until,
            max_bytes=self.rules.max_bytes,
            refusals=self.rules.refusals is not policy.Refusals.NEVER,
        )

    def judge_pieces(self, exchange: BatchExchange, recording: Recording) -> list[Entry]:
        """Make the entries of a batch's response; ValueError, with the reason, when it is no good one.

        Those that are not to be kept expire at once: a response that only completes a batch is needed however large.
        """
        now = self._clock()
        until = policy.lifetime(exchange.controls, self.rules, now)
        small = len(recording.body) <= self.rules.max_bytes
        if not small and not exchange.known:
            raise ValueError("larger than store.max_bytes")
        return record_pieces(exchange, recording, now=now, until=until if until is not None and small else now)

    def keep_pieces(self, entries: list[Entry]) -> bool:
        """Store what is to be kept of them in the background; False when nothing is, or too much is under way."""
        lasting = [entry for entry in entries if entry.expires_at > entry.stored_at]
        return bool(lasting) and self._spawn(self._store_pieces(lasting))

    def judge_and_keep_pieces(self, exchange: BatchExchange, recording: Recording) -> None:
        """Do both in the background: for what is large."""
        self._spawn(self._judge_and_store_pieces(exchange, recording))

    async def _judge_and_store_pieces(self, exchange: BatchExchange, recording: Recording) -> None:
        try:
            entries = await asyncio.to_thread(self.judge_pieces, exchange, recording)
        except ValueError as exc:
            logger.debug("not stored: %s", exc)
            return
        await self._store_pieces([entry for entry in entries if entry.expires_at > entry.stored_at])

    def keep(self, exchange: Exchange, entry: Entry) -> bool:
        """Store an entry in the background; False when there is too much to store already."""
        return self._spawn(self._store(exchange, entry))

    def judge_and_keep(self, exchange: Exchange, recording: Recording) -> None:
        """Do both in the background: for streams, whose end must not wait for the judgement."""
        self._spawn(self._judge_and_store(exchange, recording))

    def accepted(self, exchange: Exchange | BatchExchange) -> None:
        """Note that the upstream took this caller's credential."""
        if exchange.credential is not None and self.exact is not None:
            self._spawn(self._mark(self.exact, exchange.credential))

    async def drain(self, within: float) -> None:
        """Wait for the stores under way, at most *within* seconds; the rest is dropped. No part will start any more."""
        self._exact_known.set()
        self._semantic_known.set()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=within)
            for task in late:
                task.cancel()

    async def _judge_and_store(self, exchange: Exchange, recording: Recording) -> None:
        await asyncio.sleep(0)  # an eager task (Python 3.12) would judge before the hook has returned
        try:
            if len(recording.body) > PARSE_ON_LOOP:
                entry = await asyncio.to_thread(self.judge, exchange, recording)
            else:
                entry = self.judge(exchange, recording)
        except ValueError as exc:
            logger.debug("not stored: %s", exc)
            return
        await self._store(exchange, entry)

    async def _store(self, exchange: Exchange, entry: Entry) -> None:
        """Put the entry, then its vector: in this order no neighbour ever leads nowhere."""
        await _known(self._exact_known)
        if (exact := self.exact) is None:
            return
        label = entry.key[:8]
        await self._exact_part.ask(exact.put(entry), f"{label}: 6 storing the answer")
        await _known(self._semantic_known)
        semantic = self.semantic
        if semantic is None or not policy.may_embed(exchange.call, exchange.controls, self.rules):
            return
        if not policy.may_be_neighbor(entry, self.rules):
            return
        vector = exchange.vector
        if vector is None or semantic.embedder.asymmetric:
            # Else as a look-up would: a question is compared with questions.
            purpose: Purpose = "document" if semantic.embedder.asymmetric else "query"
            embedding = semantic.embedder.embed([exchange.call.question or ""], purpose)
            vector = (await self._embedder_part.ask(embedding, f"{label}: 7 embedding"))[0]
        namespace = semantic.namespace(exchange.identity)
        upsert = semantic.index.upsert(entry.key, namespace, vector, entry.expires_at)
        await self._index_part.ask(upsert, f"{label}: 7 storing the vector")

    async def _store_pieces(self, entries: list[Entry]) -> None:
        await _known(self._exact_known)
        if (exact := self.exact) is not None:
            for entry in entries:
                await self._exact_part.ask(exact.put(entry), f"{entry.key[:8]}: storing an input's vector")

    async def _mark(self, exact: ExactStore, credential: str) -> None:
        await self._exact_part.ask(exact.mark(credential, CREDENTIAL_TTL), "credential accepted")

    async def _forget(self, index: VectorIndex, keys: list[str]) -> None:
        await self._index_part.ask(index.delete(keys), "stale neighbours deleted")

    def _spawn(self, work: Coroutine[Any, Any, None]) -> bool:
        """Run *work* in the background and keep its task; False (and a warning) when too much is under way."""
        if len(self._tasks) >= MAX_WRITES:
            work.close()
            self._exact_part.warn(f"{MAX_WRITES} stores are under way, more are dropped")
            return False
        task = asyncio.get_running_loop().create_task(_top(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True


async def _entries(exact: ExactStore, keys: list[str]) -> list[Entry | StoreError | None]:
    """Fetch entries, of which some may be on a node that is down: those are errors here, and not gone.

    Raises StoreError when nothing could be asked. The gets of one turn of the loop travel together.
    """
    found = await asyncio.gather(*(exact.get(key) for key in keys), return_exceptions=True)
    entries: list[Entry | StoreError | None] = []
    for each in found:
        if isinstance(each, BaseException) and not isinstance(each, StoreError):
            raise each
        entries.append(each)
    if (failures := [each for each in entries if isinstance(each, StoreError)]) and len(failures) == len(entries):
        raise failures[0]
    return entries


async def _known(part: asyncio.Event) -> None:
    """Wait for a part that is starting: an answer that comes in the meantime is not lost."""
    if not part.is_set():
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(START_WITHIN):
                await part.wait()


async def _top(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except StoreError as exc:
        logger.debug("%s", exc)
    except Exception:
        logger.exception("a background task failed")


def with_vector(exchange: Exchange, miss: Miss) -> Exchange:
    """Return the exchange with the vector its lookup computed, so that a question is never embedded twice."""
    return exchange if miss.vector is None else replace(exchange, vector=miss.vector)
