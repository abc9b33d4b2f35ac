"""Scenario of single misses: what it costs them that equal requests could share their answers."""

from __future__ import annotations

import time
from dataclasses import replace

from aicache.adapters.redis.peers import GONE_AFTER_S
from benchmarks import requests
from benchmarks.misses import Misses
from benchmarks.scenario import warm_systems
from benchmarks.systems import System

WITHOUT, ONE_PROXY, ALONE, ONE_OF_TWO = "without", "one proxy", "across proxies, alone", "across proxies, one of two"
SETTINGS = {
    WITHOUT: {"collapse": False, "finish": None},
    ONE_PROXY: {"across_proxies": False},
    ALONE: {"across_proxies": True},
    ONE_OF_TWO: {"across_proxies": True},
}
"""Settings under `in_flight`, by the name of the system."""


class InFlight(Misses):
    name = "in-flight"
    title = "misses that nobody shares: without in_flight.collapse, with it, and with other proxies in mind"

    def systems(self) -> list[System]:
        compared = []
        for name, settings in SETTINGS.items():
            config, folder = {"semantic": {"enabled": False}, "in_flight": settings}, name.replace(" ", "-")
            [system, *_] = self._fleet.caches(folder, config, f", {name}")
            self._fleet.wait()
            if name == ONE_OF_TWO:
                self._fleet.caches(folder, config, ", the other one")
                self._fleet.wait()
            compared.append(replace(system, name=name))
        warm = warm_systems(self._fleet, replace(self._plan, litellm=False), compared, [requests.body()])
        time.sleep(GONE_AFTER_S)  # until the one that is alone knows it
        return warm
