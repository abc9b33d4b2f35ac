"""Has mitmproxy listen on ports that other processes of the same user listen on as well. It accepts no connection.

The kernel gives each new connection to one of them (SO_REUSEPORT). For TCP only: mitmproxy's UDP servers have no such
option, so that a reverse proxy for ``https`` does not listen for HTTP/3.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable
from typing import Any

from mitmproxy import version
from mitmproxy.proxy.mode_servers import AsyncioServerInstance

from aicache.patches.source_fingerprint import fingerprint_source

_listen: Callable[..., Any] = AsyncioServerInstance.listen
REIMPLEMENTED: tuple[Callable[..., Any], ...] = (_listen, AsyncioServerInstance._start)
"""mitmproxy functions that open listeners."""
KNOWN_FINGERPRINTS = frozenset({"5d86a69c580ca524", "9017243f6d3419fe"})
"""The fingerprints of their source that were reviewed: mitmproxy 11.0.2, and 12.2.2 to 12.3.1."""


def check() -> None:
    """Raise ValueError, with one line, unless ports can be shared."""
    if fingerprint_source(REIMPLEMENTED) not in KNOWN_FINGERPRINTS:
        raise ValueError(
            f"--workers: mitmproxy {version.VERSION} opens its ports in a way that was not reviewed; leave it out, or "
            "install mitmproxy 12.3.1"
        )


def install() -> Callable[[], None]:
    """Share the ports of all listeners from now on; return what undoes that. Only after `check`."""
    cls: Any = AsyncioServerInstance
    cls.listen = _listen_shared

    def uninstall() -> None:
        cls.listen = _listen

    return uninstall


async def _listen_shared(self: Any, host: str, port: int) -> list[asyncio.Server]:
    if self.mode.transport_protocol not in ("tcp", "both"):
        raise OSError(errno.EOPNOTSUPP, f"{self.mode.full_spec} uses UDP, which workers cannot share")
    if port == 0:
        raise OSError(errno.EINVAL, "workers share a port, so it needs a number")
    return [await asyncio.start_server(self.handle_stream, host, port, reuse_port=True)]
