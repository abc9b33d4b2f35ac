"""What a Redis URL means: a server, the master that sentinels name, or a cluster. Nothing is connected here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from redis.asyncio import ConnectionPool
from redis.asyncio.connection import SSLConnection, UnixDomainSocketConnection, parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from aicache.adapters.redis.cluster import Cluster
from aicache.adapters.redis.sentinel import MasterPool
from aicache.adapters.redis.server import Server, Servers
from aicache.domain.loop_time import MAX_LATENESS_S
from aicache.domain.ports import StoreError

try:
    import resource
except ModuleNotFoundError:  # Windows
    resource = None  # type: ignore[assignment]

OPEN_FILES_PER_CONNECTION = 16
"""Files that the process may have open for each connection to Redis: a sixteenth of them is what those may take."""
PORT, SENTINEL_PORT = 6379, 26379


def open_redis(url: str, *, timeout: float, max_connections: int) -> Servers:
    """Return what the URL leads to, every call of which answers within *timeout* seconds. Raises StoreError.

    ``redis://[user[:password]@]host[:port][/db]``, ``rediss://…`` with TLS, ``unix://[user[:password]@]/path[?db=n]``;
    ``redis+sentinel://[user[:password]@]host[:26379][,host[:port]…]/service[/db]``, the query's ``sentinel_username``
    and ``sentinel_password`` for the sentinels themselves; ``redis+cluster://[user[:password]@]host[:port][,…]``;
    ``rediss+sentinel`` and ``rediss+cluster`` with TLS to each. Query parameters are redis-py's.
    """
    max_connections = affordable(max_connections)
    # What parse_url says may quote a piece of a password that was not percent-encoded: it is not passed on.
    try:
        match urlsplit(url).scheme.partition("+"):
            case (base, "+", "sentinel"):
                return _sentinel(url, base, timeout, max_connections)
            case (base, "+", "cluster"):
                return _cluster(url, base, timeout, max_connections)
            case _:
                options = _options(url, timeout, max_connections)
                return _server(options, _place(options), timeout, max_connections)
    except (ValueError, TypeError, RedisError):
        raise StoreError(
            "redis: the URL is not understood: it begins with redis://, rediss://, unix://, redis+sentinel:// or "
            "redis+cluster://, special characters in the password are percent-encoded, and its query parameters are "
            "redis-py's"
        ) from None


def affordable(connections: int) -> int:
    """Return so many, or fewer where the process may have few files open, which its clients need."""
    if resource is None:
        return connections
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return (
        connections if files == resource.RLIM_INFINITY else max(2, min(connections, files // OPEN_FILES_PER_CONNECTION))
    )


def _sentinel(url: str, base: str, timeout: float, max_connections: int) -> Server:
    parts = urlsplit(url)
    service, _, db = parts.path[1:].partition("/")
    hosts = _hosts(parts.netloc, SENTINEL_PORT)
    if not service or not (db or "0").isdecimal():
        raise ValueError
    plain = parts._replace(scheme=base, netloc=_first(parts.netloc), path=f"/{db}").geturl()
    options = _options(plain, timeout, max_connections) | {"socket_connect_timeout": timeout}
    del options["host"]
    options.pop("port", None)
    asking = {
        name: options.pop(f"sentinel_{name}") for name in ("username", "password") if f"sentinel_{name}" in options
    }
    pool = MasterPool(service, hosts, options=options, sentinel_options=asking)
    place = f"{base}+sentinel://{_show(hosts)}/{service}/{options.get('db', 0)}"
    return _checked(pool, place, timeout, max_connections)


def _cluster(url: str, base: str, timeout: float, max_connections: int) -> Cluster:
    parts = urlsplit(url)
    hosts = _hosts(parts.netloc, PORT)
    plain = parts._replace(scheme=base, netloc=_first(parts.netloc)).geturl()
    options = _options(plain, timeout, max_connections)
    if parts.path not in ("", "/", "/0") or options.get("db"):
        raise ValueError

    def make(address: tuple[str, int]) -> Server:
        host, port = address
        return _server(
            options | {"host": host, "port": port}, f"{base}+cluster://{_show([address])}", timeout, max_connections
        )

    return Cluster(f"{base}+cluster://{_show(hosts)}", hosts, make, timeout=timeout)


def _server(options: dict[str, Any], place: str, timeout: float, max_connections: int) -> Server:
    return _checked(ConnectionPool(**options), place, timeout, max_connections)


def _checked(pool: ConnectionPool, place: str, timeout: float, max_connections: int) -> Server:
    pool.make_connection()  # type: ignore[no-untyped-call]  # not connected; refuses unknown parameters
    return Server(pool, place, timeout=timeout, max_connections=max_connections)


def _options(url: str, timeout: float, max_connections: int) -> dict[str, Any]:
    """Return a pool's options for a URL that redis-py knows."""
    options: dict[str, Any] = dict(parse_url(url))
    if options.get("connection_class") is not UnixDomainSocketConnection:
        options["socket_keepalive"] = True
    return options | {
        "max_connections": max_connections,
        "socket_connect_timeout": timeout + MAX_LATENESS_S,  # of those who wait, each has its own deadline
        "socket_timeout": None,  # `Server` has the deadline; redis-py's own would cost a task per command on 3.11
        "retry": Retry(NoBackoff(), 0),
        "decode_responses": False,
        "protocol": 2,
    }


def _hosts(netloc: str, port: int) -> list[tuple[str, int]]:
    found = []
    for each in netloc.rpartition("@")[2].split(","):
        parts = urlsplit(f"//{each}")
        if not parts.hostname:
            raise ValueError
        found.append((parts.hostname, parts.port or port))
    return found


def _first(netloc: str) -> str:
    """Leave the first of several hosts, behind user and password."""
    user, at, hosts = netloc.rpartition("@")
    return user + at + hosts.partition(",")[0]


def _show(hosts: Sequence[tuple[str, int]]) -> str:
    return ",".join(f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in hosts)


def _place(options: dict[str, Any]) -> str:
    if path := options.get("path"):
        return f"unix://{path}"
    scheme = "rediss" if options.get("connection_class") is SSLConnection else "redis"
    return f"{scheme}://{options.get('host', 'localhost')}:{options.get('port', PORT)}/{options.get('db', 0)}"
