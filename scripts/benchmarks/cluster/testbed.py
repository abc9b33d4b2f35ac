"""A stage for faults: two proxies on machines of their own, the servers that they share, the API, and the load."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

from benchmarks import data_servers
from benchmarks.cluster.equal_calls import EqualCalls, PacedUpstream
from benchmarks.cluster.indexes import INDEXES
from benchmarks.cluster.network import BACK, FRONT, PROXY_NAMES, SERVERS, Network, proxy_address
from benchmarks.data_servers import free_ports
from benchmarks.errors import Problem
from benchmarks.faults.answer_checker import Response, Verdict, check_answer
from benchmarks.faults.client import Client
from benchmarks.faults.load import ANSWER_TIMEOUT_S, Load
from benchmarks.faults.proxy_process import Plan, Proxy
from benchmarks.faults.requests import Corpus, PlannedRequest
from benchmarks.faults.sent_answers import Ledger
from benchmarks.postgres_server import Postgres

NODE_TIMEOUT_MS = 2000
"""Time without an answer after which the nodes of the cluster take one for down."""
KEEPING = ("--protected-mode", "no", "--appendonly", "yes")
"""Options of each Redis: it keeps what is stored when it is killed."""
SECRET = "for-benchmarks-of-one-run-only-too"
PORT = 8080
UNASKED_SHARE = 0.25
"""Share of the stored questions that the load does not ask: where one is lost, it stays lost."""
ONLY_IF_CACHED = "only-if-cached, no-store"
FIND_CONNECTIONS = 3
ATTEMPTS = 4
"""How often an answer is asked for before it counts as lost: a busy machine misses some."""


class Store(Protocol):
    """The servers of `exact.redis`."""

    @property
    def url(self) -> str: ...

    async def start(self) -> None: ...

    def stop(self) -> None: ...


class OneRedis:
    """A single Redis, of which proxies hold entries in memory until it announces their change."""

    def __init__(self, folder: Path, host: str) -> None:
        [port] = free_ports(1)
        self.server = data_servers.Process(port, folder, data_servers.plain(port, *KEEPING, host=host), host=host)
        self.url = f"redis://{host}:{port}/0"

    async def start(self) -> None:
        self.server.start()
        await self.server.up()

    def stop(self) -> None:
        self.server.kill()


def _cluster(folder: Path, host: str) -> data_servers.RedisCluster:
    return data_servers.RedisCluster(folder, *KEEPING, host=host, node_timeout=NODE_TIMEOUT_MS)


STORES: Mapping[str, Callable[[Path, str], Store]] = {"cluster": _cluster, "one": OneRedis}
SETUPS = tuple(f"{store}+{index}" for store in STORES for index in INDEXES)
"""Names of what the proxies share: the store of entries, and the index."""


class Stage:
    """Two proxies, by their places 0 and 1, each with a client and a load of its own."""

    def __init__(self, plan: Plan, setup: str, folder: Path, network: Network) -> None:
        """Raises Problem for servers that this machine does not have."""
        store, _, index = setup.partition("+")
        self.plan, self.setup, self.folder, self.network = plan, setup, folder, network
        self.store = STORES[store](folder / "store", SERVERS[BACK])
        self.index = INDEXES[index](folder / "index", SERVERS[BACK])
        self.ledger = Ledger()
        self.upstream = PacedUpstream(free_ports(1)[0], self.ledger, SERVERS[FRONT])
        self.corpus = Corpus(plan.entries, unasked=round(plan.entries * UNASKED_SHARE))
        self.proxies = (self._proxy(0), self._proxy(1))
        first, second = (
            Load(Client(PORT, proxy.host), self.corpus, self.ledger, plan.rate / 2, name)
            for proxy, name in zip(self.proxies, PROXY_NAMES, strict=True)
        )
        self.loads = (first, second)
        self.equal_calls = EqualCalls(self.loads, self.corpus, self.ledger)

    @property
    def cluster(self) -> data_servers.RedisCluster:
        assert isinstance(self.store, data_servers.RedisCluster)
        return self.store

    async def roles(self) -> list[tuple[data_servers.Process, str]]:
        """Return each node of the cluster that runs, with ``master`` or ``slave``."""
        running = [node for node in self.cluster.nodes if not node.ended]
        return [(node, (await node.ask("ROLE"))[0].decode()) for node in running]

    async def shard(self, number: int) -> list[data_servers.Process]:
        """Return a master and its replica. Raises Problem unless all six run."""
        nodes = {node.port: node for node in self.cluster.nodes}
        for master in [node for node, role in await self.roles() if role == "master"][number:]:
            _, _, replicas = await master.ask("ROLE")
            return [master, *(nodes[int(port)] for _, port, _ in replicas)]
        raise Problem("the cluster has no such shard")

    async def restart(self, place: int) -> None:
        """Start a proxy that was killed. It counts as down until it answers."""
        await self.proxies[place].start(ready=False)
        await self.proxies[place].ready(frozenset())
        self.loads[place].client.forget()
        self.loads[place].down.end()

    async def kill(self, place: int) -> None:
        self.loads[place].down.begin()
        await self.proxies[place].kill()

    async def find(self, asks: Iterable[PlannedRequest], place: int) -> list[Response | None]:
        """Return the answers that the cache has for these, without asking the API; None for each that it has not."""
        cached = [dataclasses.replace(ask, headers=(("cache-control", ONLY_IF_CACHED),)) for ask in asks]
        found: list[Response | None] = [None] * len(cached)
        for attempt in range(ATTEMPTS):
            await asyncio.sleep(attempt)
            missing = (number for number, response in enumerate([*found]) if response is None)

            async def some(missing: Iterator[int] = missing) -> None:
                for number in missing:
                    found[number] = await self._find(cached[number], place)

            await asyncio.gather(*(some() for _ in range(FIND_CONNECTIONS)))
            if None not in found:
                break
        return found

    async def _find(self, ask: PlannedRequest, place: int) -> Response | None:
        load = self.loads[place]
        name, began = load.name(), time.monotonic()
        response = await load.client.ask(ask, name, ANSWER_TIMEOUT_S)
        if response.status != 200 or not response.is_hit:
            return None
        verdict, _ = check_answer(ask, name, response, self.ledger, down=False, refused=False)
        if verdict is Verdict.WRONG:
            load.note(ask, name, response, began)
        return response

    def _proxy(self, place: int) -> Proxy:
        name, machine = PROXY_NAMES[place], self.network.proxies[place]
        config: dict[str, Any] = {
            "exact": {"redis": {"url": self.store.url}, "secret": SECRET},
            "semantic": {"index": dict(self.index.config)},
        }
        folder = self.folder / name
        folder.mkdir(parents=True)
        upstream = f"http://{SERVERS[FRONT]}:{self.upstream.port}"
        proxy = Proxy(self.plan, folder, folder / "data", upstream, config, port=PORT, host=proxy_address(FRONT, place))
        proxy.launcher = tuple(machine.command())
        proxy.environment = dict(self.index.environment)
        return proxy

    async def _start(self) -> None:
        await self.upstream.listen()
        await asyncio.gather(self.store.start(), self.index.start())
        await asyncio.gather(*(proxy.start() for proxy in self.proxies))
        first, second = self.loads
        await first.fill()
        await second.fill()

    async def _end(self) -> None:
        await self.equal_calls.end()
        for load in self.loads:
            await load.end()
        await asyncio.gather(*(proxy.kill() for proxy in self.proxies))
        for load in self.loads:
            load.client.forget()
        await self.upstream.close()
        self.index.remove()
        self.store.stop()


@asynccontextmanager
async def stage(plan: Plan, setup: str, folder: Path, network: Network) -> AsyncIterator[Stage]:
    """Set up a stage with a filled store and a running load, and end it with the block. Raises Problem."""
    folder.mkdir(parents=True)
    made = Stage(plan, setup, folder, network)
    try:
        await made._start()
        for load in made.loads:
            load.begin()
        made.equal_calls.begin()
        yield made
    finally:
        await made._end()


@functools.cache
def missing_requirement(setup: str) -> str:
    """Return what this machine lacks for a setup; empty if it has all."""
    try:
        data_servers.binary()
        if setup.endswith("+redis"):
            data_servers.redis_8()
        if setup.endswith("+pgvector"):
            Postgres().remove()
    except Problem as exc:
        return str(exc)
    return ""
