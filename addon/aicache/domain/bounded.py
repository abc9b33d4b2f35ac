"""A dict of limited size that drops its oldest items. It knows no clock."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, MutableMapping
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class BoundedDict(MutableMapping[K, V]):
    """A dict that keeps at most *max_size*: a number of items, or with *size_of* the sum of its values' sizes.

    Setting a key makes it the newest, and so does `touch`; reading alone does not.
    """

    def __init__(self, max_size: int, size_of: Callable[[V], int] | None = None) -> None:
        # Not a plain dict: to find its first item takes ever longer once many have been removed from its front.
        self._items: OrderedDict[K, V] = OrderedDict()
        self._max_size = max_size
        self._size_of = size_of
        self._size = 0

    def touch(self, key: K) -> None:
        """Make a key the newest. KeyError when it is not there."""
        self._items.move_to_end(key)

    def clear(self) -> None:
        self._items.clear()
        self._size = 0

    def __getitem__(self, key: K) -> V:
        return self._items[key]

    def __setitem__(self, key: K, value: V) -> None:
        if key in self._items:
            del self[key]
        self._items[key] = value
        self._size += self._measure(value)
        while self._size > self._max_size:
            _, dropped = self._items.popitem(last=False)
            self._size -= self._measure(dropped)

    def __delitem__(self, key: K) -> None:
        self._size -= self._measure(self._items.pop(key))

    def __contains__(self, key: object) -> bool:
        return key in self._items

    def __iter__(self) -> Iterator[K]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def _measure(self, value: V) -> int:
        return 1 if self._size_of is None else self._size_of(value)
