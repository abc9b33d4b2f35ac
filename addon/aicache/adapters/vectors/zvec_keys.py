"""Lists the keys of all vectors in a zvec collection page by page, though it has no order and no cursor.

A query gives 100,000 keys at most, and nobody knows which. So vectors are listed by ranges of their time of expiry, and
those of one second by their namespaces; a range that has too many is split. (An iterator would be simpler, but leaves
one more segment in the files each time.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

MAX_KEYS = 100_000
"""Keys in one reply of zvec."""
PAGE_SIZE = 10_000
"""Keys listed at once, in some 20 ms; searches run between two pages."""


@dataclass(frozen=True, slots=True)
class KeyRange:
    """Vectors that expire after *low* (Unix seconds) and no later than *high*, in namespaces that begin with *prefix*,
    or in that namespace alone (*is_whole*)."""

    low: int = 0
    high: int = 1 << 62
    prefix: str = ""
    is_whole: bool = False

    @property
    def filter(self) -> str:
        expires = f"expires > {self.low} AND expires <= {self.high}"
        if self.is_whole:
            return f"{expires} AND namespace = '{self.prefix}'"
        return f"{expires} AND namespace LIKE '{self.prefix}%'" if self.prefix else expires

    def split(self, times: Sequence[int]) -> list[KeyRange]:
        """Return smaller ranges with the same vectors, of which some expire at these *times*; none if there are none:
        then it is one namespace in one second."""
        if self.high - self.low > 1:
            middle = min(sorted(times)[len(times) // 2], self.high - 1)
            return [replace(self, high=middle), replace(self, low=middle)]
        if self.is_whole:
            return []
        longer = [replace(self, prefix=self.prefix + digit) for digit in "0123456789abcdef"]
        return [*longer, replace(self, is_whole=True)] if self.prefix else longer


def list_keys(collection: Any, wanted: KeyRange, page_size: int) -> tuple[list[str], list[KeyRange]]:
    """Return the keys of the vectors in a range, *page_size* at most; or where it has more, none, and the ranges to
    list instead. Of one namespace in one second there are `MAX_KEYS` at most."""
    docs = collection.query(filter=wanted.filter, topk=page_size + 1, output_fields=["expires"])
    if len(docs) > page_size:
        if parts := wanted.split([doc.field("expires") for doc in docs]):
            return [], parts
        docs = collection.query(filter=wanted.filter, topk=MAX_KEYS, output_fields=[])
    return [doc.id for doc in docs], []
