"""A Redis URL: whether it can be right, and what of it may be shown. Pure; no message quotes a URL."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, parse_qs, urlsplit

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
_ESCAPE = "in a password, write / ? # @ as %2F %3F %23 %40"
_BAD_PORT = f"has a port that is not a number from 1 to 65535 ({_ESCAPE})"


def parse_redis_url(text: str) -> str:
    """Return a URL that ``redis.from_url`` takes. Raises ValueError with the fault, worded to follow the URL."""
    if any(char.isspace() or not char.isprintable() for char in text):
        raise ValueError("holds white space or control characters")
    if not text.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("does not start with redis://, rediss:// or unix://")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:  # its words quote the password where that holds a slash
        raise ValueError(_BAD_PORT) from None
    if port == 0 or parts.netloc.endswith(":"):
        raise ValueError(_BAD_PORT)
    if _reaches_on(parts):
        raise ValueError(f"has an @ behind its host ({_ESCAPE})")
    databases = parse_qs(parts.query, keep_blank_values=True).get("db", [])
    if parts.scheme == "unix":
        if parts.netloc.rpartition("@")[2] or parts.path in ("", "/"):
            raise ValueError("names no path: write unix:///run/redis.sock, with three slashes")
    elif not parts.hostname:
        raise ValueError("names no host: write redis://127.0.0.1:6379/0")
    elif parts.path not in ("", "/"):
        databases.append(parts.path[1:])
    if not all(re.fullmatch("[0-9]{1,9}", database) for database in databases):
        raise ValueError("has a database that is not a number: write redis://127.0.0.1:6379/0")
    return text


def redacted(url: str) -> str:
    """Return *url* without user-info and query, and without all the rest where a password may reach into it."""
    scheme, found, _ = url.partition("://")
    if not found or not _SCHEME.fullmatch(scheme):
        return "***"
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return f"{scheme}://***"
    host = parts.netloc.rpartition("@")[2]
    if (host and not parts.hostname) or _reaches_on(parts):
        return f"{scheme}://***"
    return f"{scheme}://{host}{parts.path}"


def _reaches_on(parts: SplitResult) -> bool:
    """Tell whether what looks like a path may be the rest of a password with a slash in it."""
    return any("@" in part for part in (parts.path, parts.query, parts.fragment))
