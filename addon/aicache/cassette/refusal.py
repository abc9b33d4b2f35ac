"""The refusal of a request that is not on the cassette, in words. Pure."""

from __future__ import annotations

from aicache.cassette.cassette import Missing
from aicache.formats.api_errors import APIError

STATUS = 400
"""No client repeats such a request, and none takes it for a missing model, as some do with 404."""


def to_error(missing: Missing, file: str) -> APIError:
    """Return the error for the client, with what differs from the nearest recording."""
    return APIError(STATUS, describe(missing, file, with_texts=True), "cassette_miss", "not_on_cassette")


def describe(missing: Missing, file: str, *, with_texts: bool) -> str:
    """Say why a request is refused, and what is nearest to it; without texts, only where the two differ."""
    parts = [f"Cassette {file}: the request {missing.request} {missing.reason}."]
    if (near := missing.nearest) is not None:
        shown = [str(each) if with_texts else each.place for each in near.differences]
        if near.more:
            shown.append(f"and {near.more} more")
        parts.append(f"Recording {near.number} is nearest{'; it differs in ' if shown else ''}{'; '.join(shown)}.")
    return " ".join(parts)
