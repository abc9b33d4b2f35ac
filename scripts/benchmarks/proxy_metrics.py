"""Reads counters from the metrics page of a proxy with the cache. Changes nothing."""

from __future__ import annotations

import contextlib
import http.client
import time
from collections.abc import Collection

from prometheus_client.parser import text_string_to_metric_families

from benchmarks.errors import Problem
from benchmarks.processes import LOOPBACK

TOKEN = "for-benchmarks-of-one-run-only"
"""The dashboard token of proxies under test."""
LOOKER = {"authorization": f"Bearer {TOKEN}", "sec-fetch-site": "same-origin"}
READY_TIMEOUT_S = 60.0
EXACT, SEMANTIC = frozenset({"exact store"}), frozenset({"exact store", "embedder", "vector index"})
"""The parts that hits need."""


def counts(port: int) -> dict[str, float]:
    """Return requests, hits by tier (``exact``, ``semantic``), and lookups in which a part of the cache ``failed``."""
    found = {"requests": 0.0, "failed": 0.0}
    for family in text_string_to_metric_families(page(port)):
        for sample in family.samples:
            if sample.name == "aicache_requests_total":
                found["requests"] += sample.value
            elif sample.name == "aicache_store_errors_total":
                found["failed"] += sample.value
            elif sample.name == "aicache_hits_total":
                tier = sample.labels["tier"]
                found[tier] = found.get(tier, 0.0) + sample.value
    return found


def wait_ready(port: int, parts: Collection[str], host: str = LOOPBACK) -> None:
    """Wait until these parts of the cache are in use. Raises Problem if that takes too long."""
    deadline = time.monotonic() + READY_TIMEOUT_S
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):  # it is busy with its start
            if set(parts) <= _in_use(port, host):
                return
        time.sleep(0.1)
    raise Problem(f"the cache's parts did not stand within {READY_TIMEOUT_S:g} s")


def _in_use(port: int, host: str) -> set[str]:
    return {
        sample.labels["part"]
        for family in text_string_to_metric_families(page(port, host))
        for sample in family.samples
        if sample.name == "aicache_part_in_use" and sample.value
    }


def page(port: int, host: str = LOOPBACK) -> str:
    """Return the metrics page. Raises Problem."""
    connection = http.client.HTTPConnection(host, port, timeout=10)
    try:
        connection.request("GET", "/_ai_cache/metrics", headers=LOOKER)
        response = connection.getresponse()
        page = response.read().decode()
    finally:
        connection.close()
    if response.status != 200:
        raise Problem(f"/_ai_cache/metrics answers {response.status}")
    return page
