"""Checks a zvec index in a process of its own, which may crash. It keeps nothing and prints no content.

Usage: ``python zvec_check_main.py old|new FOLDER DIMENSIONS MEGABYTES [SYS_PATH ...]``

``old`` opens the index in FOLDER, reads some vectors, writes one and deletes it. ``new`` creates an index there and
removes it, to see whether that is possible in this place and with MEGABYTES of memory. The exit status is one of those
below, or the signal by which zvec ends on files that it does not understand.
"""

import math
import os
import shutil
import sys
from typing import Any

SOUND, DAMAGED, IN_USE, OTHER = 0, 10, 11, 12
"""Exit statuses; stdout has the fault. `OTHER`: a fault that says nothing about the files."""
MAX_READ_VECTORS = 1000
"""Vectors that are read at most: a search must find as many as zvec counts, and they must be readable."""
MIN_FREE_BYTES = 16 << 20
"""Disk space required for an attempt to write: on a full disk zvec leaves files that it cannot open again."""
PROBE_KEY = "0" * 32
"""Key of the vector that is written and deleted again."""


ARROW_THREADS = "4"
"""Threads of Arrow's pool, within zvec 0.8. A query waits in one of them for others, and where there is only one, for
ever. It has as many as the first of these variables says, else as there are cores, and no more than the second."""


def set_arrow_threads() -> None:
    """Set how many threads Arrow has, which it reads with the first query, for this process and its children."""
    os.environ["OMP_NUM_THREADS"] = ARROW_THREADS
    os.environ.pop("OMP_THREAD_LIMIT", None)


def main(mode: str, folder: str, dimensions: int, megabytes: int) -> int:
    set_arrow_threads()
    try:
        import zvec
    except ImportError:
        return OTHER
    zvec.init(query_threads=1, optimize_threads=1, log_level=zvec.LogLevel.FATAL)
    try:
        if mode == "new":
            spare = bytearray(megabytes << 20)
            found = make(zvec, folder, dimensions)
            del spare
        else:
            found = examine(zvec, folder, dimensions)
    except MemoryError:
        return OTHER
    except Exception as exc:  # RuntimeError, ValueError, KeyError and more, without a base of its own
        message = str(exc)
        if "Can't lock" in message:
            return IN_USE
        if "bad_alloc" in message or "emory" in message:
            return OTHER
        print(f"{type(exc).__name__}: {message}"[:200])
        return DAMAGED
    if found:
        print(found)
    return DAMAGED if found else SOUND


def examine(zvec: Any, folder: str, dimensions: int) -> str:
    """Use an index as the proxy will; return a description of the fault, or an empty text."""
    collection = zvec.open(folder)
    try:
        schema = collection.schema
        if not {"namespace", "expires"} <= {field.name for field in schema.fields}:
            return "not an index of this cache"
        if schema.vectors[0].dimension != dimensions:
            return f"vectors of {schema.vectors[0].dimension} dimensions, not {dimensions}"
        found = read_some(zvec, collection, dimensions)
        if found or shutil.disk_usage(folder).free < MIN_FREE_BYTES:
            return found
        return write_to(zvec, collection, dimensions)
    finally:
        collection.close()


def read_some(zvec: Any, collection: Any, dimensions: int) -> str:
    """Read some vectors in every way in which the proxy does."""
    count = collection.stats.doc_count
    if not count:
        return ""
    query = zvec.Query("vector", vector=axis(dimensions))
    found = collection.query(queries=query, topk=min(count, MAX_READ_VECTORS), output_fields=[])
    if len(found) < min(count, MAX_READ_VECTORS):
        return f"{len(found)} of {count} vectors are found"
    keys = [doc.id for doc in found]
    fetched = collection.fetch(keys)
    if len(fetched) < len(set(keys)):
        return f"{len(fetched)} of {len(set(keys))} vectors can be read"
    for doc in fetched.values():
        length = math.hypot(*doc.vector("vector"))
        if not 0.9 < length < 1.1:  # they had length 1 when they were stored; NaN fails this, too
            return "a vector that is not of length 1"
    if keys:
        namespace = fetched[keys[0]].field("namespace")
        if not collection.query(filter=f"namespace = '{namespace}'", topk=1, output_fields=[]):
            return "vectors are not found by their namespace"
    return ""


def write_to(zvec: Any, collection: Any, dimensions: int) -> str:
    """Write a vector, find it, and delete it again."""
    status = collection.upsert(
        zvec.Doc(id=PROBE_KEY, vectors={"vector": axis(dimensions)}, fields={"namespace": PROBE_KEY, "expires": 1})
    )
    if not status.ok():
        return "nothing can be written to it"
    found = [doc.id for doc in collection.query(filter=f"namespace = '{PROBE_KEY}'", topk=1, output_fields=[])]
    fetched = PROBE_KEY in collection.fetch([PROBE_KEY])
    collection.delete([PROBE_KEY])
    collection.flush()
    return "" if found == [PROBE_KEY] and fetched else "what is written to it is not found"


def make(zvec: Any, folder: str, dimensions: int) -> str:
    """Make an index in *folder*, use it, and remove it again."""
    shutil.rmtree(folder, ignore_errors=True)
    try:
        collection = zvec.create_and_open(folder, schema(zvec, dimensions))
        try:
            return write_to(zvec, collection, dimensions)
        finally:
            collection.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def schema(zvec: Any, dimensions: int) -> Any:
    """Return the schema of an index of *dimensions*, here and in the proxy."""
    cosine = zvec.FlatIndexParam(metric_type=zvec.MetricType.COSINE)
    by_value = zvec.InvertIndexParam()
    return zvec.CollectionSchema(
        name="questions",
        fields=[
            zvec.FieldSchema("namespace", zvec.DataType.STRING, nullable=False, index_param=by_value),
            # Without an index: with one for ranges, zvec 0.8 finds nothing by a filter on it once it has compacted.
            # To compare all of 100,000 takes 40 ms.
            zvec.FieldSchema("expires", zvec.DataType.INT64, nullable=False),
        ],
        vectors=zvec.VectorSchema("vector", zvec.DataType.VECTOR_FP32, dimension=dimensions, index_param=cosine),
    )


def axis(dimensions: int) -> Any:
    import numpy as np

    return np.eye(1, dimensions, dtype=np.float32)[0]


if __name__ == "__main__":
    sys.path += [folder for folder in sys.argv[5:] if folder not in sys.path]
    os.umask(0o077)
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
