"""Runs the commands that take time: mitmproxy wants a command's answer at once, so their result comes later."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from typing import Any

from mitmproxy import exceptions, flow
from mitmproxy.log import ALERT

from aicache.domain.asyncio_tasks import TaskSet
from aicache.domain.ports import StoreError
from aicache.ui import flow_marks
from aicache.ui.command_actions import CommandResult

logger = logging.getLogger(__name__)

MAX_RUNNING_COMMANDS = 8
COMMAND_TIMEOUT_S = 60.0
"""Time limit of a command that reads neither a file nor all entries."""


class CommandRunner:
    """Runs commands as tasks, and keeps the result of the last one."""

    def __init__(self) -> None:
        self._tasks = TaskSet()
        self.result: list[str] = ["no command has been given yet"]

    def close(self) -> None:
        self._tasks.cancel()

    def start(
        self,
        name: str,
        work: Coroutine[Any, Any, CommandResult],
        flows: Sequence[flow.Flow] = (),
        word: str = "",
        *,
        about: str = "",
        timeout_s: float | None = COMMAND_TIMEOUT_S,
    ) -> str:
        """Start *work* and return a line that says so; when it is done, *flows* are marked with *word*."""
        if len(self._tasks) >= MAX_RUNNING_COMMANDS:
            work.close()
            raise exceptions.CommandError(f"{MAX_RUNNING_COMMANDS} commands are still under way")
        self.result = [f"{name}: under way"]
        self._tasks.spawn(self._run(name, work, flows, word, timeout_s))
        return f"{name}{about and f' ({about})'}: begun; the event log and aicache.result tell what comes of it"

    async def _run(
        self,
        name: str,
        work: Coroutine[Any, Any, CommandResult],
        flows: Sequence[flow.Flow],
        word: str,
        timeout_s: float | None,
    ) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                done = await work
            for each in flows:
                flow_marks.add(each, word)
        except TimeoutError:
            self._report(logging.ERROR, CommandResult(f"{name}: given up after {timeout_s:g} s"))
        except (StoreError, OSError, ValueError) as exc:
            self._report(logging.ERROR, CommandResult(f"{name}: not done: {exc}"))
        except Exception:
            self.result = [f"{name}: not done; the event log says more"]
            logger.exception("%s: not done", name)
        else:
            self._report(ALERT, CommandResult(f"{name}: {done.summary}", done.lines))

    def _report(self, level: int, done: CommandResult) -> None:
        self.result = [done.summary, *done.lines]
        logger.log(level, "%s", done.summary)
