"""The exit code of the process, which mitmproxy has no option for."""

from __future__ import annotations

import asyncio

_pending: set[asyncio.Task[None]] = set()


def fail() -> None:
    """Have the process exit with 1 once mitmproxy has ended all its addons.

    What is still running then is canceled, and this task answers that by ending the program, as the last of all.
    """
    _pending.add(asyncio.get_running_loop().create_task(_exit_when_canceled()))


async def _exit_when_canceled() -> None:
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        raise SystemExit(1) from None
