"""The parts that are in use, each brought to what the configuration wants, and back again when it wants another."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import math
import re
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from secrets import token_urlsafe
from typing import TypeAlias, assert_never

from aicache.adapters.chat_judge import ChatJudge
from aicache.adapters.damaged_files import ASIDE_SUFFIX
from aicache.adapters.embedders.dashscope import DashScopeEmbedder
from aicache.adapters.embedders.local import LocalEmbedder
from aicache.adapters.embedders.openai import OpenAIEmbedder
from aicache.adapters.private_file import load_or_create_secret
from aicache.adapters.redis.store import RedisStore
from aicache.adapters.unused_files import UnusedFiles
from aicache.adapters.valkey.aof_rewrite import DUE_SHARE, MIN_INTERVAL_S, REST_FACTOR, AofRewriter
from aicache.adapters.valkey.server import EmbeddedValkey
from aicache.adapters.vectors.dashvector import DashVectorIndex
from aicache.adapters.vectors.zvec import ZvecIndex
from aicache.adapters.vectors.zvec_rewrite import is_temporary
from aicache.config import DashScopeEmbedder as DashScopeConfig
from aicache.config import DashVectorIndex as DashVectorConfig
from aicache.config import Embedder as EmbedderConfig
from aicache.config import Exact, JudgeModel, Redis
from aicache.config import Index as IndexConfig
from aicache.config import LocalEmbedder as LocalConfig
from aicache.config import OpenAIEmbedder as OpenAIConfig
from aicache.config import Semantic as SemanticConfig
from aicache.config import ZvecIndex as ZvecConfig
from aicache.domain.deployment_secrets import Secrets, derive_salt, derive_secrets
from aicache.domain.digests import digest
from aicache.domain.model import AHEAD
from aicache.domain.ports import StoreError
from aicache.engine import Engine
from aicache.engine.credential_status import REFUSED_FOR
from aicache.engine.recovery import Recovery
from aicache.engine.traffic_segments import SEGMENT_PREFIX, SEGMENT_TTL_S

logger = logging.getLogger(__name__)

SWEEP_EVERY = 120.0  # seconds between two sweeps of expired vectors
ORPHANS = 1024  # vectors whose entries are looked for at once
ERASED_WITHIN = 600.0  # seconds, where nothing is said
AGREE_EVERY = 60.0  # seconds between two looks at the salt that a Redis keeps: it may have been emptied
ENDS_WITHIN = 12.0  # seconds in which a part is closed, or left behind
SHORT = 10.0  # seconds; a Valkey that ends sooner than that is started again after a pause
AGAIN_WITHIN = 2.0  # seconds, that pause at most
COUNTED = 20  # pages of keys that are counted at the start

_Embedder: TypeAlias = LocalEmbedder | DashScopeEmbedder | OpenAIEmbedder
_Index: TypeAlias = ZvecIndex | DashVectorIndex


class NotYet(StoreError):
    """It is asked for again soon, for nothing is answered without it."""


def secrets_of(exact: Exact, data: Path) -> Secrets | None:
    """Return what the deployment's secret gives; None where it has none, so that a salt is kept in its Redis.

    Raises StoreError when the data folder's cannot be read or made.
    """
    if exact.secret is not None:
        return derive_secrets(exact.secret)
    return derive_secrets(load_or_create_secret(data / "secret")) if exact.redis is None else None


class Clock:
    """Tells when the system's clock has jumped, against one that does not: what was kept by it may live too long."""

    def __init__(self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic) -> None:
        self._wall, self._steady = wall, steady
        self._apart: float | None = None

    def start(self) -> None:
        """Take it for having jumped: what was before is not known."""
        self._apart = None

    def jumped(self) -> bool:
        """Tell whether it has since this was asked last."""
        apart = self._wall() - self._steady()
        before, self._apart = self._apart, apart
        return before is None or abs(apart - before) > AHEAD


