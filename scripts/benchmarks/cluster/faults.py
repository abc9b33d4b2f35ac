"""The faults, each of which begins and ends under load."""

from __future__ import annotations

import signal
from typing import ClassVar

from benchmarks.cluster import slow_cable
from benchmarks.cluster.indexes import send
from benchmarks.cluster.measurements import Expected
from benchmarks.cluster.testbed import Stage

DELAY_S = 0.2


class Fault:
    """A fault, one row of the table. Problems that it finds itself are appended to *problems*."""

    name: ClassVar[str]
    title: ClassVar[str]
    stores: ClassVar[tuple[str, ...]] = ("cluster", "one")
    """The stores that it can befall."""
    indexes: ClassVar[tuple[str, ...]] = ("redis", "pgvector", "dashvector")
    expected: ClassVar[Expected] = Expected()
    heals_itself: ClassVar[bool] = False
    """Whether hits must be back before its end: the time until then counts from its begin."""
    spoils_stage: ClassVar[bool] = False
    """Whether the next fault needs a new stage."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def missing_requirement(self) -> str:
        """Return what this machine lacks for the fault; empty if it has all."""
        return ""

    async def begin(self, stage: Stage) -> None: ...

    async def end(self, stage: Stage) -> None: ...

    async def check(self, stage: Stage) -> None:
        """Look for traces of it, at once after its end, beside the load."""


class Baseline(Fault):
    name, title = "baseline", "nothing"
    expected = Expected(exact=0.5, semantic=2.0, during=(0.9, 0.9))


class ProxyKilled(Fault):
    name, title = "proxy-killed", "proxy a is killed (`kill -9`), and started again"
    expected = Expected(exact=2.0, semantic=8.0, during=(0.0, 0.9), down=0)

    async def begin(self, stage: Stage) -> None:
        await stage.kill(0)

    async def end(self, stage: Stage) -> None:
        await stage.restart(0)


class MasterKilled(Fault):
    name, title = "master-killed", "a Redis master is killed; its replica takes over; it comes back"
    stores = ("cluster",)
    expected = Expected(exact=6.0, semantic=7.0, during=(0.5, 0.5))
    heals_itself = True

    async def begin(self, stage: Stage) -> None:
        self._node = next(node for node, role in await stage.roles() if role == "master")
        self._node.kill()

    async def end(self, stage: Stage) -> None:
        self._node.start()
        await self._node.up()


class ShardLost(Fault):
    name, title = "shard-lost", "a Redis master and its replica are killed, and come back"
    stores = ("cluster",)
    expected = Expected(exact=3.0, semantic=5.0, during=(0.4, 0.4))

    async def begin(self, stage: Stage) -> None:
        self._nodes = await stage.shard(0)
        for node in self._nodes:
            node.kill()

    async def end(self, stage: Stage) -> None:
        for node in self._nodes:
            node.start()
        for node in self._nodes:
            await node.up()


class IndexHangs(Fault):
    name, title = "index-hangs", "the index does not answer (SIGSTOP), and goes on"
    expected = Expected(exact=0.5, semantic=6.0, during=(0.9, 0.9))

    async def begin(self, stage: Stage) -> None:
        send(stage.index, signal.SIGSTOP)

    async def end(self, stage: Stage) -> None:
        send(stage.index, signal.SIGCONT)


class IndexKilled(Fault):
    name, title = "index-killed", "the index is killed, and comes back with its data"
    indexes: ClassVar[tuple[str, ...]] = ("redis", "pgvector")  # the stand-in for DashVector keeps nothing
    expected = Expected(exact=0.5, semantic=6.0, during=(0.9, 0.9))

    async def begin(self, stage: Stage) -> None:
        stage.index.kill()

    async def end(self, stage: Stage) -> None:
        await stage.index.start()


class IndexEmptied(IndexKilled):
    name, title = "index-emptied", "the index is killed, and comes back empty"
    indexes = Fault.indexes
    expected = Expected(exact=0.5, semantic=None, during=(0.9, 0.9), keeps_vectors=False)
    spoils_stage = True

    async def end(self, stage: Stage) -> None:
        await stage.index.lose_data()
        await super().end(stage)


class PacketsDropped(Fault):
    name, title = "packets-dropped", "all packets between proxy a and the servers are dropped (iptables)"
    expected = Expected(exact=3.0, semantic=5.0, during=(0.0, 0.9))

    async def begin(self, stage: Stage) -> None:
        stage.network.drop(0)

    async def end(self, stage: Stage) -> None:
        stage.network.pass_on(0)


class LinkDown(Fault):
    name, title = "link-down", "the link between proxy a and the servers is down"
    expected = Expected(exact=3.0, semantic=5.0, during=(0.0, 0.9))

    async def begin(self, stage: Stage) -> None:
        stage.network.unplug(0)

    async def end(self, stage: Stage) -> None:
        stage.network.plug_in(0)


class LinkSlow(Fault):
    name, title = "link-slow", f"packets between proxy a and the servers take {1000 * DELAY_S:.0f} ms, each way"
    expected = Expected(exact=3.0, semantic=5.0, during=(0.0, 0.9))

    def missing_requirement(self) -> str:
        return slow_cable.missing_requirement()

    async def begin(self, stage: Stage) -> None:
        stage.network.slow_down(0, DELAY_S)

    async def end(self, stage: Stage) -> None:
        stage.network.speed_up(0)
