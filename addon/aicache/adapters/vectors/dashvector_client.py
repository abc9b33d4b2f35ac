"""Calls DashVector's SDK on threads, with a deadline and a rate limit; translates its codes to StoreError."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from typing import Any, TypeVar

from aicache.adapters.errors import time_limit, translate_errors
from aicache.adapters.threads import Pool, Worker
from aicache.adapters.vectors.rate_limit import RateLimit
from aicache.adapters.vectors.write_queue import Outcome
from aicache.domain.loop_time import loop_timeout
from aicache.domain.ports import ShareError, StoreError

T = TypeVar("T")

CALL_TIMEOUT_S = 3.0
"""Limit of every call but a search."""
CONNECT_TIMEOUT_S = 10.0
"""Limit of the connection, with the import of the SDK."""
MAX_THREADS = 8

# Codes below 20 are gRPC's, those up to 599 HTTP's, and negative ones DashVector's own:
# https://help.aliyun.com/document_detail/2510266.html
SUCCESS, UNKNOWN = 0, -999
INEXISTENT_COLLECTION, INEXISTENT_PARTITION, INEXISTENT_KEY = -2021, -2022, -2024
DUPLICATE_COLLECTION, DUPLICATE_PARTITION = -2025, -2026
LOST_CODES = frozenset({INEXISTENT_COLLECTION, INEXISTENT_PARTITION})
INVALID_ENDPOINT = -2952
RATE_LIMIT_CODES = frozenset({8, 429, -2034})
TIMEOUT_CODES = frozenset({4, 408})
UNREACHABLE_CODES = frozenset({14, 502, 503, 504})
KEY_REJECTED_CODES = frozenset({7, 16, 401, 403})
TRANSIENT_CODES = (
    RATE_LIMIT_CODES | TIMEOUT_CODES | UNREACHABLE_CODES | LOST_CODES | {10, 13, 500, UNKNOWN, -2029, -2030}
)
"""Codes after which a write may succeed later: also an abort, an internal or unknown error, a resource not ready, or
a deleted collection, which is created again."""


def code_of(response: Any) -> int:
    """Return the code of a response. In the SDK it is a string where the service sends one besides gRPC's own."""
    with contextlib.suppress(TypeError, ValueError):
        return int(response.code)
    return UNKNOWN


def outcome_of(code: int) -> Outcome:
    if code in (SUCCESS, INEXISTENT_KEY):  # deleting an unknown key is no failure
        return Outcome.WRITTEN
    return Outcome.RETRY if code in TRANSIENT_CODES else Outcome.REJECTED


class DashVectorClient:
    """The SDK's client, and how every call to it is made: first `wait_for_turn`, then `run`, then `output_of`.

    The SDK has one timeout for all its calls. It is set to the longest, so that a hung call frees its thread at last;
    the deadline of each call is enforced here.
    """

    def __init__(
        self, endpoint: str, api_key: str, *, per_second: int, max_wait_s: float, search_timeout_s: float
    ) -> None:
        """*max_wait_s* is how long a lookup waits for its turn under the limit of *per_second* calls."""
        self.endpoint = endpoint
        self.sdk_client: Any = None
        self._api_key = api_key
        self._max_wait_s = max_wait_s
        self._sdk_timeout_s = max(CALL_TIMEOUT_S, search_timeout_s)
        self._limit = RateLimit(per_second, reserved=per_second // 3)
        self._pool = Pool("ai-cache-dashvector", MAX_THREADS)

    async def wait_for_turn(self, *, write: bool = False) -> None:
        """Wait until the rate limit allows a call. StoreError for a lookup that would wait longer than *max_wait_s*."""
        now = asyncio.get_running_loop().time
        end = now() + self._max_wait_s
        while wait := self._limit.acquire(now(), write=write):
            if not write and now() + wait > end:
                raise ShareError("dashvector: the limit of lookups a second is reached; this one is not made")
            await asyncio.sleep(wait)

    async def run(self, fn: Callable[..., T], *args: Any, within: float = CALL_TIMEOUT_S) -> T:
        """Return ``fn(*args)``, called on a thread of the pool. *within* in seconds."""
        async with time_limit(loop_timeout(within), within, "dashvector", self.endpoint):
            with translate_errors("dashvector", "a call"):  # a closed channel raises errors that are not the SDK's
                return await self._pool.run(fn, *args)

    def output_of(self, response: Any, doing: str) -> Any:
        """Return the output of a response. Raises StoreError, without the SDK's message: it may repeat a key."""
        code = code_of(response)
        if code in KEY_REJECTED_CODES:
            raise StoreError(f"dashvector: {self.endpoint} refuses the key; check semantic.index.api_key")
        if code in TIMEOUT_CODES:
            raise StoreError(f"dashvector: {doing}: no answer from {self.endpoint} in time")
        if code in UNREACHABLE_CODES:
            raise StoreError(f"dashvector: {doing}: {self.endpoint} cannot be reached; check semantic.index.endpoint")
        if code in RATE_LIMIT_CODES:
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
        """Create the SDK's client, which requests the service's version. StoreError when that fails."""
        if self.sdk_client is None:
            await self.wait_for_turn(write=True)
            client = await self.run(self._connect, within=CONNECT_TIMEOUT_S)
            self.output_of(client, "connecting")
            self.sdk_client = client

    async def close(self) -> None:
        client, self.sdk_client = self.sdk_client, None
        try:
            if client is not None:  # ends the calls in flight; not on their threads, which may all be busy
                await Worker("ai-cache-dashvector-close").close(client.close, within=CALL_TIMEOUT_S)
        finally:
            await self._pool.close(within=self._sdk_timeout_s + 1)

    def _connect(self) -> Any:
        sdk = import_sdk()
        return sdk.Client(
            api_key=self._api_key,
            endpoint=self.endpoint,
            timeout=self._sdk_timeout_s,
            protocol=sdk.DashVectorProtocol.GRPC,  # its HTTP mode runs an event loop of its own, and blocks ours
        )


def import_sdk() -> Any:
    """Import the SDK (1 s, so not on the loop), with gRPC's log and its fork support switched off."""
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
    try:
        import dashvector
    except ImportError as exc:
        raise StoreError("dashvector: not installed; install it, or choose semantic.index.kind: zvec") from exc
    return dashvector
