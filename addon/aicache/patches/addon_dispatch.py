"""mitmproxy's events given only to those of its addons that have a hook for them. What a hook does is not its business.

mitmproxy asks each of its thirty addons twice for each event of each flow, most of them for a hook they do not have,
and that is more than half of its CPU time. Which of mitmproxy's own addons have which hook is found out once here.
Addons of anyone else, and those with addons inside them (as scripts are), are asked each time as ever: they may change.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Awaitable, Callable, Generator, Iterable, Iterator
from dataclasses import fields
from inspect import isawaitable
from typing import Any

from mitmproxy import addonmanager, version
from mitmproxy.addonmanager import AddonManager
from mitmproxy.addons.onboarding import Onboarding
from mitmproxy.connection import Client
from mitmproxy.exceptions import AddonHalt, OptionsError
from mitmproxy.flow import Flow
from mitmproxy.hooks import Hook, UpdateHook
from mitmproxy.proxy.commands import StartHook
from mitmproxy.proxy.mode_servers import ProxyConnectionHandler
from mitmproxy.proxy.server import ConnectionHandler

from aicache.patches import message_checks
from aicache.patches.message_checks import Site
from aicache.patches.source_fingerprint import digest_of
from aicache.patches.synchronous_hooks import AtOnce

logger = logging.getLogger(__name__)
_manager_logger = logging.getLogger(addonmanager.__name__)  # errors of addons are logged where mitmproxy logs them

IMITATED: tuple[Callable[..., Any], ...] = (
    *(AddonManager.handle_lifecycle, AddonManager.trigger_event, AddonManager.invoke_addon, AddonManager._iter_hooks),
    *(addonmanager.traverse, addonmanager.safecall, addonmanager.cut_traceback, Hook.args),
    *(ConnectionHandler.hook_task, ProxyConnectionHandler.handle_hook),
    *message_checks.IMITATED,
)
"""What of mitmproxy is done here as it does it: it is read before anything is put in its place."""
KNOWN = frozenset({"a15afb2a4a32caec"})
"""Digests of its source where that was compared with what is done here: mitmproxy 12.2.2 to 12.3.1 have but one."""

Hearer = tuple[Any, bool]
"""An addon, and whether it is one of mitmproxy's own that has the hook and no addons inside it."""
Calls = Generator[Awaitable[Any], None, None]
"""Hooks called one after the other, on the way: it yields what they want awaited, and takes the errors of that."""

_UPDATE = UpdateHook([])
_NONE: Any = object()
_names: dict[type[Hook], tuple[str, ...]] = {}


