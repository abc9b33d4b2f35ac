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


PAGES = [*pages.PAGES.values()]
SCRIPTS = [f"{name}.js" for name in pages.SCRIPTS]


def test_every_file_that_a_page_or_a_script_names_is_served_and_no_other() -> None:
    named = {name for page in PAGES for name in re.findall(r'(?:href|src)="(static/[^"]+)"', text(page))}
    named |= {f"static/{name}" for script in SCRIPTS for name in re.findall(r'from "\./([^"]+)"', text(script))}
    named |= {name.removeprefix("/_ai_cache/") for name in re.findall(r'href="(/[^"]+)"', text("token.html"))}

    assert named | {*pages.PAGES} == set(pages.STATIC)


def test_every_page_leads_to_every_other_and_says_which_one_it_is() -> None:
    for path, page in pages.PAGES.items():
        nav = text(page).partition('<nav aria-label="Pages">')[2].partition("</nav>")[0]
        links = re.findall(r'<a href="([^"]+)"( aria-current="page")?>', nav)

        assert [link for link, _ in links] == [each or "./" for each in pages.PAGES]
        assert [link for link, is_current in links if is_current] == [path or "./"]


@pytest.mark.parametrize("asked", pages.STATIC)
def test_a_file_comes_with_its_type_and_the_headers_that_keep_others_out(asked: str) -> None:
    response = pages.static_file(asked)

    assert response.content
    assert response.headers["content-type"] == pages.STATIC[asked][1]
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in response.headers["content-security-policy"]


@pytest.mark.parametrize("name", [*PAGES, *SCRIPTS, "token.html", "dashboard.css"])
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

    plain, secure = pages.log_in(token, "", secure=False), pages.log_in(token, "requests", secure=True)

    assert plain.status_code == 303
    assert (plain.headers["location"], secure.headers["location"]) == ("/_ai_cache/", "/_ai_cache/requests")
    name, _, rest = plain.headers["set-cookie"].partition("=")
    assert (name, rest.partition(";")[0]) == (COOKIE, cookie_value(token))
    assert {"Path=/_ai_cache", "HttpOnly", "SameSite=Strict"} <= set(rest.split("; "))
    assert "Secure" not in plain.headers["set-cookie"]
    assert secure.headers["set-cookie"].endswith("; Secure")


def test_a_wrong_token_is_said_to_be_wrong() -> None:
    first, again = pages.login_form("", wrong=False), pages.login_form("settings", wrong=True)

    assert b'role="alert" hidden' in (first.content or b"")
    assert b"hidden" not in (again.content or b"")
    assert b'action="/_ai_cache/"' in (first.content or b"")
    assert b'action="/_ai_cache/settings"' in (again.content or b"")
    assert first.status_code == again.status_code == 401


def test_whatever_a_caller_wrote_becomes_json() -> None:
    response = pages.json_response({"question": "a lone \ud800 surrogate"})

    assert json.loads(response.content or b"") == {"question": "a lone ? surrogate"}
