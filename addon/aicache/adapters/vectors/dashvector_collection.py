"""Opening a collection of DashVector: made where it is missing, refused where it is of another kind. It writes none."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any

from aicache.adapters.vectors.dashvector_client import (
    DUPLICATE_COLLECTION,
    DUPLICATE_PARTITION,
    INEXISTENT_COLLECTION,
    Calls,
    code_of,
)
from aicache.domain.ports import StoreError

logger = logging.getLogger(__name__)

OPEN_TIMEOUT = 60.0  # seconds; a new collection takes some
POLL_EVERY = 0.25  # seconds
REOPEN_EVERY = 30.0  # seconds
OTHERS_WITHIN = 3.0  # seconds for a look at the cluster's other collections ...
OTHERS_AT_MOST = 16  # ... and how many are looked at
FIELDS = {"namespace": str, "expires": int}


class Collection:
    """The collection that is in use, opened again when the service has lost it.

    A deletion is noticed by the answers to other calls. What then opens it is a task, so that no search waits; there
    is at most one in `REOPEN_EVERY` seconds, however many calls find the collection missing.
    """

    def __init__(
        self, calls: Calls, name: str, dimensions: int, partition: str | None, reopen_every: float = REOPEN_EVERY
    ) -> None:
        self.name = name
        self._calls = calls
        self._dimensions = dimensions
        self._partition = partition
        self._reopen_every = reopen_every
        self._next_reopening = 0.0
        self._reopening: asyncio.Task[None] | None = None
        self._opened: Any = None

    def opened(self) -> Any:
        """Return the SDK's Collection. StoreError before `open` and after `close`."""
        if self._opened is None:
            raise StoreError("dashvector: not open")
        return self._opened

    async def open(self) -> None:
        if self._opened is None:
            self._opened = await open_collection(self._calls, self.name, self._dimensions, self._partition)

    async def close(self) -> None:
        self._opened = None
        if self._reopening is not None:
            self._reopening.cancel()
            await asyncio.wait([self._reopening])

    def lost(self) -> StoreError:
        """Take note that the service does not know it; return the error for the call that was told so."""
        loop = asyncio.get_running_loop()
        idle = self._reopening is None or self._reopening.done()
        if self._opened is not None and idle and loop.time() >= self._next_reopening:
            self._next_reopening = loop.time() + self._reopen_every
            self._reopening = loop.create_task(self._reopen())
        return StoreError(f"dashvector: collection {self.name}, or its partition, is not there any more")

    async def _reopen(self) -> None:
        logger.warning(
            "dashvector: collection %s, or its partition, was deleted; it is made again, empty: what was stored so far "
            "is found by the exact request only",
            self.name,
        )
        try:
            opened = await open_collection(self._calls, self.name, self._dimensions, self._partition)
        except StoreError as exc:
            logger.warning("%s (it is tried again)", exc)
        except Exception:
            logger.exception("dashvector: opening collection %s again failed", self.name)
        else:
            self._opened = opened


async def open_collection(calls: Calls, name: str, dimensions: int, partition: str | None) -> Any:
    """Return the SDK's Collection, once it serves. Raises StoreError."""
    try:
        async with asyncio.timeout(OPEN_TIMEOUT):
            return await _open(calls, name, dimensions, partition)
    except TimeoutError as exc:
        raise StoreError(f"dashvector: collection {name} does not serve after {OPEN_TIMEOUT:g} s") from exc


async def _open(calls: Calls, name: str, dimensions: int, partition: str | None) -> Any:
    await calls.connect()
    meta = await _describe(calls, name)
    if meta is None:
        await _create(calls, name, dimensions)
        meta = await _describe(calls, name)
    while meta is None or meta.status == "INITIALIZED":
        await asyncio.sleep(POLL_EVERY)
        meta = await _describe(calls, name)
    check_kind(name, meta, dimensions)
    await calls.turn(write=True)
    collection = await calls.run(calls.client.get, name)
    calls.output(collection, f"opening collection {name}")
    if partition is not None and partition not in meta.partitions:
        await calls.turn(write=True)
        # With timeout=-1 it does not poll with sleep(5); a partition is ready when its first write is taken.
        response = await calls.run(lambda: collection.create_partition(partition, timeout=-1))
        if code_of(response) != DUPLICATE_PARTITION:
            calls.output(response, f"making partition {partition}")
    logger.info("dashvector: collection %s is open", name)
    await _name_others(calls, name)
    return collection


async def _name_others(calls: Calls, name: str) -> None:
    """Say which collections have vectors of ours that are compared with nothing here: those of another model, mostly.

    They may be in use by another proxy, so nothing is done about them, and not to know them is no failure.
    """
    found = []
    with contextlib.suppress(StoreError, TimeoutError):
        async with asyncio.timeout(OTHERS_WITHIN):
            await calls.turn(write=True)
            names = calls.output(await calls.run(calls.client.list), "listing the collections")
            for other in [each for each in names if each != name][:OTHERS_AT_MOST]:
                meta = await _describe(calls, other)
                if meta is not None and set(meta.fields_schema) == set(FIELDS):
                    found.append(other)
    if found:
        logger.info("dashvector: vectors of other models are left as they are and not used here: %s", ", ".join(found))


async def _describe(calls: Calls, name: str) -> Any:
    """Return the SDK's CollectionMeta, or None when there is no such collection."""
    await calls.turn(write=True)
    response = await calls.run(calls.client.describe, name)
    if code_of(response) == INEXISTENT_COLLECTION:
        return None
    return calls.output(response, f"describing collection {name}")


async def _create(calls: Calls, name: str, dimensions: int) -> None:
    logger.info("dashvector: making collection %s, for %s dimensions", name, dimensions)
    await calls.turn(write=True)
    response = await calls.run(
        lambda: calls.client.create(
            name,
            dimensions,
            dtype=float,
            fields_schema=FIELDS,
            metric="cosine",
            timeout=-1,  # or it polls with sleep(5)
        ),
        within=OPEN_TIMEOUT,
    )
    if code_of(response) != DUPLICATE_COLLECTION:  # another proxy was faster
        calls.output(response, f"making collection {name}")


def check_kind(name: str, meta: Any, dimensions: int) -> None:
    """Raise StoreError unless a collection serves and is what `_create` would make."""
    way_out = "name another in semantic.index.collection, or delete this one"
    if meta.status != "SERVING":
        raise StoreError(f"dashvector: collection {name} is {meta.status}, not SERVING; {way_out}")
    vectors = [*meta.vectors_schema, *meta.sparse_vectors_schema]
    if len(vectors) > 1:
        raise StoreError(f"dashvector: collection {name} has the vectors {', '.join(vectors)}, not one; {way_out}")
    traits = (
        ("dimension", meta.dimension, (dimensions,)),
        ("metric", meta.metric, ("cosine",)),
        ("dtype", meta.dtype, ("FLOAT",)),
        # A field that is not in the schema can be filtered by all the same.
        ("a field namespace of type", meta.fields_schema.get("namespace", "STRING"), ("STRING",)),
        ("a field expires of type", meta.fields_schema.get("expires", "INT"), ("INT", "LONG")),
    )
    if wrong := [f"{what} {found}, not {wanted[0]}" for what, found, wanted in traits if found not in wanted]:
        raise StoreError(f"dashvector: collection {name} has {' and '.join(wrong)}; {way_out}")
