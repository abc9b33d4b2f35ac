"""The vectors of one large namespace: a graph finds candidates, which are compared exactly. It starts no thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from aicache.adapters.vectors.followed_graph import FollowedGraph
from aicache.adapters.vectors.graph_files import KEY_TYPE, SavedGraph
from aicache.adapters.vectors.namespace_matrix import NamespaceMatrix
from aicache.adapters.vectors.neighbor_graph import NeighborGraph
from aicache.adapters.vectors.row_file import RowFile
from aicache.adapters.vectors.vector_sample import VectorSample
from aicache.domain.model import PINNED, Neighbor, Vector

CANDIDATES = 26
"""Places that the graph is asked for at least; the nearest of them, compared exactly, are the neighbors."""
NEAR_SHARE = 0.5
"""A quick search of the graph is enough where it finds a vector at this share of the distance of the nearest in a
random sample, or nearer. Otherwise a thorough one follows."""
OTHER_STARTS = 3
"""As many more quick searches follow, for what lies half way to each of the nearest in the sample: where vectors of one
kind have no links to those of another, a search of any length may end among the wrong ones."""
MAX_GRAPH_NEIGHBORS = 128
"""For more neighbors than these all vectors are compared."""
MAX_SINGLE_ROWS = 512
"""Vectors outside the graph that are read one by one; if there are more, their parts of the file are compared whole."""
MIN_OVERWRITTEN = 1024
MAX_OVERWRITTEN_SHARE = 0.25
"""A graph is made anew when that many vectors were removed from it, and that share of those that are left."""
MIN_GROWN = 8192
MAX_GROWTH = 4
"""It is also made anew, in random order, when it has that many vectors, and so many times those that were put into it
in random order. Vectors that come topic by topic, as from a file, get few links from one topic to another, so that
searches overlook whole topics."""
MIN_UNSAVED = 1000
MAX_UNSAVED_SHARE = 0.1
"""A graph is saved when that many changes, and that share of its vectors, are not in its file."""
MIN_UNSAVED_IN_PART = 8192
MAX_UNSAVED_SHARE_IN_PART = 1 / 3
"""The same for one that is being made: it takes minutes for 100,000 vectors, and a restart need not begin anew."""
STALE = "-"
"""Begins what is in a file in place of a key whose place has an old vector in the graph: no vector will claim it."""


@dataclass(frozen=True, slots=True)
class GraphChanges:
    """Places whose vectors have changed, with what is to be done to *graph*."""

    namespace: LargeNamespace
    graph: NeighborGraph
    places: list[int]
    rows: Vector
    live: list[bool]
    versions: list[int]

    def apply(self, stop: Callable[[], bool] = lambda: False) -> bool:
        """Change the graph; it takes a millisecond a place, and needs no lock of the namespace's.

        False where it was to *stop* before the end.
        """
        for place, row, live in zip(self.places, self.rows, self.live, strict=True):
            if stop():
                return False
            if live:
                self.graph.put(place, row)
            else:
                self.graph.remove(place)
        return True


class LargeNamespace:
    """Vectors by key; all of them once it is `complete`. Its rows are in a file in *folder* that has no name.

    The graph follows later, by `changes` and `settle`, and is trusted in nothing: it names places, whose present
    vectors are compared; places that it is behind in are compared as well. So what is found is always there, has its
    exact similarity, and only a near vector may be overlooked.
    """

    def __init__(self, dimensions: int, folder: Path, begin_with: NamespaceMatrix | SavedGraph) -> None:
        """Begin with some vectors, or with a graph for those that will be added. OSError when the disk has no room."""
        self.complete = False
        self.is_file_clean = True
        """Whether the graph's file contains no vector that was removed, if there is a file."""
        self._dimensions = dimensions
        self._rows = RowFile(folder, dimensions)
        self._sample = VectorSample(dimensions)
        self._expires = np.zeros(0, np.float64)  # NaN: a free place
        self._versions = np.zeros(0, np.uint32)
        self._keys = np.zeros(0, KEY_TYPE)
        self._places: dict[str, int] = {}
        self._free: list[int] = []
        self._end = 0  # of the places in use
        self._next: FollowedGraph | None = None  # made anew, to take the current one's place
        self._saved_places: dict[str, int] = {}  # in the graph, for keys that were not added yet
        self._has_file = isinstance(begin_with, SavedGraph)
        self._unsaved = 0  # changes of the graph since it was saved
        match begin_with:
            case NamespaceMatrix() as matrix:
                self._current = FollowedGraph(NeighborGraph(dimensions), self._rows.segment_rows)
                self._take(matrix)
            case SavedGraph() as saved:
                self._current = FollowedGraph(saved.graph, self._rows.segment_rows)
                self._saved_places, self._end = saved.places, saved.end
                self._free = [*{*range(self._end)}.difference(saved.places.values())]
                while self._rows.capacity < self._end:
                    self._grow()

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, key: str) -> bool:
        return key in self._places

    @property
    def keys(self) -> Iterable[str]:
        return self._places

    @property
    def nbytes(self) -> int:
        """Memory in use, about: numbers of one byte, links, keys, a sample. The rows are the system's to write out."""
        return self._end * (self._dimensions + 500) + self._sample.nbytes

    @property
    def behind(self) -> int:
        """Number of vectors that the graph does not have yet."""
        return len(self._current.behind)

    def put(self, key: str, vector: Vector, expires_at: float) -> None:
        """Add or replace a vector. OSError when the disk has no room for it."""
        row = vector / (np.linalg.norm(vector) or 1.0)
        is_new = key not in self._places
        if (place := self._places.get(key)) is not None:
            unchanged = bool((self._rows.read((place,)) == row).all())
            self.is_file_clean = self.is_file_clean and unchanged
            self._sample.change(place, row)
        elif (place := self._saved_places.pop(key, None)) is not None:
            unchanged = self._current.graph.holds(place, row)
        else:
            place, unchanged = self._new_place(), False
        self._places[key], self._keys[place] = place, key.encode()
        if is_new:
            self._sample.add(place, row, len(self._places))
        self._rows.write(place, row)
        self._expires[place] = expires_at
        if not unchanged:
            self._note(place)

    def finish(self) -> None:
        """Note that all vectors are there: places of the saved graph that nobody has claimed are free."""
        self.complete = True
        unclaimed, self._saved_places = [*self._saved_places.values()], {}
        self._free = np.flatnonzero(np.isnan(self._expires[: self._end])).tolist()
        for place in unclaimed:
            self._note(place)
        if not len(self._current.graph):
            self._current = self._graph_of_all()
        elif len(self._current.behind) >= MIN_GROWN:  # a file that was written while the graph was being made
            self._current.shuffle()
            self._current.shuffled = len(self._places)
        self.is_file_clean = self.is_file_clean and not unclaimed

    def drop(self, key: str) -> None:
        if (place := self._places.pop(key, None)) is None:
            return
        self._rows.write(place, 0.0)
        self._sample.remove(place)
        self._expires[place], self._keys[place] = np.nan, b""
        self._free.append(place)
        self.is_file_clean = False
        self._note(place)

    def expired(self, now: float, latest: float = np.inf) -> list[str]:
        """Return the keys that expired before *now*, or would expire after *latest* and are not pinned."""
        times = self._expires[: self._end]
        places = np.flatnonzero((times <= now) | ((times > latest) & (times < PINNED)))
        return [self._key(place) for place in places.tolist()]

    def nearest_to_each(self, vectors: Sequence[Vector], top_k: int) -> list[list[Neighbor]]:
        """Return at most *top_k* neighbors of each vector, nearest first."""
        wanted = [vector / (np.linalg.norm(vector) or 1.0) for vector in vectors]
        if top_k > MAX_GRAPH_NEIGHBORS:
            return self._scan(wanted, top_k, [np.empty(0, np.int64) for _ in wanted], every=True)
        candidates = [self._candidates(vector, max(CANDIDATES, 2 * top_k)) for vector in wanted]
        if len(self._current.behind) > MAX_SINGLE_ROWS:
            return self._scan(wanted, top_k, candidates)
        behind = np.fromiter(self._current.behind, np.int64)
        return [self._best(vector, (places, behind), top_k) for vector, places in zip(wanted, candidates, strict=True)]

    def close(self) -> None:
        self._rows.close()

    # ------------------------------------------------------------------ let the graph follow

    def changes(self, most: int) -> GraphChanges | None:
        """Return at most *most* places that a graph is behind in; None where there are none, or some not there yet."""
        if not self.complete:
            return None
        self._start_anew_if_due()
        followed = self._current if self._current.behind or self._next is None else self._next
        places = [place for place, _ in zip(followed.behind, range(most), strict=False)]
        if not places:
            return None
        return GraphChanges(
            self,
            followed.graph,
            places,
            self._rows.read(places),
            (~np.isnan(self._expires[places])).tolist(),
            self._versions[places].tolist(),
        )

    def settle(self, done: GraphChanges) -> None:
        """Note that a graph has followed, but for places that have changed again."""
        if done.graph is self._current.graph:
            self._unsaved += len(done.places)
        for followed in (self._current, self._next):
            if followed is not None and followed.graph is done.graph:
                for place, version in zip(done.places, done.versions, strict=True):
                    if self._versions[place] == version:
                        followed.settle(place)
        if self._next is not None and not self._next.behind:
            self._current, self._next = self._next, None
            self._unsaved = len(self)

    def _start_anew_if_due(self) -> None:
        graph = self._current.graph
        due = graph.overwritten > max(MIN_OVERWRITTEN, MAX_OVERWRITTEN_SHARE * len(graph))
        due = due or len(graph) > max(MIN_GROWN, MAX_GROWTH * self._current.shuffled)
        if due and self._next is None:
            self._next = self._graph_of_all()

    def _graph_of_all(self) -> FollowedGraph:
        made = FollowedGraph(NeighborGraph(self._dimensions), self._rows.segment_rows)
        made.shuffled = len(self._places)
        made.note(np.random.default_rng().permutation([*self._places.values()]).tolist())
        return made

    def _note(self, place: int) -> None:
        self._versions[place] += 1
        for followed in (self._current, self._next):
            if followed is not None:
                followed.note((place,))

    # ------------------------------------------------------------------ save the graph

    def to_save(self, *, ending: bool = False) -> tuple[NeighborGraph, npt.NDArray[np.bytes_]] | None:
        """Return the graph and the keys by place, if there should be a new file: then that is taken as written.

        When all is *ending*, it is saved in part as soon as it would be in whole.
        """
        graph, behind = self._current.graph, self._current.behind
        if (behind or self._next is not None) and not ending:
            due = self._unsaved >= max(MIN_UNSAVED_IN_PART, MAX_UNSAVED_SHARE_IN_PART * len(graph))
        elif self._has_file or behind:
            due = self._unsaved >= max(MIN_UNSAVED, MAX_UNSAVED_SHARE * len(graph))
        else:
            due = True
        if not (due and self.complete):
            return None
        keys = self._keys[: self._end].copy()
        lacking = np.fromiter(behind, np.int64, len(behind))
        stale = lacking[graph.has(lacking)] if len(lacking) else lacking
        keys[lacking] = b""
        keys[stale] = [f"{STALE}{place}".encode() for place in stale.tolist()]
        self._unsaved, self._has_file, self.is_file_clean = 0, True, not len(stale)
        return graph, keys

    def note_no_file(self) -> None:
        """Note that there is no file."""
        self._has_file, self.is_file_clean = False, True

    # ------------------------------------------------------------------ places and rows

    def _take(self, matrix: NamespaceMatrix) -> None:
        self._end = len(matrix)
        while self._rows.capacity < self._end:
            self._grow()
        for start, rows in self._rows.segments(self._end):
            rows[:] = matrix.rows[start : start + len(rows)]
        self._expires[: self._end] = matrix.expires
        self._keys[: self._end] = list(matrix.keys)
        self._places = {key: place for place, key in enumerate(matrix.keys)}
        for place, row in enumerate(matrix.rows):
            self._sample.add(place, row, place + 1)
        self._current.note(range(self._end))

    def _grow(self) -> None:
        self._rows.grow()
        more = self._rows.segment_rows
        self._expires = np.concatenate((self._expires, np.full(more, np.nan)))
        self._versions = np.concatenate((self._versions, np.zeros(more, np.uint32)))
        self._keys = np.concatenate((self._keys, np.zeros(more, KEY_TYPE)))

    def _new_place(self) -> int:
        if self._free:
            return self._free.pop()
        if self._end == self._rows.capacity:
            self._grow()
        self._end += 1
        return self._end - 1

    def _key(self, place: int) -> str:
        return bytes(self._keys[place]).decode()

    def _candidates(self, wanted: Vector, count: int) -> npt.NDArray[np.int64]:
        """Return the places that the graph finds near a vector, some maybe twice."""
        graph = self._current.graph
        places, distance = graph.nearest(wanted[np.newaxis], count)
        cosines = self._sample.cosines(wanted)
        if distance <= NEAR_SHARE * (1 - float(np.max(cosines))):
            return places
        more, _ = graph.nearest(wanted[np.newaxis], count, thorough=True)
        others, _ = graph.nearest(wanted + self._sample.nearest(cosines, OTHER_STARTS), count)
        return np.concatenate((places, more, others))

    def _best(self, wanted: Vector, candidates: Sequence[npt.NDArray[np.int64]], top_k: int) -> list[Neighbor]:
        places = np.unique(np.concatenate(candidates))
        places = places[~np.isnan(self._expires[places])]
        cosines = self._rows.read(places) @ wanted
        nearest = np.argsort(-cosines, kind="stable")[:top_k]
        found = np.clip(cosines[nearest], -1.0, 1.0).tolist()
        keys: list[bytes] = self._keys[places[nearest]].tolist()
        return [Neighbor(key.decode(), cosine) for key, cosine in zip(keys, found, strict=True)]

    def _scan(
        self,
        wanted: Sequence[Vector],
        top_k: int,
        candidates: Sequence[npt.NDArray[np.int64]],
        *,
        every: bool = False,
    ) -> list[list[Neighbor]]:
        """Compare the parts of the file that the graph is behind in, or all of it, and the candidates."""
        stacked = np.stack(wanted)
        compared = [[places] for places in candidates]
        for start, rows in self._rows.segments(self._end):
            if not every and not self._current.is_behind_in(start):
                continue
            cosines = stacked @ rows.T
            cosines[:, np.isnan(self._expires[start : start + len(rows)])] = -np.inf
            for places, each in zip(compared, cosines, strict=True):
                nearest = np.argpartition(each, -top_k)[-top_k:] if top_k < len(each) else np.arange(len(each))
                places.append(nearest + start)
        return [self._best(vector, places, top_k) for vector, places in zip(wanted, compared, strict=True)]
