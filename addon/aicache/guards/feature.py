"""What is read of a text when it is first asked for. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

Text = TypeVar("Text")
T = TypeVar("T")


class feature(Generic[Text, T]):
    """A property that is read once: a `cached_property` at half its cost, of which a pair of texts has some fifty."""

    __slots__ = ("_name", "_read")

    def __init__(self, read: Callable[[Text], T]) -> None:
        self._read = read

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, text: Any, owner: type | None = None) -> T:
        value = text.__dict__[self._name] = self._read(text)
        return value
