"""Vectors in DashVector, over its official SDK in gRPC mode. It stores digests and vectors and compares no texts."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np

from aicache.adapters.vectors.checks import check_digests, check_vector, clip_cosine
from aicache.adapters.vectors.dashvector_client import (
    LOST_CODES,
    SUCCESS,
    DashVectorClient,
    code_of,
    import_sdk,
    outcome_of,
)
from aicache.adapters.vectors.dashvector_collection import REOPEN_INTERVAL_S, Collection
from aicache.adapters.vectors.write_queue import Delete, Outcome, Upsert, Write, WriteQueue
from aicache.domain.model import PINNED, Neighbor, Vector
from aicache.domain.ports import StoreError

logger = logging.getLogger(__name__)

CLOSE_TIMEOUT_S = 3.0
"""Limit of the pending writes when the index is closed."""
MAX_RESULTS = 1024
"""The service's limit of ids in a request and of neighbors in a reply."""
MAX_WRITE_BYTES = 1 << 17
"""Size of one request. The SDK allows 2 MiB, but it packs vectors in Python, and the event loop waits for the GIL."""
MAX_SWEEP_ROUNDS = 20
MAX_FETCHED = 16
"""Vectors fetched at once; the SDK unpacks each number in Python."""
MAX_EXPIRES_AT = 2**31 - 1
"""DashVector's filters are documented for integers of 32 bits: nothing expires later than in January 2038."""


def similarity(question: Vector, found: Vector) -> float:
    """Return the cosine of two vectors; 0.0 if one is zero. DashVector's own score is not used.

    The SDK rounds it to 4 decimals, and it depends on the service whether near is low or high.
    """
    lengths = float(np.linalg.norm(question)) * float(np.linalg.norm(found))
    return clip_cosine(float(question @ found) / lengths) if lengths else 0.0


