"""The graph of a large namespace: what it is behind in, when another one takes its place, and when it is saved.

It follows the vectors later, by `changes` and `settle`, which some thread has to call. It writes no file.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aicache.adapters.vectors.followed_graph import FollowedGraph
from aicache.adapters.vectors.neighbor_graph import NeighborGraph
from aicache.adapters.vectors.placed_rows import PlacedRows
from aicache.domain.model import Vector

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
    """Places whose vectors have changed, with what is to be done to *graph*, one of *graphs*."""

    graphs: NamespaceGraphs
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


class NamespaceGraphs:
    """The current graph of some *rows*, and, at times, the one that is being made to take its place."""

    def __init__(self, rows: PlacedRows, saved: NeighborGraph | None = None) -> None:
        """Begin with a graph that was read from a file, or with an empty one."""
        graph = NeighborGraph(rows.dimensions) if saved is None else saved
        self.current = FollowedGraph(graph, rows.file.segment_rows)
        self.is_file_clean = True
        """Whether the graph's file contains no vector that was removed, if there is a file."""
        self._rows = rows
        self._next: FollowedGraph | None = None
        self._are_all_there = False
        self._has_file = saved is not None
        self._unsaved = 0  # changes of the current graph since it was saved
        self._underway: set[int] = set()  # places of the last changes, which may be just being applied
        self._erased: set[int] = set()  # places whose vectors were erased, and may still be in the current graph

    def note(self, places: Iterable[int]) -> None:
        """Note that the vectors at these places have changed."""
        for place in places:
            self._rows.versions[place] += 1
            for followed in (self.current, self._next):
                if followed is not None:
                    followed.note(place)

    def finish(self, unclaimed: Collection[int]) -> None:
        """Note that all vectors are there, and that the saved graph has *unclaimed* places without one."""
        self._are_all_there = True
        self.note(unclaimed)
        if not len(self.current.graph):
            self.current = self._graph_of_all()
        elif len(self.current.behind) >= MIN_GROWN:  # a file that was written while the graph was being made
            self.current.shuffle()
            self.current.shuffled = len(self._rows)
        if unclaimed:
            self.is_file_clean = False

    def changes(self, most: int) -> GraphChanges | None:
        """Return at most *most* places that a graph is behind in; None where there are none, or some not there yet."""
        if not self._are_all_there:
            return None
        self._start_anew_if_due()
        followed = self.current if self.current.behind or self._next is None else self._next
        places = [place for place, _ in zip(followed.behind, range(most), strict=False)]
        if not places:
            return None
        self._underway = {*places}
        return GraphChanges(
            self,
            followed.graph,
            places,
            self._rows.file.read(places),
            (~np.isnan(self._rows.expires[places])).tolist(),
            self._rows.versions[places].tolist(),
        )

    def settle(self, done: GraphChanges) -> None:
        """Note that a graph has followed, but for places that have changed again."""
        if done.graph is self.current.graph:
            self._unsaved += len(done.places)
        for followed in (self.current, self._next):
            if followed is not None and followed.graph is done.graph:
                for place, version in zip(done.places, done.versions, strict=True):
                    if self._rows.versions[place] == version:
                        followed.settle(place)
        if self._next is not None and not self._next.behind:
            self.current, self._next = self._next, None
            self._unsaved = len(self._rows)
        self._erased &= self.current.behind.keys()

    def to_save(self, *, ending: bool = False) -> tuple[NeighborGraph, npt.NDArray[np.bytes_]] | None:
        """Return the graph and the keys by place, if there should be a new file: then that is taken as written.

        When all is *ending*, it is saved in part as soon as it would be in whole.
        """
        graph, behind = self.current.graph, self.current.behind
        if (behind or self._next is not None) and not ending:
            due = self._unsaved >= max(MIN_UNSAVED_IN_PART, MAX_UNSAVED_SHARE_IN_PART * len(graph))
        elif self._has_file or behind:
            due = self._unsaved >= max(MIN_UNSAVED, MAX_UNSAVED_SHARE * len(graph))
        else:
            due = True
        if not (due and self._are_all_there) or self._erased:
            return None
        keys = self._rows.keys[: self._rows.end].copy()
        keys[[*behind]] = b""
        stale = self._stale()
        keys[stale] = [f"{STALE}{place}".encode() for place in stale]
        self._unsaved, self._has_file, self.is_file_clean = 0, True, not stale
        return graph, keys

    def note_no_file(self) -> None:
        """Note that there is no file."""
        self._has_file, self.is_file_clean = False, True

    def note_erased(self) -> None:
        """Note that files with removed vectors are deleted now; the next waits until the graph has none of these."""
        if not self.is_file_clean:
            self.note_no_file()
        self._erased = self.current.behind.keys() & self._underway.union(self._stale())
        self.current.hasten(self._erased)

    def _stale(self) -> list[int]:
        """Return the places of which the current graph has an old vector."""
        lacking = np.fromiter(self.current.behind, np.int64, len(self.current.behind))
        stale: list[int] = lacking[self.current.graph.has(lacking)].tolist() if len(lacking) else []
        return stale

    def _start_anew_if_due(self) -> None:
        graph = self.current.graph
        due = graph.overwritten > max(MIN_OVERWRITTEN, MAX_OVERWRITTEN_SHARE * len(graph))
        due = due or len(graph) > max(MIN_GROWN, MAX_GROWTH * self.current.shuffled)
        if due and self._next is None:
            self._next = self._graph_of_all()

    def _graph_of_all(self) -> FollowedGraph:
        made = FollowedGraph(NeighborGraph(self._rows.dimensions), self._rows.file.segment_rows)
        made.shuffled = len(self._rows)
        for place in np.random.default_rng().permutation([*self._rows.place_of.values()]).tolist():
            made.note(place)
        return made
