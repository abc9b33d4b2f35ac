"""Names in the settings that no request has had for an hour: probably misspelled. Pure, but for what it has seen."""

from __future__ import annotations

from collections.abc import Collection, Iterable

PATIENCE_S = 3600.0
"""Seconds of traffic after which a name that no request has had is reported."""


class UnusedNames:
    """The *names* that no request has had so far."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = set(names)
        self._since: float | None = None

    def __bool__(self) -> bool:
        """Whether there is anything left to watch for."""
        return bool(self._names)

    def see(self, names: Iterable[str]) -> None:
        """Note the names that a request has."""
        self._names.difference_update(names)

    def due(self, now: float) -> list[str]:
        """Return the unused names, once: at the first request that is an hour (*now* is in seconds) after the first."""
        if self._since is None:
            self._since = now
        if now - self._since < PATIENCE_S:
            return []
        unused, self._names = sorted(self._names), set()
        return unused
