"""Scenario of telemetry's cost: exact hits without telemetry, with the dashboard, and with the dashboard open."""

from __future__ import annotations

import contextlib
import http.client
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks import proxy_metrics, requests, wrk_scripts
from benchmarks.errors import Problem
from benchmarks.measurements import Case, Measurements
from benchmarks.scenario import Plan, load_with_wrk, write_script
from benchmarks.systems import Fleet, System

CONNECTIONS = 8
POLL_INTERVAL_S = 2.0  # like the page
WITHOUT_TELEMETRY = Path(__file__).with_name("without_telemetry.py")
MAX_NEIGHBORS = "looked at"


class Dashboard:
    name = "dashboard"
    title = "the dashboard: exact hits without any counting, with it unseen, and with it looked at"

    def __init__(self, fleet: Fleet, folder: Path, plan: Plan) -> None:
        self._fleet, self._folder, self._plan = fleet, folder, plan

    def cases(self) -> list[Case]:
        return [Case(self.name, CONNECTIONS, len(requests.body()))]

    def systems(self) -> list[System]:
        without = self._fleet.uncounted(WITHOUT_TELEMETRY)
        unseen = self._fleet.caches()[0]
        self._fleet.wait()
        for system in (without, unseen):
            requests.warm(system, requests.body())
        return [without, replace(unseen, name="unseen"), replace(unseen, name=MAX_NEIGHBORS)]

    def load(self, system: System, case: Case, tick: Callable[[], None]) -> Measurements:
        script = write_script(self._folder, self.name, wrk_scripts.repeat_body(requests.KEY, requests.body()))
        with poll_dashboard(system.port) if system.name == MAX_NEIGHBORS else contextlib.nullcontext():
            return load_with_wrk(system, script, case, self._plan.seconds, tick)


@contextlib.contextmanager
def poll_dashboard(port: int) -> Iterator[None]:
    """Send the page's requests at its interval, until the block ends."""
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(POLL_INTERVAL_S):
            with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
                connection.request("GET", "/_ai_cache/api/overview", headers=proxy_metrics.LOOKER)
                if not connection.getresponse().read().startswith(b'{"live"'):
                    raise Problem("the dashboard does not show its overview")

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
