"""A second addon for proxies under test: writes how many asyncio tasks there are to the file ``tasks`` in *confdir*."""

from __future__ import annotations

import asyncio
from pathlib import Path

from mitmproxy import ctx

INTERVAL_S = 1.0


def running() -> None:
    asyncio.get_running_loop().call_later(INTERVAL_S, _write)


def _write() -> None:
    Path(ctx.options.confdir, "tasks").write_text(str(len(asyncio.all_tasks())))
    asyncio.get_running_loop().call_later(INTERVAL_S, _write)
