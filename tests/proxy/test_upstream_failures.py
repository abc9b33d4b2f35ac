"""mitmproxy's words for a failed upstream, and what a client is told."""

from __future__ import annotations

import pytest

from aicache.proxy.upstream_failures import describe_failure
from aicache.telemetry import phrases

UPSTREAM = "api.example:443"
CASES = {  # what mitmproxy 12 says, on the systems that say it
    "[Errno 111] Connect call failed ('127.0.0.1', 1)": "upstream-refused",
    "Multiple exceptions: [Errno 101] Network is unreachable, [Errno 111] Connect call failed ('::1', 1)": (
        "upstream-refused"
    ),
    "[WinError 10061] No connection could be made": "upstream-refused",
    "[Errno 113] Connect call failed ('10.0.0.1', 80)": "upstream-unreachable",
    "[Errno 110] Connect call failed ('10.0.0.1', 80)": "upstream-timeout",
    "[Errno -2] Name or service not known": "upstream-unresolved",
    "[Errno -3] Temporary failure in name resolution": "upstream-unresolved",
    "[Errno 8] nodename nor servname provided, or not known": "upstream-unresolved",
    "[Errno 11001] getaddrinfo failed": "upstream-unresolved",
    "Certificate verify failed: self-signed certificate": "upstream-certificate",
    "Certificate verify failed: hostname mismatch": "upstream-certificate",
    "The remote server does not speak TLS.": "upstream-no-tls",
    "OpenSSL Error([('SSL routines', '', 'tls alert handshake failure')])": "upstream-tls",
    r"unexpected server response: b'\x15\x03\x01\x00\x02\x02F'": "upstream-tls",
    r"Cannot parse HTTP response: Bad HTTP response line: b'\x15\x03\x01\x00\x02\x02'": "upstream-tls",
    "Connection killed: this connection leads from the proxy back to itself": "upstream-loop",
    "Upstream proxy 127.0.0.1:3128 refused HTTP CONNECT request: 407 Proxy Authentication Required": "upstream-proxy",
    "server closed connection": "upstream-closed",
    "connection closed": "upstream-closed",
    "peer closed connection": "upstream-closed",
    "stream reset by client (INTERNAL_ERROR)": "upstream-closed",
    "HTTP/2 protocol error: private words": "upstream-not-http",
    "HTTP/2 connection closed: <ConnectionTerminated error_code:0>": "upstream-closed",
    "HTTP/1 protocol error: peer closed connection without sending complete message body": "upstream-closed",
    "Cannot parse HTTP response: Bad HTTP response line: b'private words'": "upstream-not-http",
    "unexpected server response: b'private words'": "upstream-not-http",
    "of tomorrow, with private words": "upstream-failed",
}
NEVER_PASSES = {
    *("upstream-certificate", "upstream-no-tls", "upstream-tls", "upstream-loop", "upstream-proxy"),
    "upstream-not-http",
}


@pytest.mark.parametrize(("error", "reason"), CASES.items())
def test_a_failure_is_recognized_and_told_without_the_upstream_s_own_words(error: str, reason: str) -> None:
    failure = describe_failure(error, UPSTREAM, is_tls=True)

    assert failure.reason == reason
    assert UPSTREAM in failure.message
    assert "private" not in failure.message
    assert failure.message.endswith((".", "?"))
    assert failure.status == (504 if reason == "upstream-timeout" else 502)
    assert failure.may_pass == (reason not in NEVER_PASSES)
    assert reason in phrases._NOT_KEPT


@pytest.mark.parametrize(
    ("why", "remedy"),
    [
        ("self-signed certificate", "ssl_verify_upstream_trusted_ca=FILE"),
        ("unable to get local issuer certificate", "SSL_CERT_FILE"),
        ("hostname mismatch", "name the upstream as its certificate does"),
        ("IP address mismatch", "name the upstream as its certificate does"),
        ("certificate has expired", "must be renewed"),
        ("certificate is not yet valid", "clock"),
    ],
)
def test_what_helps_depends_on_what_is_wrong_with_the_certificate(why: str, remedy: str) -> None:
    message = describe_failure(f"Certificate verify failed: {why}", UPSTREAM, is_tls=True).message

    assert f"({why})" in message
    assert remedy in message


@pytest.mark.parametrize(
    ("error", "is_tls", "hint"),
    [
        ("server closed connection", False, "https://"),
        ("server closed connection", True, ""),
        ("connection closed", True, "http://"),
    ],
)
def test_an_end_without_a_word_may_be_a_matter_of_tls(error: str, is_tls: bool, hint: str) -> None:
    message = describe_failure(error, UPSTREAM, is_tls=is_tls).message

    assert hint in message
    assert ("http" in message) == bool(hint)


def test_an_upstream_that_breaks_off_is_not_said_to_have_been_silent() -> None:
    assert "in the middle" in describe_failure("server closed connection", UPSTREAM, is_tls=True, started=True).message
