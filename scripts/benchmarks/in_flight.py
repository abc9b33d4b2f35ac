"""Scenario of single misses: what it costs them that equal requests could share their answers."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from aicache.adapters.redis.peers import GONE_AFTER_S
from benchmarks import requests
from benchmarks.misses import Misses
from benchmarks.scenario import warm_systems
from benchmarks.systems import System


@dataclass(frozen=True, slots=True)
class Setup:
    name: str
    settings: Mapping[str, Any]
    """Those under `in_flight`."""
    proxies: int = 1
    """Those that share a Redis, of which one is measured: each is told of what the others write, in any case."""


SETUPS = (
    Setup("without", {"collapse": False, "finish": None}),
    Setup("alone", {}),
    Setup("one of two, no leases", {"across_proxies": False}, proxies=2),
    Setup("one of two", {}, proxies=2),
)


class InFlight(Misses):
    name = "in-flight"
    title = "misses that nobody shares: without in_flight.collapse, with it, and with leases for other proxies"

    def systems(self) -> list[System]:
        compared = []
        for setup in SETUPS:
            config = {"semantic": {"enabled": False}, "in_flight": dict(setup.settings)}
            folder = setup.name.replace(" ", "-").replace(",", "")
            [system, *_] = self._fleet.caches(folder, config, f", {setup.name}")
            self._fleet.wait()
            for number in range(1, setup.proxies):
                self._fleet.caches(folder, config, f", {setup.name} {number}")
                self._fleet.wait()
            compared.append(replace(system, name=setup.name))
        warm = warm_systems(self._fleet, replace(self._plan, litellm=False), compared, [requests.body()])
        time.sleep(GONE_AFTER_S)  # until the one that is alone knows it
        return warm
