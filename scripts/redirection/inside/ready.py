"""A script for mitmproxy that reports to the starting process when connections are accepted.

It is alone in its folder: mitmproxy puts that folder on sys.path, where another file could shadow a module.
"""

import asyncio
import os

from mitmproxy import ctx


class Ready:
    """Writes a line to the file descriptor $AI_CACHE_READY."""

    def running(self) -> None:
        self._task = asyncio.create_task(_report_ready(int(os.environ.pop("AI_CACHE_READY"))))


async def _report_ready(descriptor: int) -> None:
    # mitmproxy listens before it has its certificates
    while getattr(ctx.master.addons.get("tlsconfig"), "certstore", None) is None:  # type: ignore[no-untyped-call]  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    os.write(descriptor, b"ready\n")
    os.close(descriptor)


addons = [Ready()]
