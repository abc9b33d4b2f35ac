"""A client that knows of no proxy: asks an HTTPS API, each time on a connection of its own.

A line in is the arguments of `ask` as JSON, a line out is how it was answered, or why it was not.
"""

from __future__ import annotations

import json
import ssl
import sys
import time
import traceback
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx


class H2First(ssl.SSLContext):
    """Offers what browsers and curl do; httpx names HTTP/1.1 first, which is then what mitmproxy takes."""

    def set_alpn_protocols(self, alpn_protocols: Iterable[str]) -> None:
        super().set_alpn_protocols(sorted(alpn_protocols, reverse=True, key="h2".__eq__))


def ask(
    url: str,
    authority: str,
    http: str,
    ip: int,
    question: str,
    stream: bool,
    leaves: bool = False,
    follows: bool = False,
) -> dict[str, Any]:
    """Return the answer, or the first of it if the client *leaves* then. With *follows*, a second client asks the same
    at that moment, and its answer is under "second".
    """
    local = {4: "0.0.0.0", 6: "::"}[ip]
    context = H2First(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(authority)
    transport = httpx.HTTPTransport(verify=context, http2=http == "2", local_address=local)
    body = {"model": "m", "messages": [{"role": "user", "content": question}], "stream": stream}
    more: dict[str, Any] = {}
    with ThreadPoolExecutor(1) as pool, httpx.Client(transport=transport, timeout=20) as client:
        began, chunks = time.perf_counter(), []
        with client.stream("POST", url, json=body, headers={"authorization": "Bearer sk-visitor"}) as response:
            for chunk in response.iter_raw():
                chunks.append((chunk.decode(), time.perf_counter() - began))
                if leaves:
                    break
                if follows and len(chunks) == 1:
                    more["second"] = pool.submit(ask, url, authority, http, ip, question, stream)
        more = {name: second.result() for name, second in more.items()}
    return more | {
        "status": response.status_code,
        "http": response.http_version,
        "cache": response.headers.get("x-cache-status"),
        "headers": dict(response.headers),
        "body": "".join(text for text, _ in chunks),
        "times": [at for _, at in chunks],
    }


if __name__ == "__main__":
    for line in sys.stdin:
        try:
            said = ask(**json.loads(line))
        except Exception:
            said = {"error": traceback.format_exc()}
        print(json.dumps(said), flush=True)
