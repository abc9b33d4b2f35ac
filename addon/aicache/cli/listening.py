"""Where a proxy listens: an IP address and a port. Standard library only."""

import os
import socket
from ipaddress import ip_address

LOCAL = "127.0.0.1"


def free_port(port: int, option: str, host: str = LOCAL) -> int:
    """Return *port* if it is free on the address, or any free port for 0. Another process may still take it first."""
    try:
        family = socket.AF_INET6 if ip_address(host).version == 6 else socket.AF_INET
    except ValueError as exc:
        raise ValueError(f"--host: {host!r} is not an IP address, like {LOCAL} or 0.0.0.0") from exc
    with socket.socket(family) as probe:
        if os.name != "nt":  # on Windows, the option would share a port that is taken
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as exc:
            reason = getattr(exc, "strerror", None) or exc
            where = "" if host == LOCAL else f" of {host}"
            raise ValueError(
                f"port {port}{where} is not available ({reason}): choose another one with `{option}`"
            ) from exc
        return int(probe.getsockname()[1])


def name_in_url(host: str) -> str:
    """Return how a client on this machine names an address to listen on: 127.0.0.1 for all addresses."""
    if ip_address(host).is_unspecified:
        return LOCAL
    return f"[{host}]" if ":" in host else host
