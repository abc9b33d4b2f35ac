"""Builds what a Redis URL names: a server, the master that sentinels name, or a cluster. It connects to nothing."""

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
"""Connections to Redis may take a sixteenth of the files that the process may open."""
PORT, SENTINEL_PORT = 6379, 26379


def open_redis(url: str, *, timeout: float, max_connections: int) -> Servers:
    """Return the servers of a URL; each of their calls answers or fails within *timeout* seconds. Raises StoreError.

    ``redis://[user[:password]@]host[:port][/db]``, ``rediss://…`` with TLS, ``unix://[user[:password]@]/path[?db=n]``;
    ``redis+sentinel://[user[:password]@]host[:26379][,host[:port]…]/service[/db]``, the query's ``sentinel_username``
    and ``sentinel_password`` for the sentinels themselves; ``redis+cluster://[user[:password]@]host[:port][,…]``;
    ``rediss+sentinel`` and ``rediss+cluster`` with TLS to each. Query parameters are redis-py's.
    """
    max_connections = limit_connections(max_connections)
    # parse_url's errors may quote a part of a password that was not percent-encoded, so they are not passed on.
    try:
        match urlsplit(url).scheme.partition("+"):
            case (base, "+", "sentinel"):
                return _build_sentinel_server(url, base, timeout, max_connections)
            case (base, "+", "cluster"):
                return _build_cluster(url, base, timeout, max_connections)
            case _:
                options = _pool_options(url, timeout, max_connections)
                return _build_pooled_server(options, _format_url(options), timeout, max_connections)
    except (ValueError, TypeError, RedisError):
        raise StoreError(
            "redis: the URL is not understood: it begins with redis://, rediss://, unix://, redis+sentinel:// or "
            "redis+cluster://, special characters in the password are percent-encoded, and its query parameters are "
            "redis-py's"
        ) from None


def limit_connections(connections: int) -> int:
    """Return *connections*, or fewer if the process may open only few files: its clients need them."""
    if resource is None:
        return connections
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return (
        connections if files == resource.RLIM_INFINITY else max(2, min(connections, files // OPEN_FILES_PER_CONNECTION))
    )


def _build_sentinel_server(url: str, base: str, timeout: float, max_connections: int) -> Server:
    parts = urlsplit(url)
    service, _, db = parts.path[1:].partition("/")
    hosts = _parse_hosts(parts.netloc, SENTINEL_PORT)
    if not service or not (db or "0").isdecimal():
        raise ValueError
    single_url = parts._replace(scheme=base, netloc=_keep_first_host(parts.netloc), path=f"/{db}").geturl()
    options = _pool_options(single_url, timeout, max_connections) | {"socket_connect_timeout": timeout}
    del options["host"]
    options.pop("port", None)
    sentinel_options = {
        name: options.pop(f"sentinel_{name}") for name in ("username", "password") if f"sentinel_{name}" in options
    }
    pool = MasterPool(service, hosts, options=options, sentinel_options=sentinel_options)
    place = f"{base}+sentinel://{_format_hosts(hosts)}/{service}/{options.get('db', 0)}"
    return _build_server(pool, place, timeout, max_connections)


def _build_cluster(url: str, base: str, timeout: float, max_connections: int) -> Cluster:
    parts = urlsplit(url)
    hosts = _parse_hosts(parts.netloc, PORT)
    single_url = parts._replace(scheme=base, netloc=_keep_first_host(parts.netloc)).geturl()
    options = _pool_options(single_url, timeout, max_connections)
    if parts.path not in ("", "/", "/0") or options.get("db"):
        raise ValueError

    def build_node(address: tuple[str, int]) -> Server:
        host, port = address
        return _build_pooled_server(
            options | {"host": host, "port": port},
            f"{base}+cluster://{_format_hosts([address])}",
            timeout,
            max_connections,
        )

    return Cluster(f"{base}+cluster://{_format_hosts(hosts)}", hosts, build_node, timeout=timeout)


def _build_pooled_server(options: dict[str, Any], place: str, timeout: float, max_connections: int) -> Server:
    return _build_server(ConnectionPool(**options), place, timeout, max_connections)


def _build_server(pool: ConnectionPool, place: str, timeout: float, max_connections: int) -> Server:
    pool.make_connection()  # type: ignore[no-untyped-call]  # not connected; refuses unknown parameters
    return Server(pool, place, timeout=timeout, max_connections=max_connections)


def _pool_options(url: str, timeout: float, max_connections: int) -> dict[str, Any]:
    """Return the connection pool's options for a URL that redis-py accepts."""
    options: dict[str, Any] = dict(parse_url(url))
    if options.get("connection_class") is not UnixDomainSocketConnection:
        options["socket_keepalive"] = True
    return options | {
        "max_connections": max_connections,
        "socket_connect_timeout": timeout + MAX_LATENESS_S,  # each waiting request has its own deadline
        "socket_timeout": None,  # `Server` has the deadline; redis-py's own would cost a task per command on 3.11
        "retry": Retry(NoBackoff(), 0),
        "decode_responses": False,
        "protocol": 2,
    }


def _parse_hosts(netloc: str, port: int) -> list[tuple[str, int]]:
    hosts = []
    for each in netloc.rpartition("@")[2].split(","):
        parts = urlsplit(f"//{each}")
        if not parts.hostname:
            raise ValueError
        hosts.append((parts.hostname, parts.port or port))
    return hosts


def _keep_first_host(netloc: str) -> str:
    """Drop all but the first of several hosts; user and password stay."""
    user, at, hosts = netloc.rpartition("@")
    return user + at + hosts.partition(",")[0]


def _format_hosts(hosts: Sequence[tuple[str, int]]) -> str:
    return ",".join(f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in hosts)


def _format_url(options: dict[str, Any]) -> str:
    if path := options.get("path"):
        return f"unix://{path}"
    scheme = "rediss" if options.get("connection_class") is SSLConnection else "redis"
    return f"{scheme}://{options.get('host', 'localhost')}:{options.get('port', PORT)}/{options.get('db', 0)}"
