"""Who wants to see, change or stop flows: then there must be some. It changes nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from types import ModuleType
from typing import Any

from mitmproxy.addonmanager import traverse
from mitmproxy.master import Master
from mitmproxy.tools.dump import DumpMaster

logger = logging.getLogger(__name__)

HOOKS = (
    *("requestheaders", "request", "responseheaders", "response", "error", "update"),
    *("next_layer", "http_connect", "http_connected", "websocket_start", "tcp_start"),
)
IDLE_WITHOUT: dict[str, tuple[str, ...]] = {
    "anticache": ("anticache",),
    "anticomp": ("anticomp",),
    "blocklist": ("block_list",),
    "disableh2c": (),
    "dumper": ("flow_detail",),
    "maplocal": ("map_local",),
    "mapremote": ("map_remote",),
    "modifybody": ("modify_body",),
    "modifyheaders": ("modify_headers",),
    "nextlayer": (),
    "onboarding": (),
    "proxyauth": ("proxyauth",),
    "proxyserver": (),
    "save": ("save_stream_file",),
    "savehar": ("hardump",),
    "serverplayback": ("server_replay",),
    "stickyauth": ("stickyauth",),
    "stickycookie": ("stickycookie",),
    "tlsconfig": (),
    "updatealtsvc": (),
    "upstreamauth": ("upstream_auth",),
}
"""mitmproxy's own addons that hear of flows, by name, and the options without which they leave them as they are."""
OPTIONS = ("stream_large_bodies", "body_size_limit", "proxy_debug")
"""What else a request must go the ordinary way for."""


class Gate:
    """Tells whether nobody wants flows; the log says who does, when that changes."""

    def __init__(self, master: Master, own: object) -> None:
        self._master = master
        self._own = own
        self._chain: list[Any] = []
        self._said: str | None = ""
        self._open = False

    def __call__(self) -> bool:
        if self._master.addons.chain != self._chain:  # another list when an addon came or went
            self.look()
        return self._open

    def look(self) -> None:
        """Find out who wants flows now."""
        self._chain = [*self._master.addons.chain]
        wanted = wanted_by(self._master, self._own)
        self._open = wanted is None
        if wanted != self._said:
            self._said = wanted
            logger.info("the fast lane is %s", "open" if wanted is None else f"not used: {wanted} wants flows")


def wanted_by(master: Master, own: object) -> str | None:
    """Say who wants flows; None where nobody does. *own* is the addon that asks."""
    if type(master) is not DumpMaster:
        return type(master).__name__
    for addon in traverse(master.addons.chain):  # type: ignore[no-untyped-call]
        if addon is own or _holds(addon, own):
            continue
        kind = type(addon)
        if not kind.__module__.startswith("mitmproxy.addons."):
            return f"the addon {kind.__name__}"
        if not any(hasattr(addon, hook) for hook in HOOKS):
            continue
        if (options := IDLE_WITHOUT.get(kind.__name__.lower())) is None:
            return f"the addon {kind.__name__}"
        if (found := _set(master, options)) is not None:
            return found
    return _set(master, OPTIONS)


def _set(master: Master, names: Iterable[str]) -> str | None:
    for name in names:
        value: Any = getattr(master.options, name, None)
        if value:
            return f"the option {name}"
    return None


def _holds(addon: object, own: object) -> bool:
    """Tell whether it is the script that the addon asking was loaded by."""
    return isinstance(addon, ModuleType) and own in getattr(addon, "addons", ())