class DashVectorIndex:
    """A VectorIndex in a collection of a DashVector cluster. `open` comes first, and creates a missing collection.

    Writes are queued and acknowledged at once, so that slow writes do not stop searches. They arrive later, or are
    dropped and counted; and DashVector itself shows them some time after it has accepted them.
    """

    def __init__(
        self,
        endpoint: str,
        api_key: str,
        collection: str,
        dimensions: int,
        *,
        timeout: float = 0.4,
        queries_per_second: int = 90,
        max_wait_s: float = 0.1,
        partition: str | None = None,
        capacity: int = 1000,
        reopen_interval_s: float = REOPEN_INTERVAL_S,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """*timeout* in seconds bounds a search, *max_wait_s* its wait for a turn under *queries_per_second*.

        A missing *partition* is created; None is the collection's default one. At most *capacity* writes wait. A
        collection that is deleted meanwhile is created again, at most once in *reopen_interval_s*.
        """
        self._dimensions = dimensions
        self._timeout = timeout
        self._partition = partition
        self._clock = clock
        self._client = DashVectorClient(
            endpoint, api_key, per_second=queries_per_second, max_wait_s=max_wait_s, search_timeout_s=timeout
        )
        max_batch = max(1, min(100, MAX_WRITE_BYTES // (4 * dimensions + 512)))
        self._writes = WriteQueue("dashvector", self._send, capacity=capacity, max_batch=max_batch)
        self._collection = Collection(self._client, collection, dimensions, partition, reopen_interval_s)
        self._description = f"dashvector, collection {collection}"

    def __str__(self) -> str:
        return self._description

    @property
    def dropped(self) -> int:
        """The number of writes dropped since the start."""
        return self._writes.dropped

    @property
    def begun_at(self) -> float:
        """Unix time since which no vector was lost; it changes when the collection was lost. 0: no loss is known."""
        return self._collection.begun_at

    async def open(self) -> None:
        """Connect, and create a missing collection. StoreError unless it serves and has the right schema."""
        await self._collection.open()

    async def search(self, namespace: str, vector: Vector, top_k: int) -> list[Neighbor]:
        check_digests("dashvector", namespace)
        return await self._nearest(vector, top_k, f"namespace = '{namespace}' and ")

    async def search_all(self, vector: Vector, top_k: int) -> list[Neighbor]:
        return await self._nearest(vector, top_k, "")

    async def _nearest(self, vector: Vector, top_k: int, where: str) -> list[Neighbor]:
        check_vector("dashvector", vector, self._dimensions)
        filter = f"{where}expires > {math.floor(self._clock())}"
        loop = asyncio.get_running_loop()
        end = loop.time() + self._timeout
        await self._client.wait_for_turn()
        # A copy: when the deadline passes, the caller has its array back while the thread still reads it.
        found = self._client.run(self._search, vector.copy(), top_k, filter, within=max(0.0, end - loop.time()))
        return _neighbors(vector, self._output_of(await found, "search"))

    async def upsert(self, key: str, namespace: str, vector: Vector, expires_at: float) -> None:
        check_digests("dashvector", key, namespace)
        check_vector("dashvector", vector, self._dimensions)
        self._collection.sdk_collection()
        self._writes.put(Upsert(key, namespace, vector.copy(), math.ceil(min(expires_at, MAX_EXPIRES_AT))))

    async def delete(self, keys: Sequence[str]) -> None:
        check_digests("dashvector", *keys)
        self._collection.sdk_collection()
        for key in keys:
            self._writes.put(Delete(key))

    async def find_namespaces(self, keys: Sequence[str]) -> dict[str, str]:
        """Return the namespace of each of these keys that has a vector, as far as writes have arrived."""
        check_digests("dashvector", *keys)
        found: dict[str, str] = {}
        for start in range(0, len(keys), MAX_FETCHED):
            await self._client.wait_for_turn(write=True)
            response = await self._client.run(self._fetch, list(keys[start : start + MAX_FETCHED]))
            docs = self._output_of(response, "fetch") or {}
            found |= {key: str(doc.fields.get("namespace", "")) for key, doc in docs.items()}
        return found

    async def sweep(self, now: float, latest: float = math.inf) -> None:
        """Delete what expired before *now* (Unix seconds), some thousands of vectors at most.

        Also delete what would expire after *latest*, unless it is pinned: it was stored while a clock was ahead.
        """
        filter = f"expires <= {math.floor(now)}"
        if latest < PINNED:
            filter += f" or (expires > {math.ceil(latest)} and expires < {math.floor(PINNED)})"
        seen: set[str] = set()
        for _ in range(MAX_SWEEP_ROUNDS):
            await self._client.wait_for_turn(write=True)
            response = await self._client.run(self._query_expired, filter)
            found = {doc.id for doc in self._output_of(response, "sweep")} - seen
            if not found:  # or only vectors whose deletion does not show yet
                return
            seen |= found
            await self._send([Delete(key) for key in found])

    async def close(self) -> None:
        """Send the waiting writes, within `CLOSE_TIMEOUT_S`, and end every call that is still in flight."""
        await self._writes.close(CLOSE_TIMEOUT_S)
        await self._collection.close()
        await self._client.close()

    async def _send(self, batch: Sequence[Write]) -> list[Outcome]:
        try:
            await self._client.wait_for_turn(write=True)
            response = await self._client.run(self._write, batch)
        except StoreError as exc:
            logger.debug("%s", exc)
            return [Outcome.RETRY] * len(batch)
        if (code := code_of(response)) != SUCCESS:
            logger.debug("dashvector: %s writes failed with code %s", len(batch), code)
            if code in LOST_CODES:
                self._collection.note_loss()
            return [outcome_of(code)] * len(batch)
        codes = {result.id: result.code for result in response.output or ()}
        return [outcome_of(codes.get(write.key, SUCCESS)) for write in batch]

    def _output_of(self, response: Any, doing: str) -> Any:
        if code_of(response) in LOST_CODES:
            raise self._collection.note_loss()
        return self._client.output_of(response, doing)

    # Everything below runs on the pool's threads.

    def _search(self, vector: Vector, top_k: int, filter: str) -> Any:
        return self._collection.sdk_collection().query(
            vector.tolist(),  # protocol buffers take a list faster than an array
            topk=min(top_k, MAX_RESULTS),
            filter=filter,
            include_vector=True,
            partition=self._partition,
        )

    def _fetch(self, keys: list[str]) -> Any:
        return self._collection.sdk_collection().fetch(keys, partition=self._partition)

    def _query_expired(self, filter: str) -> Any:
        return self._collection.sdk_collection().query(topk=MAX_RESULTS, filter=filter, partition=self._partition)

    def _write(self, batch: Sequence[Write]) -> Any:
        """Send writes of one kind."""
        collection = self._collection.sdk_collection()
        if isinstance(batch[0], Delete):
            return collection.delete([write.key for write in batch], partition=self._partition)
        doc = import_sdk().Doc
        docs = [
            doc(
                id=write.key,
                vector=write.vector.tolist(),
                fields={"namespace": write.namespace, "expires": write.expires},
            )
            for write in cast("Sequence[Upsert]", batch)
        ]
        return collection.upsert(docs, partition=self._partition)


def _neighbors(vector: Vector, docs: Sequence[Any]) -> list[Neighbor]:
    neighbors = []
    for doc in docs:
        # The only vector of a collection may also come under its name.
        values = doc.vector if doc.vector is not None else next(iter((doc.vectors or {}).values()), ())
        found = np.asarray(values, np.float32)
        if found.shape != vector.shape or not np.isfinite(found).all():
            raise StoreError("dashvector: a neighbor came without its vector")
        neighbors.append(Neighbor(doc.id, similarity(vector, found)))
    return sorted(neighbors, key=lambda n: (-n.similarity, n.key))
