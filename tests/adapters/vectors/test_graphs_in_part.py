"""A graph of a large namespace while it is being made: saved in part, and no reason to be aborted at the end."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aicache.adapters.vectors import graph_upkeep, namespace_graphs, neighbor_graph, row_file
from aicache.adapters.vectors.graph_files import GraphFiles
from aicache.adapters.vectors.graph_upkeep import GraphUpkeep
from aicache.adapters.vectors.large_namespace import LargeNamespace
from aicache.adapters.vectors.namespace_graphs import GraphChanges
from aicache.adapters.vectors.namespace_matrix import NamespaceMatrix
from aicache.domain.model import Vector
from sample_vectors import LATER, digest, random_vector

pytestmark = pytest.mark.skipif(not neighbor_graph.is_installed(), reason="usearch is not installed")

DIMENSIONS = 16
SPACE = digest("space")


def a_vector(seed: int) -> Vector:
    return random_vector(seed, DIMENSIONS)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    neighbor_graph.load()
    monkeypatch.setattr(row_file, "SEGMENT_ROWS", 64)
    monkeypatch.setattr(namespace_graphs, "MIN_UNSAVED", 10)
    monkeypatch.setattr(namespace_graphs, "MIN_UNSAVED_IN_PART", 40)
    monkeypatch.setattr(namespace_graphs, "MIN_GROWN", 50)


@pytest.fixture
def files(tmp_path: Path) -> GraphFiles:
    return GraphFiles(tmp_path / "space", DIMENSIONS)


@pytest.fixture
def held(files: GraphFiles) -> LargeNamespace:
    made = LargeNamespace(DIMENSIONS, files.folder.parent, NamespaceMatrix(DIMENSIONS))
    for seed in range(200):
        made.put(digest(seed), a_vector(seed), LATER)
    made.finish()
    return made


def follow(held: LargeNamespace, most: int = 10**6) -> None:
    if (changes := held.graphs.changes(most)) is not None:
        changes.apply()
        held.graphs.settle(changes)


def write(files: GraphFiles, held: LargeNamespace) -> None:
    found = held.graphs.to_save()
    assert found is not None
    files.write(SPACE, *found)


def restored(files: GraphFiles, vectors: dict[int, Vector]) -> LargeNamespace:
    saved = files.read(SPACE)
    assert saved is not None
    made = LargeNamespace(DIMENSIONS, files.folder.parent, saved)
    for seed, vector in vectors.items():
        made.put(digest(seed), vector, LATER)
    made.finish()
    return made


def check(held: LargeNamespace, vectors: dict[int, Vector]) -> None:
    for seed, vector in vectors.items():
        assert held.nearest_to_each([vector], 1)[0][0].key == digest(seed)


def test_it_is_saved_in_part_and_only_the_rest_is_made_after_a_restart(files: GraphFiles, held: LargeNamespace) -> None:
    assert held.graphs.to_save() is None
    follow(held, 60)
    write(files, held)
    assert held.graphs.to_save() is None
    follow(held, 30)
    assert held.graphs.to_save() is None  # too few more
    assert held.graphs.to_save(ending=True) is not None
    assert held.graphs.to_save(ending=True) is None
    vectors = {seed: a_vector(seed) for seed in range(200)}

    again = restored(files, vectors)

    assert again.behind == 140
    assert len(again.graphs.current.graph) == 60
    assert (again._rows.end, again._rows._free) == (200, [])
    check(again, vectors)
    follow(again)
    check(again, vectors)
    write(files, again)
    assert restored(files, vectors).behind == 0


def test_what_was_erased_is_in_no_later_file_though_the_graph_had_it_still(
    files: GraphFiles, held: LargeNamespace
) -> None:
    changes = held.graphs.changes(60)
    assert changes is not None
    changes.apply()
    held.graphs.settle(changes)
    held.drop(held._rows.keys[changes.places[0]].decode())
    follow(held, 60)

    held.graphs.note_erased()

    assert held.graphs.to_save(ending=True) is None
    follow(held, 1)  # that place first
    write(files, held)
    assert held.graphs.is_file_clean


def test_what_is_erased_while_it_is_put_into_the_graph_is_in_no_later_file(held: LargeNamespace) -> None:
    follow(held, 60)
    changes = held.graphs.changes(1)
    assert changes is not None
    held.drop(held._rows.keys[changes.places[0]].decode())
    held.graphs.note_erased()
    changes.apply()
    held.graphs.settle(changes)

    assert held.graphs.to_save() is None
    follow(held, 1)
    assert held.graphs.to_save() is not None
    assert held.graphs.is_file_clean


def test_it_is_made_in_random_order_though_it_is_read_in_another(files: GraphFiles, held: LargeNamespace) -> None:
    follow(held, 60)
    write(files, held)

    again = restored(files, {seed: a_vector(seed) for seed in range(200)})

    assert [*again.graphs.current.behind] != sorted(again.graphs.current.behind)
    assert again.graphs.current.shuffled == 200


def test_what_has_changed_while_it_was_made_is_in_no_later_file(files: GraphFiles, held: LargeNamespace) -> None:
    follow(held)
    write(files, held)
    for seed in range(200, 350):
        held.put(digest(seed), a_vector(seed), LATER)
    follow(held, 130)
    held.put(digest(1), a_vector(1001), LATER)
    held.drop(digest(2))
    vectors = {seed: a_vector(seed if seed != 1 else 1001) for seed in range(350) if seed != 2}

    write(files, held)

    assert not held.graphs.is_file_clean  # so it is deleted where data are erased
    again = restored(files, vectors)
    check(again, vectors)
    places = {digest(1), digest(2)} & set(again._rows.place_of)
    assert places == {digest(1)}
    follow(again)
    check(again, vectors)
    assert again.graphs.current.graph.overwritten == 2
    assert len(again.graphs.current.graph) == len(vectors)


def test_files_are_written_now_and_then_while_there_is_more_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph_upkeep, "SAVE_EVERY", 3)
    said: list[str] = []
    left = 7

    class Changes(GraphChanges):
        def apply(self, stop: object = None) -> bool:
            return True

    def next_changes(_: int) -> GraphChanges | None:
        nonlocal left
        left -= 1
        return None if left < 0 else Changes.__new__(Changes)

    def save_one(ending: bool) -> bool:
        said.append("last save" if ending else "save")
        return False

    upkeep = GraphUpkeep(next_changes, lambda _: said.append("applied"), save_one)
    upkeep.wake()
    deadline = time.monotonic() + 10
    while said.count("save") < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    upkeep.close()
    upkeep.join()

    assert said == [*3 * ["applied"], "save", *3 * ["applied"], "save", "applied", "save", "last save"]
    assert upkeep._thread is not None
    assert not upkeep._thread.is_alive()


END_AMID_ALL = """
import asyncio, sys
from pathlib import Path
from aicache.adapters.vectors import in_memory_vectors
from aicache.adapters.vectors.zvec import ZvecIndex
from sample_vectors import LATER, digest, random_vector

