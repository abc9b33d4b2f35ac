"""Patches two slow checks in mitmproxy with faster ones of the same outcome.

mitmproxy checks each request and response field by field when they are made, which takes as long as parsing them; and
it offers each request to its own little web site, which takes a task.
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

from aicache.patches.replaced_methods import replace_method

ORIGINAL_CHECK: Callable[[MessageData], None] | None = vars(MessageData).get("__post_init__")
"""mitmproxy's check of a message; None with PYTHONOPTIMIZE, which leaves it out."""
REIMPLEMENTED: tuple[Callable[..., Any], ...] = (
    *((ORIGINAL_CHECK, typecheck.check_option_type) if ORIGINAL_CHECK is not None else ()),
    *(ASGIApp.should_serve, ASGIApp.request, Onboarding.request),
)
"""mitmproxy functions re-implemented here."""

_expected_types: dict[type, tuple[tuple[str, frozenset[type]], ...]] = {}


def install() -> Callable[[], None]:
    """Replace the check of messages; return a function that restores it."""
    if ORIGINAL_CHECK is None:
        return lambda: None
    return replace_method(MessageData, "__post_init__", check, ORIGINAL_CHECK)


def check(message: MessageData) -> None:
    """Accept a message whose fields are of exactly the expected types; leave any other to mitmproxy's check."""
    if (expected := _expected_types.get(type(message))) is None:
        expected = _expected_types[type(message)] = tuple(
            (field.name, _exact_types(field.type)) for field in fields(message)
        )
    values = vars(message)
    for name, types in expected:
        if type(values[name]) not in types:
            assert ORIGINAL_CHECK is not None
            ORIGINAL_CHECK(message)
            return


class OnboardingFilter:
    """Gives mitmproxy's own web site (the onboarding addon) only the requests that may be for it."""

    def __init__(self, onboarding: Onboarding) -> None:
        self._onboarding = onboarding

    def request(self, flow: HTTPFlow) -> Awaitable[None] | None:
        if flow.response or not ctx.options.onboarding or not self._onboarding.should_serve(flow):
            return None
        return self._onboarding.request(flow)  # type: ignore[no-untyped-call]


def _exact_types(expected: Any) -> frozenset[type]:
    """Return the expected types, without their subclasses; empty if the annotation is not that simple."""
    members = get_args(expected) if get_origin(expected) is UnionType else (expected,)
    return frozenset(each for each in members if isinstance(each, type) and get_origin(each) is None)
