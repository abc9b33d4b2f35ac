"""Who may see the cache's own pages. Pure.

Without a token: this machine's own users, which takes more than the address that a connection comes from.

- A page of another site, open in a browser on this machine, connects from it, too. Its requests must not be answered,
  also where its name has been made to lead here (DNS rebinding): then the Host header names it; but in reverse mode
  mitmproxy has overwritten that one. What tells then is ``Sec-Fetch-Site``, which scripts cannot set. Browsers send it
  to ``localhost`` and ``127.0.0.1``, and over TLS, and to no other name. So data is given to ``same-origin`` only.
- Metrics have no page, and what collects them is no browser. Browsers are known by what their scripts can neither set
  nor leave out: all of them take ``deflate``.
- A proxy on this machine connects from it as well, on behalf of others: ``X-Forwarded-For`` and the like give it away,
  and HTTP/1.0, which nginx speaks unless told otherwise. One that hides both cannot be told from a user.

With a token: whoever knows it. Changes want a header that only a page of ours can send (a form cannot, and a script of
another site would have to ask first, which nobody answers).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address

COOKIE = "ai_cache_dashboard"
CHANGES = "x-ai-cache-dashboard"
"""The header that every change must have, whatever its value."""
RELAYED = (
    *("forwarded", "via", "x-forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"),
    *("x-client-ip", "true-client-ip", "cf-connecting-ip", "x-envoy-external-address"),
)
LOCAL = ("localhost", "127.0.0.1", "::1")


class Area(Enum):
    """What is asked for."""

    PAGE = auto()
    """The page itself and what it is made of; it says nothing about the cache."""
    METRICS = auto()
    DATA = auto()
    CHANGE = auto()


class Verdict(Enum):
    WELCOME = auto()
    UNKNOWN = auto()
    """A token is wanted."""
    REFUSED = auto()
    ELSEWHERE = auto()
    """It is for another host, which may have such a path itself."""


@dataclass(frozen=True, slots=True)
class Visit:
    """What a request says of who sends it."""

    peer: str
    """The address it comes from; empty where it has none."""
    host: str | None
    """The name it asks for, without a port; None where that is not known any more."""
    sni: str | None
    """The name that TLS was set up for; None without TLS, or without a name."""
    headers: Mapping[str, str]
    """By lower-case name."""
    offered: str = ""
    """A token that is in the address or the form."""
    own: bool = False
    """It is the proxy itself that is asked, whatever name it goes by."""
    http: str = "HTTP/1.1"


def judge(visit: Visit, area: Area, token: str | None) -> Verdict:
    """Say whether a visit is answered."""
    if token is None:
        return _without_token(visit, area)
    if not knows(visit, token):
        return Verdict.UNKNOWN
    return Verdict.WELCOME if area is not Area.CHANGE or _may_change(visit) else Verdict.REFUSED


def knows(visit: Visit, token: str) -> bool:
    """Tell whether a visitor has the token: in the Authorization header, in the cookie, or just now."""
    scheme, _, bearer = visit.headers.get("authorization", "").partition(" ")
    given = [visit.offered, bearer.strip() if scheme.lower() == "bearer" else ""]
    fits = [hmac.compare_digest(each.encode("utf-8", "replace"), token.encode()) for each in given]
    cookie = _cookie(visit.headers.get("cookie", "")).encode("utf-8", "replace")
    return any([*fits, hmac.compare_digest(cookie, pass_for(token).encode())])


def pass_for(token: str) -> str:
    """Return what the cookie holds: it proves the token, and is not it."""
    return hmac.new(token.encode(), b"ai-cache dashboard", hashlib.sha256).hexdigest()


def _without_token(visit: Visit, area: Area) -> Verdict:
    if visit.host is not None and not _is_local(visit.host):
        return Verdict.REFUSED if visit.own else Verdict.ELSEWHERE
    foreign = visit.sni is not None and not _is_local(visit.sni)
    if foreign or not _is_loopback(visit.peer) or _is_relayed(visit):
        return Verdict.REFUSED
    site = visit.headers.get("sec-fetch-site")
    match area:
        case Area.PAGE:
            return Verdict.WELCOME
        case Area.METRICS:
            asked_by_program = site is None and not _is_browser(visit.headers)
            return Verdict.WELCOME if asked_by_program or site in ("none", "same-origin") else Verdict.REFUSED
        case Area.DATA:
            return Verdict.WELCOME if site == "same-origin" else Verdict.REFUSED
        case Area.CHANGE:
            return Verdict.WELCOME if site == "same-origin" and _may_change(visit) else Verdict.REFUSED


def _may_change(visit: Visit) -> bool:
    return CHANGES in visit.headers and visit.headers.get("sec-fetch-site", "same-origin") == "same-origin"


def _is_relayed(visit: Visit) -> bool:
    return visit.http == "HTTP/1.0" or any(name in visit.headers for name in RELAYED)


def _is_browser(headers: Mapping[str, str]) -> bool:
    accepted = headers.get("accept-encoding", "").lower()
    return "deflate" in accepted or "mozilla" in headers.get("user-agent", "").lower()


def _is_local(name: str) -> bool:
    return name.lower().strip("[]") in LOCAL


def _is_loopback(peer: str) -> bool:
    try:
        address = ip_address(peer.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def _cookie(header: str) -> str:
    try:
        found = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found is not None else ""
