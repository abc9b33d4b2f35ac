"""Opening a collection of DashVector: made where it is missing, refused where it is of another kind. It writes none."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from aicache.adapters.dashvector_calls import (
    DUPLICATE_COLLECTION,
    DUPLICATE_PARTITION,
    INEXISTENT_COLLECTION,
    Calls,
    code_of,
)
from aicache.ports import StoreError

logger = logging.getLogger(__name__)

OPEN_TIMEOUT = 60.0  # seconds; a new collection takes some
POLL_EVERY = 0.25  # seconds


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
    return collection


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
            fields_schema={"namespace": str, "expires": int},
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
