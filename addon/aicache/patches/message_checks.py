"""Shorter ways to where mitmproxy's own code comes to anyway. They change no outcome.

A request and a response are checked field by field when they are made, which takes as long as it takes to parse them;
and each request is offered to mitmproxy's own little web site, which takes a task.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import fields
from types import UnionType
from typing import Any, get_args, get_origin

from mitmproxy import ctx
from mitmproxy.addons.asgiapp import ASGIApp
from mitmproxy.addons.onboarding import Onboarding
from mitmproxy.http import HTTPFlow, MessageData
from mitmproxy.utils import typecheck

CHECKED: Callable[[MessageData], None] | None = vars(MessageData).get("__post_init__")
"""mitmproxy's check of a message; None with PYTHONOPTIMIZE, which leaves it out."""
IMITATED: tuple[Callable[..., Any], ...] = (
    *((CHECKED, typecheck.check_option_type) if CHECKED is not None else ()),
    *(ASGIApp.should_serve, ASGIApp.request, Onboarding.request),
)
"""What of mitmproxy is done here in a shorter way."""

_kinds: dict[type, tuple[tuple[str, frozenset[type]], ...]] = {}


def checks_messages_quickly() -> Callable[[], None]:
    """Have messages of the very types that are expected pass at once; return what undoes it."""
    if CHECKED is not None:
        setattr(MessageData, "__post_init__", check)  # noqa: B010  # mypy would have no method assigned

    def undo() -> None:
        if CHECKED is not None and vars(MessageData).get("__post_init__") is check:
            setattr(MessageData, "__post_init__", CHECKED)  # noqa: B010

    return undo


def check(message: MessageData) -> None:
    """Do as mitmproxy's check does: what is not of an expected type itself, it decides on."""
    if (kinds := _kinds.get(type(message))) is None:
        kinds = _kinds[type(message)] = tuple((field.name, _exact(field.type)) for field in fields(message))
    values = vars(message)
    for name, types in kinds:
        if type(values[name]) not in types:
            assert CHECKED is not None
            CHECKED(message)
            return


class Site:
    """mitmproxy's own web site, asked only where a request may be meant for it."""

    def __init__(self, onboarding: Onboarding) -> None:
        self._onboarding = onboarding

    def request(self, flow: HTTPFlow) -> Awaitable[None] | None:
        if flow.response or not ctx.options.onboarding or not self._onboarding.should_serve(flow):
            return None
        return self._onboarding.request(flow)  # type: ignore[no-untyped-call]


def _exact(expected: Any) -> frozenset[type]:
    """Return the types that are expected, without their subclasses; none where it is not as plain as that."""
    members = get_args(expected) if get_origin(expected) is UnionType else (expected,)
    return frozenset(each for each in members if isinstance(each, type) and get_origin(each) is None)
