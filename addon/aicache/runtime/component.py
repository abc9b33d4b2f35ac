"""Functions that all components share: to close backends, and to act once one of them is ready."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Awaitable

from aicache.domain.ports import StoreError

logger = logging.getLogger(__name__)

CLOSE_TIMEOUT_S = 12.0
"""Time limit for closing one component; one that takes longer is abandoned."""
DEFAULT_ERASED_WITHIN_S = 600.0


class NotReady(StoreError):
    """The exact store is not there yet. It is tried again soon, for nothing is answered without it."""


async def close_component(name: str, closing: Awaitable[None]) -> None:
    """Await the close of a component, for `CLOSE_TIMEOUT_S`; a failure is logged, and stops no other from closing."""
    try:
        async with asyncio.timeout(CLOSE_TIMEOUT_S):
            await closing
    except (StoreError, TimeoutError) as exc:
        logger.warning("%s: not ended as it should be (%s)", name, str(exc) or "no end in time")
    except Exception as exc:
        logger.warning("%s: not ended as it should be (%s)", name, type(exc).__name__)


def freeze_gc() -> None:
    """Take what has been made so far out of the garbage collector's rounds.

    It is hundreds of thousands of objects, of modules mostly, which live as long as the process; to go through them
    all held every request up for some 50 ms, now and then. Collecting first would do so, too.
    """
    gc.freeze()
