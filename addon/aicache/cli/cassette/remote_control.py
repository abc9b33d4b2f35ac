"""A script for mitmproxy that lets the process which started it change the cassette: lines of JSON on stdin and stdout.

Each line is ``{"command": NAME, "arguments": [TEXT, …]}``; the reply is ``REPLY`` and ``{"result": …}`` or
``{"error": TEXT}``. The proxy ends with its stdin, so it never outlives that process.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from typing import Any

from mitmproxy import ctx, exceptions

REPLY = "@ai-cache "
"""Begins each line of stdout that is a reply; others are mitmproxy's."""


class RemoteControl:
    """Reads stdin in a thread of its own, and runs the commands on mitmproxy's loop."""

    def running(self) -> None:
        threading.Thread(target=self._read, args=[asyncio.get_running_loop()], daemon=True).start()
        _reply({"result": "ready"})

    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(self._run, line)
        loop.call_soon_threadsafe(ctx.master.shutdown)

    def _run(self, line: str) -> None:
        try:
            request = json.loads(line)
            _reply({"result": ctx.master.commands.call(request["command"], *request["arguments"])})
        except (exceptions.CommandError, ValueError, KeyError, TypeError) as exc:
            _reply({"error": str(exc)})


def _reply(value: Any) -> None:
    print(REPLY + json.dumps(value), flush=True)


addons = [RemoteControl()]
