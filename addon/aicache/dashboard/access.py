"""Authorizes requests for the cache's own pages: those with the token may see them, from any address. Pure.

No address counts as an identity: a client of the proxy, of another proxy on its machine, or of a packet filter may come
from any. The static files of the page and its login say nothing about the cache, and need no token.

Changes need, beside the token, a header that only our own page can send: a form cannot set it, and a script of another
site would need a CORS preflight, which is never answered. So a cookie that a browser sends for another site's page
changes nothing.

Open metrics are still refused to pages of other sites, by ``Sec-Fetch-Site``, which scripts cannot set. Over plain HTTP
to a name that was made to resolve to this proxy a browser does not send it, but its other headers reveal it.
Scripts can set those, so nothing that is open may be sensitive.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from http.cookies import CookieError, SimpleCookie
from urllib.parse import unquote_to_bytes

from aicache.dashboard.path_aliases import MAX_DECODE_ROUNDS

COOKIE = "ai_cache_dashboard"
CHANGE_HEADER = "x-ai-cache-dashboard"
"""The header that every change must have, with any value."""


class Area(Enum):
    """The part of the dashboard that a request needs access to."""

    PAGE = auto()
    METRICS = auto()
    DATA = auto()
    CHANGE = auto()


class Access(Enum):
    GRANTED = auto()
    UNAUTHENTICATED = auto()
    """The token is missing or wrong."""
    FORBIDDEN = auto()


@dataclass(frozen=True, slots=True)
class Visitor:
    """The part of a request that identifies its sender."""

    headers: Mapping[str, str]
    """The request's headers by lower-case name."""
    offered: str = ""
    """A token from the query or the login form."""


def authorize(visitor: Visitor, area: Area, token: str, *, open_metrics: bool = False) -> Access:
    """Decide whether a visitor has access to an area."""
    if area is Area.METRICS and open_metrics and not _may_be_another_sites_page(visitor.headers):
        return Access.GRANTED
    if not has_token(visitor, token):
        return Access.UNAUTHENTICATED
    return Access.GRANTED if area is not Area.CHANGE or _may_change(visitor) else Access.FORBIDDEN


def has_token(visitor: Visitor, token: str) -> bool:
    """Tell whether a visitor has the token: in the Authorization header, the cookie, the query or the form."""
    scheme, _, bearer = visitor.headers.get("authorization", "").partition(" ")
    tokens = [visitor.offered, bearer.strip() if scheme.lower() == "bearer" else ""]
    matches = [hmac.compare_digest(each.encode("utf-8", "replace"), token.encode()) for each in tokens]
    cookie = _cookie(visitor.headers.get("cookie", "")).encode("utf-8", "replace")
    return any([*matches, hmac.compare_digest(cookie, cookie_value(token).encode())])


def cookie_value(token: str) -> str:
    """Return the cookie's value: derived from the token, which cannot be computed from it."""
    return hmac.new(token.encode(), b"ai-cache dashboard", hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Secrets:
    """The token and the cookie that give access, and so must not be sent to any other host."""

    token: bytes
    cookie: bytes

    @classmethod
    def of(cls, token: str) -> Secrets:
        return cls(token.encode(), cookie_value(token).encode())

    def are_in(self, text: bytes) -> bool:
        return self.token in text or self.cookie in text

    def are_in_target(self, target: bytes) -> bool:
        """Tell whether one is in a request's target, percent-encoded any number of times."""
        for _ in range(MAX_DECODE_ROUNDS):
            if self.are_in(target):
                return True
            if (decoded := unquote_to_bytes(target)) == target:
                return False
            target = decoded
        return True

    def are_in_credentials(self, value: bytes) -> bool:
        """Tell whether one is the user or the password of Basic credentials (RFC 7617)."""
        scheme, _, encoded = value.strip().partition(b" ")
        if scheme.lower() != b"basic":
            return False
        try:
            return self.are_in(b64decode(encoded.strip() + b"=="))
        except ValueError:
            return False


def _may_change(visitor: Visitor) -> bool:
    return CHANGE_HEADER in visitor.headers and visitor.headers.get("sec-fetch-site", "same-origin") == "same-origin"


def _may_be_another_sites_page(headers: Mapping[str, str]) -> bool:
    if (site := headers.get("sec-fetch-site")) is not None:
        return site not in ("none", "same-origin")
    accepted = headers.get("accept-encoding", "").lower()  # all browsers take deflate, and Prometheus does not
    return "deflate" in accepted or "mozilla" in headers.get("user-agent", "").lower()


def _cookie(header: str) -> str:
    try:
        found = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found is not None else ""
