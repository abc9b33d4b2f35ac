"""A visitor of the cache's own pages, who says of itself what a test wants it to."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from prometheus_client.parser import text_string_to_metric_families

if TYPE_CHECKING:
    from e2e.proxy import Proxy

PAGE = {"sec-fetch-site": "same-origin"}
CHANGE = PAGE | {"x-ai-cache-dashboard": "1"}


@dataclass(frozen=True)
class Shown:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Visitor:
    """Asks a proxy for ``/_ai_cache/`` and what is below."""

    port: int
    headers: dict[str, str]
    address: str = "127.0.0.1"

    def ask(self, method: str, asked: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Shown:
        connection = http.client.HTTPConnection(self.address, self.port, timeout=20)
        try:
            target = asked if asked.startswith(("/", "http:")) else f"/_ai_cache/{asked}"
            connection.request(method, target, body, self.headers | (headers or {}))
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Shown(response.status, found, response.read())
        finally:
            connection.close()

    def get(self, asked: str, **headers: str) -> Shown:
        return self.ask("GET", asked, headers=headers)

    def post(self, asked: str, value: Any = None) -> Shown:
        return self.ask("POST", asked, json.dumps(value).encode(), {"content-type": "application/json"})

    def overview(self) -> Any:
        return self.get("api/overview").json

    def metrics(self) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
        """Return every sample by its name, without the prefix, and its labels."""
        families = text_string_to_metric_families(self.get("metrics").body.decode())
        samples = [sample for family in families for sample in family.samples]
        return {(s.name.removeprefix("aicache_"), frozenset(s.labels.items())): s.value for s in samples}

    def total(self, name: str) -> float:
        """Return a metric's sum over all labels."""
        return sum(value for (found, _), value in self.metrics().items() if found == name)


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def page(proxy: Proxy) -> Visitor:
    """Return the dashboard's own page, of somebody who has the token."""
    return Visitor(proxy.port, CHANGE | bearer(proxy.token))
