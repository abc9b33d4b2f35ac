"""Opens a collection of DashVector: creates a missing one, refuses one with another schema. It writes no vectors."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import Any

from aicache.adapters.vectors.dashvector_client import (
    DUPLICATE_COLLECTION,
    DUPLICATE_PARTITION,
    INEXISTENT_COLLECTION,
    DashVectorClient,
    code_of,
)
from aicache.domain.ports import StoreError

logger = logging.getLogger(__name__)

OPEN_TIMEOUT_S = 60.0
"""A new collection takes some seconds."""
POLL_INTERVAL_S = 0.25
REOPEN_INTERVAL_S = 30.0
OTHERS_TIMEOUT_S = 3.0
"""Time limit for describing the cluster's other collections ..."""
MAX_DESCRIBED_COLLECTIONS = 16
"""... and the number of them that are described at most."""
FIELDS = {"namespace": str, "expires": int}


class Collection:
    """The collection in use, which is opened again when it has been deleted.

    A deletion is noticed by the replies to other calls. A background task then opens it, so that no search waits; at
    most one in `REOPEN_INTERVAL_S`, however many calls find the collection missing.
    """

    def __init__(
        self,
        client: DashVectorClient,
        name: str,
        dimensions: int,
        partition: str | None,
        reopen_interval_s: float = REOPEN_INTERVAL_S,
    ) -> None:
        self.name = name
        self.begun_at = 0.0
        """Unix time since which no vector was lost, where that is known: this process has made the collection."""
        self._client = client
        self._dimensions = dimensions
        self._partition = partition
        self._reopen_interval_s = reopen_interval_s
        self._next_reopening = 0.0
        self._reopening: asyncio.Task[None] | None = None
        self._opened: Any = None

    def sdk_collection(self) -> Any:
        """Return the SDK's Collection. StoreError before `open` and after `close`."""
        if self._opened is None:
            raise StoreError("dashvector: not open")
        return self._opened

    async def open(self) -> None:
        if self._opened is None:
            self._opened, is_new = await open_collection(self._client, self.name, self._dimensions, self._partition)
            if is_new:
                self.begun_at = time.time()

    async def close(self) -> None:
        self._opened = None
        if self._reopening is not None:
            self._reopening.cancel()
            await asyncio.wait([self._reopening])

    def note_loss(self) -> StoreError:
        """Open it again, since the service does not know it; return the error for the call that found this."""
        loop = asyncio.get_running_loop()
        idle = self._reopening is None or self._reopening.done()
        if self._opened is not None and idle and loop.time() >= self._next_reopening:
            self._next_reopening = loop.time() + self._reopen_interval_s
            self._reopening = loop.create_task(self._reopen())
        return StoreError(f"dashvector: collection {self.name}, or its partition, has been deleted")

    async def _reopen(self) -> None:
        logger.warning(
            "dashvector: collection %s, or its partition, was deleted; it is created again, empty: stored answers "
            "serve exact requests, and similar ones once their questions have been embedded again",
            self.name,
        )
        try:
            opened, _ = await open_collection(self._client, self.name, self._dimensions, self._partition)
        except StoreError as exc:
            logger.warning("%s (will be retried)", exc)
        except Exception:
            logger.exception("dashvector: reopening collection %s failed", self.name)
        else:
            self._opened, self.begun_at = opened, time.time()


async def open_collection(
    client: DashVectorClient, name: str, dimensions: int, partition: str | None
) -> tuple[Any, bool]:
    """Return the SDK's Collection once its status is SERVING, and whether it has just been made. Raises StoreError."""
    try:
        async with asyncio.timeout(OPEN_TIMEOUT_S):
            return await _open(client, name, dimensions, partition)
    except TimeoutError as exc:
        raise StoreError(f"dashvector: collection {name} does not serve after {OPEN_TIMEOUT_S:g} s") from exc


