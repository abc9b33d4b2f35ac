"""A stand-in for a DashVector cluster, on loopback: a gRPC servicer over the SDK's own stubs.

    with DashVector() as cluster:
        allow_loopback()
        client = dashvector.Client(endpoint=cluster.endpoint, api_key=cluster.api_key)

Search is exact. Faults of the real service can be switched on: see the attributes. It follows the
SDK's proto files and the public table of status codes; where they are silent (the code of a refused key, of a quota
over gRPC), it is a guess. `python -m demo.cloud.dashvector` serves it by itself.
"""

import argparse
import contextlib
import os
import threading
import time
import uuid
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, NoReturn, Self, TypeVar

import grpc  # type: ignore[import-untyped]
from dashvector.core.proto import dashvector_pb2 as pb
from dashvector.core.proto import dashvector_pb2_grpc

from demo.cloud.documents import (
    DEFAULT,
    DUPLICATE_COLLECTION,
    DUPLICATE_PARTITION,
    EXCEED_RATE_LIMIT,
    INEXISTENT_COLLECTION,
    UNREADY_COLLECTION,
    VECTOR,
    Collection,
    Refusal,
)

R = TypeVar("R")

HANDLER_THREADS = 64  # so many calls can hang at once


def allow_loopback() -> None:
    """Make this process's SDK accept the endpoint of a stand-in, without TLS."""
    import dashvector.common.handler

    os.environ["DASHVECTOR_INSECURE_MODE"] = "true"
    dashvector.common.handler.verify_endpoint = lambda endpoint: True


def loopback_environment() -> dict[str, str]:
    """Return environment variables that do the same in another Python process: see loopback/sitecustomize.py."""
    folder = str(Path(__file__).with_name("loopback"))
    return {
        "PYTHONPATH": os.pathsep.join(filter(None, [folder, os.environ.get("PYTHONPATH")])),
        "DASHVECTOR_INSECURE_MODE": "true",
    }


