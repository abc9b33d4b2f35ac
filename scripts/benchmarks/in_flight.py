"""Scenario of single misses: what it costs them that equal requests could share their answers."""

from __future__ import annotations

from dataclasses import replace

from benchmarks import requests
from benchmarks.misses import Misses
from benchmarks.scenario import warm_systems
from benchmarks.systems import System

SETTINGS = {
    "without": {"collapse": False, "finish": None},
    "one proxy": {"across_proxies": False},
    "across proxies": {"across_proxies": True},
}
"""Settings under `in_flight`, by the name of the system."""


class InFlight(Misses):
    name = "in-flight"
    title = "misses that nobody shares: without in_flight.collapse, with it, and with a lease for other proxies"

    def systems(self) -> list[System]:
        compared = []
        for name, settings in SETTINGS.items():
            config = {"semantic": {"enabled": False}, "in_flight": settings}
            [system, *_] = self._fleet.caches(name.replace(" ", "-"), config, f", {name}")
            self._fleet.wait()
            compared.append(replace(system, name=name))
        return warm_systems(self._fleet, replace(self._plan, litellm=False), compared, [requests.body()])
