"""What is replayed as a header has its grammar, wherever it came from."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aicache.domain import response_headers
from aicache.domain.model import Entry, Mode

ENTRY = Entry(
    "e" * 40, "n" * 40, "chat", "m", Mode.WHOLE, False, Mode.WHOLE, "application/json", b"{}", "?", 0, 0, 1, 2
)


@pytest.mark.parametrize(
    "value",
    [
        "application/json",
        "application/json; charset=utf-8",
        "text/event-stream;charset=utf-8",
        'application/json; profile="a \\"b\\""; charset=utf-8',
        "application/vnd.amazon.eventstream",
        "application/json;",
    ],
)
def test_a_media_type_is_kept_as_it_is(value: str) -> None:
    assert response_headers.media_type(value) == value


@pytest.mark.parametrize(
    "value",
    [
        "",
        "json",
        "application/json\r\nset-cookie: pwn=1",
        "application/json\nset-cookie: pwn=1",
        "application/json\r\n\r\n<html>",
        "application/json; a=\x00",
        'application/json; a="\r\n"',
        "application/json; charset=\u00e9",
        "application/json; " + "a" * 300,
        "text/html",
        "Text/HTML; charset=utf-8",
        "application/xhtml+xml",
        "image/svg+xml",
        "text/javascript",
        " application/json",
    ],
)
def test_what_is_none_or_what_a_browser_would_run_is_not(value: str) -> None:
    assert response_headers.media_type(value) is None


def test_only_cors_headers_of_one_visible_line_are_kept_each_once() -> None:
    good = (("access-control-allow-origin", "https://chat.example"), ("access-control-max-age", "600"))
    bad = (
        ("set-cookie", "pwn=1"),
        ("access-control-pwn", "1"),
        ("Access-Control-Allow-Origin", "*"),
        ("access-control-allow-origin", "*"),
        ("access-control-allow-headers", "a\r\nset-cookie: pwn=1"),
        ("access-control-allow-methods", "\x00"),
        ("access-control-expose-headers\r\nset-cookie", "1"),
        ("access-control-expose-headers", "a" * 5000),
        ("access-control-allow-credentials", "tr\u00fce"),
    )

    assert response_headers.cors((*good, *bad)) == good


@pytest.mark.parametrize(
    "changes",
    [
        {"content_type": "text/html"},
        {"content_type": "application/json\r\na: b"},
        {"cors": (("set-cookie", "pwn=1"),)},
        {"cors": (("access-control-allow-origin", "*\r\na: b"),)},
        {"key": "a\r\nset-cookie: pwn=1"},
        {"key": ""},
        {"namespace": "a b"},
        {"stored_at": float("nan")},
        {"expires_at": float("inf")},
        {"took": float("-inf")},
        {"prompt_tokens": -1},
        {"body": b" \r\n<html>"},
    ],
    ids=repr,
)
def test_an_entry_that_no_recording_makes_is_refused(changes: dict[str, object]) -> None:
    response_headers.check(ENTRY)

    with pytest.raises(ValueError, match=r"^invalid |markup"):
        response_headers.check(replace(ENTRY, **changes))  # type: ignore[arg-type]
