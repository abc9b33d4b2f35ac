"""The pages' files: all that a page names is served, from here, and nothing else is."""

from __future__ import annotations

import json
import re
from importlib.resources import files

import pytest

from aicache.dashboard import pages
from aicache.dashboard.access import COOKIE, cookie_value

FOLDER = files("aicache.dashboard").joinpath("static")


def text(name: str) -> str:
    return pages.read_file(name).decode()


def test_every_file_that_a_page_or_a_script_names_is_served() -> None:
    named = set(re.findall(r'(?:href|src)="(static/[^"]+)"', text("index.html")))
    named |= {
        f"static/{name}"
        for file in ("dashboard.js", "charts.js", "entries.js", "elements.js", "format.js", "api.js")
        for name in re.findall(r'from "\./([^"]+)"', text(file))
    }
    named |= {name.removeprefix("/_ai_cache/") for name in re.findall(r'href="(/[^"]+)"', text("token.html"))}

    assert named | {""} == set(pages.STATIC)


@pytest.mark.parametrize("asked", pages.STATIC)
def test_a_file_comes_with_its_type_and_the_headers_that_keep_others_out(asked: str) -> None:
    response = pages.static_file(asked)

    assert response.content
    assert response.headers["content-type"] == pages.STATIC[asked][1]
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in response.headers["content-security-policy"]


@pytest.mark.parametrize(
    "name",
    [
        "index.html",
        "token.html",
        "dashboard.js",
        "charts.js",
        "entries.js",
        "elements.js",
        "format.js",
        "api.js",
        "dashboard.css",
    ],
)
def test_nothing_is_fetched_from_elsewhere_nor_written_into_the_page_as_markup(name: str) -> None:
    """What requests say is shown as text: callers choose models' names and questions."""
    found = re.findall(r"https?://[^\s\"'`)]+", text(name))

    assert [url for url in found if "www.w3.org/2000/svg" not in url] == []
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|\son\w+=", text(name))


def test_the_charting_library_comes_with_its_license_and_says_its_version() -> None:
    assert "MIT" in FOLDER.joinpath("uplot", "LICENSE").read_text("utf-8")
    assert re.search(r"uPlot .*v\d+\.\d+\.\d+", text("uplot/uPlot.iife.min.js")[:300])


def test_the_cookie_is_for_these_pages_alone_and_is_not_the_token() -> None:
    token = "a-token-of-24-characters"

    plain, secure = pages.log_in(token, secure=False), pages.log_in(token, secure=True)

    assert plain.status_code == 303
    assert plain.headers["location"] == "/_ai_cache/"
    name, _, rest = plain.headers["set-cookie"].partition("=")
    assert (name, rest.partition(";")[0]) == (COOKIE, cookie_value(token))
    assert {"Path=/_ai_cache", "HttpOnly", "SameSite=Strict"} <= set(rest.split("; "))
    assert "Secure" not in plain.headers["set-cookie"]
    assert secure.headers["set-cookie"].endswith("; Secure")


def test_a_wrong_token_is_said_to_be_wrong() -> None:
    first, again = pages.login_form(wrong=False), pages.login_form(wrong=True)

    assert b'role="alert" hidden' in (first.content or b"")
    assert b"hidden" not in (again.content or b"")
    assert first.status_code == again.status_code == 401


def test_whatever_a_caller_wrote_becomes_json() -> None:
    response = pages.json_response({"question": "a lone \ud800 surrogate"})

    assert json.loads(response.content or b"") == {"question": "a lone ? surrogate"}
