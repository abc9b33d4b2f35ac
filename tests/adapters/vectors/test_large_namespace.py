"""Large namespaces: whatever the graph knows by then, what is found is there, and as similar as it says."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import os
import random
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from adapters.vectors.vector_checks import brute, check_one_thread_searches_while_another_writes
from aicache.adapters.vectors import (
    in_memory_vectors,
    large_namespace,
    namespace_graphs,
    neighbor_graph,
    placed_rows,
    promotion,
    row_file,
    zvec_folder,
    zvec_reading,
)
from aicache.adapters.vectors.graph_files import GraphFiles
from aicache.adapters.vectors.in_memory_vectors import InMemoryVectors
from aicache.adapters.vectors.large_namespace import LargeNamespace
from aicache.adapters.vectors.namespace_matrix import NamespaceMatrix
from aicache.adapters.vectors.row_file import RowFile
from aicache.adapters.vectors.zvec import ZvecIndex
from aicache.domain.model import PINNED, Neighbor, Vector
from sample_vectors import LATER, digest, random_vector
from waiting import until

pytestmark = pytest.mark.skipif(not neighbor_graph.is_installed(), reason="usearch is not installed")


@pytest.fixture(scope="module", autouse=True)
def loaded() -> None:
    neighbor_graph.load()


@pytest.fixture(autouse=True)
def same_order_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The orders and samples that are random are the same in each run: now and then a graph overlooks something."""
    monkeypatch.setattr(np.random, "default_rng", functools.partial(_seeded, np.random.default_rng))
    random.seed(7)


def _seeded(make: Callable[[int], np.random.Generator], seed: int = 7) -> np.random.Generator:
    return make(seed)


DIMENSIONS = 16


def a_vector(seed: int) -> Vector:
    return random_vector(seed, DIMENSIONS)


def follow(held: LargeNamespace, most: int = 1 << 30) -> None:
    """Let the graph catch up by at most so many places."""
    if (changes := held.graphs.changes(most)) is not None:
        changes.apply()
        held.graphs.settle(changes)


def check(found: list[Neighbor], vectors: dict[str, Vector], wanted: Vector, top_k: int) -> None:
    expected = brute(vectors, wanted, top_k)
    assert [n.key for n in found] == [key for key, _ in expected]
    assert [n.similarity for n in found] == pytest.approx([cosine for _, cosine in expected], abs=1e-5)


