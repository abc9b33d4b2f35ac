"""A thread that lets the graphs of large namespaces follow their vectors. It decides nothing."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable

from aicache.adapters.vectors import neighbor_graph
from aicache.adapters.vectors.namespace_graphs import GraphChanges

logger = logging.getLogger(__name__)

BATCH_PLACES = 64
"""Places brought into a graph between two looks at what is most urgent; they take 30 ms."""
REST_SHARE = 0.5
"""Rest after each batch, as a share of the processor time that it took: requests have better use for it."""
SAVE_EVERY = 64
"""Batches after which a graph may be saved, though there is more to apply: else a restart would begin anew."""
SAVE_TIMEOUT_S = 3.5
"""Time for saving at the end: enough to write the graph of a million vectors, half an hour's work, at 250 MB/s."""
END_TIMEOUT_S = 4.0


class GraphUpkeep:
    """Applies what *next_changes* returns, given a number of places, and reports it to *settle*.

    When there is nothing to apply, now and then while there is, and at the end, which it is told of, *save_one* may
    write a file; it is called again while it returns true.

    The thread is started by the first `wake`, and loads usearch. After an error it ends: then what the graphs lack is
    compared vector by vector.
    """

    def __init__(
        self,
        next_changes: Callable[[int], GraphChanges | None],
        settle: Callable[[GraphChanges], None],
        save_one: Callable[[bool], bool],
    ) -> None:
        self._next_changes, self._settle, self._save_one = next_changes, settle, save_one
        self._work = threading.Event()
        self._thread: threading.Thread | None = None
        self._ending = False
        self._save_until = math.inf  # in the time of the monotonic clock

    def wake(self) -> None:
        """Look for changes soon."""
        if self._thread is None and not self._ending:
            self._thread = threading.Thread(target=self._run, name="ai-cache-graphs", daemon=True)
            self._thread.start()
        if not self._work.is_set():
            self._work.set()

    def close(self) -> None:
        """End the thread soon; what it saves must stop once it `is_over`."""
        self._save_until = time.monotonic() + SAVE_TIMEOUT_S
        self._ending = True
        self._work.set()

    def is_over(self) -> bool:
        """Tell whether there is no more time to save anything."""
        return time.monotonic() > self._save_until

    def join(self) -> None:
        """Wait for the end of the thread, `END_TIMEOUT_S` at most."""
        if self._thread is not None:
            self._thread.join(END_TIMEOUT_S)

    def _run(self) -> None:
        try:
            neighbor_graph.load()
            while not self._ending:
                self._work.wait()
                self._work.clear()
                self._apply_all()
                self._save_all()
            while not self.is_over() and self._save_one(True):
                pass
        except Exception:
            logger.exception("vector index: the graphs of large namespaces do not follow any more")

    def _apply_all(self) -> None:
        batches = 0
        while not self._ending and (changes := self._next_changes(BATCH_PLACES)) is not None:
            begun = time.thread_time()
            if changes.apply(lambda: self._ending):
                self._settle(changes)
            del changes
            time.sleep(REST_SHARE * (time.thread_time() - begun))
            batches += 1
            if batches % SAVE_EVERY == 0:
                self._save_all()

    def _save_all(self) -> None:
        while not self._ending and self._save_one(False):
            pass
