"""Validates PostgreSQL URLs. Pure; no message quotes a URL."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

LIKE = "postgresql://user:${PGPASSWORD}@host:5432/database"
SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_ESCAPE = "in a password, write / ? # @ as %2F %3F %23 %40"


def parse_postgres_url(text: str) -> str:
    """Return a URL that asyncpg accepts. Raises ValueError, worded to follow the URL."""
    if any(char.isspace() or not char.isprintable() for char in text):
        raise ValueError("holds white space or control characters")
    if text.partition("://")[0] not in ("postgresql", "postgres"):
        raise ValueError("does not start with postgresql://")
    try:
        parts = urlsplit(text)
        hosts = parts.netloc.rpartition("@")[2]
        ports = [urlsplit(f"//{host}").port for host in hosts.split(",")]
        parameters = parse_qs(parts.query, strict_parsing=bool(parts.query))
    except ValueError:  # its message quotes the password if that contains a slash
        raise ValueError(f"has a port or a parameter that is none ({_ESCAPE})") from None
    if 0 in ports:
        raise ValueError("has the port 0")
    if any("@" in part for part in (parts.path, parts.fragment)) or parts.netloc.count("@") > 1 or parts.fragment:
        raise ValueError(f"has an @ or # where none belongs ({_ESCAPE})")
    if not all(hosts.split(",")) and "host" not in parameters:  # else asyncpg would take PGHOST, or any local server
        raise ValueError(f"names no host: write {LIKE}, or ?host=/run/postgresql for a socket")
    if parts.path in ("", "/") and not parameters.keys() & {"database", "dbname"}:
        raise ValueError(f"names no database: write {LIKE}")
    for mode in parameters.get("sslmode", ()):
        if mode not in SSL_MODES:
            raise ValueError(f"has an sslmode that is not one of: {', '.join(SSL_MODES)}")
    return text
