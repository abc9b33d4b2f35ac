"""Detects addons and options that need flow objects; while any is active, the fast path stays off. Read-only."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from types import ModuleType
from typing import Any

from mitmproxy.addonmanager import traverse
from mitmproxy.master import Master
from mitmproxy.tools.dump import DumpMaster

logger = logging.getLogger(__name__)

FLOW_HOOKS = (
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
"""mitmproxy's own addons that have flow hooks, by name, and the options without which they do nothing to flows."""
FLOW_OPTIONS = ("stream_large_bodies", "body_size_limit", "proxy_debug")
"""Options that mitmproxy itself obeys for flows only."""


class FlowObservers:
    """Tells whether flows are observed by anyone; a change is logged. *own* is this addon."""

    def __init__(self, master: Master, own: object) -> None:
        self._master = master
        self._own = own
        self._chain: list[Any] = []
        self._logged: str | None = ""
        self._are_absent = False

    def are_absent(self) -> bool:
        if self._master.addons.chain != self._chain:  # another list when an addon came or went
            self.refresh()
        return self._are_absent

    def refresh(self) -> None:
        """Look for observers anew."""
        self._chain = [*self._master.addons.chain]
        observer = find_observer(self._master, self._own)
        self._are_absent = observer is None
        if observer != self._logged:
            self._logged = observer
            logger.info("the fast lane is %s", "open" if observer is None else f"not used: {observer} needs flows")


def find_observer(master: Master, own: object) -> str | None:
    """Name an addon or option that needs flow objects; None if there is none. *own* is this addon."""
    if type(master) is not DumpMaster:
        return type(master).__name__
    for addon in traverse(master.addons.chain):  # type: ignore[no-untyped-call]
        if addon is own or _is_script_of(addon, own):
            continue
        kind = type(addon)
        if not kind.__module__.startswith("mitmproxy.addons."):
            return f"the addon {kind.__name__}"
        if not any(hasattr(addon, hook) for hook in FLOW_HOOKS):
            continue
        if (options := IDLE_WITHOUT.get(kind.__name__.lower())) is None:
            return f"the addon {kind.__name__}"
        if (option := _find_set_option(master, options)) is not None:
            return option
    return _find_set_option(master, FLOW_OPTIONS)


def _find_set_option(master: Master, names: Iterable[str]) -> str | None:
    for name in names:
        value: Any = getattr(master.options, name, None)
        if value:
            return f"the option {name}"
    return None


def _is_script_of(addon: object, own: object) -> bool:
    """Tell whether *addon* is the script that this addon was loaded by."""
    return isinstance(addon, ModuleType) and own in getattr(addon, "addons", ())