class DashVector(dashvector_pb2_grpc.DashVectorServiceServicer):  # type: ignore[misc]
    """A cluster. Its attributes may be changed while it runs."""

    def __init__(self, port: int = 0, *, api_key: str = "demo", host: str = "127.0.0.1") -> None:
        self.api_key = api_key
        self.calls: Counter[str] = Counter()  # by method, also of those that fail
        self.refused = 0  # calls over the quota
        self.queries_per_second: int | None = None
        self.quota_in: Literal["code", "status"] = "code"  # of the answer, or gRPC's with `extra-code` beside it
        self.visible_after = 0.0  # seconds from a write's acknowledgment
        self.serving_after = 0.0  # seconds from a collection's creation
        self.score: Literal["distance", "similarity"] = "distance"
        self.named_vectors = False  # answers carry the vector by its name
        self.failing: grpc.StatusCode | int | None = None  # every call: by gRPC, or by the answer's code
        self.refuse: dict[str, int] = {}  # documents whose writes are answered with a code of their own
        self.collections: dict[str, Collection] = {}
        self._go_on = threading.Event()
        self._go_on.set()
        self._lock = threading.RLock()
        self._recent: deque[float] = deque()
        self._server = grpc.server(ThreadPoolExecutor(HANDLER_THREADS), options=(("grpc.so_reuseport", 0),))
        dashvector_pb2_grpc.add_DashVectorServiceServicer_to_server(self, self._server)
        self._host = host
        self._port = self._server.add_insecure_port(f"{host}:{port}")

    @property
    def endpoint(self) -> str:
        return f"{self._host}:{self._port}"

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._go_on.set()
        self._server.stop(0).wait()

    @contextlib.contextmanager
    def hanging(self) -> Iterator[None]:
        """Leave every call without an answer until the block ends."""
        self._go_on.clear()
        try:
            yield
        finally:
            self._go_on.set()

    def documents(self, collection: str, partition: str = DEFAULT) -> dict[str, Any]:
        """Return the visible documents by id."""
        with self._lock:
            return dict(self.collections[collection].partition(partition))

    # ------------------------------------------------------------------ collections

    def get_version(self, request: Any, context: Any) -> Any:
        return self._answer("get_version", context, pb.GetVersionResponse, lambda: {"version": "stand-in"})

    def create_collection(self, request: Any, context: Any) -> Any:
        def create() -> dict[str, Any]:
            if request.name in self.collections:
                raise Refusal(DUPLICATE_COLLECTION, "the collection exists")
            info = pb.CollectionInfo(name=request.name, fields_schema=request.fields_schema, indexes=request.indexes)
            for name, vector in request.vectors_schema.items():
                info.vectors_schema[name or VECTOR].CopyFrom(vector)
                info.dimension, info.dtype, info.metric = vector.dimension, vector.dtype, vector.metric
            self.collections[request.name] = Collection(info, time.monotonic() + self.serving_after)
            return {}

        return self._answer("create_collection", context, pb.CreateCollectionResponse, create)

    def describe_collection(self, request: Any, context: Any) -> Any:
        def describe() -> dict[str, Any]:
            collection = self._collection(request.name)
            info = pb.CollectionInfo()
            info.CopyFrom(collection.info)
            info.status = pb.SERVING if time.monotonic() >= collection.serving_at else pb.INITIALIZED
            for name in collection.partitions:
                info.partitions[name] = pb.SERVING
            return {"output": info}

        return self._answer("describe_collection", context, pb.DescribeCollectionResponse, describe)

    def list_collections(self, request: Any, context: Any) -> Any:
        return self._answer(
            "list_collections", context, pb.ListCollectionsResponse, lambda: {"output": sorted(self.collections)}
        )

    def delete_collection(self, request: Any, context: Any) -> Any:
        def delete() -> dict[str, Any]:
            self._collection(request.name)
            del self.collections[request.name]
            return {}

        return self._answer("delete_collection", context, pb.DeleteCollectionResponse, delete)

    def stats_collection(self, request: Any, context: Any) -> Any:
        def stats() -> dict[str, Any]:
            collection = self._collection_of(context)
            counts = {name: len(collection.partition(name)) for name in collection.partitions}
            output = pb.StatsCollectionResponse.CollectionStats(
                total_doc_count=sum(counts.values()),
                index_completeness=1.0,
                partitions={name: pb.PartitionStats(total_doc_count=count) for name, count in counts.items()},
            )
            return {"output": output}

        return self._answer("stats_collection", context, pb.StatsCollectionResponse, stats)

    # ------------------------------------------------------------------ partitions

    def create_partition(self, request: Any, context: Any) -> Any:
        def create() -> dict[str, Any]:
            partitions = self._collection_of(context).partitions
            if request.name in partitions:
                raise Refusal(DUPLICATE_PARTITION, "the partition exists")
            partitions[request.name] = {}
            return {}

        return self._answer("create_partition", context, pb.CreatePartitionResponse, create)

    def describe_partition(self, request: Any, context: Any) -> Any:
        def describe() -> dict[str, Any]:
            self._collection_of(context).partition(request.name)
            return {"output": pb.SERVING}

        return self._answer("describe_partition", context, pb.DescribePartitionResponse, describe)

    def list_partitions(self, request: Any, context: Any) -> Any:
        return self._answer(
            "list_partitions",
            context,
            pb.ListPartitionsResponse,
            lambda: {"output": sorted(self._collection_of(context).partitions)},
        )

    def delete_partition(self, request: Any, context: Any) -> Any:
        def delete() -> dict[str, Any]:
            collection = self._collection_of(context)
            collection.partition(request.name)
            del collection.partitions[request.name]
            return {}

        return self._answer("delete_partition", context, pb.DeletePartitionResponse, delete)

    def stats_partition(self, request: Any, context: Any) -> Any:
        def stats() -> dict[str, Any]:
            count = len(self._collection_of(context).partition(request.name))
            return {"output": pb.PartitionStats(total_doc_count=count)}

        return self._answer("stats_partition", context, pb.StatsPartitionResponse, stats)

    # ------------------------------------------------------------------ documents

    def insert_doc(self, request: Any, context: Any) -> Any:
        return self._answer("insert_doc", context, pb.InsertDocResponse, lambda: self._put(request, context, "insert"))

    def update_doc(self, request: Any, context: Any) -> Any:
        return self._answer("update_doc", context, pb.UpdateDocResponse, lambda: self._put(request, context, "update"))

    def upsert_doc(self, request: Any, context: Any) -> Any:
        return self._answer("upsert_doc", context, pb.UpsertDocResponse, lambda: self._put(request, context, "upsert"))

    def delete_doc(self, request: Any, context: Any) -> Any:
        def delete() -> dict[str, Any]:
            return {"output": self._collection_of(context).delete(request, self.visible_after, self.refuse)}

        return self._answer("delete_doc", context, pb.DeleteDocResponse, delete)

    def fetch_doc(self, request: Any, context: Any) -> Any:
        def fetch() -> dict[str, Any]:
            documents = self._collection_of(context).partition(request.partition)
            return {"output": {id_: documents[id_] for id_ in request.ids if id_ in documents}}

        return self._answer("fetch_doc", context, pb.FetchDocResponse, fetch)

    def query_doc(self, request: Any, context: Any) -> Any:
        def query() -> dict[str, Any]:
            return {"output": self._collection_of(context).query(request, self.score, self.named_vectors)}

        return self._answer("query_doc", context, pb.QueryDocResponse, query)

    def _put(self, request: Any, context: Any, operation: str) -> dict[str, Any]:
        output = self._collection_of(context).put(request, operation, self.visible_after, self.refuse)
        return {"output": output, "usage": pb.RequestUsage(write_units=len(output))}

    # ------------------------------------------------------------------ every call

    def _answer(self, method: str, context: Any, response: Callable[..., R], work: Callable[[], dict[str, Any]]) -> R:
        request_id = str(uuid.uuid4())
        with self._lock:
            self.calls[method] += 1
            over = self._over_quota()
        self._go_on.wait()
        if dict(context.invocation_metadata()).get("dashvector-auth-token") != self.api_key:
            _abort(context, grpc.StatusCode.UNAUTHENTICATED, "the token is invalid")
        if isinstance(self.failing, grpc.StatusCode):
            _abort(context, self.failing, "failing, as it should")
        if over and self.quota_in == "status":
            context.set_trailing_metadata((("extra-code", str(EXCEED_RATE_LIMIT)),))
            _abort(context, grpc.StatusCode.RESOURCE_EXHAUSTED, "too many calls")
        try:
            if isinstance(self.failing, int):
                raise Refusal(self.failing, "failing, as it should")
            if over:
                raise Refusal(EXCEED_RATE_LIMIT, "too many calls")
            with self._lock:
                return response(request_id=request_id, code=0, message="", **work())
        except Refusal as exc:
            return response(request_id=request_id, code=exc.code, message=str(exc))

    def _over_quota(self) -> bool:
        now = time.monotonic()
        while self._recent and self._recent[0] <= now - 1:
            self._recent.popleft()
        if self.queries_per_second is None or len(self._recent) < self.queries_per_second:
            self._recent.append(now)
            return False
        self.refused += 1
        return True

    def _collection_of(self, context: Any) -> Collection:
        collection = self._collection(dict(context.invocation_metadata()).get("collection-name", ""))
        if time.monotonic() < collection.serving_at:
            raise Refusal(UNREADY_COLLECTION, "the collection does not serve yet")
        return collection

    def _collection(self, name: str) -> Collection:
        if name not in self.collections:
            raise Refusal(INEXISTENT_COLLECTION, "the collection does not exist")
        return self.collections[name]


def _abort(context: Any, code: grpc.StatusCode, details: str) -> NoReturn:
    context.abort(code, details)
    raise AssertionError("abort() raises")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m demo.cloud.dashvector", description="A stand-in for a DashVector cluster."
    )
    parser.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="default %(default)s")
    parser.add_argument("--port", type=int, default=0, help="default: any free port")
    parser.add_argument("--api-key", default="demo", help="default %(default)s")
    parser.add_argument("--queries-per-second", type=int, metavar="N", help="quota; default: none")
    parser.add_argument("--visible-after", type=float, default=0.5, metavar="SECONDS", help="default %(default)s")
    options = parser.parse_args()
    cluster = DashVector(options.port, api_key=options.api_key, host=options.host)
    cluster.queries_per_second = options.queries_per_second
    cluster.visible_after = options.visible_after
    with contextlib.suppress(KeyboardInterrupt), cluster:
        print(f"a stand-in for DashVector is at {cluster.endpoint}; Ctrl-C ends it", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
