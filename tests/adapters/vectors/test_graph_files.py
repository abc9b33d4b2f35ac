"""Saved graphs: used for what they agree with, made again otherwise, and never with a vector that was erased."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import numpy as np
import pytest

from aicache.adapters.unused_files import UnusedFiles
from aicache.adapters.vectors import (
    graph_files,
    in_memory_vectors,
    namespace_graphs,
    neighbor_graph,
    row_file,
    zvec_reading,
)
from aicache.adapters.vectors.graph_files import KEYS_SUFFIX, GraphFiles, SavedGraph
from aicache.adapters.vectors.large_namespace import LargeNamespace
from aicache.adapters.vectors.memory_limit import share_of_memory
from aicache.adapters.vectors.namespace_matrix import NamespaceMatrix
from aicache.adapters.vectors.neighbor_graph import NeighborGraph
from aicache.adapters.vectors.zvec import ZvecIndex
from aicache.domain.model import Vector
from sample_vectors import LATER, digest, random_vector
from waiting import until

pytestmark = pytest.mark.skipif(not neighbor_graph.is_installed(), reason="usearch is not installed")

DIMENSIONS = 16


def a_vector(seed: int) -> Vector:
    return random_vector(seed, DIMENSIONS)


def in_graph(seed: int) -> bytes:
    """Return a vector as the graph has it."""
    vector = a_vector(seed)
    return np.rint(vector * (127.0 / np.abs(vector).max())).astype(np.int8).tobytes()


SPACE = digest("space")


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    neighbor_graph.load()
    monkeypatch.setattr(neighbor_graph, "EXPANSION_SEARCH", 1000)  # overlooks nothing of what little there is
    monkeypatch.setattr(neighbor_graph, "EXPANSION_THOROUGH", 1000)
    monkeypatch.setattr(row_file, "SEGMENT_ROWS", 1024)
    monkeypatch.setattr(namespace_graphs, "MIN_UNSAVED", 10)
    monkeypatch.setattr(in_memory_vectors, "LARGE_FROM_VECTORS", 100)


@pytest.fixture
def files(tmp_path: Path) -> GraphFiles:
    return GraphFiles(tmp_path / "space", DIMENSIONS)


def a_graph(count: int = 50) -> tuple[NeighborGraph, np.ndarray]:  # type: ignore[type-arg]
    graph = NeighborGraph(DIMENSIONS)
    for place in range(count):
        graph.put(place, a_vector(place))
    return graph, np.array([digest(place) for place in range(count)], graph_files.KEY_TYPE)


def restored(files: GraphFiles) -> LargeNamespace:
    saved = files.read(SPACE)
    assert saved is not None
    return LargeNamespace(DIMENSIONS, files.folder.parent, saved)


def follow(held: LargeNamespace) -> None:
    while (changes := held.graphs.changes(1000)) is not None:
        changes.apply()
        held.graphs.settle(changes)


def test_what_was_saved_need_not_be_made_again(files: GraphFiles) -> None:
    files.write(SPACE, *a_graph())
    assert files.namespaces() == [SPACE]
    assert {path.stat().st_mode & 0o777 for path in files.folder.parent.iterdir()} == {0o600}

    held = restored(files)
    for seed in range(50):
        held.put(digest(seed), a_vector(seed), LATER)
    held.finish()

    assert held.behind == 0
    assert [n.key for n in held.nearest_to_each([a_vector(7)], 1)[0]] == [digest(7)]
    held.close()


def test_what_has_changed_since_is_made_again_and_what_has_gone_is_removed(files: GraphFiles) -> None:
    files.write(SPACE, *a_graph())

    held = restored(files)
    for seed in range(10, 50):
        held.put(digest(seed), a_vector(1000) if seed == 20 else a_vector(seed), LATER)
    held.put(digest("new"), a_vector(2000), LATER)
    held.finish()

    assert held.behind == 10 + 1 + 1
    assert not held.graphs.is_file_clean
    follow(held)
    assert len(held.graphs.current.graph) == 41
    for seed, key in ((1000, digest(20)), (2000, digest("new")), (30, digest(30))):
        [nearest] = held.nearest_to_each([a_vector(seed)], 1)[0]
        assert (nearest.key, nearest.similarity) == (key, pytest.approx(1.0, abs=1e-5))
    assert digest(3) not in {n.key for n in held.nearest_to_each([a_vector(3)], 41)[0]}
    for i in range(20):  # which take free places first
        held.put(digest(("more", i)), a_vector(3000 + i), LATER)
    follow(held)
    assert [n.key for n in held.nearest_to_each([a_vector(3019)], 1)[0]] == [digest(("more", 19))]
    held.close()


def harm_graph(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut_graph(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def empty_graph(path: Path) -> None:
    path.write_bytes(b"")


def take_graph_away(path: Path) -> None:
    path.unlink()


def harm_keys(path: Path) -> None:
    harm_graph(Path(f"{path}{KEYS_SUFFIX}"))


def empty_keys(path: Path) -> None:
    empty_graph(Path(f"{path}{KEYS_SUFFIX}"))


def of_other_dimensions(path: Path) -> None:
    keys = Path(f"{path}{KEYS_SUFFIX}")
    line, _, packed = keys.read_bytes().partition(b"\n")
    keys.write_bytes(json.dumps({**json.loads(line), "dimensions": 512}).encode() + b"\n" + packed)


def of_another_namespace(path: Path) -> None:
    keys = Path(f"{path}{KEYS_SUFFIX}")
    line, _, packed = keys.read_bytes().partition(b"\n")
    keys.write_bytes(json.dumps({**json.loads(line), "namespace": digest("other")}).encode() + b"\n" + packed)


@pytest.mark.parametrize(
    "harm",
    [
        *(harm_graph, cut_graph, empty_graph, take_graph_away, harm_keys, empty_keys),
        *(of_other_dimensions, of_another_namespace),
    ],
    ids=lambda harm: harm.__name__,
)
def test_what_is_not_as_it_was_written_is_not_used_and_deleted(files: GraphFiles, harm: Callable[[Path], None]) -> None:
    files.write(SPACE, *a_graph())
    [path] = (path for path in files.folder.parent.iterdir() if not path.name.endswith(KEYS_SUFFIX))
    harm(path)

    assert files.read(SPACE) is None
    assert list(files.folder.parent.iterdir()) == []


def test_another_version_of_usearch_makes_its_own(files: GraphFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    files.write(SPACE, *a_graph())
    monkeypatch.setattr(graph_files, "version", lambda name: "99.0")

    assert files.read(SPACE) is None
    assert list(files.folder.parent.iterdir()) == []


def test_on_a_full_disk_nothing_is_written_and_the_old_one_stays(
    files: GraphFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.write(SPACE, *a_graph(20))
    monkeypatch.setattr(graph_files, "MIN_FREE_BYTES", 1 << 60)

    with pytest.raises(OSError, match="room"):
        files.write(SPACE, *a_graph(50))

    found = files.read(SPACE)
    assert isinstance(found, SavedGraph)
    assert len(found.graph) == 20
    assert len(list(files.folder.parent.iterdir())) == 2


def test_without_the_time_to_write_another_the_old_one_stays(files: GraphFiles) -> None:
    files.write(SPACE, *a_graph(20))

    with pytest.raises(TimeoutError):
        files.write(SPACE, *a_graph(50), stop=lambda: True)

    found = files.read(SPACE)
    assert isinstance(found, SavedGraph)
    assert len(found.graph) == 20
    assert len(list(files.folder.parent.iterdir())) == 2


def test_a_vector_that_was_removed_is_in_no_file(files: GraphFiles) -> None:
    graph, keys = a_graph()
    graph.remove(3)
    graph.put(4, a_vector(100))
    files.write(SPACE, graph, keys)

    content = b"".join(path.read_bytes() for path in files.folder.parent.iterdir())

    assert [in_graph(seed) in content for seed in (3, 4, 5, 100)] == [False, False, True, True]
    found = files.read(SPACE)
    assert found is not None
    assert found.graph.overwritten == 2
    found.graph.remove(5)  # with a place of its own for what stands there now
    wanted = [place for place in range(50) if place not in (3, 5)]
    assert sorted(found.graph.nearest(a_vector(1)[np.newaxis], 64)[0].tolist()) == wanted


def test_it_is_saved_when_it_follows_and_again_when_much_has_changed(files: GraphFiles) -> None:
    held = LargeNamespace(DIMENSIONS, files.folder.parent, NamespaceMatrix(DIMENSIONS))
    for seed in range(200):
        held.put(digest(seed), a_vector(seed), LATER)
    assert held.graphs.to_save() is None  # not complete
    held.finish()
    assert held.graphs.to_save() is None  # nor is the graph
    follow(held)

    assert held.graphs.to_save() is not None
    assert held.graphs.to_save() is None
    for seed in range(200, 219):
        held.put(digest(seed), a_vector(seed), LATER)
    follow(held)
    assert held.graphs.to_save() is None  # fewer than a tenth
    for seed in range(219, 225):
        held.put(digest(seed), a_vector(seed), LATER)
    follow(held)
    assert held.graphs.to_save() is not None
    held.graphs.note_no_file()
    assert held.graphs.to_save() is not None
    held.put(digest(1), a_vector(1), LATER + 1)  # only its expiry has changed
    assert held.behind == 0
    held.close()


@pytest.mark.parametrize(("limit", "most", "expected"), [("1000", 900, 250), ("max", 900, 900), ("1000", 90, 90)])
def test_a_container_limits_the_memory(tmp_path: Path, limit: str, most: int, expected: int) -> None:
    (tmp_path / "memory.max").write_text(f"{limit}\n")

    assert share_of_memory(0.25, most, tmp_path / "memory.max") == expected


# ---------------------------------------------------------------------- with zvec


@pytest.fixture
async def index(tmp_path: Path) -> AsyncIterator[ZvecIndex]:
    made = await opened(tmp_path)
    yield made
    await made.close()


async def opened(tmp_path: Path) -> ZvecIndex:
    index = ZvecIndex(tmp_path / "data" / "space", DIMENSIONS)
    await index.open()
    return index


async def fill(index: ZvecIndex, count: int = 150) -> None:
    """Write vectors, and wait until their graph is in its file."""
    for seed in range(count):
        await index.upsert(digest(seed), SPACE, a_vector(seed), LATER)
    for _ in range(4):
        await index.search(SPACE, a_vector(1), 1)
    await until(lambda: bool(saved(index)))


def in_files(folder: Path, *seeds: int) -> set[int]:
    """Return the seeds of those vectors that are in any file as the graph has them."""
    content = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    return {seed for seed in seeds if any(in_graph(seed) in each for each in content)}


def saved(index: ZvecIndex) -> list[Path]:
    return [path for path in index._folder.path.parent.glob("space.graph-*.keys") if ".new" not in path.name]


async def test_it_is_there_again_after_a_restart_before_anything_is_searched(index: ZvecIndex, tmp_path: Path) -> None:
    await fill(index)
    await index.close()

    again = await opened(tmp_path)
    await again._promotion.loading.wait()

    assert again._memory.has(SPACE)
    assert again._memory._large[SPACE].behind == 0
    found, in_memory = await again._find(SPACE, a_vector(7), 1)
    assert (found[0].key, in_memory) == (digest(7), True)
    await again.close()


async def test_erasing_leaves_no_number_of_what_was_deleted_in_any_graph(index: ZvecIndex, tmp_path: Path) -> None:
    await fill(index)
    assert in_files(tmp_path, 3, 4) == {3, 4}
    await index.delete([digest(3)])

    await index.erase()

    assert 3 not in in_files(tmp_path, 3)
    await until(lambda: bool(saved(index)))
    assert in_files(tmp_path, 3, 4) == {4}


async def test_a_graph_that_cannot_be_saved_is_said_once_and_tried_again_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(graph_files, "MIN_FREE_BYTES", 1 << 60)
    index = await opened(tmp_path)
    for seed in range(150):
        await index.upsert(digest(seed), SPACE, a_vector(seed), LATER)
    for _ in range(4):
        await index.search(SPACE, a_vector(1), 1)
    await until(lambda: "is not saved" in caplog.text)

    for seed in range(150, 160):
        await index.upsert(digest(seed), SPACE, a_vector(seed), LATER)
    await until(lambda: index._memory._large[SPACE].behind == 0)
    await asyncio.sleep(0.05)
    assert caplog.text.count("is not saved") == 1
    monkeypatch.setattr(graph_files, "MIN_FREE_BYTES", 0)
    index._memory._save_from = 0.0
    await index.upsert(digest("more"), SPACE, a_vector(1000), LATER)

    await until(lambda: bool(saved(index)))
    await index.close()


async def test_where_the_end_leaves_no_time_to_save_a_graph_the_old_file_stays(
    index: ZvecIndex, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await fill(index)
    await until(lambda: index._memory._large[SPACE].behind == 0)
    over = iter([False])  # for the look before it begins
    monkeypatch.setattr(index._memory._upkeep, "is_over", lambda: next(over, True))
    index._memory._large[SPACE].graphs._unsaved = 1000

    await index.close()

    assert "no time" in caplog.text
    assert len(saved(index)) == 1


async def test_erasing_waits_until_a_large_namespace_is_read(
    index: ZvecIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(index)
    await index.delete([digest(3)])
    await index.close()
    monkeypatch.setattr(zvec_reading, "READ_BATCH_SIZE", 1)
    again = await opened(tmp_path)

    await again.erase()

    assert again.is_clean
    assert again._memory.has(SPACE)
    await again.close()


async def test_erasing_deletes_the_graph_of_a_namespace_that_is_not_in_memory(index: ZvecIndex) -> None:
    await fill(index)
    index._memory.remove(SPACE)
    await index.delete([digest(3)])

    await index.erase()

    assert saved(index) == []


async def test_emptying_deletes_the_graphs_and_so_does_an_empty_folder(index: ZvecIndex, tmp_path: Path) -> None:
    await fill(index)
    await index.clear()
    assert saved(index) == []

    await fill(index)
    await index.close()
    index._folder.path.rename(tmp_path / "away")
    again = await opened(tmp_path)
    assert saved(again) == []
    await again.close()


async def test_unused_vectors_take_their_graphs_along(index: ZvecIndex, tmp_path: Path) -> None:
    await fill(index)
    await index.close()
    (tmp_path / "data").rename(tmp_path / "vectors")

    UnusedFiles(tmp_path).delete_unused(None, damaged_after=1e9, unused_after=0.0, purged=True, emptied=False)

    assert [path.name for path in (tmp_path / "vectors").iterdir() if ".graph" in path.name] == []
