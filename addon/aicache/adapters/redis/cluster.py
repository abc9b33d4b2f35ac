"""A Redis Cluster: sends each command to the node of its key, and keeps one node's failure from the others.

It uses redis-py's connections but not its RedisCluster: there one failed command makes the commands of all nodes wait
for a new topology, a deadline that passes meanwhile closes the connections of all nodes, and so does CLUSTERDOWN.
(https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/)
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from redis.asyncio.connection import AbstractConnection
from redis.crc import REDIS_CLUSTER_HASH_SLOTS, key_slot
from redis.exceptions import AskError, MovedError, ResponseError

from aicache.adapters.redis.server import Command, Server, check_replies, parse_scan, render_scan
from aicache.domain.asyncio_tasks import TaskSet
from aicache.domain.circuit_breaker import Breaker
from aicache.domain.loop_time import loop_time
from aicache.domain.ports import Busy, ShareError, StoreError

logger = logging.getLogger(__name__)

MAX_REDIRECTS = 3
MIN_REFRESH_INTERVAL_S = 0.5
"""Interval of the queries for the topology, while something contradicts it."""
REFRESH_TIMEOUT_S = 1.0
"""Time limit for one node to send the topology; no request waits that long."""
DOWN_PAUSE_S = 2.0
"""Pause between two attempts to reach a failing node."""
NODE_TIMEOUT_SHARE = 0.8
"""Share of the timeout that a node gets, so that it fails on its own before the whole store times out."""

Address: TypeAlias = tuple[str, int]


@dataclass(eq=False, slots=True)
class _Node:
    server: Server
    address: Address
    breaker: Breaker = field(default_factory=lambda: Breaker(pause=DOWN_PAUSE_S))


class Cluster:
    """Servers, each with its share of the keys. A failure of one is a ShareError and does not affect the others.

    The topology is queried at the first use, and in the background whenever a node fails or redirects.
    """

    connect: Callable[[], AbstractConnection] | None = None  # a client-side cache would have to listen to every node

    def __init__(
        self, place: str, seeds: Sequence[Address], build_server: Callable[[Address], Server], *, timeout: float
    ) -> None:
        """*seeds* are nodes to query for the first topology; *build_server* returns the server at an address."""
        self._place = place
        self._build_server = build_server
        self._timeout = timeout
        self._nodes = {seed: _Node(build_server(seed), seed) for seed in seeds}
        self._seeds = frozenset(seeds)
        self._masters: set[_Node] = set()
        self._slots: list[_Node | None] = []
        self._refreshing: asyncio.Task[None] | None = None
        self._next_refresh = 0.0
        self._last_error = ""
        self._tasks = TaskSet()

    def __str__(self) -> str:
        return self._place

    def group_keys(self, prefix: str, keys: Sequence[str]) -> Collection[Sequence[str]]:
        if not self._masters:
            return (keys,)
        groups: dict[_Node | None, list[str]] = {}
        for key in keys:
            groups.setdefault(self._slots[_slot(prefix + key)], []).append(key)
        return groups.values()

    async def execute(self, *command: str | bytes | int) -> Any:
        [reply] = check_replies(await self.execute_all([command]))
        return reply

    async def execute_all(self, commands: Sequence[Command]) -> list[Any]:
        deadline = self._deadline()
        await self._wait_for_topology(deadline)
        shares: dict[_Node | None, list[int]] = {}
        for i, command in enumerate(commands):
            shares.setdefault(self._slots[_slot(_key_of(command))], []).append(i)
        if len(shares) == 1:
            return await self._execute_on(next(iter(shares)), commands, deadline)
        executing = (self._execute_on(node, [commands[i] for i in share], deadline) for node, share in shares.items())
        replies: list[Any] = [None] * len(commands)
        for share, share_replies in zip(shares.values(), await asyncio.gather(*executing), strict=True):
            for i, reply in zip(share, share_replies, strict=True):
                replies[i] = reply
        return replies

    async def execute_on_each(self, commands: Sequence[Command]) -> list[list[Any]]:
        deadline = self._deadline()
        await self._wait_for_topology(deadline)
        return await asyncio.gather(*(self._execute_on(node, commands, deadline) for node in [*self._masters]))

    async def mget(self, keys: Sequence[str]) -> list[Any]:
        # One MGET per key: a server refuses keys of several slots. (Not GET, which refuses a key of another type.)
        replies = await self.execute_all([("MGET", key) for key in keys])
        return [reply[0] if isinstance(reply, list) and reply else reply for reply in replies]

    async def unlink(self, keys: Sequence[str]) -> None:
        check_replies(await self.execute_all([("UNLINK", key) for key in keys]))

    async def scan(self, cursor: str, pattern: str) -> tuple[list[bytes], str]:
        """Scan the masters in the order of their addresses; the cursor is ``host:port/`` and the server's cursor."""
        deadline = self._deadline()
        await self._wait_for_topology(deadline)
        masters = {f"{node.address[0]}:{node.address[1]}": node for node in self._masters}
        name, _, at = cursor.rpartition("/")
        if name not in masters:  # at the beginning, or when that master has left the cluster
            if (name := _after(name, masters)) == "":
                return [], ""
            at = ""
        [reply] = await self._execute_on(masters[name], [render_scan(at, pattern)], deadline)
        if isinstance(reply, StoreError):
            raise reply
        keys, at = parse_scan(reply, masters[name].server)
        if at:
            return keys, f"{name}/{at}"
        following = _after(name, masters)
        return keys, f"{following}/" if following else ""

    async def close(self) -> None:
        await self._tasks.cancel_and_wait()
        await asyncio.gather(*(node.server.close() for node in self._nodes.values()))

    # ------------------------------------------------------------------ commands

    async def _execute_on(
        self, node: _Node | None, commands: Sequence[Command], deadline: float, redirects: int = MAX_REDIRECTS
    ) -> list[Any]:
        if node is None:
            self._refresh_soon()
            return [ShareError(f"{self}: no node has this key's slot")] * len(commands)
        loop = asyncio.get_running_loop()
        if not node.breaker.allow(loop.time()):
            self._refresh_soon()
            return [self._failure(node, f"{node.server}: not asked, it is failing")] * len(commands)
        try:
            replies = await node.server.pipeline(commands, deadline)
        except Busy as exc:
            return [exc] * len(commands)
        except StoreError as exc:
            if node.breaker.failed(loop.time()):
                logger.warning("%s; its share of the keys is missed until it or another node answers for them", exc)
            self._refresh_soon()
            return [self._failure(node, str(exc))] * len(commands)
        if node.breaker.succeeded():
            logger.warning("%s: answers again", node.server)
        for i, reply in enumerate(replies):
            if isinstance(reply, AskError) and redirects:  # or its kind MovedError
                replies[i] = await self._follow_redirect(reply, node, commands[i], deadline, redirects - 1)
            elif isinstance(reply, ResponseError):
                self._refresh_soon()
                replies[i] = ShareError(str(node.server.failure(reply)))
        return replies

    async def _follow_redirect(
        self, to: AskError, node: _Node, command: Command, deadline: float, redirects: int
    ) -> Any:
        self._refresh_soon()
        target = self._node((to.host or node.address[0], to.port))
        if isinstance(to, MovedError):
            self._slots[to.slot_id] = target
            return (await self._execute_on(target, [command], deadline, redirects))[0]
        return (await self._execute_on(target, [("ASKING",), command], deadline, redirects))[1]

    def _failure(self, node: _Node, why: str) -> StoreError:
        """Return the error for one node's keys: a ShareError, or a StoreError if every other node is failing, too."""
        others = any(each is not node and not each.breaker.open for each in self._masters)
        return ShareError(why) if others else StoreError(why)

    def _deadline(self) -> float:
        return loop_time().time() + self._timeout * NODE_TIMEOUT_SHARE

    # ------------------------------------------------------------------ topology

    async def _wait_for_topology(self, deadline: float) -> None:
        """Wait for the first topology; no request waits for later ones."""
        if self._masters:
            return
        self._next_refresh = 0.0
        await asyncio.wait({self._refresh_soon()}, timeout=max(0.0, deadline - loop_time().time()))
        if not self._masters:
            raise StoreError(self._last_error or f"{self}: no answer within {self._timeout:g} s")

    def _refresh_soon(self) -> asyncio.Task[None]:
        if self._refreshing is None or self._refreshing.done():
            self._refreshing = self._tasks.spawn(self._refresh())
        return self._refreshing

    async def _refresh(self) -> None:
        """Query one node after the other for the slots of each node, failing nodes last, until one answers."""
        loop = asyncio.get_running_loop()
        if (wait := self._next_refresh - loop.time()) > 0:
            await asyncio.sleep(wait)
        self._last_error = ""
        nodes = list(self._nodes.values())
        random.shuffle(nodes)
        nodes.sort(key=lambda node: node.breaker.open)
        for node in nodes:
            try:
                deadline = loop_time().time() + max(self._timeout, REFRESH_TIMEOUT_S)
                [reply] = await node.server.pipeline([("CLUSTER", "SLOTS")], deadline)
                if isinstance(reply, ResponseError):
                    no_cluster = "cluster support disabled" in str(reply)
                    raise StoreError(f"{node.server}: is no cluster") if no_cluster else node.server.failure(reply)
                self._apply_topology(reply, node.address[0])
                break
            except StoreError as exc:
                self._last_error = str(exc)
            except (TypeError, ValueError, LookupError, AttributeError):
                self._last_error = f"{node.server}: sent no topology"
        self._next_refresh = loop.time() + MIN_REFRESH_INTERVAL_S

    def _apply_topology(self, reply: Any, queried_host: str) -> None:
        """Use a reply to CLUSTER SLOTS: ``[first, last, [host, port, …], replicas …]`` for each range of slots.

        An empty host stands for the one that was queried.
        """
        slots: list[_Node | None] = [None] * REDIS_CLUSTER_HASH_SLOTS
        masters = set()
        for first, last, (host, port, *_), *_ in reply:
            node = self._node(((host or b"").decode() or queried_host, int(port)))
            masters.add(node)
            slots[first : last + 1] = [node] * (last + 1 - first)
        if not masters:
            raise ValueError
        if masters != self._masters:
            logger.info("%s: the masters are %s", self, ", ".join(sorted(str(node.server) for node in masters)))
        self._slots, self._masters = slots, masters
        for address in self._nodes.keys() - {node.address for node in masters} - self._seeds:
            self._tasks.spawn(self._nodes.pop(address).server.close())

    def _node(self, address: Address) -> _Node:
        """Return the node at an address, adding a new one: a redirection may name it before the topology does."""
        node = self._nodes.get(address)
        if node is None:
            node = self._nodes[address] = _Node(self._build_server(address), address)
        return node


def _after(name: str, names: Collection[str]) -> str:
    return min((each for each in names if each > name), default="")


def _key_of(command: Command) -> str | bytes | int:
    """Return what decides which node gets a command; any may get one without a key."""
    return command[3] if command[0] == "EVAL" else command[min(1, len(command) - 1)]


def _slot(key: object) -> int:
    return key_slot(str(key).encode())
