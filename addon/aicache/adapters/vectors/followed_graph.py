"""A graph that follows the vectors of a namespace, and the places that it is behind in. It changes no graph."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from aicache.adapters.vectors.neighbor_graph import NeighborGraph


class FollowedGraph:
    """A graph, and the places that it is behind in."""

    def __init__(self, graph: NeighborGraph, part_size: int) -> None:
        self.graph = graph
        self.shuffled = len(graph)
        """Number of its vectors that were put into it in random order."""
        self._part_size = part_size
        self.behind: dict[int, None] = {}
        """In the order in which it is to follow."""
        self.behind_in = np.zeros(0, np.int64)
        """Their number in each part of the file, of *part_size* places."""

    def note(self, place: int) -> None:
        """Note that it is behind in a place."""
        if place not in self.behind:
            self.behind[place] = None
            if (part := place // self._part_size) >= len(self.behind_in):
                self.behind_in = np.concatenate((self.behind_in, np.zeros(part + 1, np.int64)))
            self.behind_in[part] += 1

    def hasten(self, places: Iterable[int]) -> None:
        """Let it follow in these places first, all of which it is behind in."""
        self.behind = dict.fromkeys(places) | self.behind

    def is_behind_in(self, start: int) -> bool:
        """Tell whether it is behind in the part that begins at a place."""
        return bool(self.behind_in[start // self._part_size :][:1].any())

    def shuffle(self) -> None:
        """Let it follow in random order."""
        places = np.fromiter(self.behind, np.int64, len(self.behind))
        self.behind = dict.fromkeys(np.random.default_rng().permutation(places).tolist())

    def settle(self, place: int) -> None:
        """Note that it has followed there."""
        if place in self.behind:
            del self.behind[place]
            self.behind_in[place // self._part_size] -= 1
