"""Watchers receive the events of requests: counters, decision log, traces, and whatever else observes the cache."""

from __future__ import annotations

import logging
from typing import Protocol, runtime_checkable

from aicache.domain.events import Checked, Decided, Erased, Finished, Judged, Spent

logger = logging.getLogger(__name__)


class Watcher(Protocol):
    """Receives events on the event loop, while the request waits: a method returns quickly and never blocks.

    A request causes `decided`, then, if it went upstream, `finished`. `checked` comes later, from the background, when
    a stored answer was compared with a fresh one, and need not follow either.
    """

    def decided(self, decided: Decided) -> None:
        """A request is a hit, a miss or a bypass."""

    def finished(self, finished: Finished) -> None:
        """A request that went upstream has its response, or broke off."""

    def checked(self, checked: Checked) -> None:
        """A stored answer was compared with a fresh one."""


@runtime_checkable
class RemembersQuestions(Protocol):
    """A watcher that keeps texts of questions, and so has to forget those that are purged."""

    def erased(self, erased: Erased) -> None:
        """Entries, or all that a caller has sent, were deleted."""


@runtime_checkable
class CountsJudging(Protocol):
    """A watcher that counts what a judge model is asked."""

    def judged(self, judged: Judged) -> None:
        """A judge model was to say whether a neighbor may answer."""


@runtime_checkable
class CountsSpending(Protocol):
    """A watcher that counts what the cache itself asks for."""

    def spent(self, spent: Spent) -> None:
        """The cache has asked the upstream, or a model, for itself."""


class Watchers:
    """Passes each event to all watchers in the order they were added. One that raises is logged and stops no other."""

    def __init__(self) -> None:
        self._watchers: list[Watcher] = []

    def add(self, watcher: Watcher) -> None:
        self._watchers.append(watcher)

    def remove(self, watcher: Watcher) -> None:
        self._watchers.remove(watcher)

    def decided(self, decided: Decided) -> None:
        for watcher in self._watchers:
            try:
                watcher.decided(decided)
            except Exception:
                logger.exception("watcher failed in decided(): %s", type(watcher).__name__)

    def finished(self, finished: Finished) -> None:
        for watcher in self._watchers:
            try:
                watcher.finished(finished)
            except Exception:
                logger.exception("watcher failed in finished(): %s", type(watcher).__name__)

    def checked(self, checked: Checked) -> None:
        for watcher in self._watchers:
            try:
                watcher.checked(checked)
            except Exception:
                logger.exception("watcher failed in checked(): %s", type(watcher).__name__)

    def judged(self, judged: Judged) -> None:
        for watcher in self._watchers:
            try:
                if isinstance(watcher, CountsJudging):
                    watcher.judged(judged)
            except Exception:
                logger.exception("watcher failed in judged(): %s", type(watcher).__name__)

    def spent(self, spent: Spent) -> None:
        for watcher in self._watchers:
            try:
                if isinstance(watcher, CountsSpending):
                    watcher.spent(spent)
            except Exception:
                logger.exception("watcher failed in spent(): %s", type(watcher).__name__)

    def erased(self, erased: Erased) -> None:
        for watcher in self._watchers:
            try:
                if isinstance(watcher, RemembersQuestions):
                    watcher.erased(erased)
            except Exception:
                logger.exception("watcher failed in erased(): %s", type(watcher).__name__)
