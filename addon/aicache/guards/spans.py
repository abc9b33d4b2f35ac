"""The parts in which two long texts differ, without the sentences that both begin or end with. Pure."""

from __future__ import annotations

import re
from itertools import takewhile

_SENTENCE_END = re.compile(r"[.!?;:]\s|[。！？；：\n]")


def differing_spans(one: str, other: str) -> tuple[str, str]:
    """Return the two texts without the sentences that both begin with, and those that both end with."""
    start = _last_end(_common_beginning(one, other))
    one, other = one[start:], other[start:]
    shared = _common_beginning(one[::-1], other[::-1])
    end = _first_end(shared[::-1])
    return (one[:-end], other[:-end]) if end else (one, other)


def _last_end(shared: str) -> int:
    """Return where the last sentence ends that is whole in the shared beginning."""
    return max((match.end() for match in _SENTENCE_END.finditer(shared)), default=0)


def _first_end(shared: str) -> int:
    """Return the length of the whole sentences in the shared end."""
    match = _SENTENCE_END.search(shared)
    return len(shared) - match.end() if match else 0


def _common_beginning(one: str, other: str) -> str:
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    return one[:same]
