"""The dispatch does what mitmproxy's own manager does, to whatever addons there are: each test compares the two."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mitmproxy import addonmanager, exceptions, options
from mitmproxy.addonmanager import AddonManager
from mitmproxy.proxy.layers.http import HttpRequestHook
from mitmproxy.proxy.server_hooks import ClientConnectedHook
from mitmproxy.test import tflow

from aicache.patches.addon_dispatch import AddonDispatch

HOOKS: dict[str, Callable[[str], Any]] = {
    "calls": lambda _: None,
    "raises": lambda name: ValueError(f"{name} is broken"),
    "halts": lambda _: exceptions.AddonHalt(),
}


@dataclass
class Kind:
    """What an addon is like: which hooks it has, and what they do; the addons inside it."""

    hooks: dict[str, str]
    inside: list[Kind] | None = None
    own: bool = False
    """One of mitmproxy's own, by its class's module."""


class Heard:
    """Addons made of kinds, and what they heard in which order."""

    def __init__(self, kinds: list[Kind]) -> None:
        self.calls: list[str] = []
        self.manager = AddonManager(SimpleNamespace(options=options.Options()))
        self.manager.chain = [self._addon(kind, f"{i}") for i, kind in enumerate(kinds)]

    def _addon(self, kind: Kind, name: str) -> Any:
        module = "mitmproxy.addons.made_up" if kind.own else "script"
        addon: Any = type("Own", (), {"__module__": module, "__repr__": lambda addon: addon.name})()
        addon.name = name
        for hook, what in kind.hooks.items():
            setattr(addon, hook, self._hook(what, f"{name}.{hook}"))
        if kind.inside is not None:
            addon.addons = [self._addon(each, f"{name}.{i}") for i, each in enumerate(kind.inside)]
        return addon

    def _hook(self, what: str, name: str) -> Any:
        def hook(flow: Any) -> None:
            self.calls.append(name)
            if error := HOOKS[what.removeprefix("async ")](name):
                raise error

        async def awaited(flow: Any) -> None:
            await asyncio.sleep(0)
            hook(flow)

        match what:
            case "no function":
                return "a text"
            case "module":
                return ModuleType("request")
            case "nothing":
                return None
        return awaited if what.startswith("async ") else hook

    def tell(self, event: Any) -> list[str]:
        asyncio.run(self.manager.handle_lifecycle(event))
        return self.calls


class Records(logging.Handler):
    """What was logged, less the line it was logged from."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, ...]] = []

    def emit(self, record: logging.LogRecord) -> None:
        assert record.exc_info is not None
        kind, error, trace = record.exc_info
        frames = [frame.name for frame in traceback.extract_tb(trace)]
        self.seen.append((record.name, record.levelname, record.getMessage(), repr(kind), str(error), *frames))


@pytest.fixture(autouse=True)
def nothing_printed() -> Iterator[None]:
    logger = logging.getLogger(addonmanager.__name__)
    logger.propagate = False
    yield
    logger.propagate = True


def tell_twice(
    kinds: list[Kind], *, dispatch: bool, event: Callable[[], Any]
) -> tuple[list[str], list[tuple[str, ...]]]:
    """Return what was heard and logged when an event is told twice: the second time, what was found out is known."""
    heard, records = Heard(kinds), Records()
    if dispatch:
        assert AddonDispatch.install(heard.manager)
    logger = logging.getLogger(addonmanager.__name__)
    logger.addHandler(records)
    try:
        heard.tell(event())
        heard.tell(event())
    finally:
        logger.removeHandler(records)
    return heard.calls, records.seen


_WHATS = ("calls", "raises", "halts", "async calls", "async raises", "async halts", "no function", "module", "nothing")
_hooks = st.dictionaries(st.sampled_from(["request", "update", "response"]), st.sampled_from(_WHATS))
_kinds = st.recursive(
    st.builds(Kind, _hooks, st.none(), st.booleans()),
    lambda inner: st.builds(Kind, _hooks, st.lists(inner, max_size=3), st.booleans()),
    max_leaves=6,
)


@given(st.lists(_kinds, max_size=6))
def test_any_addons_hear_and_say_the_same(kinds: list[Kind]) -> None:
    """Order, errors and their tracebacks, AddonHalt, coroutines, addons inside addons, the update behind an event."""
    flow = tflow.tflow()

    stock = tell_twice(kinds, dispatch=False, event=lambda: HttpRequestHook(flow))
    ours = tell_twice(kinds, dispatch=True, event=lambda: HttpRequestHook(flow))

    assert ours == stock


