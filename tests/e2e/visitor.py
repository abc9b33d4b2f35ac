"""A client that knows of no proxy: asks an HTTPS API once, and prints as JSON how it was answered.

python visitor.py URL CA-FILE HTTP-VERSION IP-VERSION QUESTION [stream]
"""

from __future__ import annotations

import json
import ssl
import sys
import time
from collections.abc import Iterable

import httpx


class H2First(ssl.SSLContext):
    """Offers what browsers and curl do; httpx names HTTP/1.1 first, which is then what mitmproxy takes."""

    def set_alpn_protocols(self, alpn_protocols: Iterable[str]) -> None:
        super().set_alpn_protocols(sorted(alpn_protocols, reverse=True, key="h2".__eq__))


def main(url: str, authority: str, version: str, family: str, question: str, stream: str = "") -> None:
    local = {"4": "0.0.0.0", "6": "::"}[family]
    context = H2First(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(authority)
    transport = httpx.HTTPTransport(verify=context, http2=version == "2", local_address=local)
    body = {"model": "m", "messages": [{"role": "user", "content": question}], "stream": bool(stream)}
    with httpx.Client(transport=transport, timeout=20) as client:
        began = time.perf_counter()
        with client.stream("POST", url, json=body, headers={"authorization": "Bearer sk-visitor"}) as response:
            chunks = [(chunk.decode(), time.perf_counter() - began) for chunk in response.iter_raw()]
    said = {
        "status": response.status_code,
        "http": response.http_version,
        "cache": response.headers.get("x-cache-status"),
        "headers": dict(response.headers),
        "body": "".join(text for text, _ in chunks),
        "times": [at for _, at in chunks],
    }
    print(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:])
