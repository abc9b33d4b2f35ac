"""Responses of the cache's own pages: their files, and the headers that keep other sites and old copies out."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Any

import msgspec
from mitmproxy.http import Response

from aicache.dashboard import access
from aicache.dashboard.path_aliases import ROOT
from aicache.telemetry.labels import sayable

JAVASCRIPT = "text/javascript; charset=utf-8"
STATIC = {
    "": ("index.html", "text/html; charset=utf-8"),
    "static/dashboard.css": ("dashboard.css", "text/css; charset=utf-8"),
    **{f"static/{name}.js": (f"{name}.js", JAVASCRIPT) for name in ("dashboard", "ask", "charts", "entries", "words")},
    "static/icon.svg": ("icon.svg", "image/svg+xml"),
    "static/uPlot.iife.min.js": ("uplot/uPlot.iife.min.js", JAVASCRIPT),
    "static/uPlot.min.css": ("uplot/uPlot.min.css", "text/css; charset=utf-8"),
}
"""Names of files and their types, by what is asked for below `ROOT`."""
OF_THE_LOGIN = ("static/dashboard.css", "static/icon.svg")
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}
LOGGED_IN = 30 * 86400  # seconds


def make(status: int, body: bytes, kind: str, more: dict[str, str] | None = None) -> Response:
    typed = {"content-type": kind} if kind else {}
    return Response.make(status, body, {**HEADERS, **typed, **(more or {})})


def as_json(value: Any, status: int = 200, more: dict[str, str] | None = None) -> Response:
    try:
        body = msgspec.json.encode(value, enc_hook=float)
    except UnicodeEncodeError:  # a lone surrogate in a caller's text
        body = msgspec.json.encode(sayable(value), enc_hook=float)
    return make(status, body, "application/json", more)


def static(asked: str) -> Response:
    name, kind = STATIC[asked]
    return make(200, file(name), kind)


def login(*, wrong: bool) -> Response:
    """Ask for the token; *wrong* says that what was given is not it."""
    page = file("token.html")
    if wrong:
        page = page.replace(b' role="alert" hidden', b' role="alert"')
    return make(401, page, "text/html; charset=utf-8", {"www-authenticate": "Bearer"})


def logged_in(token: str, *, secure: bool) -> Response:
    """Give a browser the cookie, and have it ask again without the token in the address."""
    limits = f"Path={ROOT}; Max-Age={LOGGED_IN}; HttpOnly; SameSite=Strict{'; Secure' if secure else ''}"
    cookie = f"{access.COOKIE}={access.pass_for(token)}; {limits}"
    return make(303, b"", "", {"location": f"{ROOT}/", "set-cookie": cookie})


def to_the_root() -> Response:
    return make(308, b"", "", {"location": f"{ROOT}/"})


@lru_cache(32)
def file(name: str) -> bytes:
    return files("aicache.dashboard").joinpath("static", *name.split("/")).read_bytes()
