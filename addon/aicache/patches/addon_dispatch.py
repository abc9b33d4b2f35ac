"""Calls each of mitmproxy's hooks only in the addons that have it. It knows no hook's purpose.

mitmproxy looks for a hook in each of its thirty addons, twice for each event of each flow, most of them without it, and
that is more than half of its CPU time. Here the hooks of mitmproxy's own addons are looked up once. Other addons, and
those with addons inside them (as scripts are), are looked through at each event as before, since they may change.
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
from aicache.patches.message_checks import OnboardingFilter
from aicache.patches.source_fingerprint import fingerprint_source
from aicache.patches.synchronous_hooks import SynchronousHooks

logger = logging.getLogger(__name__)
_manager_logger = logging.getLogger(addonmanager.__name__)  # errors of addons are logged where mitmproxy logs them

REIMPLEMENTED: tuple[Callable[..., Any], ...] = (
    *(AddonManager.handle_lifecycle, AddonManager.trigger_event, AddonManager.invoke_addon, AddonManager._iter_hooks),
    *(addonmanager.traverse, addonmanager.safecall, addonmanager.cut_traceback, Hook.args),
    *(ConnectionHandler.hook_task, ProxyConnectionHandler.handle_hook),
    *message_checks.REIMPLEMENTED,
)
"""mitmproxy functions re-implemented here. Their source is fingerprinted before anything is patched."""
KNOWN_FINGERPRINTS = frozenset({"a15afb2a4a32caec"})
"""The fingerprints of their source that were reviewed: mitmproxy 12.2.2 to 12.3.1 have the same one."""

Receiver = tuple[Any, bool]
"""An addon, and whether it is one of mitmproxy's own with this hook and no addons inside it."""
HookCalls = Generator[Awaitable[Any], None, None]
"""Hook calls in progress, one after the other. It yields what a hook returns to be awaited, and has the errors of that
thrown into it. No coroutine, since the calls may begin outside the task in which they end."""

_UPDATE = UpdateHook([])
_NONE: Any = object()
_names: dict[type[Hook], tuple[str, ...]] = {}


class AddonDispatch:
    """Replaces an addon manager's methods until `uninstall`."""

    def __init__(self, manager: AddonManager) -> None:
        self._manager = manager
        self._chain: list[Any] = []
        self._receivers: dict[str, list[Receiver]] = {}
        self._begun: dict[Hook, tuple[HookCalls, Awaitable[Any] | BaseException | None]] = {}
        self._is_installed = True
        self._restore_checks = message_checks.install()
        self._methods = {"trigger_event": self.trigger_event, "handle_lifecycle": self.handle_lifecycle}
        vars(manager).update(self._methods)

    @classmethod
    def install(cls, manager: AddonManager) -> AddonDispatch | None:
        """Replace the manager's methods; if it is unknown, log why not and return None."""
        if (why_not := why_unknown(manager)) is not None:
            logger.info("mitmproxy %s keeps its own way of calling addons (%s)", version.VERSION, why_not)
            return None
        return cls(manager)

    def uninstall(self) -> None:
        """Restore the manager's methods. A wrapper that another addon put around ours then calls the originals."""
        self._is_installed = False
        self._restore_checks()
        for name, method in self._methods.items():
            if vars(self._manager).get(name) == method:
                del vars(self._manager)[name]

    def client_connected(self, client: Client) -> None:
        """Have the hooks of this connection's events called synchronously."""
        if (handler := handler_of(self._manager, client)) is not None:
            handler.layer = SynchronousHooks(handler.layer, self.begin)

    async def handle_lifecycle(self, event: Hook) -> None:
        if (begun := self._begun.pop(event, None)) is not None:
            await _finish(*begun)
        elif self._is_installed:
            await _finish(self._lifecycle(event, event.args()), None)
        else:
            await AddonManager.handle_lifecycle(self._manager, event)

    async def trigger_event(self, event: Hook) -> None:
        if self._is_installed:
            await _finish(self._calls(event, event.args()), None)
        else:
            await AddonManager.trigger_event(self._manager, event)

    def begin(self, event: StartHook) -> bool:
        """Call the hooks of a connection's event until one must be awaited; True if all of them have been called.

        If not, the connection calls `handle_lifecycle` with this event, which does the rest, and nothing twice.
        """
        if not self._is_installed or len(args := _args(event)) != 1:
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

    def _lifecycle(self, event: Hook, args: list[Any]) -> HookCalls:
        yield from self._calls(event, args)
        if isinstance(args[0], Flow):
            yield from self._calls(_UPDATE, [[args[0]]])

    def _calls(self, event: Hook, args: list[Any]) -> HookCalls:
        """Call an event's hooks in mitmproxy's order, and log their errors as it does."""
        name = event.name
        chain = self._manager.chain  # another list once an addon was removed, the same but longer once one was added
        receivers = self._receivers_of(name, chain)
        position, called = 0, len(chain)
        while True:
            if position < len(receivers):
                addon, is_plain = receivers[position]
            elif called < len(chain):
                addon, is_plain, called = chain[called], False, called + 1
            else:
                return
            position += 1
            try:
                if is_plain:
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
        """Yield the hooks that the manager's `_iter_hooks` does, without a generator for each level."""
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

    def _receivers_of(self, name: str, chain: list[Any]) -> list[Receiver]:
        if chain != self._chain:
            self._chain, self._receivers = [*chain], {}
        if (found := self._receivers.get(name)) is None:
            found = self._receivers[name] = list(_find_receivers(chain, name))
        return found


def why_unknown(manager: AddonManager) -> str | None:
    """Return why the manager's code may differ from that which was compared with this module; None if it does not."""
    if type(manager) is not AddonManager or not vars(manager).keys() <= {"lookup", "chain", "master"}:
        return "another addon has changed it"
    if (found := fingerprint_source(REIMPLEMENTED)) is None:
        return "its source is not available for comparison"
    return None if found in KNOWN_FINGERPRINTS else "its source is unknown"


def handler_of(manager: AddonManager, client: Client) -> ProxyConnectionHandler | None:
    """Return mitmproxy's handler of a connection; None if it is of another class."""
    connections = getattr(manager.get("proxyserver"), "connections", {})  # type: ignore[no-untyped-call]
    return handler if type(handler := connections.get(client.id)) is ProxyConnectionHandler else None


def _find_receivers(chain: Iterable[Any], name: str) -> Iterable[Receiver]:
    for addon in chain:
        if hasattr(addon, "addons") or not type(addon).__module__.startswith("mitmproxy."):
            yield addon, False
        elif hook := getattr(addon, name, None):
            is_plain = callable(hook)
            filtered = type(addon) is Onboarding and name == "request"
            yield (OnboardingFilter(addon) if filtered else addon), is_plain


async def _finish(calls: HookCalls, awaited: Awaitable[Any] | BaseException | None) -> None:
    """Make the remaining calls, beginning with the *awaited* that the last one yielded or the error that it raised."""
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
    """Return what `Hook.args` does, in a fifth of its time."""
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
