"""What a client is told when its request gets no response from the upstream: why, and what helps. Pure.

mitmproxy describes such a failure in a sentence, which is recognized here. What it quotes of the upstream's bytes is
never passed on.
"""

from __future__ import annotations

import errno
import re
from dataclasses import dataclass

_ERRNO = re.compile(r"\[Errno (-?\d+)\]|\[WinError (\d+)\]")
_CERTIFICATE = re.compile(r"Certificate verify failed: ([\w /-]+)")
_PROXY_REFUSAL = re.compile(r"Upstream proxy \S+ refused HTTP CONNECT request: (\d{3})")
_TLS_ALERT = (
    r"unexpected server response: b'\x15\x03",
    r"Cannot parse HTTP response: Bad HTTP response line: b'\x15\x03",
)
"""How a TLS record that is an alert (RFC 8446, 5.1) is quoted."""
_RESOLVER_WORDS = ("Name or service not known", "name resolution", "nodename nor servname", "getaddrinfo failed")
_CLOSED = (
    *("server closed connection", "peer closed connection", "HTTP/2 connection closed"),
    "stream reset by client",  # mitmproxy says so of both ends
)
_NOT_HTTP = (
    *("Cannot parse HTTP response", "unexpected server response", "HTTP/2 protocol error"),
    *("Received unexpected HTTP/2 response", "Invalid HTTP/2 response headers"),
)
_TIMED_OUT = {errno.ETIMEDOUT, 10060}
_REFUSED = {errno.ECONNREFUSED, 10061}
_UNREACHABLE = {errno.EHOSTUNREACH, errno.ENETUNREACH, 10051, 10065}
_WINDOWS_RESOLVER = {11001, 11002, 11004}


@dataclass(frozen=True, slots=True)
class UpstreamFailure:
    """Why an upstream has not answered."""

    reason: str
    """One of a fixed set: ``upstream-refused``, ``upstream-certificate``, …"""
    message: str
    status: int = 502
    may_pass: bool = True
    """Whether the same request may succeed soon, without a change of the proxy's set-up or the upstream's."""


def describe_failure(error: str, upstream: str, *, is_tls: bool, started: bool = False) -> UpstreamFailure:
    """Describe a failure by mitmproxy's words for it.

    *upstream* is its host and port; *is_tls* whether it was to speak TLS; *started* whether a response had begun.
    """
    code = _errno(error)
    if code in _TIMED_OUT:
        return UpstreamFailure("upstream-timeout", f"The upstream {upstream} did not answer in time.", 504)
    if code in _REFUSED:
        return UpstreamFailure(
            "upstream-refused", f"The upstream {upstream} refuses connections: is it running, at this address and port?"
        )
    if code in _UNREACHABLE:
        return UpstreamFailure("upstream-unreachable", f"No network leads from the proxy to the upstream {upstream}.")
    if _is_unresolved(error, code):
        return UpstreamFailure(
            "upstream-unresolved",
            f"The proxy cannot resolve the name of the upstream {upstream}: is it spelled right, and does DNS work "
            "on the proxy's machine?",
        )
    if certificate := _CERTIFICATE.search(error):
        return _describe_certificate(certificate[1].strip(), upstream)
    if "does not speak TLS" in error:
        return UpstreamFailure(
            "upstream-no-tls",
            f"The upstream {upstream} does not speak TLS: name it with http://, or with the port that does.",
            may_pass=False,
        )
    if error.startswith(_TLS_ALERT):
        return UpstreamFailure(
            "upstream-tls", f"The upstream {upstream} speaks TLS at this port: name it with https://.", may_pass=False
        )
    if "leads from the proxy back to itself" in error:
        return UpstreamFailure(
            "upstream-loop",
            f"The upstream {upstream} leads from the proxy back to itself: name another one.",
            may_pass=False,
        )
    if refusal := _PROXY_REFUSAL.search(error):
        return UpstreamFailure(
            "upstream-proxy",
            f"The proxy that leads to the upstream {upstream} refuses to connect to it (status {refusal[1]}).",
            may_pass=False,
        )
    return _describe_end(error, upstream, is_tls=is_tls, started=started)


def _describe_certificate(why: str, upstream: str) -> UpstreamFailure:
    remedy = (
        "if you trust the authority that issued it, give the proxy its certificate: "
        "--set ssl_verify_upstream_trusted_ca=FILE (PEM), or the variable SSL_CERT_FILE"
    )
    if "mismatch" in why:
        remedy = "name the upstream as its certificate does"
    elif "expired" in why or "not yet valid" in why:
        remedy = "it must be renewed, or the clock of the proxy's machine set"
    return UpstreamFailure(
        "upstream-certificate",
        f"The certificate of the upstream {upstream} is not accepted ({why}): {remedy}.",
        may_pass=False,
    )


def _describe_end(error: str, upstream: str, *, is_tls: bool, started: bool) -> UpstreamFailure:
    if error == "connection closed" and is_tls:
        return UpstreamFailure(
            "upstream-closed",
            f"The upstream {upstream} closed the connection before TLS was set up. If it speaks none at this port, "
            "name it with http://.",
        )
    if "SSL routines" in error:
        return UpstreamFailure(
            "upstream-tls",
            f"TLS with the upstream {upstream} failed: it may want a client certificate (--set client_certs=FILE) or "
            "another version of TLS. The proxy's log has the details.",
            may_pass=False,
        )
    if started or "without sending complete message body" in error:
        return UpstreamFailure("upstream-closed", f"The upstream {upstream} broke off in the middle of its response.")
    if error.startswith(_CLOSED):
        hint = "" if is_tls else " If it speaks TLS at this port, name it with https://."
        return UpstreamFailure(
            "upstream-closed", f"The upstream {upstream} closed the connection without a response.{hint}"
        )
    if error.startswith(_NOT_HTTP):
        return UpstreamFailure(
            "upstream-not-http", f"What the upstream {upstream} answered is not valid HTTP.", may_pass=False
        )
    return UpstreamFailure(
        "upstream-failed", f"The upstream {upstream} has not answered. The proxy's log has the details."
    )


def _errno(error: str) -> int | None:
    """Return the number of a system's error; of several, for several addresses, the last."""
    numbers = [first or second for first, second in _ERRNO.findall(error)]
    return int(numbers[-1]) if numbers else None


def _is_unresolved(error: str, code: int | None) -> bool:
    is_of_resolver = code is not None and (code < 0 or code in _WINDOWS_RESOLVER)
    return is_of_resolver or any(words in error for words in _RESOLVER_WORDS)
