"""A purge at one proxy while the other is cut off, which then must not answer from its memory."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import http.client
import time
from typing import ClassVar

from benchmarks.cluster.faults import PacketsDropped
from benchmarks.cluster.measurements import Expected
from benchmarks.cluster.testbed import ONLY_IF_CACHED, PORT, Stage
from benchmarks.errors import Problem
from benchmarks.faults.requests import PlannedRequest
from benchmarks.proxy_metrics import LOOKER

QUESTIONS = 8
INTERVAL_S = 0.25
STORE_TIMEOUT_S = 10.0
MAX_STALE_S = 3.0
"""A proxy that hears nothing of Redis for two seconds forgets what it holds in memory."""
WATCHED_S = 8.0
"""How long after the fault's end purged answers are asked for."""
CHANGE = {**LOOKER, "x-ai-cache-dashboard": "1"}


class PurgeWhileCut(PacketsDropped):
    name, title = "purge-while-cut", "answers are purged at proxy b while proxy a is cut off"
    expected: ClassVar[Expected] = PacketsDropped.expected

    async def begin(self, stage: Stage) -> None:
        self._asks = [dataclasses.replace(stage.corpus.new(), stream=False) for _ in range(QUESTIONS)]
        keys = [await self._store(stage, ask) for ask in self._asks]
        self._hits: list[float] = []
        await super().begin(stage)
        for key in keys:
            await asyncio.to_thread(_purge, stage.proxies[1].host, key)
        self._purged_at = time.monotonic()
        self._watching = asyncio.create_task(self._watch(stage))

    async def check(self, stage: Stage) -> None:
        end = time.monotonic()
        await asyncio.sleep(WATCHED_S)
        self._watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._watching
        if late := [at for at in self._hits if at > self._purged_at + MAX_STALE_S]:
            self.problems.append(
                f"purged answers came {len(late)} times, until {late[-1] - self._purged_at:.1f} s after"
            )
        if after := [at for at in self._hits if at > end]:
            self.problems.append(f"purged answers came {len(after)} times after the network was healed")
        for place in range(2):
            if any(await stage.find(self._asks, place)):
                self.problems.append(f"purged answers are found at proxy {stage.proxies[place].folder.name}")

    async def _store(self, stage: Stage, ask: PlannedRequest) -> str:
        """Ask until both proxies have the answer, and proxy a has it in memory; return its key."""
        await stage.loads[1].ask(ask)
        async with asyncio.timeout(STORE_TIMEOUT_S):
            while True:
                found = [(await stage.find([ask], place))[0] for place in (0, 1, 0)]
                if all(found) and found[0] is not None:
                    return found[0].headers["x-ai-cache-key"]

    async def _watch(self, stage: Stage) -> None:
        """Ask proxy a for what was purged."""
        cached = [dataclasses.replace(ask, headers=(("cache-control", ONLY_IF_CACHED),)) for ask in self._asks]
        load = stage.loads[0]

        async def ask(each: PlannedRequest) -> None:
            at = time.monotonic()
            response = await load.client.ask(each, load.name(), STORE_TIMEOUT_S)
            if response.is_hit:
                self._hits.append(at)

        while True:
            await asyncio.gather(*map(ask, cached))
            await asyncio.sleep(INTERVAL_S)


def _purge(host: str, key: str) -> None:
    """Purge an entry by the dashboard's API. Raises Problem."""
    connection = http.client.HTTPConnection(host, PORT, timeout=STORE_TIMEOUT_S)
    with contextlib.closing(connection):
        connection.request("POST", f"/_ai_cache/api/entries/{key}/purge", body=b"{}", headers=CHANGE)
        response = connection.getresponse()
        said = response.read()
    if response.status != 200 or b"true" not in said:
        raise Problem(f"a purge was answered with {response.status}: {said[:200]!r}")
