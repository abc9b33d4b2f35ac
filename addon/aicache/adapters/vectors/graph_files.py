"""Graphs of large namespaces in files beside the index's folder. One that is not exactly what was written is deleted.

A graph takes half a millisecond a vector to make, and is read in a moment. It is two files: what usearch writes, and
the keys, headed by a JSON object in one line that has the digests of both. A graph leads nowhere by itself: its places
count only for keys that zvec has, and with the vectors that zvec has.
"""

from __future__ import annotations

import contextlib
import glob
import hashlib
import json
import logging
import os
import shutil
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from aicache.adapters.damaged_files import MIN_FREE_BYTES
from aicache.adapters.vectors import neighbor_graph
from aicache.adapters.vectors.neighbor_graph import NeighborGraph

logger = logging.getLogger(__name__)

SUFFIX, KEYS_SUFFIX = ".graph-", ".keys"
FORMAT = 1
KEY_TYPE = "S64"
MAX_HEADER_BYTES = 4096


@dataclass(frozen=True, slots=True)
class SavedGraph:
    graph: NeighborGraph
    places: dict[str, int]
    """The graph's place of each key."""
    end: int
    """The first place after all of them."""


class GraphFiles:
    """The graphs beside *folder*, by namespace. It blocks. Nobody else may use these files."""

    def __init__(self, folder: Path, dimensions: int) -> None:
        self.folder = folder
        self._dimensions = dimensions

    def write(
        self,
        namespace: str,
        graph: NeighborGraph,
        keys: npt.NDArray[np.bytes_],
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        """Save a graph that nobody changes meanwhile, and the keys by place, empty where there is none.

        OSError; an older file then stays. TimeoutError where it was to *stop* before the graph was written.
        """
        path = self._path(namespace)
        if shutil.disk_usage(self.folder.parent).free < 2 * graph.file_size + keys.nbytes + MIN_FREE_BYTES:
            raise OSError(28, "too little room on the disk")
        draft, keys_draft = path.with_name(f"{path.name}.new"), path.with_name(f"{path.name}.new{KEYS_SUFFIX}")
        try:
            for each in (draft, keys_draft):
                each.unlink(missing_ok=True)
                os.close(os.open(each, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            graph.save(draft, stop)
            if draft.stat().st_size != graph.file_size:
                raise OSError(28, "the graph was not written in full")
            header = {
                **self._identity(namespace),
                "overwritten": graph.overwritten,
                "graph": _digest(draft),
                "keys": hashlib.sha256(keys.tobytes()).hexdigest(),
            }
            keys_draft.write_bytes(json.dumps(header).encode() + b"\n" + keys.tobytes())
            draft.replace(path)
            keys_draft.replace(_keys_of(path))  # with digests of both: of one old file and one new nothing is read
        finally:
            for each in (draft, keys_draft):
                each.unlink(missing_ok=True)

    def read(self, namespace: str) -> SavedGraph | None:
        """Return the saved graph, or None; one that is damaged, or was made otherwise, is deleted."""
        path = self._path(namespace)
        try:
            if not _keys_of(path).exists():
                return None
            neighbor_graph.load()
            content = _keys_of(path).read_bytes()
            line, _, packed = content.partition(b"\n")
            header = json.loads(line)
            wanted = {**self._identity(namespace), "overwritten": header["overwritten"]}
            wanted |= {"graph": _digest(path), "keys": hashlib.sha256(packed).hexdigest()}
            if header != wanted:
                raise ValueError("not what was written")
            graph = NeighborGraph.load(path, self._dimensions, header["overwritten"])
        except Exception as exc:
            logger.info("vector index: a saved graph is not used and made again (%s)", type(exc).__name__)
            self.remove(namespace)
            return None
        keys = np.frombuffer(packed, KEY_TYPE)
        places = {key.decode(): place for place, key in enumerate(keys.tolist()) if key}
        return SavedGraph(graph, places, len(keys))

    def namespaces(self) -> list[str]:
        """Return the namespaces that have a graph. It reads only the beginnings of the files."""
        found = []
        for path in _graphs(self.folder):
            if path.name.endswith(KEYS_SUFFIX):
                with contextlib.suppress(OSError, ValueError, KeyError, TypeError), path.open("rb") as file:
                    found.append(str(json.loads(file.readline(MAX_HEADER_BYTES))["namespace"]))
        return found

    def remove(self, namespace: str) -> None:
        path = self._path(namespace)
        for each in (path, _keys_of(path)):
            with contextlib.suppress(OSError):
                each.unlink(missing_ok=True)

    def remove_all(self, *, but: frozenset[str] = frozenset()) -> None:
        """Delete all graphs, *but* those of some namespaces."""
        remove_graphs(self.folder, frozenset(self._path(namespace).name for namespace in but))

    def _path(self, namespace: str) -> Path:
        name = hashlib.sha256(namespace.encode()).hexdigest()[:16]
        return self.folder.with_name(f"{self.folder.name}{SUFFIX}{name}")

    def _identity(self, namespace: str) -> dict[str, Any]:
        """Return what a file must agree with to be used."""
        return {
            "format": FORMAT,
            "namespace": namespace,
            "dimensions": self._dimensions,
            "usearch": version("usearch"),
            "byteorder": sys.byteorder,
        }


def remove_graphs(folder: Path, but: frozenset[str] = frozenset()) -> None:
    """Delete all graphs beside a folder, *but* those of some names."""
    for path in _graphs(folder):
        if path.name.removesuffix(KEYS_SUFFIX) not in but:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


def _graphs(folder: Path) -> Iterable[Path]:
    return folder.parent.glob(f"{glob.escape(folder.name)}{SUFFIX}*")


def _keys_of(path: Path) -> Path:
    return path.with_name(path.name + KEYS_SUFFIX)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
