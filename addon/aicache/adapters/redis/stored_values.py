"""Parses what Redis returns for a name. Values that cannot be read count as absent: it warns of them and drops them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from aicache.adapters.redis.codec import Flag, parse_alias, parse_blob, parse_flag, unpack_entry, unseal
from aicache.domain.model import Entry
from aicache.domain.ports import StoreError
from aicache.domain.throttle import Throttle

logger = logging.getLogger(__name__)

MAX_NAMED_ENTRIES = 3
"""Entries that a warning names, by the beginnings of their keys."""


class StoredValues:
    """*store* is the store's name in the log; *drop* deletes unreadable values by name, without waiting for it."""

    def __init__(self, store: str, sign: bytes, drop: Callable[..., None]) -> None:
        self._store = store
        self._sign = sign
        self._drop = drop
        self._warnings = Throttle()
        self._unreported = 0  # unreadable entries since the last warning ...
        self._unreported_keys: list[str] = []  # ... and the beginnings of some of their keys

    def parse(self, name: str, packed: object) -> Entry | str | bool | StoreError | None:
        """Return the entry of a name ``e:…`` or None, whether the flag of a name ``m:…`` is set, the key that an alias
        ``a:…`` leads to or None, or the error."""
        if isinstance(packed, StoreError):
            return packed
        kind, key = name[:2], name[2:]
        if kind == "m:":
            return self.parse_flag(key, packed, drop=True) is not None
        if kind == "a:":
            return self._parse_alias(key, packed)
        return self.parse_entry(key, packed, drop=True)

    def parse_entry(self, key: str, packed: object, *, drop: bool) -> Entry | StoreError | None:
        """Parse an entry, or take what `unpack` made of it; None for one that cannot be read or is another key's, which
        is deleted with *drop*."""
        if packed is None or isinstance(packed, StoreError):
            return packed
        match self.unpack(packed) if isinstance(packed, bytes) else packed:
            case Entry() as entry if entry.key == key:
                return entry
            case Entry():
                why = "belong to another key"
            case ValueError() as exc:
                why = f"cannot be read ({exc})"
            case _:
                why = "cannot be read"
        self._warn(why, key)
        if drop:
            self._drop("e:" + key, "n:" + key)
        return None

    def parse_flag(self, flag: str, packed: object, *, drop: bool = False) -> Flag | None:
        """Parse a flag; None for one that has ended, or cannot be read, which is deleted with *drop*."""
        if not isinstance(packed, bytes):
            return None
        try:
            return parse_flag(self._sign, flag, packed, time.time())
        except ValueError:
            if drop:
                self._drop("m:" + flag)
        return None

    def parse_blob(self, name: str, packed: object) -> bytes | None:
        """Parse a blob; None for one that cannot be read, which is deleted."""
        if not isinstance(packed, bytes):
            return None
        try:
            return parse_blob(self._sign, name, packed)
        except ValueError:
            self._drop("n:" + name)
            return None

    def _parse_alias(self, alias: str, packed: object) -> str | None:
        """Parse an alias; None for one that cannot be read, which is deleted."""
        if not isinstance(packed, bytes):
            return None
        try:
            return parse_alias(self._sign, alias, packed)
        except ValueError:
            self._drop("a:" + alias)
            return None

    def unpack(self, packed: bytes) -> Entry | ValueError:
        """Return an entry, or the error. Any thread may call it."""
        try:
            value = unseal(self._sign, b"entry", packed)
            return unpack_entry(packed) if value is None else unpack_entry(value, signed=bool(self._sign))
        except ValueError as exc:
            return exc

    def _warn(self, why: str, key: str) -> None:
        self._unreported += 1
        if len(self._unreported_keys) < MAX_NAMED_ENTRIES and key[:8].isalnum():
            self._unreported_keys.append(key[:8])
        if self._warnings.allow(time.monotonic()):
            count, self._unreported = self._unreported, 0
            keys, self._unreported_keys = self._unreported_keys, []
            logger.warning("%s: %d entries taken as absent (%s): they %s", self._store, count, ", ".join(keys), why)
