"""mitmproxy's events given only to those of its addons that have a hook for them. What a hook does is not its business.

mitmproxy asks each of its thirty addons twice for each event of each flow, most of them for a hook they do not have,
and that is more than half of its CPU time. Which of mitmproxy's own addons have which hook is found out once here.
Addons of anyone else, and those with addons inside them (as scripts are), are asked each time as ever: they may change.
"""

from __future__ import annotations

import inspect
import logging
import sys
from collections.abc import Callable, Iterable
from hashlib import blake2b
from inspect import isawaitable
from typing import Any

from mitmproxy import addonmanager, version
from mitmproxy.addonmanager import AddonManager
from mitmproxy.exceptions import AddonHalt, OptionsError
from mitmproxy.flow import Flow
from mitmproxy.hooks import Hook, UpdateHook

logger = logging.getLogger(__name__)
_manager_logger = logging.getLogger(addonmanager.__name__)  # errors of addons are logged where mitmproxy logs them

IMITATED: tuple[Callable[..., Any], ...] = (
    *(AddonManager.handle_lifecycle, AddonManager.trigger_event, AddonManager.invoke_addon, AddonManager._iter_hooks),
    *(addonmanager.traverse, addonmanager.safecall, addonmanager.cut_traceback, Hook.args),
)
"""What of mitmproxy is done here as it does it: it is read before anything is put in its place."""
KNOWN = frozenset({"f742176c8de4c5f7"})
"""Digests of its source, as far as it was compared with what is done here: mitmproxy 11.0.2 to 12.2.3."""

Hearer = tuple[Any, bool]
"""An addon, and whether it is one of mitmproxy's own that has the hook and no addons inside it."""


class Dispatch:
    """An addon manager's ways to its addons, until it is told to `leave`."""

    def __init__(self, manager: AddonManager) -> None:
        self._manager = manager
        self._chain: list[Any] = []
        self._hearers: dict[str, list[Hearer]] = {}
        self._in_use = True
        self._own = {"trigger_event": self.trigger_event, "handle_lifecycle": self.handle_lifecycle}
        vars(manager).update(self._own)

    @classmethod
    def install(cls, manager: AddonManager) -> Dispatch | None:
        """Take the place of the manager's methods, or say in the log why not."""
        if (why_not := unknown(manager)) is not None:
            logger.info("mitmproxy %s keeps its own way of calling addons (%s)", version.VERSION, why_not)
            return None
        return cls(manager)

    def leave(self) -> None:
        """Give the manager its own methods back; where another has put a wrapper around ours, they are called by it."""
        self._in_use = False
        for name, method in self._own.items():
            if vars(self._manager).get(name) == method:
                del vars(self._manager)[name]

    async def handle_lifecycle(self, event: Hook) -> None:
        if not self._in_use:
            await AddonManager.handle_lifecycle(self._manager, event)
            return
        message = event.args()[0]
        await self.trigger_event(event)
        if isinstance(message, Flow):
            await self.trigger_event(UpdateHook([message]))

    async def trigger_event(self, event: Hook) -> None:
        if not self._in_use:
            await AddonManager.trigger_event(self._manager, event)
            return
        chain = self._manager.chain  # another list once an addon was removed, the same but longer once one was added
        told = len(chain)
        name, args = event.name, event.args()
        for hearer in self._hearers_of(name):
            if await self._tell(*hearer, event, name, args):
                return
        for addon in _from(chain, told):
            if await self._tell(addon, False, event, name, args):
                return

    async def _tell(self, addon: Any, plain: bool, event: Hook, name: str, args: list[Any]) -> bool:
        """Call the hooks of an addon and of those inside it; True where no other addon is to be called."""
        try:
            if plain:
                result = getattr(addon, name)(*args)
                if result is not None and isawaitable(result):
                    await result
                return False
            for _, hook in self._manager._iter_hooks(addon, event):
                result = hook(*args)
                if result is not None and isawaitable(result):
                    await result
        except AddonHalt:
            return True
        except OptionsError:
            raise
        except Exception:
            _log_error()
        return False

    def _hearers_of(self, name: str) -> list[Hearer]:
        chain = self._manager.chain
        if chain != self._chain:
            self._chain, self._hearers = [*chain], {}
        if (found := self._hearers.get(name)) is None:
            found = self._hearers[name] = list(_hearers(chain, name))
        return found


def unknown(manager: AddonManager) -> str | None:
    """Say what of the manager's inside was never compared with what is done here; None where all was."""
    if type(manager) is not AddonManager or not vars(manager).keys() <= {"lookup", "chain", "master"}:
        return "another addon has changed it"
    try:
        source = "".join(inspect.getsource(each) for each in IMITATED)
    except (OSError, TypeError):
        return "its source is not there to be compared"
    return None if digest(source) in KNOWN else "it is none that was compared"


def digest(source: str) -> str:
    return blake2b(source.encode(), digest_size=8).hexdigest()


def _hearers(chain: Iterable[Any], name: str) -> Iterable[Hearer]:
    for addon in chain:
        if hasattr(addon, "addons") or not type(addon).__module__.startswith("mitmproxy."):
            yield addon, False
        elif hook := getattr(addon, name, None):
            yield addon, callable(hook)


def _from(chain: list[Any], position: int) -> Iterable[Any]:
    """Go on where a list ended before: it may grow on the way."""
    while position < len(chain):
        yield chain[position]
        position += 1


def _log_error() -> None:
    """Log the error being handled as mitmproxy does: its traceback begins with the hook."""
    kind, error, traceback = sys.exc_info()
    assert kind is not None and error is not None and traceback is not None
    cut = addonmanager.cut_traceback(traceback, "invoke_addon_sync")  # type: ignore[no-untyped-call]
    if cut is traceback:
        cut = traceback.tb_next or traceback  # less the frame of `_tell`
    _manager_logger.error(f"Addon error: {error}", exc_info=(kind, error, cut))
