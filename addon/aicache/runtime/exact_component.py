"""The exact store in use, brought to what the configuration wants, and back again when it wants another."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from secrets import token_urlsafe

from aicache.adapters.private_file import load_or_create_secret
from aicache.adapters.redis.large_values import SizeLimit
from aicache.adapters.redis.store import RedisStore
from aicache.adapters.valkey.aof_rewrite import AofRewriter
from aicache.adapters.valkey.server import EmbeddedValkey
from aicache.config import Exact, Redis
from aicache.config.scalars import show_size
from aicache.domain.deployment_secrets import Secrets, derive_salt, derive_secrets
from aicache.domain.ports import StoreError
from aicache.engine import Engine
from aicache.engine.recovery_probe import Recovery
from aicache.runtime.component import DEFAULT_ERASED_WITHIN_S, NotReady, close_component, freeze_gc
from aicache.runtime.ttl_limits import TTLLimits, max_ttl

logger = logging.getLogger(__name__)

SALT_CHECK_INTERVAL_S = 60.0
"""Interval of the checks of the salt that a Redis keeps: it may have been emptied."""
SHORT_LIFE_S = 10.0
"""A Valkey that ends sooner than that is started again after a pause ..."""
MAX_RESTART_PAUSE_S = 2.0
"""... of at most this."""
MAX_COUNTED_PAGES = 20
"""Pages of keys that are counted at the start."""

VALKEY_BYTES = 5 << 18
"""Memory that the embedded Valkey takes for itself: 1.07 MB, and some for connections."""
MIN_ENTRIES = 4
"""So many entries have room in it. With three it happened that one was refused, after all others had been evicted."""


def load_secrets(exact: Exact, data: Path) -> Secrets | None:
    """Derive the deployment's secrets; None where it has no secret, so that a salt is kept in its Redis.

    Raises StoreError when the data folder's cannot be read or made.
    """
    if exact.secret is not None:
        return derive_secrets(exact.secret)
    return derive_secrets(load_or_create_secret(data / "secret")) if exact.redis is None else None


def embedded_limit(max_memory: int) -> SizeLimit:
    """Return the limit of an entry in the embedded Valkey: for a larger one, all others might be evicted in vain."""
    most = (max_memory - VALKEY_BYTES) // MIN_ENTRIES
    setting = f"exact.embedded.max_memory ({show_size(max_memory)})"
    return SizeLimit(most, f"{setting} has room for up to {most >> 10} kB each")


class ExactComponent:
    """The exact store in use: a Redis of the user's, the Valkey of this process, or that of the folder's owner.

    *on_salt* gets the salt of all keys before a store is put into use, and when it changes; *on_valkey_exit* is called
    when the Valkey of this process has ended.
    """

    def __init__(
        self,
        engine: Engine,
        on_salt: Callable[[bytes], None] = lambda salt: None,
        on_valkey_exit: Callable[[], None] = lambda: None,
    ) -> None:
        self._engine = engine
        self._on_salt = on_salt
        self._on_valkey_exit = on_valkey_exit
        self.salt = b""
        self._shared_salt = ""  # the salt as it is kept in a Redis
        self._salt_checked_at = 0.0
        self._secrets: tuple[object, Secrets | None] = (None, None)
        self._store: RedisStore | None = None
        self._wanted: object = None  # what _store was made from
        self._compress = True
        self._valkey: EmbeddedValkey | None = None
        self._watching: asyncio.Task[None] | None = None
        self._short_lives = 0  # of a Valkey, in a row
        self._recovery: Recovery | None = None
        self._rewriting: AofRewriter | None = None
        self._ttl_limits = TTLLimits()

    async def reconcile(
        self,
        exact: Exact,
        data: Path,
        owned: bool,
        erased_within: float = DEFAULT_ERASED_WITHIN_S,
        compress: bool = True,
    ) -> None:
        self._compress = compress
        if self._store is not None:
            self._store.compress = compress
        await self._reconcile(exact, data, owned)
        if self._store is None:
            return
        if exact.redis is None:
            await self._erase(self._store, erased_within if owned else math.inf)
        rules = self._engine.rules
        limits = partial(max_ttl, ttl=rules.ttl, kept=rules.keeps_stale)
        await self._ttl_limits.apply_if_clock_jumped(self._store, limits)

    async def _erase(self, store: RedisStore, within: float) -> None:
        """Rewrite the append-only file, so that it holds nothing deleted. Who shares the Valkey does so for its own."""
        if self._rewriting is None or self._rewriting.within != within:
            self._rewriting = AofRewriter(store.execute, within)
        try:
            await self._rewriting.rewrite_if_due(store.deleted)
        except StoreError as exc:
            logger.debug("the append-only file is not written anew: %s", exc)

    async def _reconcile(self, exact: Exact, data: Path, owned: bool) -> None:
        secrets = self._load_secrets(exact, data)
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
        self._watching = asyncio.get_running_loop().create_task(self._watch_until_exit(valkey))

    async def _watch_until_exit(self, valkey: EmbeddedValkey) -> None:
        began = time.monotonic()
        try:
            await valkey.watch()
        except Exception:
            logger.exception("the embedded Valkey is not watched any more")
            return
        self._short_lives = self._short_lives + 1 if time.monotonic() - began < SHORT_LIFE_S else 0
        await asyncio.sleep(min(0.1 * 2**self._short_lives, MAX_RESTART_PAUSE_S) if self._short_lives > 1 else 0.0)
        self._on_valkey_exit()

    def _load_secrets(self, exact: Exact, data: Path) -> Secrets | None:
        asked = (exact.secret, exact.redis, data)
        if self._secrets[0] != asked:
            self._secrets = asked, load_secrets(exact, data)
        return self._secrets[1]

    async def _use(self, exact: Exact, redis: Redis, wanted: object, secrets: Secrets | None) -> None:
        if self._store is not None and self._wanted == wanted:
            await self._check_salt(secrets)
            return
        store = RedisStore(
            redis.url,
            prefix=redis.prefix,
            timeout=redis.timeout,
            max_connections=redis.max_connections,
            near=exact.near_cache,
            sign=secrets.signing_key if secrets is not None else b"",
            on_peer=self._engine.collapsing.leases.cover_flights,
            compress=self._compress,
            limit=embedded_limit(exact.embedded.max_memory) if exact.redis is None else None,
        )
        try:
            known = secrets or await self._share_salt(store)
        except StoreError as exc:
            await store.close()
            raise NotReady(str(exc)) from exc
        if secrets is not None:
            await self._report_other_secret(store, secrets)
        else:
            logger.info(
                "entries in %s are not signed, since exact.secret is not set: whoever may write there can put answers "
                "into it",
                store,
            )
        old, self._store = self._store, store
        self._wanted, self._rewriting = wanted, None
        self._ttl_limits.store_changed()
        self._adopt(known)
        self._engine.use_exact(self._store, redis.timeout)
        self._store.listen()
        await self._end_recovery()
        self._recovery = Recovery(lambda: self._engine.backends.exact_guards.reads, store.probe)
        self._recovery.start()
        if old is not None:
            await old.close()
        freeze_gc()
        logger.info("ready: exact hits from %s", self._store)

    def _adopt(self, known: Secrets) -> None:
        self.salt = known.salt
        self._on_salt(known.salt)
        self._engine.backends.deployment = known.name

    async def _share_salt(self, store: RedisStore) -> Secrets:
        """Return the salt of all proxies that share a Redis without a secret. Raises StoreError."""
        proposed = self._shared_salt or token_urlsafe(32)
        agreed = await store.get_or_set("salt", proposed)
        if agreed == proposed != self._shared_salt:
            await self._report_unreadable(store)
        self._shared_salt, self._salt_checked_at = agreed, time.monotonic()
        return derive_salt(agreed)

    async def _check_salt(self, known: Secrets | None) -> None:
        if known is not None or self._store is None or time.monotonic() - self._salt_checked_at < SALT_CHECK_INTERVAL_S:
            return
        self._salt_checked_at = time.monotonic()
        with contextlib.suppress(StoreError):
            if (found := await self._share_salt(self._store)).salt != self.salt:
                self._adopt(found)

    async def _report_other_secret(self, store: RedisStore, known: Secrets) -> None:
        """Log what becomes of entries that were stored with another secret, or with none."""
        with contextlib.suppress(StoreError):
            if await store.get_and_set("secret", known.name) != known.name:
                await self._report_unreadable(store)

    async def _report_unreadable(self, store: RedisStore) -> None:
        count, cursor = 0, ""
        with contextlib.suppress(StoreError):
            for _ in range(MAX_COUNTED_PAGES):
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
        """End all of it, even if some of it fails to end."""
        self._engine.use_exact(None, 0.0)
        await self._end_recovery()
        await self._ttl_limits.cancel()
        rewriting, self._rewriting = self._rewriting, None
        store, self._store, self._wanted = self._store, None, None
        if store is not None:
            if rewriting is not None and self._valkey is not None and self._valkey.running:
                await close_component("append-only file", rewriting.finish(store.deleted))
            await close_component("exact store", store.close())
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
            await close_component("embedded Valkey", valkey.stop())
