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
from aicache.adapters.vectors.dashvector_client import LOST, SUCCESS, Calls, code_of, imported, outcome_of
from aicache.adapters.vectors.dashvector_collection import REOPEN_EVERY, Collection
from aicache.adapters.vectors.write_queue import Delete, Outcome, Upsert, Write, WriteQueue
from aicache.domain.model import PINNED, Neighbor, Vector
from aicache.domain.ports import StoreError

logger = logging.getLogger(__name__)

CLOSE_TIMEOUT = 3.0  # seconds for the writes that still wait
MOST = 1024  # of ids in a request and of neighbours in an answer, by the service
BATCH_BYTES = 1 << 17
"""In a request of writes. The SDK would take 2 MiB, but it packs vectors in Python, and the loop waits for the GIL."""
SWEEP_ROUNDS = 20
FAR = 2**31 - 1
"""DashVector's filters are documented for integers of 32 bits: nothing expires later than in January 2038."""


def similarity(question: Vector, found: Vector) -> float:
    """Return the cosine of two vectors; 0.0 if one has no direction. DashVector's own score goes unused.

    The SDK rounds that to 4 decimals, and whether near is low or high is the service's affair.
    """
    lengths = float(np.linalg.norm(question)) * float(np.linalg.norm(found))
    return clip_cosine(float(question @ found) / lengths) if lengths else 0.0


class DashVectorIndex:
    """A VectorIndex in a collection of a DashVector cluster. `open` comes first, and makes the collection if need be.

    Writes are queued and acknowledged at once: that they are slow is no reason to stop searching. They arrive later, or
    are dropped and counted; and DashVector itself shows them some time after it has taken them.
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
        patience: float = 0.1,
        partition: str | None = None,
        capacity: int = 1000,
        reopen_every: float = REOPEN_EVERY,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """*timeout* in seconds bounds a search, *patience* its wait for a turn under *queries_per_second*.

        *partition* is made if it is missing; None is the collection's own. *capacity* writes wait at the most.
        A collection that is deleted meanwhile is made again, but not within *reopen_every* seconds of the last time.
        """
        self._dimensions = dimensions
        self._timeout = timeout
        self._partition = partition
        self._clock = clock
        self._calls = Calls(endpoint, api_key, per_second=queries_per_second, patience=patience, longest=timeout)
        batch = max(1, min(100, BATCH_BYTES // (4 * dimensions + 512)))
        self._writes = WriteQueue("dashvector", self._send, capacity=capacity, batch=batch)
        self._collection = Collection(self._calls, collection, dimensions, partition, reopen_every)
        self._shown = f"dashvector, collection {collection}"

    def __str__(self) -> str:
        return self._shown

    @property
    def dropped(self) -> int:
        """How many writes were given up since the start."""
        return self._writes.dropped

    async def open(self) -> None:
        """Connect, and make sure that the collection is there, serves, and is of the right kind. StoreError if not."""
        await self._collection.open()

    async def search(self, namespace: str, vector: Vector, top_k: int) -> list[Neighbor]:
        check_digests("dashvector", namespace)
        return await self._nearest(vector, top_k, f"namespace = '{namespace}' and ")

    async def search_all(self, vector: Vector, top_k: int) -> list[Neighbor]:
        return await self._nearest(vector, top_k, "")

    async def _nearest(self, vector: Vector, top_k: int, where: str) -> list[Neighbor]:
        check_vector("dashvector", vector, self._dimensions)
        wanted = f"{where}expires > {math.floor(self._clock())}"
        loop = asyncio.get_running_loop()
        end = loop.time() + self._timeout
        await self._calls.turn()
        # A copy: should the deadline pass, the caller has its array back before the thread is done with it.
        found = self._calls.run(self._search, vector.copy(), top_k, wanted, within=max(0.0, end - loop.time()))
        return _neighbors(vector, self._output(await found, "search"))

    async def upsert(self, key: str, namespace: str, vector: Vector, expires_at: float) -> None:
        check_digests("dashvector", key, namespace)
        check_vector("dashvector", vector, self._dimensions)
        self._collection.opened()
        self._writes.put(Upsert(key, namespace, vector.copy(), math.ceil(min(expires_at, FAR))))

    async def delete(self, keys: Sequence[str]) -> None:
        check_digests("dashvector", *keys)
        self._collection.opened()
        for key in keys:
            self._writes.put(Delete(key))

    async def sweep(self, now: float, latest: float = math.inf) -> None:
        """Drop what expired before *now* (Unix seconds), some thousands at the most.

        And what would expire after *latest*, unless it is pinned: a clock that was ahead has said so.
        """
        wanted = f"expires <= {math.floor(now)}"
        if latest < PINNED:
            wanted += f" or (expires > {math.ceil(latest)} and expires < {math.floor(PINNED)})"
        seen: set[str] = set()
        for _ in range(SWEEP_ROUNDS):
            await self._calls.turn(write=True)
            response = await self._calls.run(self._expired, wanted)
            found = {doc.id for doc in self._output(response, "sweep")} - seen
            if not found:  # or only what is deleted and not yet seen to be
                return
            seen |= found
            await self._send([Delete(key) for key in found])

    async def flush(self, within: float) -> bool:
        """Wait until the writes so far are sent or dropped; False when that takes longer than *within* seconds."""
        return await self._writes.flush(within)

    async def close(self) -> None:
        """Send what waits, within `CLOSE_TIMEOUT`, and end every call that is still in flight."""
        await self._writes.close(CLOSE_TIMEOUT)
        await self._collection.close()
        await self._calls.close()

    async def _send(self, batch: Sequence[Write]) -> list[Outcome]:
        try:
            await self._calls.turn(write=True)
            response = await self._calls.run(self._write, batch)
        except StoreError as exc:
            logger.debug("%s", exc)
            return [Outcome.AGAIN] * len(batch)
        if (code := code_of(response)) != SUCCESS:
            logger.debug("dashvector: %s writes failed with code %s", len(batch), code)
            if code in LOST:
                self._collection.lost()
            return [outcome_of(code)] * len(batch)
        codes = {result.id: result.code for result in response.output or ()}
        return [outcome_of(codes.get(write.key, SUCCESS)) for write in batch]

    def _output(self, response: Any, doing: str) -> Any:
        if code_of(response) in LOST:
            raise self._collection.lost()
        return self._calls.output(response, doing)

    # From here on everything runs on the pool's threads.

    def _search(self, vector: Vector, top_k: int, wanted: str) -> Any:
        return self._collection.opened().query(
            vector.tolist(),  # protocol buffers take a list faster than an array
            topk=min(top_k, MOST),
            filter=wanted,
            include_vector=True,
            partition=self._partition,
        )

    def _expired(self, wanted: str) -> Any:
        return self._collection.opened().query(topk=MOST, filter=wanted, partition=self._partition)

    def _write(self, batch: Sequence[Write]) -> Any:
        """Send writes of one kind."""
        collection = self._collection.opened()
        if isinstance(batch[0], Delete):
            return collection.delete([write.key for write in batch], partition=self._partition)
        doc = imported().Doc
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
        # A collection's only vector may come by its name, too.
        values = doc.vector if doc.vector is not None else next(iter((doc.vectors or {}).values()), ())
        found = np.asarray(values, np.float32)
        if found.shape != vector.shape or not np.isfinite(found).all():
            raise StoreError("dashvector: a neighbour came without its vector")
        neighbors.append(Neighbor(doc.id, similarity(vector, found)))
    return sorted(neighbors, key=lambda n: (-n.similarity, n.key))
