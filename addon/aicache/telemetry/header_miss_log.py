"""A Watcher that logs the request headers that alone caused misses: their names, never their values."""

from __future__ import annotations

import logging
import time
from collections import Counter

from aicache.domain.events import Checked, Decided, Finished
from aicache.domain.request_headers import looks_like_credential
from aicache.telemetry.counters import MAX_HEADERS
from aicache.telemetry.labels import OTHER, BoundedNames, replace_surrogates

logger = logging.getLogger(__name__)

ADVICE = "if that never changes an answer, name it in ignore_headers"
ADVICE_ON_IDENTITY = "its name suggests that it identifies the caller: ignore it only if it does not"
NOTE_INTERVAL_S = 3600.0
"""Minimum pause between two lines about the same header."""


class HeaderMissLog:
    def __init__(self) -> None:
        self._names = BoundedNames(MAX_HEADERS)
        self._misses: Counter[str] = Counter()
        self._next: dict[str, float] = {}

    def decided(self, decided: Decided) -> None:
        for header in decided.headers:
            name = replace_surrogates(self._names.of(header))
            self._misses[name] += 1
            if name != OTHER and (now := time.monotonic()) >= self._next.get(name, 0.0):
                self._next[name] = now + NOTE_INTERVAL_S
                logger.info(
                    "a request missed although an equal one is stored, for its header %s (misses so far: %d): %s",
                    name,
                    self._misses[name],
                    ADVICE_ON_IDENTITY if looks_like_credential(name) else ADVICE,
                )

    def finished(self, finished: Finished) -> None: ...

    def checked(self, checked: Checked) -> None: ...