in_memory_vectors.LARGE_FROM_VECTORS = 100

async def main():
    index = ZvecIndex(Path(sys.argv[1]), 512)
    await index.open()
    for _ in range(4):
        await index.search(digest("space"), random_vector(0, 512), 1)
    await index._promotion.loading.wait()
    for seed in range(2000):
        index._memory.put(digest(seed), digest("space"), random_vector(seed, 512), LATER)  # as fast as it goes
    await asyncio.sleep(0.1)
    print(index._memory._large[digest("space")].behind, flush=True)
    await index.close()

asyncio.run(main())
"""


END_WHILE_SAVING = """
import asyncio, sys, time
from pathlib import Path
from aicache.adapters.vectors import graph_upkeep, in_memory_vectors
from aicache.adapters.vectors.neighbor_graph import NeighborGraph
from aicache.adapters.vectors.zvec import ZvecIndex
from sample_vectors import LATER, digest, random_vector

in_memory_vectors.LARGE_FROM_VECTORS = 100
graph_upkeep.SAVE_TIMEOUT_S, graph_upkeep.END_TIMEOUT_S = 0.3, 1.0
save = NeighborGraph.save

def on_a_slow_disk(graph, path, stop):
    print("saving", flush=True)
    save(graph, path, lambda: bool(time.sleep(0.02)) or stop())

NeighborGraph.save = on_a_slow_disk

async def main():
    index = ZvecIndex(Path(sys.argv[1]), 64)
    await index.open()
    for _ in range(4):
        await index.search(digest("space"), random_vector(0, 64), 1)
    await index._promotion.loading.wait()
    for seed in range(150):
        index._memory.put(digest(seed), digest("space"), random_vector(seed, 64), LATER)
    while (large := index._memory._large.get(digest("space"))) is None or large.behind:
        await asyncio.sleep(0.01)
        index._memory.put(digest(0), digest("space"), random_vector(0, 64), LATER)
    await index.close()

asyncio.run(main())
"""


def run(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.slow
def test_a_process_that_ends_while_a_graph_is_saved_is_not_aborted(tmp_path: Path) -> None:
    done = run(END_WHILE_SAVING, tmp_path / "space")

    assert done.stdout == "saving\n"
    assert done.returncode == 0
    assert "no time" in done.stderr


@pytest.mark.slow
def test_a_process_that_ends_while_a_graph_is_made_is_not_aborted(tmp_path: Path) -> None:
    done = run(END_AMID_ALL, tmp_path / "space")

    assert int(done.stdout) > 100
    assert (done.returncode, done.stderr) == (0, "")
