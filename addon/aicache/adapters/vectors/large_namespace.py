"""The vectors of one large namespace: a graph finds candidates, which are compared exactly. It starts no thread."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from aicache.adapters.vectors.graph_files import SavedGraph
from aicache.adapters.vectors.namespace_graphs import NamespaceGraphs
from aicache.adapters.vectors.namespace_matrix import NamespaceMatrix, unit
from aicache.adapters.vectors.placed_rows import PlacedRows
from aicache.domain.model import Neighbor, Vector

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


class LargeNamespace:
    """Vectors by key; all of them once it is `complete`. Its rows are in a file in *folder* that has no name.

    The graph follows later (`graphs`), and is trusted in nothing: it names places, whose present vectors are compared;
    places that it is behind in are compared as well. So what is found is always there, has its exact similarity, and
    only a near vector may be overlooked.
    """

    def __init__(self, dimensions: int, folder: Path, begin_with: NamespaceMatrix | SavedGraph) -> None:
        """Begin with some vectors, or with a graph for those that will be added. OSError when the disk has no room."""
        self.complete = False
        self._rows = PlacedRows(dimensions, folder)
        self._saved_places: dict[str, int] = {}  # in the graph, for keys that were not added yet
        match begin_with:
            case NamespaceMatrix() as matrix:
                self._rows.take(matrix)
                self.graphs = NamespaceGraphs(self._rows)
                self.graphs.note(range(self._rows.end))
            case SavedGraph() as saved:
                self._saved_places = saved.places
                self._rows.reserve(saved.places.values(), saved.end)
                self.graphs = NamespaceGraphs(self._rows, saved.graph)

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, key: str) -> bool:
        return key in self._rows.place_of

    @property
    def keys(self) -> Iterable[str]:
        return self._rows.place_of

    @property
    def nbytes(self) -> int:
        """Memory in use, about; the rows are not counted, which are the system's to write out."""
        return self._rows.nbytes

    @property
    def behind(self) -> int:
        """Number of vectors that the graph does not have yet."""
        return len(self.graphs.current.behind)

    def put(self, key: str, vector: Vector, expires_at: float) -> None:
        """Add or replace a vector. OSError when the disk has no room for it."""
        row = unit(vector)
        if (place := self._rows.place_of.get(key)) is not None:
            unchanged = self._rows.holds(place, row)
            self.graphs.is_file_clean = self.graphs.is_file_clean and unchanged
        elif (place := self._saved_places.pop(key, None)) is not None:
            unchanged = self.graphs.current.graph.holds(place, row)
        else:
            place, unchanged = self._rows.new_place(), False
        self._rows.put(key, place, row, expires_at)
        if not unchanged:
            self.graphs.note((place,))

    def finish(self) -> None:
        """Note that all vectors are there: places of the saved graph that nobody has claimed are free."""
        self.complete = True
        unclaimed, self._saved_places = self._saved_places, {}
        self._rows.free_unused()
        self.graphs.finish(unclaimed.values())

    def drop(self, key: str) -> None:
        if (place := self._rows.drop(key)) is not None:
            self.graphs.is_file_clean = False
            self.graphs.note((place,))

    def expired(self, now: float, latest: float = np.inf) -> list[str]:
        """Return the keys that expired before *now*, or would expire after *latest* and are not pinned."""
        return self._rows.expired(now, latest)

    def nearest_to_each(self, vectors: Sequence[Vector], top_k: int) -> list[list[Neighbor]]:
        """Return at most *top_k* neighbors of each vector, nearest first."""
        wanted = [unit(vector) for vector in vectors]
        if top_k > MAX_GRAPH_NEIGHBORS:
            return self._scan(wanted, top_k, [np.empty(0, np.int64) for _ in wanted], every=True)
        candidates = [self._candidates(vector, max(CANDIDATES, 2 * top_k)) for vector in wanted]
        if len(self.graphs.current.behind) > MAX_SINGLE_ROWS:
            return self._scan(wanted, top_k, candidates)
        behind = np.fromiter(self.graphs.current.behind, np.int64)
        return [self._best(vector, (places, behind), top_k) for vector, places in zip(wanted, candidates, strict=True)]

    def close(self) -> None:
        self._rows.file.close()

    def _candidates(self, wanted: Vector, count: int) -> npt.NDArray[np.int64]:
        """Return the places that the graph finds near a vector, some maybe twice."""
        graph = self.graphs.current.graph
        places, distance = graph.nearest(wanted[np.newaxis], count)
        cosines = self._rows.sample.cosines(wanted)
        if distance <= NEAR_SHARE * (1 - float(np.max(cosines))):
            return places
        more, _ = graph.nearest(wanted[np.newaxis], count, thorough=True)
        others, _ = graph.nearest(wanted + self._rows.sample.nearest(cosines, OTHER_STARTS), count)
        return np.concatenate((places, more, others))

    def _best(self, wanted: Vector, candidates: Sequence[npt.NDArray[np.int64]], top_k: int) -> list[Neighbor]:
        places = np.unique(np.concatenate(candidates))
        places = places[~np.isnan(self._rows.expires[places])]
        cosines = self._rows.file.read(places) @ wanted
        nearest = np.argsort(-cosines, kind="stable")[:top_k]
        found = np.clip(cosines[nearest], -1.0, 1.0).tolist()
        keys: list[bytes] = self._rows.keys[places[nearest]].tolist()
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
        for start, rows in self._rows.file.segments(self._rows.end):
            if not every and not self.graphs.current.is_behind_in(start):
                continue
            cosines = stacked @ rows.T
            cosines[:, np.isnan(self._rows.expires[start : start + len(rows)])] = -np.inf
            for places, each in zip(compared, cosines, strict=True):
                nearest = np.argpartition(each, -top_k)[-top_k:] if top_k < len(each) else np.arange(len(each))
                places.append(nearest + start)
        return [self._best(vector, places, top_k) for vector, places in zip(wanted, compared, strict=True)]
