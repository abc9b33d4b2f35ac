"""Calls to DashVector's SDK: on threads of their own, each with a deadline and a turn; its codes in, StoreError out."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from typing import Any, TypeVar

from aicache.adapters.threads import Pool, Worker
from aicache.adapters.vectors.rate_limit import RateLimit
from aicache.adapters.vectors.write_queue import Outcome
from aicache.domain import loop_time
from aicache.domain.ports import Busy, ShareError, StoreError

T = TypeVar("T")

CALL_TIMEOUT = 3.0  # seconds for every call but a search
CONNECT_TIMEOUT = 10.0  # seconds; the import of the SDK is in it
THREADS = 8

# Codes below 20 are gRPC's, those up to 599 HTTP's, and negative ones DashVector's own:
# https://help.aliyun.com/document_detail/2510266.html
SUCCESS = 0
INEXISTENT_COLLECTION, INEXISTENT_PARTITION, INEXISTENT_KEY = -2021, -2022, -2024
DUPLICATE_COLLECTION, DUPLICATE_PARTITION = -2025, -2026
LOST = frozenset({INEXISTENT_COLLECTION, INEXISTENT_PARTITION})
INVALID_ENDPOINT = -2952
RATE_LIMITED = frozenset({8, 429, -2034})
SILENT = frozenset({4, 408})
UNREACHABLE = frozenset({14, 502, 503, 504})
KEY_REFUSED = frozenset({7, 16, 401, 403})
TRANSIENT = RATE_LIMITED | SILENT | UNREACHABLE | LOST | {10, 13, 500, -999, -2029, -2030}
"""A write may work later: also after an abort, an internal or unknown error, while something is not ready, or once
what was deleted is made again."""


def code_of(response: Any) -> int:
    """Return the code of a response; the SDK leaves it a string where the service sends one beside gRPC's own."""
    with contextlib.suppress(TypeError, ValueError):
        return int(response.code)
    return -999


def outcome_of(code: int) -> Outcome:
    if code in (SUCCESS, INEXISTENT_KEY):  # to delete what is not there is no failure
        return Outcome.WRITTEN
    return Outcome.AGAIN if code in TRANSIENT else Outcome.REFUSED


class Calls:
    """One SDK client, and the way every call to it goes.

    `turn` comes before each of them. The SDK knows one limit of time for all its calls: it is the longest, which frees
    a thread in the end; the caller's own deadline is kept here.
    """

    def __init__(self, endpoint: str, api_key: str, *, per_second: int, patience: float, longest: float) -> None:
        """*patience* and *longest* in seconds: what a look-up waits for its turn, and what a search may take."""
        self.endpoint = endpoint
        self.client: Any = None
        self._api_key = api_key
        self._patience = patience
        self._longest = max(CALL_TIMEOUT, longest)
        self._limit = RateLimit(per_second, reserved=per_second // 3)
        self._pool = Pool("ai-cache-dashvector", THREADS)

    async def turn(self, *, write: bool = False) -> None:
        """Wait for a turn under the rate limit. StoreError for a look-up that would wait longer than *patience*."""
        now = asyncio.get_running_loop().time
        end = now() + self._patience
        while wait := self._limit.take(now(), write=write):
            if not write and now() + wait > end:
                raise ShareError("dashvector: as many look-ups a second as the limit allows; this one is not made")
            await asyncio.sleep(wait)

    async def run(self, fn: Callable[..., T], *args: Any, within: float = CALL_TIMEOUT) -> T:
        """Return ``fn(*args)``, called on a thread of the pool. *within* in seconds."""
        try:
            async with (waiting := loop_time.loop_timeout(within)):
                return await self._pool.run(fn, *args)
        except TimeoutError as exc:
            if waiting.loop_was_late:
                raise Busy("dashvector: this process is too busy to listen") from exc
            raise StoreError(f"dashvector: no answer from {self.endpoint} within {within:.2g} s") from exc
        except StoreError:
            raise
        except Exception as exc:  # what a closed channel makes of calls in flight is no error of the SDK's
            raise StoreError(f"dashvector: {type(exc).__name__} in a call") from exc

    def output(self, response: Any, doing: str) -> Any:
        """Return what a response of the SDK brings. Raises StoreError, without the SDK's text: it may repeat a key."""
        code = code_of(response)
        if code in KEY_REFUSED:
            raise StoreError(f"dashvector: {self.endpoint} refuses the key; check semantic.index.api_key")
        if code in SILENT:
            raise StoreError(f"dashvector: {doing}: no answer from {self.endpoint} in time")
        if code in UNREACHABLE:
            raise StoreError(f"dashvector: {doing}: {self.endpoint} cannot be reached; check semantic.index.endpoint")
        if code in RATE_LIMITED:
            raise StoreError(f"dashvector: {doing}: the cluster's limit of calls a second is reached")
        if code == INVALID_ENDPOINT:
            raise StoreError(
                f"dashvector: semantic.index.endpoint: {self.endpoint} is not a cluster's endpoint: "
                "a host name as its console shows it, without https:// and port"
            )
        if code != SUCCESS:
            raise StoreError(f"dashvector: {doing}: code {code}")
        return getattr(response, "output", None)  # a client has none

    async def connect(self) -> None:
        """Make the client, which asks the service for its version. StoreError when that fails."""
        if self.client is None:
            await self.turn(write=True)
            client = await self.run(self._connect, within=CONNECT_TIMEOUT)
            self.output(client, "connecting")
            self.client = client

    async def close(self) -> None:
        client, self.client = self.client, None
        try:
            if client is not None:  # ends the calls in flight; so not on their threads, which may all be taken
                await Worker("ai-cache-dashvector-close").close(client.close, within=CALL_TIMEOUT)
        finally:
            await self._pool.close(within=self._longest + 1)

    def _connect(self) -> Any:
        sdk = imported()
        return sdk.Client(
            api_key=self._api_key,
            endpoint=self.endpoint,
            timeout=self._longest,
            protocol=sdk.DashVectorProtocol.GRPC,  # its HTTP mode runs an event loop of its own, and blocks ours
        )


def imported() -> Any:
    """Import the SDK (1 s, so not on the loop), with gRPC's log and its handling of forks switched off."""
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
    try:
        import dashvector
    except ImportError as exc:
        raise StoreError("dashvector: not installed; install it, or choose semantic.index.kind: zvec") from exc
    return dashvector
