"""An in-memory DashVector collection: partitions, documents, exact search. It handles messages, not the network."""

import functools
import time
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from dashvector.core.proto import dashvector_pb2 as pb

from demo.cloud.filters import parse

VECTOR = "proxima_vector"  # the name of a collection's only vector; the SDK looks for it
DEFAULT = "default"  # the name of a collection's first partition

INVALID_FILTER, MISMATCHED_DIMENSION = -2015, -2019
INEXISTENT_COLLECTION, INEXISTENT_PARTITION, INEXISTENT_KEY = -2021, -2022, -2024
DUPLICATE_COLLECTION, DUPLICATE_PARTITION, UNREADY_COLLECTION, EXCEED_RATE_LIMIT = -2025, -2026, -2030, -2034


class Refusal(Exception):
    """The call is refused with this status code."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class Collection:
    """*info* describes it; *later* has the writes that are not visible yet, with their time."""

    info: Any
    serving_at: float
    partitions: dict[str, dict[str, Any]] = field(default_factory=lambda: {DEFAULT: {}})
    later: deque[tuple[float, Callable[[], object]]] = field(default_factory=deque)

    def partition(self, name: str) -> dict[str, Any]:
        """Return the documents that are visible by now, by id."""
        while self.later and self.later[0][0] <= time.monotonic():
            self.later.popleft()[1]()
        if (name or DEFAULT) not in self.partitions:
            raise Refusal(INEXISTENT_PARTITION, "the partition does not exist")
        return self.partitions[name or DEFAULT]

    def put(self, request: Any, operation: str, visible_after: float, refuse: Mapping[str, int]) -> list[Any]:
        """Insert, update or upsert; a DocOpResult each. *refuse* has codes for documents to refuse."""
        documents = self.partition(request.partition)
        output = []
        for doc in request.docs:
            doc.id = doc.id or uuid.uuid4().hex  # the SDK loses the ids of documents that are given as tuples
            code = refuse.get(doc.id, 0)
            if len(doc.vector.float_vector.values) != self.info.dimension:
                code = MISMATCHED_DIMENSION
            if operation == "update" and doc.id not in documents:
                code = INEXISTENT_KEY
            # the real insert silently skips existing documents
            if code == 0 and not (operation == "insert" and doc.id in documents):
                stored = pb.Doc()
                stored.CopyFrom(doc)
                self._after(visible_after, functools.partial(documents.__setitem__, stored.id, stored))
            output.append(pb.DocOpResult(doc_op=pb.DocOpResult.DocOp.Value(operation), id=doc.id, code=code))
        return output

    def delete(self, request: Any, visible_after: float, refuse: Mapping[str, int]) -> list[Any]:
        documents = self.partition(request.partition)
        output = []
        for id_ in list(documents) if request.delete_all else request.ids:
            code = refuse.get(id_, 0 if id_ in documents else INEXISTENT_KEY)
            if id_ not in refuse:  # documents that are not visible yet are deleted, too
                self._after(visible_after, functools.partial(documents.pop, id_, None))
            output.append(pb.DocOpResult(doc_op=pb.DocOpResult.delete, id=id_, code=code))
        return output

    def query(self, request: Any, score: Literal["distance", "similarity"], named_vectors: bool) -> list[Any]:
        """Return the nearest documents first; without a query vector, all are equally near."""
        documents = list(self.partition(request.partition).values())
        if request.filter:
            try:
                matches = parse(request.filter)
            except ValueError as exc:
                raise Refusal(INVALID_FILTER, f"the filter is invalid: {exc}") from exc
            documents = [doc for doc in documents if matches(_fields(doc))]
        cosines = [1.0] * len(documents)
        if VECTOR in request.vectors:
            wanted = _unit(request.vectors[VECTOR].vector)
            if len(wanted) != self.info.dimension:
                raise Refusal(MISMATCHED_DIMENSION, "the vector has another dimension than the collection")
            cosines = [float(wanted @ _unit(doc.vector)) for doc in documents]
        output = []
        for i in sorted(range(len(documents)), key=lambda i: -cosines[i])[: request.topk]:
            shown = round(1 - cosines[i] if score == "distance" else cosines[i], 4)
            output.append(_found(documents[i], shown, request, named_vectors))
        return output

    def _after(self, seconds: float, change: Callable[[], object]) -> None:
        self.later.append((time.monotonic() + seconds, change))


def _found(doc: Any, score: float, request: Any, named_vectors: bool) -> Any:
    found = pb.Doc(id=doc.id, score=score)
    for name, value in doc.fields.items():
        if not request.output_fields or name in request.output_fields:
            found.fields[name].CopyFrom(value)
    if request.include_vector:
        (found.vectors[VECTOR] if named_vectors else found.vector).CopyFrom(doc.vector)
    return found


def _fields(doc: Any) -> dict[str, Any]:
    return {name: getattr(value, value.WhichOneof("value_oneof")) for name, value in doc.fields.items()}


def _unit(vector: Any) -> Any:
    values = np.asarray(vector.float_vector.values, np.float64)
    length = np.linalg.norm(values)
    return values / length if length else values
