"""mitmproxy's check of a message, and ours before it: what passes one passes the other."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from mitmproxy.http import Headers, MessageData, Request, RequestData, Response, ResponseData

from aicache.patches.message_checks import ORIGINAL_CHECK, check, install


class Text(str):
    """A type of another's making that is a text, too."""


VALUES: tuple[Any, ...] = (b"x", "x", Text("x"), 1, 1.5, True, None, Headers(), [], object())


def verdict(checking: Any, message: MessageData) -> str:
    try:
        checking(message)
    except TypeError as exc:
        return str(exc)
    return "passes"


@pytest.mark.parametrize("kind", [RequestData, ResponseData])
def test_every_value_of_every_field_gets_the_same_verdict(kind: type[MessageData]) -> None:
    good = Request.make("GET", "http://x/").data if kind is RequestData else Response.make().data

    for name, value in itertools.product(vars(good), VALUES):
        message = object.__new__(kind)
        vars(message).update(vars(good) | {name: value})
        assert verdict(check, message) == verdict(ORIGINAL_CHECK, message), f"{name} = {value!r}"


def test_it_is_in_place_until_it_is_undone() -> None:
    undo = install()
    during = vars(MessageData)["__post_init__"]
    undo()

    assert during is check
    assert vars(MessageData)["__post_init__"] is ORIGINAL_CHECK
