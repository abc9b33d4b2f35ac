"""Validates and redacts Redis URLs. Pure; no message quotes a URL."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, parse_qs, urlsplit

SEVERAL = {"redis+sentinel", "rediss+sentinel", "redis+cluster", "rediss+cluster"}
"""Schemes whose URL names several hosts."""

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
_ESCAPE = "in a password, write / ? # @ as %2F %3F %23 %40"
_BAD_PORT = f"has a port that is not a number from 1 to 65535 ({_ESCAPE})"
_SENTINEL = "redis+sentinel://one:26379,two:26379/mymaster"
_CLUSTER = "redis+cluster://one:6379,two:6379"


def parse_redis_url(text: str) -> str:
    """Return a URL that `aicache.adapters.redis.connect` accepts. Raises ValueError, worded to follow the URL."""
    if any(char.isspace() or not char.isprintable() for char in text):
        raise ValueError("holds white space or control characters")
    scheme, found, _ = text.partition("://")
    if not found or scheme not in {"redis", "rediss", "unix"} | SEVERAL:
        raise ValueError(
            "does not start with redis://, rediss://, unix://, redis+sentinel:// or redis+cluster:// (with TLS: "
            "rediss+sentinel://, rediss+cluster://)"
        )
    try:
        parts = urlsplit(text)
        hosts = _hosts(parts)
    except ValueError:  # its message quotes the password if that contains a slash
        raise ValueError(_BAD_PORT) from None
    if _reaches_on(parts):
        raise ValueError(f"has an @ behind its host ({_ESCAPE})")
    databases = parse_qs(parts.query, keep_blank_values=True).get("db", [])
    if parts.scheme == "unix":
        if hosts != [""] or parts.path in ("", "/"):
            raise ValueError("names no path: write unix:///run/redis.sock, with three slashes")
    elif not all(hosts):
        raise ValueError(f"names no host: write {_like(parts)}")
    elif parts.scheme not in SEVERAL and "," in hosts[0]:
        raise ValueError(f"names several hosts: write {_SENTINEL} or {_CLUSTER}")
    databases += _databases(parts)
    if not all(re.fullmatch("[0-9]{1,9}", database) for database in databases):
        raise ValueError(f"has a database that is not a number: write {_like(parts)}/0")
    if parts.scheme.endswith("+cluster") and any(int(database) for database in databases):
        raise ValueError("names a database, of which a cluster has one only: leave it out")
    return text


def redacted(url: str) -> str:
    """Return *url* without user-info and query, and without all the rest if a password may extend into it."""
    scheme, found, _ = url.partition("://")
    if not found or not _SCHEME.fullmatch(scheme):
        return "***"
    try:
        parts = urlsplit(url)
        hosts = _hosts(parts)
    except ValueError:
        return f"{scheme}://***"
    shown = parts.netloc.rpartition("@")[2]
    if (shown and not all(hosts)) or _reaches_on(parts):
        return f"{scheme}://***"
    return f"{scheme}://{shown}{parts.path}"


def _hosts(parts: SplitResult) -> list[str]:
    """Return the names of the hosts, "" for a missing one. Raises ValueError for an invalid port."""
    netloc = parts.netloc.rpartition("@")[2]
    found = []
    for host in netloc.split(",") if parts.scheme in SEVERAL else [netloc]:
        each = urlsplit(f"//{host}")
        if each.port == 0 or host.endswith(":"):
            raise ValueError
        found.append(each.hostname or "")
    return found


def _databases(parts: SplitResult) -> list[str]:
    """Return the database in the path. Raises ValueError for a sentinel URL without a service."""
    path = parts.path
    if parts.scheme.endswith("+sentinel"):
        service, slash, path = path[1:].partition("/")
        if not service:
            raise ValueError(f"names no service, the master's name among the sentinels: write {_SENTINEL}")
        path = slash + path
    return [] if parts.scheme == "unix" or path in ("", "/") else [path[1:]]


def _like(parts: SplitResult) -> str:
    """Return an example of a valid URL of the same kind."""
    match parts.scheme.partition("+")[2]:
        case "sentinel":
            return _SENTINEL
        case "cluster":
            return _CLUSTER
        case _:
            return "redis://127.0.0.1:6379"


def _reaches_on(parts: SplitResult) -> bool:
    """Return whether the path may be the rest of a password that contains a slash."""
    return any("@" in part for part in (parts.path, parts.query, parts.fragment))
