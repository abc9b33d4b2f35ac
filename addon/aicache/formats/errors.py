"""The errors of formats. Each is a ValueError, and its message never contains content."""

from __future__ import annotations


class Stateful(ValueError):
    """The request depends on state at the upstream, so equal requests need not have equal answers."""


class Private(Stateful):
    """The upstream reads private data of the caller for the answer, or acts for the caller."""


class ReplayOnly(ValueError):
    """The answer can be replayed as it was recorded, but not rendered in another mode or API."""


class TooComplex(ValueError):
    """JSON over the limits of `json_bounds`: it is not parsed."""
