"""The latest requests as plain values for JSON: what is asked for, and what is shown. Raises ValueError."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from aicache.telemetry.latest_requests import MAX_KEPT, LatestRequest
from aicache.telemetry.timeline import COUNTED_OUTCOMES

MAX_TEXT_CHARS = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """The requests that are asked for; empty strings stand for all."""

    outcome: str = ""
    text: str = ""

    def __post_init__(self) -> None:
        if self.outcome not in ("", *COUNTED_OUTCOMES):
            raise ValueError(f"outcome: one of {', '.join(COUNTED_OUTCOMES)}; leave it out for all")
        if len(self.text) > MAX_TEXT_CHARS:
            raise ValueError(f"text: more than {MAX_TEXT_CHARS} characters")


def parse_wanted(document: Any) -> Wanted:
    """Parse the body of a search."""
    match document:
        case {"outcome": str(outcome), "text": str(text)} if len(document) == 2:
            return Wanted(outcome, text.strip())
        case _:
            raise ValueError("the latest requests: an outcome and a text, each of which may be empty")


def to_document(requests: Iterable[LatestRequest], *, texts: bool) -> dict[str, Any]:
    """Return what is shown of requests; *texts*: whether questions are kept."""
    rows = [asdict(each) for each in requests]
    for row in rows:
        del row["owners"]
    return {"requests": rows, "texts": texts, "kept": MAX_KEPT}
