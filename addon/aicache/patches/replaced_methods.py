"""Puts a function in the place of a class's method, and the method back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def replace_method(owner: type, name: str, new: Callable[..., Any], original: Callable[..., Any]) -> Callable[[], None]:
    """Replace a method by *new*; return a function that restores *original*, unless yet another has replaced *new*."""
    setattr(owner, name, new)

    def restore() -> None:
        if vars(owner).get(name) is new:
            setattr(owner, name, original)

    return restore
