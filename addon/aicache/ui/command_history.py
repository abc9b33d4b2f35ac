"""Removes commands with a secret from mitmproxy's command history, which it keeps in a file. It adds nothing."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from mitmproxy import ctx

logger = logging.getLogger(__name__)

RETRY_DELAYS_S = (0.2, 2.0)
"""The console records a command before it runs it, mitmweb's page afterwards."""


def remove(command: str) -> None:
    """Remove all calls of a command, now and again shortly afterwards."""
    _remove(command)
    loop = asyncio.get_running_loop()
    for seconds in RETRY_DELAYS_S:
        loop.call_later(seconds, _remove, command)


def _remove(command: str) -> None:
    try:
        history: Any = ctx.master.addons.get("commandhistory")  # type: ignore[no-untyped-call]
        if history is None:
            return
        noted = [line for line in history.history if command in line]
        file = history.history_file
        if ctx.options.command_history and file.is_file():
            lines = file.read_text("utf-8", "surrogateescape").splitlines(keepends=True)
            kept = [line for line in lines if command not in line]
            if len(kept) < len(lines):
                file.write_text("".join(kept), "utf-8", "surrogateescape")
        if noted:
            history.history[:] = [line for line in history.history if command not in line]
            history.set_filter("")
    except Exception:
        logger.exception("command history: a command with a secret may still be in it")
