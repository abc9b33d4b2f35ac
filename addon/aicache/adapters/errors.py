"""Translates exceptions of libraries and exceeded time limits to StoreError. It retries nothing."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator

from aicache.domain.loop_time import LoopTimeout
from aicache.domain.ports import Busy, StoreError


@contextlib.contextmanager
def translate_errors(name: str, doing: str = "") -> Iterator[None]:
    """Raise as StoreError whatever is raised inside: for libraries whose errors have no common base class.

    Only the type is named: a library's message may repeat a text or a key.
    """
    try:
        yield
    except StoreError:
        raise
    except Exception as exc:
        raise StoreError(f"{name}: {type(exc).__name__}{doing and f' in {doing}'}") from exc


@contextlib.asynccontextmanager
async def time_limit(limit: LoopTimeout, seconds: float, name: str, whom: str = "") -> AsyncIterator[None]:
    """Enter *limit*, which is *seconds* long. After it raise StoreError; Busy if only this process was late."""
    try:
        async with limit:
            yield
    except TimeoutError as exc:
        if limit.loop_was_late:
            raise Busy(f"{name}: this process is too busy to listen") from exc
        raise StoreError(f"{name}: no answer{whom and f' from {whom}'} within {seconds:.3g} s") from exc
