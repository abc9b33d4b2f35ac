"""DashVector's adapter over the real SDK, against the emulator: what a service that is far away does to its callers."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import dashvector
import pytest
from grpc import StatusCode

from aicache.adapters.vectors.dashvector import DashVectorIndex, similarity
from aicache.adapters.vectors.rate_limit import RateLimit
from aicache.adapters.vectors.write_queue import Delete, Outcome, Upsert, Write, WriteQueue
from aicache.domain.model import Neighbor, Vector
from aicache.domain.ports import StoreError
from demo.cloud.dashvector import DashVector, allow_loopback, loopback_environment
from demo.cloud.documents import EXCEED_RATE_LIMIT
from demo.cloud.filters import parse
from sample_vectors import ALICE, BOB, K1, K2, K3, LATER, axis, digest
from stalls import watched_loop

DIMENSIONS = 8
KEY = "a-secret-key"


Make = Callable[..., DashVectorIndex]


@pytest.fixture
def cluster() -> Iterator[DashVector]:
    allow_loopback()
    with DashVector(api_key=KEY) as cluster:
        yield cluster


@pytest.fixture
async def make(cluster: DashVector) -> AsyncIterator[Make]:
    """Make indexes, not open yet; they are closed with the test."""
    made: list[DashVectorIndex] = []

    def make(endpoint: str = cluster.endpoint, api_key: str = KEY, collection: str = "questions", **fields: Any) -> Any:
        fields = {"dimensions": DIMENSIONS, "timeout": 2.0} | fields
        made.append(DashVectorIndex(endpoint, api_key, collection, **fields))
        return made[-1]

    yield make
    for each in made:
        await each.close()


@pytest.fixture
async def index(make: Make) -> DashVectorIndex:
    index = make()
    await index.open()
    return index


@pytest.fixture
async def client(cluster: DashVector) -> AsyncIterator[Any]:
    """The SDK by itself."""
    client = await asyncio.to_thread(dashvector.Client, api_key=KEY, endpoint=cluster.endpoint, timeout=5.0)
    yield client
    await asyncio.to_thread(client.close)


async def eventually(happens: Callable[[], Awaitable[object]], within: float = 5.0) -> None:
    end = time.monotonic() + within
    while not await happens():
        assert time.monotonic() < end, "it did not happen"
        await asyncio.sleep(0.02)


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


class TestOpening:
    async def test_a_missing_collection_is_made_and_waited_for(self, cluster: DashVector, make: Make) -> None:
        cluster.serving_after = 0.5
        index = make()
        began = time.monotonic()

        await index.open()

        assert 0.5 <= time.monotonic() - began < 2.0  # the SDK itself would look every 5 s
        await index.upsert(K1, ALICE, axis(1), LATER)
        assert await index._writes.flush(5)
        assert list(cluster.documents("questions")) == [K1]

    async def test_one_that_is_there_is_used_as_it_is(self, make: Make, cluster: DashVector) -> None:
        for _ in range(2):
            index = make()
            await index.open()
            await index.open()

        assert cluster.calls["create_collection"] == 1

    async def test_two_proxies_that_start_at_once_share_it(self, make: Make) -> None:
        await asyncio.gather(*(make().open() for _ in range(4)))

    @pytest.mark.parametrize(
        ("existing", "named"),
        [
            ({"dimension": 16}, "dimension 16, not 8"),
            ({"metric": "dotproduct"}, "metric dotproduct, not cosine"),
            ({"metric": "euclidean", "dtype": int}, "metric euclidean, not cosine and dtype INT, not FLOAT"),
            ({"fields_schema": {"namespace": int}}, "namespace of type INT, not STRING"),
            ({"fields_schema": {"expires": str}}, "expires of type STRING, not INT"),
        ],
    )
    async def test_one_of_another_kind_is_named_with_the_way_out(
        self, client: Any, make: Make, existing: dict[str, Any], named: str
    ) -> None:
        arguments = {"name": "questions", "dimension": DIMENSIONS, "timeout": -1} | existing
        assert await asyncio.to_thread(lambda: client.create(**arguments))

        with pytest.raises(StoreError, match=f"collection questions has .*{named}; name another in semantic.index"):
            await make().open()

    async def test_collections_of_other_models_are_named_and_left_as_they_are(
        self, client: Any, make: Make, cluster: DashVector, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO, "aicache")
        old = make(collection="model-8")
        await old.open()
        await old.upsert(K1, ALICE, axis(1), LATER)
        await old._writes.flush(5)
        assert await asyncio.to_thread(lambda: client.create("somebodys", DIMENSIONS, timeout=-1))
        caplog.clear()

        await make(collection="model-16", dimensions=16).open()

        [said] = [text for text in caplog.messages if "not used" in text]
        assert "other collections of the cache, not used here: model-8" in said
        assert "somebodys" not in said
        assert list(cluster.documents("model-8")) == [K1]

    async def test_one_with_several_vectors_is_refused(self, client: Any, make: Make) -> None:
        two = {name: dashvector.VectorParam(DIMENSIONS) for name in ("text", "title")}
        assert await asyncio.to_thread(lambda: client.create("questions", vectors=two, timeout=-1))

        with pytest.raises(StoreError, match=r"has the vectors t.*, not one"):
            await make().open()

    async def test_a_partition_is_made_and_used(self, make: Make, cluster: DashVector) -> None:
        index, other = make(partition="mine"), make()
        await asyncio.gather(index.open(), other.open())

        await index.upsert(K1, ALICE, axis(1), LATER)
        await index._writes.flush(5)

        assert list(cluster.documents("questions", "mine")) == [K1]
        assert len(await index.search(ALICE, axis(1), 5)) == 1
        assert await other.search(ALICE, axis(1), 5) == []

    @pytest.mark.parametrize("endpoint", ["127.0.0.1:1", f"localhost:{1}"])
    async def test_an_endpoint_where_nobody_listens_is_named(self, make: Make, endpoint: str) -> None:
        with pytest.raises(StoreError, match=f"{endpoint} cannot be reached; check semantic.index.endpoint"):
            await make(endpoint).open()

    @pytest.mark.slow
    async def test_an_endpoint_that_never_answers_takes_its_time_and_no_more(self, make: Make) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            began = time.monotonic()
            with pytest.raises(StoreError, match=r"no answer from .* in time|cannot be reached"):
                await make("{}:{}".format(*silent.getsockname())).open()

        assert time.monotonic() - began < 5

    async def test_the_sdks_own_refusal_of_an_endpoint_says_what_one_looks_like(
        self, make: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("dashvector.common.handler.verify_endpoint", lambda endpoint: False)

        with pytest.raises(StoreError, match=r"endpoint: https://x is not .*without https"):
            await make("https://x").open()

    async def test_a_wrong_key_is_told_apart_and_not_repeated(self, make: Make) -> None:
        with pytest.raises(StoreError, match=r"refuses the key; check semantic\.index\.api_key") as refused:
            await make(api_key="sk-wrong").open()

        assert "sk-wrong" not in str(refused.value)

    async def test_before_open_and_after_close_every_call_is_refused(self, make: Make) -> None:
        index = make()
        for _ in range(2):
            for call in (index.search(ALICE, axis(1), 5), index.upsert(K1, ALICE, axis(1), LATER), index.delete([K1])):
                with pytest.raises(StoreError, match=r"not open|closed"):
                    await call
            await index.close()


class TestSearch:
    @pytest.mark.parametrize("score", ["distance", "similarity"])
    @pytest.mark.parametrize("named_vectors", [False, True])
    async def test_the_services_score_does_not_matter(
        self, cluster: DashVector, index: DashVectorIndex, score: Literal["distance", "similarity"], named_vectors: bool
    ) -> None:
        cluster.score, cluster.named_vectors = score, named_vectors
        near = axis(1, 0.001)
        await index.upsert(K1, ALICE, axis(1), LATER)
        await index.upsert(K2, ALICE, axis(1, 1), LATER)
        await index.upsert(K3, ALICE, axis(-1), LATER)
        await index._writes.flush(5)

        found = await index.search(ALICE, near, 5)

        assert [n.key for n in found] == [K1, K2, K3]
        expected = [near[0], (near[0] + near[1]) / 2**0.5, -near[0]]
        assert [n.similarity for n in found] == pytest.approx(expected, abs=1e-6)

    async def test_the_service_itself_keeps_namespaces_apart(self, cluster: DashVector, index: DashVectorIndex) -> None:
        for i in range(30):
            await index.upsert(digest(i), BOB, axis(1, i / 1000), LATER)
        await index.upsert(K1, ALICE, axis(0, 1), LATER)
        await index._writes.flush(5)

        assert [n.key for n in await index.search(ALICE, axis(1), 1)] == [K1]
        assert len(await index.search(BOB, axis(1), 100)) == 30

    async def test_what_has_expired_is_not_found(self, make: Make) -> None:
        index = make(clock=lambda: 2000.5)
        await index.open()
        await index.upsert(K1, ALICE, axis(1), 2000.0)
        await index.upsert(K2, ALICE, axis(1), 2001.0)
        await index._writes.flush(5)

        assert [n.key for n in await index.search(ALICE, axis(1), 5)] == [K2]

    async def test_what_is_written_is_found_once_the_service_shows_it(
        self, cluster: DashVector, index: DashVectorIndex
    ) -> None:
        cluster.visible_after = 0.3
        await index.upsert(K1, ALICE, axis(1), LATER)
        assert await index._writes.flush(5)

        assert await index.search(ALICE, axis(1), 5) == []
        await eventually(lambda: index.search(ALICE, axis(1), 5))

    async def test_a_hanging_service_is_given_up_in_time(self, cluster: DashVector, make: Make) -> None:
        index = make(timeout=0.2)
        await index.open()

        with cluster.hanging():
            began = time.monotonic()
            with pytest.raises(StoreError, match=r"no answer from .* within 0\.2 s"):
                await index.search(ALICE, axis(1), 5)
            took = time.monotonic() - began

        assert took < 2
        assert await index.search(ALICE, axis(1), 5) == []

    async def test_the_loop_is_not_held_up_while_fifty_searches_hang(self, cluster: DashVector, make: Make) -> None:
        index = make(timeout=1.5)
        await index.open()

        with cluster.hanging():
            began = time.monotonic()
            async with watched_loop() as stalls:
                searches = [index.search(ALICE, axis(1), 5) for _ in range(50)]
                for i in range(50):
                    await index.upsert(digest(i), ALICE, axis(1), LATER)
                found = await asyncio.gather(*searches, return_exceptions=True)
            took = time.monotonic() - began

        assert all(isinstance(each, StoreError) for each in found)
        assert took < 2 * 1.5
        assert max(stalls) < 1  # a busy machine's turn is long, too; one that waits for the service has 1.5 s
        assert await index._writes.flush(10)
        assert len(cluster.documents("questions")) == 50

    @pytest.mark.parametrize(
        ("failing", "named"),
        [
            (StatusCode.UNAVAILABLE, "cannot be reached"),
            (StatusCode.DEADLINE_EXCEEDED, "no answer"),
            (StatusCode.RESOURCE_EXHAUSTED, "limit of calls"),
            (EXCEED_RATE_LIMIT, "limit of calls"),
            (-2015, "code -2015"),
        ],
    )
    async def test_an_error_is_named(
        self, cluster: DashVector, index: DashVectorIndex, failing: StatusCode | int, named: str
    ) -> None:
        cluster.failing = failing

        with pytest.raises(StoreError, match=named):
            await index.search(ALICE, axis(1), 5)

    @pytest.mark.parametrize("name", ["", "xyz", "AB", "a' OR 1=1 --", "ab\n", "a b", "a" * 65])
    async def test_only_hex_digests_are_sent(self, index: DashVectorIndex, name: str) -> None:
        for call in (
            index.search(name, axis(1), 5),
            index.upsert(name, ALICE, axis(1), LATER),
            index.upsert(K1, name, axis(1), LATER),
            index.delete([name]),
        ):
            with pytest.raises(StoreError, match="hex digest"):
                await call

    async def test_look_ups_over_the_limit_are_refused_at_once(self, make: Make, cluster: DashVector) -> None:
        index = make(queries_per_second=20, max_wait_s=0.05)
        await index.open()
        await asyncio.sleep(1)

        found = await asyncio.gather(*(index.search(ALICE, axis(1), 5) for _ in range(30)), return_exceptions=True)

        assert sum(isinstance(each, StoreError) for each in found) == 10
        assert cluster.calls["query_doc"] == 20


class TestWrites:
    async def test_upsert_twice_is_one_document(self, cluster: DashVector, index: DashVectorIndex) -> None:
        await index.upsert(K1, ALICE, axis(1), LATER)
        await index._writes.flush(5)
        await index.upsert(K1, BOB, axis(0, 1), LATER)
        await index._writes.flush(5)

        assert list(cluster.documents("questions")) == [K1]
        assert await index.search(ALICE, axis(1), 5) == []
        assert await index.search(BOB, axis(0, 1), 5) == [Neighbor(K1, pytest.approx(1.0))]

    async def test_delete_removes_and_takes_what_is_not_there(
        self, cluster: DashVector, index: DashVectorIndex
    ) -> None:
        await index.upsert(K1, ALICE, axis(1), LATER)
        await index.upsert(K2, ALICE, axis(1), LATER)
        await index._writes.flush(5)

        await index.delete([K1, K3])
        await index._writes.flush(5)

        assert list(cluster.documents("questions")) == [K2]
        assert index.dropped == 0

    async def test_a_slow_service_holds_up_no_writer(self, cluster: DashVector, index: DashVectorIndex) -> None:
        with cluster.hanging():
            began = time.monotonic()
            for i in range(200):
                await index.upsert(digest(i), ALICE, axis(1), LATER)
            assert time.monotonic() - began < 5  # a writer that waits for the service waits for ever

        assert await index._writes.flush(10)
        assert len(cluster.documents("questions")) == 200
        assert cluster.calls["upsert_doc"] <= 4  # many in a call

    @pytest.mark.slow
    @pytest.mark.parametrize("quota_in", ["code", "status"])
    async def test_over_the_clusters_quota_writes_are_retried_and_arrive(
        self, cluster: DashVector, index: DashVectorIndex, quota_in: Literal["code", "status"]
    ) -> None:
        cluster.queries_per_second, cluster.quota_in = 1, quota_in
        await index.upsert(K1, ALICE, axis(1), LATER)
        await index.upsert(K2, ALICE, axis(1), LATER)
        await asyncio.sleep(0.05)
        await index.delete([K1])

        assert await index._writes.flush(10)

        assert cluster.refused > 0
        assert list(cluster.documents("questions")) == [K2]
        assert index.dropped == 0

    @pytest.mark.parametrize("failing", [StatusCode.UNAVAILABLE, StatusCode.DEADLINE_EXCEEDED, -2030])
    async def test_writes_outlast_an_outage(
        self, cluster: DashVector, index: DashVectorIndex, failing: StatusCode | int
    ) -> None:
        cluster.failing = failing
        await index.upsert(K1, ALICE, axis(1), LATER)
        assert not await index._writes.flush(0.3)

        cluster.failing = None

        assert await index._writes.flush(10)
        assert list(cluster.documents("questions")) == [K1]

    async def test_one_refused_document_costs_the_others_nothing(
        self, cluster: DashVector, index: DashVectorIndex
    ) -> None:
        cluster.refuse = {K2: -2011}
        for key in (K1, K2, K3):
            await index.upsert(key, ALICE, axis(1), LATER)

        assert await index._writes.flush(5)

        assert set(cluster.documents("questions")) == {K1, K3}
        assert index.dropped == 1

    async def test_a_full_queue_drops_and_says_so_at_once_and_at_the_end(
        self, cluster: DashVector, make: Make, caplog: pytest.LogCaptureFixture
    ) -> None:
        index = make(capacity=10)
        await index.open()

        with cluster.hanging():
            for i in range(25):
                await index.upsert(digest(i), ALICE, axis(1), LATER)
        assert await index._writes.flush(10)

        assert index.dropped == 15
        assert len(cluster.documents("questions")) == 10
        await index.close()
        assert [said.partition(":")[2].partition(",")[0] for said in warnings(caplog)] == [
            " 1 writes dropped since the start",
            " 15 writes dropped since the start",
        ]

    async def test_close_sends_what_waits(self, cluster: DashVector, make: Make) -> None:
        index = make()
        await index.open()
        for i in range(300):
            await index.upsert(digest(i), ALICE, axis(1), LATER)

        await index.close()
        await index.close()

        assert len(cluster.documents("questions")) == 300

    @pytest.mark.slow
    async def test_close_ends_though_the_service_hangs(self, cluster: DashVector, make: Make) -> None:
        index = make()
        await index.open()
        with cluster.hanging():
            searches = [asyncio.create_task(index.search(ALICE, axis(1), 5)) for _ in range(10)]
            await index.upsert(K1, ALICE, axis(1), LATER)
            await asyncio.sleep(0.1)
            began = time.monotonic()

            await index.close()

            assert time.monotonic() - began < 5
            assert all(isinstance(each, StoreError) for each in await asyncio.gather(*searches, return_exceptions=True))
        assert index.dropped == 1

    async def test_a_sweep_of_many(self, cluster: DashVector, index: DashVectorIndex) -> None:
        cluster.visible_after = 0.02
        for i in range(990):
            await index.upsert(digest(i), ALICE, axis(1), 1000.0 if i % 3 else LATER)
        await index._writes.flush(10)
        await asyncio.sleep(0.05)

        await index.sweep(1000)
        await asyncio.sleep(0.05)

        assert len(cluster.documents("questions")) == 330


class TestDeleted:
    """Someone deletes the collection while the proxy runs."""

    async def test_a_collection_is_made_again_and_used(
        self, cluster: DashVector, index: DashVectorIndex, client: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        await index.upsert(K1, ALICE, axis(1), LATER)
        await index._writes.flush(5)
        assert await asyncio.to_thread(client.delete, "questions")

        with pytest.raises(StoreError, match="collection questions, or its partition, has been deleted"):
            await index.search(ALICE, axis(1), 5)

        await eventually(lambda: searched(index))
        assert await index.search(ALICE, axis(1), 5) == []
        await index.upsert(K2, ALICE, axis(1), LATER)
        assert await index._writes.flush(5)
        assert [n.key for n in await index.search(ALICE, axis(1), 5)] == [K2]
        [said] = warnings(caplog)
        assert "collection questions" in said
        assert "created again" in said

    async def test_writes_notice_it_too_and_none_is_lost(
        self, cluster: DashVector, index: DashVectorIndex, client: Any
    ) -> None:
        assert await asyncio.to_thread(client.delete, "questions")

        await index.upsert(K1, ALICE, axis(1), LATER)

        assert await index._writes.flush(10)
        assert list(cluster.documents("questions")) == [K1]
        assert index.dropped == 0

    async def test_a_partition_is_made_again_too(self, cluster: DashVector, make: Make, client: Any) -> None:
        index = make(partition="mine")
        await index.open()
        assert await asyncio.to_thread(lambda: client.get("questions").delete_partition("mine"))

        with pytest.raises(StoreError, match="has been deleted"):
            await index.search(ALICE, axis(1), 5)

        await eventually(lambda: searched(index))

    async def test_while_it_cannot_be_made_it_is_tried_and_said_once_in_a_while(
        self, cluster: DashVector, make: Make, client: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        index = make(reopen_interval_s=0.5)
        await index.open()
        assert await asyncio.to_thread(client.delete, "questions")
        cluster.calls.clear()
        cluster.failing = -2021  # of whatever is asked

        for _ in range(50):
            assert not await searched(index)
        await asyncio.sleep(0.1)

        assert cluster.calls["query_doc"] == 50
        assert cluster.calls["create_collection"] == 1
        assert len(warnings(caplog)) == 2  # that it was deleted, and why it could not be made
        cluster.failing = None
        await eventually(lambda: searched(index))

    async def test_closing_ends_what_opens_it(self, cluster: DashVector, index: DashVectorIndex, client: Any) -> None:
        assert await asyncio.to_thread(client.delete, "questions")
        cluster.serving_after = 60

        assert not await searched(index)
        await asyncio.sleep(0.3)
        began = time.monotonic()
        await index.close()

        assert time.monotonic() - began < 2


async def searched(index: DashVectorIndex) -> bool:
    """Search; False when that fails."""
    try:
        await index.search(ALICE, axis(1), 5)
    except StoreError:
        return False
    return True


class TestRateLimit:
    def test_no_second_has_more_calls_than_allowed(self) -> None:
        limit, now, made = RateLimit(10, reserved=3), 0.0, []
        for _ in range(2000):
            if not limit.acquire(now):
                made.append(now)
            now += 0.007

        assert max(sum(start <= t < start + 1 for t in made) for start in made) == 10
        assert len(made) >= 13 * 10

    def test_writes_leave_room_for_look_ups(self) -> None:
        limit = RateLimit(10, reserved=3)

        assert [limit.acquire(0.0, write=True) == 0 for _ in range(10)].count(True) == 7
        assert [limit.acquire(0.1) == 0 for _ in range(10)].count(True) == 3

    def test_the_wait_it_names_is_long_enough_and_no_longer(self) -> None:
        limit = RateLimit(2, reserved=1)
        assert (limit.acquire(0.0), limit.acquire(0.4)) == (0.0, 0.0)

        assert limit.acquire(0.5) == pytest.approx(0.5)
        assert limit.acquire(0.5, write=True) == pytest.approx(0.9)
        assert limit.acquire(1.0) == 0.0


class TestWriteQueue:
    async def test_a_later_write_of_a_key_wins_over_the_retry_of_an_earlier(self) -> None:
        sent: list[list[Write]] = []

        async def send(batch: Any) -> list[Outcome]:
            sent.append(list(batch))
            if len(sent) == 1:
                queue.put(Delete("a"))  # while the upsert is in flight, which fails
                return [Outcome.RETRY]
            return [Outcome.WRITTEN] * len(batch)

        queue = WriteQueue("test", send, first_pause_s=0.01)
        queue.put(Upsert("a", "n", axis(1), 1))

        assert await queue.flush(5)

        assert [type(batch[0]) for batch in sent] == [Upsert, Delete]
        assert queue.dropped == 0

    async def test_what_always_fails_is_given_up(self) -> None:
        sent = 0

        async def send(batch: Any) -> list[Outcome]:
            nonlocal sent
            sent += 1
            return [Outcome.RETRY]

        queue = WriteQueue("test", send, first_pause_s=0.0001)
        queue.put(Delete("a"))

        assert await queue.flush(5)
        assert (sent, queue.dropped, len(queue)) == (10, 1, 0)

    async def test_what_is_dropped_is_said_at_once_and_then_once_in_a_while(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        async def send(batch: Any) -> list[Outcome]:
            return [Outcome.REJECTED] * len(batch)

        queue = WriteQueue("test", send, max_batch=1, warn_interval_s=0.3)
        for i in range(20):
            queue.put(Delete(str(i)))
        assert await queue.flush(5)
        await asyncio.sleep(0.8)  # twice, but the second time there is no news
        queue.put(Delete("later"))
        await queue.close(5)

        counts = [int(said.split()[1]) for said in warnings(caplog)]
        assert counts == [1, 20, 21]
        assert "the service rejects them" in warnings(caplog)[0]

    async def test_an_error_of_our_own_ends_in_the_log_and_not_in_silence(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        async def send(batch: Any) -> list[Outcome]:
            raise RuntimeError("ours")

        queue = WriteQueue("test", send)
        queue.put(Delete("a"))
        assert await queue.flush(5)

        assert queue.dropped == 1
        assert "ours" in caplog.text


class TestEmulator:
    @pytest.mark.parametrize(
        ("expression", "matches"),
        [
            ("namespace = 'a'", True),
            ("namespace='b'", False),
            ("namespace = 'a' and expires > 9", True),
            ("namespace = 'a' and expires > 10", False),
            ("expires <= 10 and expires >= 10 and namespace != 'b'", True),
            ("expires < 10 or namespace = 'a'", True),
            ("missing = 1", False),
            ("expires = '10'", False),
        ],
    )
    def test_filters(self, expression: str, matches: bool) -> None:
        assert parse(expression)({"namespace": "a", "expires": 10}) is matches

    @pytest.mark.parametrize("expression", ["namespace", "a = b", "a = 'b' c = 1", "a = 1 and", "a = 'it's'"])
    def test_a_filter_that_makes_no_sense_is_an_error(self, expression: str) -> None:
        with pytest.raises(ValueError, match="at character"):
            parse(expression)

    async def test_the_rest_of_the_sdk_works_with_it(self, client: Any) -> None:
        def use() -> None:
            assert client.create("questions", 2, timeout=-1)
            assert client.list().output == ["questions"]
            collection = client.get("questions")
            docs = [dashvector.Doc("a", [1.0, 0.0], fields={"n": 1}), dashvector.Doc("b", [0.0, 1.0], fields={"n": 2})]
            assert collection.insert(docs)
            assert [result.code for result in collection.update(dashvector.Doc("c", [1.0, 0.0])).output] == [-2024]
            assert collection.fetch("a").output["a"].fields == {"n": 1}
            assert collection.stats().output.total_doc_count == 2
            assert [doc.id for doc in collection.query([1.0, 0.1], topk=1).output] == ["a"]
            assert collection.query([1.0, 0.1], filter="n ~ 1").code == -2015
            assert collection.create_partition("part", timeout=-1)
            assert set(collection.list_partitions().output) == {"default", "part"}
            assert collection.describe_partition("part").output == "SERVING"
            assert collection.stats_partition("default").output.total_doc_count == 2
            assert collection.delete_partition("part")
            assert client.delete("questions")
            assert client.describe("questions").code == -2021

        await asyncio.to_thread(use)

    def test_another_process_reaches_it_by_its_environment_alone(self, cluster: DashVector) -> None:
        code = f"import dashvector; print(dashvector.Client(endpoint={cluster.endpoint!r}, api_key={KEY!r}).code)"

        ran = subprocess.run(
            [sys.executable, "-c", code], env=os.environ | loopback_environment(), capture_output=True, text=True
        )

        assert ran.stdout.strip() in ("0", "DashVectorCode.Success"), ran.stderr

    def test_it_serves_by_itself(self) -> None:
        scripts = Path(__file__).parents[3] / "scripts"
        process = subprocess.Popen(
            [sys.executable, "-m", "demo.cloud.dashvector"], cwd=scripts, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        with process.stdout:
            line = process.stdout.readline()
            process.terminate()
            process.wait(10)

        assert line.startswith("a stand-in for DashVector is at 127.0.0.1:")


@pytest.mark.parametrize(
    ("found", "cosine"), [(axis(1), 1.0), (axis(1) * 3, 1.0), (axis(0, 1), 0.0), (-axis(1), -1.0), (axis(1) * 0, 0.0)]
)
def test_similarity_is_the_cosine_of_any_lengths(found: Vector, cosine: float) -> None:
    assert similarity(axis(1), found) == pytest.approx(cosine)