@pytest.fixture
def held(tmp_path: Path) -> Iterator[LargeNamespace]:
    made = LargeNamespace(DIMENSIONS, tmp_path, NamespaceMatrix(DIMENSIONS))
    made.finish()
    yield made
    made.close()


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that is large is small: what takes many vectors takes few."""
    monkeypatch.setattr(row_file, "SEGMENT_ROWS", 1024)  # whole pages, of 64 kB at most
    monkeypatch.setattr(neighbor_graph, "EXPANSION_SEARCH", 1000)  # overlooks nothing of what little there is
    monkeypatch.setattr(neighbor_graph, "EXPANSION_THOROUGH", 1000)
    monkeypatch.setattr(large_namespace, "MAX_SINGLE_ROWS", 20)
    monkeypatch.setattr(namespace_graphs, "MIN_OVERWRITTEN", 50)
    monkeypatch.setattr(namespace_graphs, "MIN_GROWN", 100)
    monkeypatch.setattr(in_memory_vectors, "LARGE_FROM_VECTORS", 100)


@pytest.mark.parametrize("seed", range(6))
def test_it_finds_what_a_loop_finds_however_far_the_graph_is_behind(
    held: LargeNamespace, small_parts: None, seed: int
) -> None:
    chance = random.Random(seed)
    vectors = dict[str, Vector]()
    for step in range(600):
        key = digest(chance.randrange(200))
        if chance.random() < 0.7:
            vectors[key] = a_vector(1000 * seed + step)
            held.put(key, vectors[key], LATER)
        else:
            held.drop(key)
            vectors.pop(key, None)
        if chance.random() < 0.3:
            follow(held, chance.choice((1, 10, 1000)))
        if step % 20 == 0:
            for top_k in (1, 5):
                [found] = held.nearest_to_each([a_vector(step)], top_k)
                check(found, vectors, a_vector(step), top_k)

    found_each = held.nearest_to_each([a_vector(i) for i in range(3)], 1000)  # more than the graph is asked for
    for i, found in enumerate(found_each):
        check(found, vectors, a_vector(i), 1000)


def test_most_of_the_nearest_are_found_by_the_graph_alone(held: LargeNamespace) -> None:
    vectors = {digest(i): a_vector(i) for i in range(800)}
    for key, vector in vectors.items():
        held.put(key, vector, LATER)
    follow(held)
    assert held.behind == 0

    wanted = [a_vector(5000 + i) for i in range(100)]
    found = held.nearest_to_each(wanted, 5)

    right = sum(
        len({n.key for n in each} & {key for key, _ in brute(vectors, vector, 5)})
        for each, vector in zip(found, wanted, strict=True)
    )
    assert right >= 0.99 * 5 * len(wanted)


def test_a_graph_that_is_too_large_for_it_is_not_searched_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbor_graph, "EXPANSION_SEARCH", 1)
    monkeypatch.setattr(neighbor_graph, "MAX_QUICKLY_SEARCHED", 1000)
    graph = neighbor_graph.NeighborGraph(64)
    vectors = np.stack([random_vector(seed, 64) for seed in range(1001)])
    asked = [random_vector(5000 + seed, 64) for seed in range(100)]

    def found(among: int) -> int:
        places = [graph.nearest(vector[np.newaxis], 1)[0].tolist() for vector in asked]
        return sum(
            place == [int(np.argmax(vectors[:among] @ vector))] for place, vector in zip(places, asked, strict=True)
        )

    for place, vector in enumerate(vectors[:1000]):
        graph.put(place, vector)
    quickly = found(1000)
    graph.put(1000, vectors[1000])

    assert quickly < 80
    assert found(1001) >= 90


def test_a_search_that_ends_among_vectors_of_another_kind_is_made_from_elsewhere_as_well(
    held: LargeNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = np.eye(DIMENSIONS, dtype=np.float32)[:2]
    vectors = {digest(i): (3 * (second if i % 2 else first) + a_vector(i)) / 3 for i in range(400)}
    for key, vector in vectors.items():
        held.put(key, vector, LATER)
    follow(held)
    nearest = held.graphs.current.graph.nearest

    def ends_in_the_first(vectors: Vector, count: int, **options: bool) -> tuple[npt.NDArray[np.int64], float]:
        """As where the second kind has no links to the first: only for what is far nearer to the second."""
        places, _ = nearest(vectors, 400, **options)
        in_second = bool((vectors @ second > 1.5 * (vectors @ first)).all())
        return places[places % 2 == in_second], 0.2

    monkeypatch.setattr(held.graphs.current.graph, "nearest", ends_in_the_first)
    wanted = first + 1.2 * second

    [found] = held.nearest_to_each([wanted], 1)

    best = max(vectors, key=lambda key: float(vectors[key] @ wanted / np.linalg.norm(vectors[key])))
    assert found[0].key == best
    assert vectors[best][1] > vectors[best][0]  # of the second kind


def test_a_vector_that_changes_while_it_is_brought_into_the_graph_is_brought_in_again(held: LargeNamespace) -> None:
    held.put(digest(1), a_vector(1), LATER)
    changes = held.graphs.changes(10)
    assert changes is not None
    held.put(digest(1), a_vector(2), LATER)
    changes.apply()
    held.graphs.settle(changes)

    assert held.behind == 1
    follow(held)
    assert held.behind == 0
    check(held.nearest_to_each([a_vector(2)], 1)[0], {digest(1): a_vector(2)}, a_vector(2), 1)


def test_a_place_that_another_takes_is_the_others(held: LargeNamespace) -> None:
    """The graph still knows what was there."""
    for i in range(20):
        held.put(digest(i), a_vector(i), LATER)
    follow(held)
    held.drop(digest(3))
    held.put(digest("new"), a_vector(100), LATER)

    vectors = {digest(i): a_vector(i) for i in range(20) if i != 3} | {digest("new"): a_vector(100)}

    check(held.nearest_to_each([a_vector(3)], 30)[0], vectors, a_vector(3), 30)


def test_a_graph_from_which_much_was_removed_is_made_anew(held: LargeNamespace, small_parts: None) -> None:
    vectors = {digest(i): a_vector(i) for i in range(300)}
    for key, vector in vectors.items():
        held.put(key, vector, LATER)
    follow(held)
    before = held.graphs.current.graph
    for i in range(200):
        held.drop(digest(i))
        del vectors[digest(i)]
    follow(held)
    assert before.overwritten == 200

    for _ in range(20):  # in parts, while others are written
        follow(held, 10)
        check(held.nearest_to_each([a_vector(7)], 5)[0], vectors, a_vector(7), 5)
        vectors[digest(f"new {len(vectors)}")] = vector = a_vector(5000 + len(vectors))
        held.put(digest(f"new {len(vectors) - 1}"), vector, LATER)
    follow(held)
    follow(held)

    assert held.graphs.current.graph is not before
    assert held.graphs.current.graph.overwritten == 0
    check(held.nearest_to_each([a_vector(7)], 5)[0], vectors, a_vector(7), 5)


def test_a_graph_that_has_grown_is_made_anew_in_random_order(tmp_path: Path, small_parts: None) -> None:
    """One topic after another, as from a file: in this order most searches of the first overlook all of it."""
    center = random_vector(0, DIMENSIONS)
    vectors = {digest(i): random_vector(i, DIMENSIONS) * 0.1 + (center if i < 60 else -center) for i in range(600)}
    vectors = {key: vector / np.linalg.norm(vector) for key, vector in vectors.items()}
    matrix = NamespaceMatrix(DIMENSIONS)
    for key in [*vectors][:60]:
        matrix.put(key, vectors[key], LATER)
    held = LargeNamespace(DIMENSIONS, tmp_path, matrix)
    held.finish()
    orders = []
    for key in [*vectors][60:]:
        held.put(key, vectors[key], LATER)
        while (changes := held.graphs.changes(50)) is not None:
            orders.append(changes.places)
            changes.apply()
            held.graphs.settle(changes)
    first = held.graphs.current.graph

    assert sorted(itertools.chain(*orders)) != sorted(range(600)), "not made anew"
    assert held.graphs.current.shuffled == 241 and len(first) == 600
    assert any(places != sorted(places) for places in orders)
    for key, vector in [*vectors.items()][:10]:
        assert held.nearest_to_each([vector], 1)[0][0].key == key
    held.close()


def test_what_has_expired_is_told_and_free_places_are_not(held: LargeNamespace) -> None:
    for i, expires in enumerate((1000.0, 2000.0, LATER, PINNED)):
        held.put(digest(i), a_vector(i), expires)
    held.drop(digest(0))

    assert held.expired(999.0) == []
    assert held.expired(2000.0) == [digest(1)]
    assert held.expired(1.0, 3000.0) == [digest(2)]


def test_a_dropped_vector_is_not_in_the_file_any_more(held: LargeNamespace) -> None:
    held.put(digest(1), a_vector(1), LATER)
    held.put(digest(2), a_vector(2), LATER)
    held.drop(digest(1))

    content = os.pread(held._rows.file._file.fileno(), 1 << 20, 0)

    assert a_vector(1).tobytes() not in content
    assert a_vector(2).tobytes() in content


def test_the_file_has_no_name_and_takes_its_room_at_once(tmp_path: Path) -> None:
    rows = RowFile(tmp_path, DIMENSIONS)
    rows.grow()

    assert list(tmp_path.iterdir()) == []
    status = os.fstat(rows._file.fileno())
    assert status.st_mode & 0o077 == 0
    assert status.st_blocks * 512 >= row_file.SEGMENT_ROWS * DIMENSIONS * 4
    rows.close()


def test_a_namespace_that_grows_gets_a_graph_and_finds_the_same(tmp_path: Path, small_parts: None) -> None:
    memory = InMemoryVectors(DIMENSIONS, 1 << 30, GraphFiles(tmp_path / "space", DIMENSIONS))
    vectors = {digest(i): a_vector(i) for i in range(300)}
    memory.begin("space")
    memory.complete("space")
    memory.begin("small")
    memory.complete("small")
    for key, vector in vectors.items():
        memory.put(key, "space", vector, LATER)
        found = memory.nearest_to_each("space", [a_vector(0)], 1)
        assert found is not None
        assert found[0][0].key == digest(0)
    assert isinstance(memory._namespaces["space"], LargeNamespace)

    memory.drop([digest(1)])
    memory.put(digest(2), "small", a_vector(2), LATER)  # to another namespace, and back
    memory.put(digest(3), "small", a_vector(3), LATER)
    memory.put(digest(3), "space", a_vector(3), LATER)
    del vectors[digest(1)], vectors[digest(2)]

    for namespace, there in (("space", vectors), ("small", {digest(2): a_vector(2)})):
        found = memory.nearest_to_each(namespace, [a_vector(2)], 5)
        assert found is not None
        check(found[0], there, a_vector(2), 5)
    memory.close()


def test_large_namespaces_stay_within_their_memory(
    tmp_path: Path, small_parts: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = InMemoryVectors(DIMENSIONS, 1 << 30, GraphFiles(tmp_path / "space", DIMENSIONS))
    for name in "abc":
        memory.begin(name)
        memory.complete(name)
        for i in range(100):
            memory.put(digest((name, i)), name, a_vector(i), LATER)
    one = memory._large["a"].nbytes
    monkeypatch.setattr(in_memory_vectors, "MAX_GRAPH_BYTES", 2.5 * one)
    assert memory.nearest_to_each("a", [a_vector(1)], 1)  # so "b" was searched least recently

    memory.put(digest("one more"), "c", a_vector(1), LATER)

    assert [name for name in "abc" if memory.has(name)] == ["a", "c"]
    assert set(memory._large) == {"a", "c"}
    memory.close()


class NoRoom(RowFile):
    def grow(self) -> None:
        raise OSError(28, "No space left on device")


def test_without_room_on_the_disk_it_stays_as_it_is(
    tmp_path: Path, small_parts: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placed_rows, "RowFile", NoRoom)
    memory = InMemoryVectors(DIMENSIONS, 1 << 30, GraphFiles(tmp_path / "space", DIMENSIONS))
    memory.begin("space")
    memory.complete("space")
    for i in range(150):
        memory.put(digest(i), "space", a_vector(i), LATER)

    found = memory.nearest_to_each("space", [a_vector(149)], 1)

    assert found is not None
    assert found[0][0].key == digest(149)
    memory.close()


def test_without_room_for_more_a_large_one_is_given_up(
    tmp_path: Path, small_parts: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = InMemoryVectors(DIMENSIONS, 1 << 30, GraphFiles(tmp_path / "space", DIMENSIONS))
    memory.begin("space")
    memory.complete("space")
    for i in range(100):
        memory.put(digest(i), "space", a_vector(i), LATER)
    monkeypatch.setattr(RowFile, "grow", NoRoom.grow)

    for i in range(100, 1100):
        memory.put(digest(i), "space", a_vector(i), LATER)

    assert not memory.has("space")  # zvec has them all
    memory.close()


def test_it_is_searched_while_it_is_written_and_the_graph_follows(tmp_path: Path, small_parts: None) -> None:
    memory = InMemoryVectors(DIMENSIONS, 1 << 30, GraphFiles(tmp_path / "space", DIMENSIONS))
    check_one_thread_searches_while_another_writes(memory, DIMENSIONS, 1500)
    memory.close()


# ---------------------------------------------------------------------- with zvec


@pytest.fixture
async def index(tmp_path: Path, small_parts: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ZvecIndex]:
    monkeypatch.setattr(promotion, "PROMOTION_BATCH_SIZE", 10)
    monkeypatch.setattr(zvec_reading, "READ_BATCH_SIZE", 10)
    monkeypatch.setattr(zvec_folder, "MAX_LISTED_KEYS", 50)
    made = ZvecIndex(tmp_path / "data" / "zvec", DIMENSIONS)
    await made.open()
    yield made
    await made.close()


SPACE, OTHER = digest("space"), digest("other")


async def test_zvec_and_memory_agree_while_a_large_namespace_is_brought_in(index: ZvecIndex) -> None:
    """Writes, deletions and sweeps come between the parts of the reading."""
    vectors = {digest(i): a_vector(i) for i in range(400)}
    for key, vector in vectors.items():
        await index.upsert(key, SPACE, vector, LATER)
    await index.upsert(digest("else"), OTHER, a_vector(1), LATER)

    chance = random.Random(7)
    for step in range(60):
        key = digest(chance.randrange(420))
        match chance.randrange(5):
            case 0:
                await index.delete([key])
                vectors.pop(key, None)
            case 1:
                await index.upsert(key, OTHER, a_vector(step), LATER)
                vectors.pop(key, None)
            case 2:
                await index.upsert(key, SPACE, a_vector(step), 1000.0)
                vectors.pop(key, None)
                await index.sweep(1000.0)
            case _:
                vectors[key] = a_vector(1000 + step)
                await index.upsert(key, SPACE, vectors[key], LATER)
        check(await index.search(SPACE, a_vector(step), 20), vectors, a_vector(step), 20)
    await index._promotion.loading.wait()

    assert (await index._find(SPACE, a_vector(1), 5))[1]
    assert isinstance(index._memory._namespaces[SPACE], LargeNamespace)
    check(await index.search(SPACE, a_vector(1), 5), vectors, a_vector(1), 5)


async def test_the_graph_catches_up_by_itself(index: ZvecIndex) -> None:
    for i in range(150):
        await index.upsert(digest(i), SPACE, a_vector(i), LATER)
    for _ in range(4):
        await index.search(SPACE, a_vector(1), 1)
    await index._promotion.loading.wait()
    large = index._memory._large[SPACE]

    await until(lambda: large.behind == 0)
    await index.delete([digest(0)])
    await index.upsert(digest("new"), SPACE, a_vector(0), LATER)

    await until(lambda: large.behind == 0)
    assert len(large.graphs.current.graph) == 150


async def test_while_its_files_are_erased_a_large_namespace_is_not_read_but_later(index: ZvecIndex) -> None:
    for i in range(150):
        await index.upsert(digest(i), SPACE, a_vector(i), LATER)
    await index._call(index._folder.begin_copy)
    for _ in range(4):
        await index.search(SPACE, a_vector(1), 1)
    await index._promotion.loading.wait()
    assert not index._memory.has(SPACE)
    await index._call(index._folder.drop_copy)

    for _ in range(4):
        await index.search(SPACE, a_vector(1), 1)
    await index._promotion.loading.wait()

    assert index._memory.has(SPACE)


@pytest.mark.parametrize("how", ["close", "clear", "cancel"])
async def test_a_reading_that_is_cut_short_leaves_nothing_open(index: ZvecIndex, how: str) -> None:
    for i in range(300):
        await index.upsert(digest(i), SPACE, a_vector(i), LATER)
    for _ in range(4):
        await index.search(SPACE, a_vector(1), 1)
    await until(lambda: index._folder._reading is not None, every=0)

    match how:
        case "close":
            await index.close()
        case "clear":
            await index.clear()
            assert await index.search(SPACE, a_vector(1), 1) == []
        case _:
            index._promotion.loading.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await index._promotion.loading.wait()

    await until(lambda: index._folder._reading is None)


async def test_without_usearch_a_large_namespace_is_compared_vector_by_vector(
    index: ZvecIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_memory_vectors, "is_installed", lambda: False)
    vectors = {digest(i): a_vector(i) for i in range(150)}
    for key, vector in vectors.items():
        await index.upsert(key, SPACE, vector, LATER)
    for _ in range(4):
        await index.search(SPACE, a_vector(1), 1)
    await index._promotion.loading.wait()

    found, in_memory = await index._find(SPACE, a_vector(1), 5)

    assert in_memory
    check(found, vectors, a_vector(1), 5)
    assert isinstance(index._memory._namespaces[SPACE], NamespaceMatrix)


async def test_where_usearch_cannot_be_loaded_everything_is_found_all_the_same(
    tmp_path: Path, small_parts: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise ImportError("no numkong")

    monkeypatch.setattr(neighbor_graph, "_index_class", None)
    monkeypatch.setattr(neighbor_graph, "load", fail)
    memory = InMemoryVectors(DIMENSIONS, 1 << 30, GraphFiles(tmp_path / "space", DIMENSIONS))
    memory.begin("space")
    memory.complete("space")
    vectors = {digest(i): a_vector(i) for i in range(150)}
    for key, vector in vectors.items():
        memory.put(key, "space", vector, LATER)

    found = memory.nearest_to_each("space", [a_vector(1)], 5)

    assert found is not None
    check(found[0], vectors, a_vector(1), 5)
    await until(lambda: len(caplog.records) == 1)
    memory.close()
