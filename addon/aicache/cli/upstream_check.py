"""Tries an upstream at the start: whether it can be reached, and speaks TLS as its URL says. It sends no request."""

from __future__ import annotations

import socket
import ssl
import threading
from urllib.parse import SplitResult

TIME_LIMIT_S = 2.0
_NOT_TLS = frozenset(
    {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE"}
)
"""OpenSSL's names for an answer that is no TLS."""


def find_problem(upstream: SplitResult) -> str | None:
    """Return what is wrong with an upstream, in words that follow its URL; None if nothing is seen in time."""
    problems: list[str | None] = []
    # name resolution has no timeout, so it may stay behind in a thread
    attempt = threading.Thread(target=lambda: problems.append(_try(upstream)), daemon=True)
    attempt.start()
    attempt.join(TIME_LIMIT_S)
    return problems[0] if problems else "cannot be reached"


def _try(upstream: SplitResult) -> str | None:
    host = upstream.hostname or ""
    is_tls = upstream.scheme == "https"
    address = host, upstream.port or (443 if is_tls else 80)
    try:
        connection = socket.create_connection(address, timeout=TIME_LIMIT_S / 2)
    except (OSError, UnicodeError):
        return "cannot be reached"
    with connection:
        speaks_tls = _speaks_tls(connection, host)
    if is_tls and speaks_tls is False:
        return "does not speak TLS at this port: name it with http://, or with the port that does"
    if speaks_tls and not is_tls:
        return "speaks TLS at this port: name it with https://"
    return None


def _speaks_tls(connection: socket.socket, host: str) -> bool | None:
    """Tell whether a server answers in TLS, whatever its certificate; None if it says too little."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with context.wrap_socket(connection, server_hostname=host):
            return True
    except ssl.SSLEOFError:
        return None
    except ssl.SSLError as exc:
        words = exc.reason or ""
        return False if words in _NOT_TLS else "ALERT" in words or None
    except (OSError, ValueError):  # silence, or a name that TLS has no room for
        return None
