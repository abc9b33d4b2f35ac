"""Which PostgreSQL URLs are accepted, and that no message repeats one."""

from __future__ import annotations

import pytest

from aicache.config.postgres_url import parse_postgres_url


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://127.0.0.1/cache",
        "postgres://user:p%40ss%2Fword@[::1]:5433/cache?sslmode=verify-full&sslrootcert=/etc/ca.pem",
        "postgresql://one:5432,two:5433/cache?target_session_attrs=primary",
        "postgresql:///cache?host=/run/postgresql",
        "postgresql://127.0.0.1?dbname=cache",
    ],
)
def test_what_asyncpg_takes_is_accepted(url: str) -> None:
    assert parse_postgres_url(url) == url


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("mysql://127.0.0.1/cache", "does not start with postgresql://"),
        ("postgresql://a b/cache", "white space"),
        ("postgresql:///cache", "names no host"),
        ("postgresql://one,/cache", "names no host"),
        ("postgresql://127.0.0.1", "names no database"),
        ("postgresql://127.0.0.1:hush/cache", "has a port or a parameter that is none"),
        ("postgresql://127.0.0.1:0/cache", "has the port 0"),
        ("postgresql://127.0.0.1/cache?hush", "has a port or a parameter that is none"),
        ("postgresql://127.0.0.1/cache?sslmode=hush", "has an sslmode that is not one of: disable, allow, prefer"),
        ("postgresql://user:hush@hush@127.0.0.1/cache", "has an @ or # where none belongs.*%40"),
        ("postgresql://user:hush/hush@127.0.0.1/cache", "%2F"),
        ("postgresql://user:hush#hush@127.0.0.1/cache", "%23"),
    ],
)
def test_a_fault_is_named_without_what_may_be_a_password(url: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault) as raised:
        parse_postgres_url(url)

    assert "hush" not in str(raised.value)
