"""Tells an engine that the process that owns the data folder is back, so that no request has to find it out."""

from __future__ import annotations

import asyncio
import logging

from aicache.adapters.unix_rpc.client import RpcClient
from aicache.domain.asyncio_tasks import TaskSet
from aicache.domain.ports import StoreError
from aicache.engine import Engine

logger = logging.getLogger(__name__)

RETRY_INTERVAL_S = 0.5


class OwnerWatch:
    """One task, from `start` to `close`, that keeps a call to the other process open; its end is the process's."""

    def __init__(self, owner: RpcClient, engine: Engine) -> None:
        self._owner, self._engine = owner, engine
        self._tasks = TaskSet()

    def start(self) -> None:
        self._tasks.spawn(self._run())

    async def close(self) -> None:
        await self._tasks.cancel_and_wait()

    async def _run(self) -> None:
        while True:
            try:
                await self._close_breakers()
                await self._owner.call("wait_end")
            except StoreError as exc:
                logger.debug("%s", exc)
            except Exception:
                logger.exception("the data folder's process is not watched any more")
                return
            await asyncio.sleep(RETRY_INTERVAL_S)

    async def _close_breakers(self) -> None:
        """Close the breakers of what the process runs, each as soon as it is there."""
        await self._owner.call("wait_exact")
        self._engine.backends.exact_restored()
        try:
            await self._owner.call("wait_ready")
        except StoreError as exc:
            logger.debug("%s", exc)
            return
        for guard in self._engine.backends.semantic_guards.all:
            guard.restored()