class Dispatch:
    """An addon manager's ways to its addons, until it is told to `leave`."""

    def __init__(self, manager: AddonManager) -> None:
        self._manager = manager
        self._chain: list[Any] = []
        self._hearers: dict[str, list[Hearer]] = {}
        self._begun: dict[Hook, tuple[Calls, Awaitable[Any] | BaseException | None]] = {}
        self._in_use = True
        self._undo = message_checks.checks_messages_quickly()
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
        self._undo()
        for name, method in self._own.items():
            if vars(self._manager).get(name) == method:
                del vars(self._manager)[name]

    def connected(self, client: Client) -> None:
        """See to it that the hooks of this connection's events are called at once."""
        if (handler := handler_of(self._manager, client)) is not None:
            handler.layer = AtOnce(handler.layer, self.begin)

    async def handle_lifecycle(self, event: Hook) -> None:
        if (begun := self._begun.pop(event, None)) is not None:
            await _finish(*begun)
        elif self._in_use:
            await _finish(self._lifecycle(event, event.args()), None)
        else:
            await AddonManager.handle_lifecycle(self._manager, event)

    async def trigger_event(self, event: Hook) -> None:
        if self._in_use:
            await _finish(self._calls(event, event.args()), None)
        else:
            await AddonManager.trigger_event(self._manager, event)

    def begin(self, event: StartHook) -> bool:
        """Call the hooks of a connection's event as far as none must be awaited; True if that is all there is to do.

        If not, the connection's own `handle_lifecycle` with this event does the rest, and nothing twice.
        """
        if not self._in_use or len(args := _args(event)) != 1:
            return False
        calls = self._lifecycle(event, args)
        awaited: Awaitable[Any] | BaseException | None = None
        try:
            awaited = next(calls)
        except StopIteration:
            if not (isinstance(args[0], Flow) and args[0].intercepted):
                return True
        except Exception as exc:
            awaited = exc
        self._begun[event] = calls, awaited
        return False

    def _lifecycle(self, event: Hook, args: list[Any]) -> Calls:
        yield from self._calls(event, args)
        if isinstance(args[0], Flow):
            yield from self._calls(_UPDATE, [[args[0]]])

    def _calls(self, event: Hook, args: list[Any]) -> Calls:
        """Call an event's hooks in mitmproxy's order, and log their errors as it does."""
        name = event.name
        chain = self._manager.chain  # another list once an addon was removed, the same but longer once one was added
        hearers = self._hearers_of(name, chain)
        position, told = 0, len(chain)
        while True:
            if position < len(hearers):
                addon, plain = hearers[position]
            elif told < len(chain):
                addon, plain, told = chain[told], False, told + 1
            else:
                return
            position += 1
            try:
                if plain:
                    result = getattr(addon, name)(*args)
                    if result is not None and isawaitable(result):
                        yield result
                    continue
                for hook in self._hooks_in(addon, event):
                    result = hook(*args)
                    if result is not None and isawaitable(result):
                        yield result
            except AddonHalt:
                return
            except OptionsError:
                raise
            except Exception:
                _log_error()

    def _hooks_in(self, addon: Any, event: Hook) -> Iterator[Callable[..., Any]]:
        """Do as the manager's `_iter_hooks`, without a generator for each level."""
        name = event.name
        levels: list[Iterator[Any]] = [iter((addon,))]
        while levels:
            for each in levels[-1]:
                if hook := getattr(each, name, None):
                    if callable(hook):
                        yield hook
                    else:
                        next(self._manager._iter_hooks(each, event), None)  # an error, unless it is a module
                if (inside := getattr(each, "addons", _NONE)) is not _NONE:
                    levels.append(iter(inside))
                    break
            else:
                levels.pop()

    def _hearers_of(self, name: str, chain: list[Any]) -> list[Hearer]:
        if chain != self._chain:
            self._chain, self._hearers = [*chain], {}
        if (found := self._hearers.get(name)) is None:
            found = self._hearers[name] = list(_hearers(chain, name))
        return found


def unknown(manager: AddonManager) -> str | None:
    """Say what of the manager's inside was never compared with what is done here; None where all was."""
    if type(manager) is not AddonManager or not vars(manager).keys() <= {"lookup", "chain", "master"}:
        return "another addon has changed it"
    if (found := digest_of(IMITATED)) is None:
        return "its source is not there to be compared"
    return None if found in KNOWN else "it is none that was compared"


def handler_of(manager: AddonManager, client: Client) -> ProxyConnectionHandler | None:
    """Return what mitmproxy has a connection handled by; None where that is of another kind."""
    connections = getattr(manager.get("proxyserver"), "connections", {})  # type: ignore[no-untyped-call]
    return handler if type(handler := connections.get(client.id)) is ProxyConnectionHandler else None


def _hearers(chain: Iterable[Any], name: str) -> Iterable[Hearer]:
    for addon in chain:
        if hasattr(addon, "addons") or not type(addon).__module__.startswith("mitmproxy."):
            yield addon, False
        elif hook := getattr(addon, name, None):
            plain = callable(hook)
            yield (Site(addon) if type(addon) is Onboarding and name == "request" else addon), plain


async def _finish(calls: Calls, awaited: Awaitable[Any] | BaseException | None) -> None:
    """Go through all calls, from the one that wants this *awaited* on, or that has raised it."""
    if isinstance(awaited, BaseException):
        raise awaited
    error: BaseException | None = None
    try:
        if awaited is None:
            awaited = next(calls)
        while True:
            try:
                await awaited
            except BaseException as exc:
                error = exc
            awaited = next(calls) if error is None else calls.throw(error)
            error = None
    except StopIteration:
        return


def _args(event: Hook) -> list[Any]:
    """Do as `Hook.args`, in a fifth of its time."""
    if (names := _names.get(type(event))) is None:
        names = _names[type(event)] = tuple(field.name for field in fields(event))  # type: ignore[arg-type]
    return [getattr(event, name) for name in names]


def _log_error() -> None:
    """Log the error being handled as mitmproxy does: its traceback begins with the hook."""
    kind, error, traceback = sys.exc_info()
    assert kind is not None and error is not None and traceback is not None
    cut = addonmanager.cut_traceback(traceback, "invoke_addon_sync")  # type: ignore[no-untyped-call]
    if cut is traceback:
        while cut.tb_next is not None and cut.tb_frame.f_code.co_filename == __file__:
            cut = cut.tb_next
    _manager_logger.error(f"Addon error: {error}", exc_info=(kind, error, cut))
