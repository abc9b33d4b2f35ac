"""Responses of the cache's own pages: static files, JSON, login and redirects, with their security headers."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Any

import msgspec
from mitmproxy.http import Response

from aicache.dashboard import access
from aicache.dashboard.path_aliases import ROOT
from aicache.telemetry.labels import replace_surrogates

JAVASCRIPT = "text/javascript; charset=utf-8"
HTML = "text/html; charset=utf-8"
PAGES = {"": "index.html", "requests": "requests.html", "settings": "settings.html"}
"""Files of the pages that a person opens, by the path below `ROOT`."""
SCRIPTS = (
    "dashboard",
    "api",
    "charts",
    "elements",
    "entries",
    "format",
    "polling",
    "requests",
    "savings",
    "settings",
    "updates",
)
STATIC = {
    **{path: (name, HTML) for path, name in PAGES.items()},
    "static/dashboard.css": ("dashboard.css", "text/css; charset=utf-8"),
    **{f"static/{name}.js": (f"{name}.js", JAVASCRIPT) for name in SCRIPTS},
    "static/icon.svg": ("icon.svg", "image/svg+xml"),
    "static/uPlot.iife.min.js": ("uplot/uPlot.iife.min.js", JAVASCRIPT),
    "static/uPlot.min.css": ("uplot/uPlot.min.css", "text/css; charset=utf-8"),
}
"""File names and content types by the path below `ROOT`."""
LOGIN_FILES = ("static/dashboard.css", "static/icon.svg")
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}
COOKIE_MAX_AGE_S = 30 * 86400


def respond(status: int, body: bytes, kind: str, extra_headers: dict[str, str] | None = None) -> Response:
    content_type_header = {"content-type": kind} if kind else {}
    return Response.make(status, body, {**HEADERS, **content_type_header, **(extra_headers or {})})


def json_response(value: Any, status: int = 200, extra_headers: dict[str, str] | None = None) -> Response:
    try:
        body = msgspec.json.encode(value, enc_hook=float)
    except UnicodeEncodeError:  # a lone surrogate in a caller's text
        body = msgspec.json.encode(replace_surrogates(value), enc_hook=float)
    return respond(status, body, "application/json", extra_headers)


def static_file(path: str) -> Response:
    name, kind = STATIC[path]
    return respond(200, read_file(name), kind)


def login_form(page_path: str, *, wrong: bool) -> Response:
    """Return the form for the token, which leads to one of `PAGES`; *wrong*: a wrong token was submitted."""
    page = read_file("token.html").replace(b'action="/_ai_cache/"', f'action="{ROOT}/{page_path}"'.encode())
    if wrong:
        page = page.replace(b' role="alert" hidden', b' role="alert"')
    return respond(401, page, HTML, {"www-authenticate": "Bearer"})


def log_in(token: str, page_path: str, *, secure: bool) -> Response:
    """Set the cookie and redirect to one of `PAGES`, so that the token leaves the URL."""
    limits = f"Path={ROOT}; Max-Age={COOKIE_MAX_AGE_S}; HttpOnly; SameSite=Strict{'; Secure' if secure else ''}"
    cookie = f"{access.COOKIE}={access.cookie_value(token)}; {limits}"
    return respond(303, b"", "", {"location": f"{ROOT}/{page_path}", "set-cookie": cookie})


def redirect_to_root() -> Response:
    return respond(308, b"", "", {"location": f"{ROOT}/"})


def is_page(path: str) -> bool:
    """Tell whether a path, without its query, is that of one of `PAGES`."""
    return path.removeprefix(f"{ROOT}/") in PAGES and path.startswith(f"{ROOT}/")


@lru_cache(32)
def read_file(name: str) -> bytes:
    return files("aicache.dashboard").joinpath("static", *name.split("/")).read_bytes()