def test_what_is_no_flow_has_no_update() -> None:
    heard = Heard([Kind({"client_connected": "calls", "update": "calls"}, own=True)])
    AddonDispatch.install(heard.manager)

    heard.tell(ClientConnectedHook(tflow.tclient_conn()))

    assert heard.calls == ["0.client_connected"]


def test_options_errors_come_out_as_ever() -> None:
    @dataclass
    class Refuses:
        name: str = "refuses"

        def request(self, flow: Any) -> None:
            raise exceptions.OptionsError("no")

    for installed in (False, True):
        heard = Heard([])
        heard.manager.chain = [Refuses()]
        if installed:
            AddonDispatch.install(heard.manager)

        with pytest.raises(exceptions.OptionsError):
            heard.tell(HttpRequestHook(tflow.tflow()))


@dataclass
class Grows:
    """An addon that another one joins, or that leaves, while an event is told."""

    manager: AddonManager
    then: Callable[[], None]
    name: str = "grows"
    calls: list[str] = field(default_factory=list)

    def request(self, flow: Any) -> None:
        self.calls.append("grows")
        self.then()


@pytest.mark.parametrize("change", ["added", "removed", "cleared"])
def test_addons_that_come_and_go_in_an_event_hear_what_they_would(change: str) -> None:
    seen = []
    for installed in (False, True):
        heard = Heard([])
        last = heard._addon(Kind({"request": "calls", "done": "nothing"}, own=True), "last")

        def then(heard: Heard = heard, last: Any = last) -> None:
            match change:
                case "added":
                    if last not in heard.manager.chain:
                        heard.manager.chain.append(last)
                case "removed":
                    heard.manager.chain = [addon for addon in heard.manager.chain if addon is not last]
                case "cleared":
                    heard.manager.chain = []

        heard.manager.chain = [Grows(heard.manager, then, calls=heard.calls)]
        if change != "added":
            heard.manager.chain.append(last)
        if installed:
            AddonDispatch.install(heard.manager)

        heard.tell(HttpRequestHook(tflow.tflow()))
        heard.tell(HttpRequestHook(tflow.tflow()))
        seen.append(heard.calls)

    assert seen[1] == seen[0]


def test_a_script_that_is_loaded_anew_is_heard_at_once() -> None:
    heard = Heard([Kind({}, inside=[Kind({"request": "calls"})], own=True)])
    AddonDispatch.install(heard.manager)
    heard.tell(HttpRequestHook(tflow.tflow()))

    heard.manager.chain[0].addons = [heard._addon(Kind({"request": "calls"}), "anew")]
    heard.tell(HttpRequestHook(tflow.tflow()))

    assert heard.calls == ["0.0.request", "anew.request"]


def test_an_addon_of_someone_else_may_change_its_hooks() -> None:
    heard = Heard([Kind({"request": "calls"})])
    AddonDispatch.install(heard.manager)
    heard.tell(HttpRequestHook(tflow.tflow()))

    heard.manager.chain[0].request = lambda flow: heard.calls.append("changed")
    heard.manager.chain[0].update = lambda flows: heard.calls.append("update")
    heard.tell(HttpRequestHook(tflow.tflow()))

    assert heard.calls == ["0.request", "changed", "update"]


def test_leaving_gives_the_manager_its_own_ways_back() -> None:
    heard = Heard([Kind({"request": "calls"})])
    before = dict(vars(heard.manager))
    dispatch = AddonDispatch.install(heard.manager)
    assert dispatch is not None

    dispatch.uninstall()

    assert vars(heard.manager) == before


def test_one_who_has_wrapped_it_is_left_alone() -> None:
    heard = Heard([Kind({"request": "calls"})])
    dispatch = AddonDispatch.install(heard.manager)
    assert dispatch is not None
    inner = heard.manager.trigger_event

    async def wrapper(event: Any) -> None:
        heard.calls.append("wrapper")
        await inner(event)

    heard.manager.trigger_event = wrapper
    dispatch.uninstall()
    heard.tell(HttpRequestHook(tflow.tflow()))

    assert heard.calls == ["wrapper", "0.request", "wrapper"]  # the second is the update's


def test_a_manager_that_is_not_known_keeps_its_own_ways(caplog: pytest.LogCaptureFixture) -> None:
    class Another(AddonManager):
        pass

    heard = Heard([])
    changed = AddonManager(SimpleNamespace(options=options.Options()))
    vars(changed)["trigger_event"] = heard.manager.trigger_event
    caplog.set_level(logging.INFO)

    assert AddonDispatch.install(Another(SimpleNamespace(options=options.Options()))) is None
    assert AddonDispatch.install(changed) is None
    assert caplog.text.count("keeps its own way of calling addons") == 2


def test_it_was_compared_with_the_mitmproxy_at_hand() -> None:
    assert AddonDispatch.install(Heard([]).manager) is not None
