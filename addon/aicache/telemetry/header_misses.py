"""Finds the header fields in which a missed request differs from an otherwise equal stored one.

It knows the requests that this process has stored, as digests of their fields' values; the least recent are dropped.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from hashlib import blake2b

from aicache.domain.bounded import BoundedDict
from aicache.domain.request_headers import Field

MAX_QUESTIONS = 4096
MAX_VARIANTS = 4
"""Variants remembered per request: one shows a header that differs each time."""

_Variant = dict[str, bytes]


class HeaderMisses:
    """Remembers the header fields of stored requests, by the request without them."""

    def __init__(self) -> None:
        self._salt = os.urandom(16)
        self._stored = BoundedDict[tuple[str, str], list[_Variant]](MAX_QUESTIONS)

    def forget(self) -> None:
        """Forget all requests."""
        self._stored.clear()

    def remember(self, question: str, sender: str, fields: Iterable[Field]) -> None:
        """Remember a stored request: *question* identifies it, *sender* the callers who may share its answer."""
        name, variant = (question, sender), self._digested(fields)
        variants = self._stored.setdefault(name, [])
        self._stored.touch(name)
        if variant not in variants:
            variants.append(variant)
            del variants[:-MAX_VARIANTS]

    def differing(self, question: str, sender: str, fields: Iterable[Field]) -> tuple[str, ...]:
        """Return the names of the fields in which a request differs from the most similar equal request.

        Empty where no equal request is stored, or one with the same fields is.
        """
        if (variants := self._stored.get((question, sender))) is None:
            return ()
        wanted = self._digested(fields)
        return min((_difference(wanted, variant) for variant in variants), key=len)

    def _digested(self, fields: Iterable[Field]) -> _Variant:
        return {name: self._digest(value) for name, value in fields}

    def _digest(self, value: str) -> bytes:
        return blake2b(value.encode("utf-8", "surrogateescape"), digest_size=8, key=self._salt).digest()


def _difference(one: _Variant, other: _Variant) -> tuple[str, ...]:
    return tuple(sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name)))