def longest(name: str, ttl: float) -> float:
    """Return the seconds that what has this name in the store (``e:…`` and so on) may live at most."""
    match name[:2]:
        case "e:":
            return ttl
        case "m:" if not name.startswith(f"m:{SEGMENT_PREFIX}"):
            return max(ttl, REFUSED_FOR)
        case _:
            return max(ttl, SEGMENT_TTL_S)


class ExactPart:
    """The exact store in use: a Redis of the user's, the Valkey of this process, or that of the folder's owner.

    *salted* is told the salt of all keys before a store is put into use, and when it changes; *wake* is called when the
    Valkey of this process has ended.
    """

    def __init__(
        self,
        engine: Engine,
        salted: Callable[[bytes], None] = lambda salt: None,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self._engine = engine
        self._salted = salted
        self._wake = wake
        self.salt = b""
        self._agreed = ""  # the salt as it is kept in a Redis
        self._agreed_at = 0.0
        self._secrets: tuple[object, Secrets | None] = (None, None)
        self._store: RedisStore | None = None
        self._wanted: object = None  # what _store was made from
        self._valkey: EmbeddedValkey | None = None
        self._watching: asyncio.Task[None] | None = None
        self._ends = 0  # of a Valkey soon after its start, in a row
        self._recovery: Recovery | None = None
        self._rewriting: AofRewriter | None = None
        self._bounded = Clock()
        self._bounding: asyncio.Task[None] | None = None

    async def converge(self, exact: Exact, data: Path, owned: bool, erased_within: float = ERASED_WITHIN) -> None:
        await self._converge(exact, data, owned)
        if self._store is None:
            return
        if exact.redis is None:
            await self._erase(self._store, erased_within if owned else math.inf)
        if self._bounded.jumped():
            await self._end_bounding()
            self._bounding = asyncio.get_running_loop().create_task(self._bound(self._store))

    async def _bound(self, store: RedisStore) -> None:
        ttl = self._engine.rules.ttl
        try:
            if count := await store.bound(lambda name: longest(name, ttl)):
                logger.info("%s: %d entries and notes would have outlived exact.ttl, and are shortened", store, count)
        except StoreError as exc:
            self._bounded.start()  # it is done again
            logger.debug("%s", exc)
        except Exception:
            logger.exception("entries may outlive exact.ttl")

    async def _end_bounding(self) -> None:
        if self._bounding is not None:
            self._bounding.cancel()
            await asyncio.wait([self._bounding])
            self._bounding = None

    async def _erase(self, store: RedisStore, within: float) -> None:
        """Have nothing that has gone left in the append-only file; whoever shares the Valkey sees to what it purges."""
        if self._rewriting is None or self._rewriting.within != within:
            self._rewriting = AofRewriter(store.server, within)
        try:
            await self._rewriting.look(store.deleted)
        except StoreError as exc:
            logger.debug("the append-only file is not written anew: %s", exc)

    async def _converge(self, exact: Exact, data: Path, owned: bool) -> None:
        secrets = self._secrets_of(exact, data)
        if exact.redis is not None:
            await self._use(exact, exact.redis, (exact.redis, exact.near_cache, secrets), secrets)
            await self._end_valkey()
            return
        wanted = (data, exact.embedded, exact.near_cache, owned, secrets)
        if self._valkey is not None and self._wanted != wanted:
            await self.end()
        if self._valkey is None:
            self._valkey = EmbeddedValkey(data, exact.embedded.max_memory)
        if owned and not self._valkey.running:
            if self._valkey.pid is not None:  # else it was ended on purpose, or never ran
                logger.warning("the embedded Valkey has ended; starting it again")
            await self._valkey.start()
            self._watch(self._valkey)
            if self._store is not None:
                self._engine.backends.exact_restored()
        await self._use(exact, Redis(url=self._valkey.url), wanted, secrets)

    def _watch(self, valkey: EmbeddedValkey) -> None:
        if self._watching is not None:
            self._watching.cancel()
        self._watching = asyncio.get_running_loop().create_task(self._wake_at_its_end(valkey))

    async def _wake_at_its_end(self, valkey: EmbeddedValkey) -> None:
        began = time.monotonic()
        try:
            await valkey.watch()
        except Exception:
            logger.exception("the embedded Valkey is not watched any more")
            return
        self._ends = self._ends + 1 if time.monotonic() - began < SHORT else 0
        await asyncio.sleep(min(0.1 * 2**self._ends, AGAIN_WITHIN) if self._ends > 1 else 0.0)
        self._wake()

    def _secrets_of(self, exact: Exact, data: Path) -> Secrets | None:
        asked = (exact.secret, exact.redis, data)
        if self._secrets[0] != asked:
            self._secrets = asked, secrets_of(exact, data)
        return self._secrets[1]

    async def _use(self, exact: Exact, redis: Redis, wanted: object, secrets: Secrets | None) -> None:
        if self._store is not None and self._wanted == wanted:
            await self._agree_again(secrets)
            return
        store = RedisStore(
            redis.url,
            prefix=redis.prefix,
            timeout=redis.timeout,
            max_connections=redis.max_connections,
            near=exact.near_cache,
            sign=secrets.signing_key if secrets is not None else b"",
        )
        try:
            known = secrets or await self._agree(store)
        except StoreError as exc:
            await store.close()
            raise NotYet(str(exc)) from exc
        if secrets is not None:
            await self._tell_of_others(store, secrets)
        else:
            logger.info(
                "entries in %s are not signed, since exact.secret is not set: whoever may write there can put answers "
                "into it",
                store,
            )
        old, self._store = self._store, store
        self._wanted, self._rewriting = wanted, None
        self._bounded.start()
        self._take(known)
        self._engine.use_exact(self._store, redis.timeout)
        await self._end_recovery()
        self._recovery = Recovery(lambda: self._engine.backends.exact_guards.reads, store.probe)
        self._recovery.start()
        if old is not None:
            await old.close()
        freeze_gc()
        logger.info("ready: exact hits from %s", self._store)

    def _take(self, known: Secrets) -> None:
        self.salt = known.salt
        self._salted(known.salt)
        self._engine.backends.deployment = known.name

    async def _agree(self, store: RedisStore) -> Secrets:
        """Return the salt that all proxies have that share a Redis without a secret. Raises StoreError."""
        proposed = self._agreed or token_urlsafe(32)
        agreed = await store.agreed("salt", proposed)
        if agreed == proposed != self._agreed:
            await self._tell_of_before(store)
        self._agreed, self._agreed_at = agreed, time.monotonic()
        return derive_salt(agreed)

    async def _agree_again(self, known: Secrets | None) -> None:
        if known is not None or self._store is None or time.monotonic() - self._agreed_at < AGREE_EVERY:
            return
        self._agreed_at = time.monotonic()
        with contextlib.suppress(StoreError):
            if (found := await self._agree(self._store)).salt != self.salt:
                self._take(found)

    async def _tell_of_others(self, store: RedisStore, known: Secrets) -> None:
        """Say what becomes of entries that were stored with another secret, or with none."""
        with contextlib.suppress(StoreError):
            if await store.exchanged("secret", known.name) != known.name:
                await self._tell_of_before(store)

    async def _tell_of_before(self, store: RedisStore) -> None:
        count, cursor = 0, ""
        with contextlib.suppress(StoreError):
            for _ in range(COUNTED):
                keys, cursor = await store.scan(cursor)
                count += len(keys)
                if not cursor:
                    break
        if count:
            more = " and more" if cursor else ""
            logger.info(
                "%s: %d%s entries of an earlier version, or of another secret, are not read any more; they expire by "
                "themselves",
                *(store, count, more),
            )

    async def end(self) -> None:
        """End all of it, whatever of it fails to end."""
        self._engine.use_exact(None, 0.0)
        await self._end_recovery()
        await self._end_bounding()
        rewriting, self._rewriting = self._rewriting, None
        store, self._store, self._wanted = self._store, None, None
        if store is not None:
            if rewriting is not None and self._valkey is not None and self._valkey.running:
                await ended("append-only file", rewriting.finish(store.deleted))
            await ended("exact store", store.close())
        await self._end_valkey()

    async def _end_recovery(self) -> None:
        recovery, self._recovery = self._recovery, None
        if recovery is not None:
            await recovery.close()

    async def _end_valkey(self) -> None:
        watching, self._watching = self._watching, None
        if watching is not None:
            watching.cancel()
        valkey, self._valkey = self._valkey, None
        if valkey is not None:
            await ended("embedded Valkey", valkey.stop())


class SemanticPart:
    """Embedder and vector index in use; each is kept over a reload that does not touch its section."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._embedder: _Embedder | None = None
        self._embedder_is: object = None  # what it was made from
        self._index: _Index | None = None
        self._index_is: object = None
        self._judge: ChatJudge | None = None
        self._judge_is: JudgeModel | None = None
        self._sweeping: asyncio.Task[None] | None = None
        self._recoveries: list[Recovery] = []
        self._swept = self._erased = time.monotonic()
        self._purges = engine.purges  # those of which nothing is left
        self._took = 0.0
        self._wants_none = False
        self._embedder_space = ""
        self._erasing: asyncio.Task[None] | None = None

    async def converge(
        self, semantic: SemanticConfig, data: Path, owned: bool, erased_within: float = ERASED_WITHIN
    ) -> None:
        self._wants_none = not semantic.enabled or isinstance(semantic.index, DashVectorConfig)
        if not semantic.enabled or not (owned or isinstance(semantic.index, DashVectorConfig)):
            await self.end()
            self._engine.use_no_semantic()  # known to be none: nothing waits for it
            return
        try:
            embedder = await self._use_embedder(semantic.embedder)
            index = await self._use_index(semantic.index, data, embedder)
            await self._use_judge(semantic.judge)
        except StoreError:
            if self._engine.semantic is None:
                self._engine.use_no_semantic()  # as far as is known
            raise
        if time.monotonic() - self._swept > SWEEP_EVERY and (self._sweeping is None or self._sweeping.done()):
            self._sweeping = asyncio.get_running_loop().create_task(self._sweep_or_say(index))  # nobody waits for it
        if isinstance(index, ZvecIndex) and self._is_due(erased_within):
            self._erasing = asyncio.get_running_loop().create_task(self._erase(index))

    def _is_due(self, within: float) -> bool:
        """Tell whether the index is to be written anew: soon after a purge, or regularly."""
        if self._erasing is not None and not self._erasing.done():
            return False
        since = time.monotonic() - self._erased
        purged = self._purges != self._engine.purges
        return since >= DUE_SHARE * within or (purged and since >= max(MIN_INTERVAL_S, REST_FACTOR * self._took))

    async def _sweep(self, index: _Index) -> None:
        self._swept, now = time.monotonic(), time.time()
        await index.sweep(now, now + self._engine.rules.ttl + AHEAD)

    async def _sweep_or_say(self, index: _Index) -> None:
        try:
            await self._sweep(index)
        except StoreError as exc:
            logger.warning("%s (what has expired is not swept; it is tried again)", exc)
        except Exception:
            logger.exception("what has expired is not swept")

    async def _drop_orphans(self, index: ZvecIndex) -> None:
        """Delete vectors whose entries have gone: evicted, or purged by another proxy. An entry comes first."""
        store = None if (exact := self._engine.exact) is None else exact.port
        if not isinstance(store, RedisStore):
            return
        keys = await index.keys()
        for start in range(0, len(keys), ORPHANS):
            await index.delete(await store.missing(keys[start : start + ORPHANS]))

    async def _erase(self, index: ZvecIndex) -> None:
        self._erased, self._purges = time.monotonic(), self._engine.purges
        try:
            await self._sweep(index)
            await self._drop_orphans(index)
            await index.erase()
        except StoreError as exc:
            self._purges = -1  # it is tried again
            logger.warning("vectors that were deleted may still be in the files: %s", exc)
        except Exception:
            logger.exception("vectors that were deleted may still be in the files")
        self._took = time.monotonic() - self._erased

    @property
    def used(self) -> str | None:
        """Name the vectors in use in the data folder; None where none are, empty where that is not known yet."""
        if self._wants_none:
            return None
        return self._embedder_space if isinstance(self._index, ZvecIndex) else ""

    async def _use_embedder(self, wanted: EmbedderConfig) -> _Embedder:
        if self._embedder is not None and self._embedder_is == wanted:
            return self._embedder
        embedder = make_embedder(wanted)
        try:
            await embedder.load()
        except BaseException:  # it has threads
            await _close(embedder)
            raise
        await self.end()
        self._embedder, self._embedder_is = embedder, wanted
        return embedder

    async def _use_index(self, wanted: IndexConfig, data: Path, embedder: _Embedder) -> _Index:
        if self._index is not None and self._index_is == (wanted, data):
            if (why := await _trouble(self._index)) is None:
                return self._index
            logger.warning("vector index: %s: %s; opening it again", self._index, why)
        await self._end_index()
        index = _index(wanted, data, embedder)
        try:
            await index.open()
        except BaseException:
            await _close(index)
            raise
        self._index, self._index_is = index, (wanted, data)
        self._embedder_space = vector_space(embedder.model, embedder.dimensions)
        if isinstance(index, ZvecIndex) and not index.is_clean:
            self._purges = -1  # what the process before has left is erased soon
        assert self._embedder_is is not None
        self._engine.use_semantic(
            embedder,
            index,
            embedder_timeout=self._embedder_is.timeout,  # type: ignore[attr-defined]
            index_timeout=wanted.timeout,
            begun_at=index.begun_at if isinstance(index, ZvecIndex) else 0.0,
        )
        self._attend(embedder, index)
        threshold = self._engine.rules.threshold
        freeze_gc()
        logger.info("ready: hits by meaning (%s, %s, similarity from %g)", embedder.model, wanted.kind, threshold)
        return index

    async def _use_judge(self, wanted: JudgeModel | None) -> None:
        if self._judge_is == wanted:
            return
        old, self._judge, self._judge_is = self._judge, None, wanted
        if wanted is not None:
            self._judge = ChatJudge(
                wanted.model, base_url=wanted.base_url, api_key=wanted.api_key, timeout=wanted.timeout
            )
        self._engine.backends.use_judge(self._judge, wanted.timeout if wanted is not None else 0.0)
        if old is not None:
            await old.close()

    def _attend(self, embedder: _Embedder, index: _Index) -> None:
        """Ask those that fail, beside the requests, where that costs nothing."""
        backends = self._engine.backends
        if isinstance(index, ZvecIndex):
            self._recoveries.append(Recovery(lambda: backends.semantic_guards.index, index.probe))
        if isinstance(embedder, LocalEmbedder):
            self._recoveries.append(Recovery(lambda: backends.semantic_guards.embedder, embedder.probe))
            embedder.when_restored(lambda: backends.semantic_guards.embedder.restored())
        for recovery in self._recoveries:
            recovery.start()

    async def _end_index(self) -> None:
        for task in (self._sweeping, self._erasing):
            if task is not None:
                task.cancel()
                await asyncio.wait([task], timeout=ENDS_WITHIN)
        self._sweeping = self._erasing = None
        recoveries, self._recoveries = self._recoveries, []
        for recovery in recoveries:
            await recovery.close()
        index, self._index = self._index, None
        if index is not None:  # while the first one starts, answers wait for it with their vectors
            self._engine.use_no_semantic()
            await ended("vector index", index.close())

    async def end(self) -> None:
        """End all of it, whatever of it fails to end."""
        await ended("judge model", self._use_judge(None))
        await self._end_index()
        embedder, self._embedder = self._embedder, None
        if embedder is not None:
            await ended("embedder", embedder.close())


async def ended(name: str, ending: Awaitable[None]) -> None:
    """Await a part's end, for `ENDS_WITHIN`; that it fails to end is said, and keeps no other part from its own."""
    try:
        async with asyncio.timeout(ENDS_WITHIN):
            await ending
    except (StoreError, TimeoutError) as exc:
        logger.warning("%s: not ended as it should be (%s)", name, str(exc) or "no end in time")
    except Exception as exc:
        logger.warning("%s: not ended as it should be (%s)", name, type(exc).__name__)


async def _trouble(index: _Index) -> str | None:
    """Say why an index is to be opened again; one that does not answer is not known to be in trouble."""
    if not isinstance(index, ZvecIndex):
        return None
    with contextlib.suppress(StoreError):
        return await index.find_problem()
    return None


class LeftoversPart:
    """What is not used any more in the data folder, cleared away by the process that owns it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._leftovers: UnusedFiles | None = None
        self._at = -math.inf
        self._purges, self._emptied = engine.purges, engine.emptied

    async def converge(self, data: Path, used: str | None, erased_within: float) -> None:
        """Look through the folder now and then, and when something was purged. *used*: see `UnusedFiles`."""
        if self._leftovers is None or self._leftovers.data != data:
            self._leftovers, self._at = UnusedFiles(data), -math.inf
        engine, now = self._engine, time.monotonic()
        if now - self._at < DUE_SHARE * erased_within / 4 and self._purges == engine.purges:
            return
        self._at = now
        purged, emptied = self._purges != engine.purges, self._emptied != engine.emptied
        self._purges, self._emptied = engine.purges, engine.emptied
        count = await asyncio.to_thread(
            self._leftovers.delete_unused,
            used,
            damaged_after=DUE_SHARE * erased_within,
            unused_after=engine.rules.ttl,
            purged=purged,
            emptied=emptied,
        )
        if count:
            logger.info("%s: %d folders that were not used any more are deleted", data, count)


async def _close(part: _Embedder | _Index) -> None:
    """Close what did not come up; that it is still busy may not hide why, which may be that the proxy ends."""
    with contextlib.suppress(StoreError):
        await part.close()


def freeze_gc() -> None:
    """Take what has been made so far out of the garbage collector's rounds.

    It is hundreds of thousands of objects, of modules mostly, which live as long as the process; to go through them
    all held every request up for some 50 ms, now and then. Collecting first would do so, too.
    """
    gc.freeze()


def make_embedder(config: EmbedderConfig) -> _Embedder:
    """Make what the configuration names; `load` it before it is asked, `close` it in the end."""
    match config:
        case LocalConfig():
            return LocalEmbedder()
        case DashScopeConfig():
            return DashScopeEmbedder(
                config.model,
                api_key=config.api_key,
                base_url=config.base_url,
                dimensions=config.dimensions,
                timeout=config.timeout,
                stored_as=config.stored_as,
            )
        case OpenAIConfig():
            return OpenAIEmbedder(
                config.model,
                api_key=config.api_key,
                base_url=config.base_url,
                dimensions=config.dimensions,
                timeout=config.timeout,
            )
        case _:
            assert_never(config)


def _index(config: IndexConfig, data: Path, embedder: _Embedder) -> _Index:
    """Make the index of one embedder's vectors: those of another model or dimension are somewhere else."""
    space = vector_space(embedder.model, embedder.dimensions)
    match config:
        case ZvecConfig():
            folder = data / "vectors"
            if others := [
                path.name
                for path in folder.glob("*")
                if path.is_dir() and path.name.partition(ASIDE_SUFFIX)[0] != space and not is_temporary(path)
            ]:
                logger.info("%s: vectors of other models are not used any more: %s", folder, ", ".join(others))
            return ZvecIndex(folder / space, embedder.dimensions)
        case DashVectorConfig():
            return DashVectorIndex(
                config.endpoint,
                api_key=config.api_key,
                collection=config.collection or space,
                dimensions=embedder.dimensions,
                timeout=config.timeout,
                queries_per_second=config.queries_per_second,
                partition=config.partition,
            )
        case _:
            assert_never(config)


def vector_space(model: str, dimensions: int) -> str:
    """Name the place of a model's vectors, within what DashVector takes for a collection (3 to 32 characters)."""
    name = re.sub(r"[^a-zA-Z0-9]+", "-", f"{model}-{dimensions}").strip("-")
    return name if 3 <= len(name) <= 32 else f"{name[:23].strip('-')}-{digest(model, str(dimensions))[:8]}"