async def _open(client: DashVectorClient, name: str, dimensions: int, partition: str | None) -> tuple[Any, bool]:
    await client.connect()
    meta = await _describe(client, name)
    if is_new := meta is None:
        await _create(client, name, dimensions)
        meta = await _describe(client, name)
    while meta is None or meta.status == "INITIALIZED":
        await asyncio.sleep(POLL_INTERVAL_S)
        meta = await _describe(client, name)
    check_schema(name, meta, dimensions)
    await client.wait_for_turn(write=True)
    collection = await client.run(client.sdk_client.get, name)
    client.output_of(collection, f"opening collection {name}")
    if partition is not None and partition not in meta.partitions:
        is_new = True
        await client.wait_for_turn(write=True)
        # With timeout=-1 it does not poll with sleep(5); a partition is ready when its first write is accepted.
        response = await client.run(lambda: collection.create_partition(partition, timeout=-1))
        if code_of(response) != DUPLICATE_PARTITION:
            client.output_of(response, f"creating partition {partition}")
    logger.info("dashvector: collection %s is open", name)
    await _log_others(client, name)
    return collection, is_new


async def _log_others(client: DashVectorClient, name: str) -> None:
    """Log which other collections have our schema: mostly those of another model, whose vectors are not used here.

    They may be in use by another proxy, so they are left alone; failing to list them is no error.
    """
    found = []
    with contextlib.suppress(StoreError, TimeoutError):
        async with asyncio.timeout(OTHERS_TIMEOUT_S):
            await client.wait_for_turn(write=True)
            names = client.output_of(await client.run(client.sdk_client.list), "listing the collections")
            for other in [each for each in names if each != name][:MAX_DESCRIBED_COLLECTIONS]:
                meta = await _describe(client, other)
                if meta is not None and set(meta.fields_schema) == set(FIELDS):
                    found.append(other)
    if found:
        logger.info("dashvector: other collections of the cache, not used here: %s", ", ".join(found))


async def _describe(client: DashVectorClient, name: str) -> Any:
    """Return the SDK's CollectionMeta, or None when there is no such collection."""
    await client.wait_for_turn(write=True)
    response = await client.run(client.sdk_client.describe, name)
    if code_of(response) == INEXISTENT_COLLECTION:
        return None
    return client.output_of(response, f"describing collection {name}")


async def _create(client: DashVectorClient, name: str, dimensions: int) -> None:
    logger.info("dashvector: creating collection %s, for %s dimensions", name, dimensions)
    await client.wait_for_turn(write=True)
    response = await client.run(
        lambda: client.sdk_client.create(
            name,
            dimensions,
            dtype=float,
            fields_schema=FIELDS,
            metric="cosine",
            timeout=-1,  # or it polls with sleep(5)
        ),
        within=OPEN_TIMEOUT_S,
    )
    if code_of(response) != DUPLICATE_COLLECTION:  # another proxy was faster
        client.output_of(response, f"creating collection {name}")


def check_schema(name: str, meta: Any, dimensions: int) -> None:
    """Raise StoreError unless a collection is SERVING and has the schema that `_create` gives it."""
    advice = "name another in semantic.index.collection, or delete this one"
    if meta.status != "SERVING":
        raise StoreError(f"dashvector: collection {name} is {meta.status}, not SERVING; {advice}")
    vectors = [*meta.vectors_schema, *meta.sparse_vectors_schema]
    if len(vectors) > 1:
        raise StoreError(f"dashvector: collection {name} has the vectors {', '.join(vectors)}, not one; {advice}")
    properties = (
        ("dimension", meta.dimension, (dimensions,)),
        ("metric", meta.metric, ("cosine",)),
        ("dtype", meta.dtype, ("FLOAT",)),
        # Filters also work on a field that is not in the schema.
        ("a field namespace of type", meta.fields_schema.get("namespace", "STRING"), ("STRING",)),
        ("a field expires of type", meta.fields_schema.get("expires", "INT"), ("INT", "LONG")),
    )
    if wrong := [f"{what} {found}, not {allowed[0]}" for what, found, allowed in properties if found not in allowed]:
        raise StoreError(f"dashvector: collection {name} has {' and '.join(wrong)}; {advice}")
