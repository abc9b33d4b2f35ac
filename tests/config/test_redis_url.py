"""Redis URLs: which are good, why another is not, and that no password is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicache.config.redis_url import parse_redis_url, redacted
from config.yaml_texts import PASSWORD


@pytest.mark.parametrize(
    "url",
    [
        "redis://localhost",
        "redis://localhost:6379/",
        "redis://:pass@[::1]:6379/15?ssl_cert_reqs=none",
        "rediss://user:p%40ss@cache.example.com:6380/0",
        "redis://u:p@ss@cache/0",
        "unix:///run/redis.sock?db=1",
        "unix://user:pass@/run/redis.sock",
        "redis+sentinel://one:26379,two:26379,[::1]/mymaster",
        "rediss+sentinel://user:p%40ss@one/my-master/3?ssl_ca_certs=/etc/ca.pem",
        "redis+cluster://one,two:7001",
        "rediss+cluster://user:p,ss@one:6379/?ssl_cert_reqs=none",
    ],
)
def test_good_redis_urls_pass_unchanged(url):
    assert parse_redis_url(url) == url


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("", "does not start with"),
        ("localhost:6379", "does not start with"),
        ("REDIS://localhost", "does not start with"),
        ("redis://", "names no host"),
        ("redis://:pw@", "names no host"),
        ("redis:///0", "names no host"),
        ("redis://h:", "port"),
        ("redis://h:0", "port"),
        ("redis://h:65536", "port"),
        ("redis://h:٣", "port"),
        ("redis://h/x", "database"),
        ("redis://h/0/1", "database"),
        ("redis://h?db=x", "database"),
        ("redis://h?db=", "database"),
        ("redis://h\n", "white space"),
        ("redis://[h", "port"),
        ("redis://user:1?pass@h", "behind its host"),
        ("redis://user:1#pass@h", "behind its host"),
        ("unix://run/redis.sock", "three slashes"),
        ("unix://", "three slashes"),
        ("unix:///run/redis.sock?db=x", "database"),
        ("redis+unix:///run/redis.sock", "does not start with"),
        ("redis+sentinel+cluster://h", "does not start with"),
        ("redis://one,two", "several hosts"),
        ("redis+sentinel://one,two", "names no service"),
        ("redis+sentinel://one,two//0", "names no service"),
        ("redis+sentinel://one/mymaster/x", "database"),
        ("redis+sentinel://one/mymaster/0/1", "database"),
        ("redis+sentinel:///mymaster", "names no host"),
        ("redis+sentinel://one,,two/mymaster", "names no host"),
        ("redis+sentinel://one:x,two/mymaster", "port"),
        ("redis+cluster://", "names no host"),
        ("redis+cluster://one,", "names no host"),
        ("redis+cluster://one,two:", "port"),
        ("redis+cluster://one,two:0", "port"),
        ("redis+cluster://one:1 ,two", "white space"),
        ("redis+cluster://one/3", "one only"),
        ("redis+cluster://one?db=1", "one only"),
        ("redis+cluster://user:1/pass@one,two", "port|behind"),
        ("redis+cluster://user:1,pass#@one,two", "port|behind"),
    ],
)
def test_bad_redis_urls_are_refused(url, fault):
    with pytest.raises(ValueError, match=fault):
        parse_redis_url(url)


def test_several_hosts_may_be_shown():
    assert redacted("rediss+sentinel://u:hunter2@one:1,[::1]:2/main/0?x=1") == "rediss+sentinel://one:1,[::1]:2/main/0"
    assert redacted("redis+cluster://u:hunter2,@one,two:x") == "redis+cluster://***"


@given(
    st.from_regex(r"[a-z]+(\+(sentinel|cluster))?://", fullmatch=True)
    | st.sampled_from(["redis+cluster://", "redis://"]),
    st.text() | st.text("a1:,/@?#[]"),
    st.sampled_from(["@cache:6379/0", "@cache", "@/x", "@", "@one,two:6379", "@one,two/main"]),
)
def test_redaction_leaves_no_password(scheme, rest, tail):
    shown = redacted(f"{scheme}user:pw{PASSWORD}{rest}{tail}")

    assert PASSWORD not in shown
