"""A Redis Cluster: which node has a key, and what one node's failure costs. It knows nothing of entries.

Over redis-py's connections, not over its RedisCluster: there one failed command makes the commands of all nodes wait
for a new topology, a deadline that passes meanwhile closes the connections of all nodes, and CLUSTERDOWN does so, too.
(https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/)
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Collection, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from redis.asyncio.connection import AbstractConnection
from redis.crc import REDIS_CLUSTER_HASH_SLOTS, key_slot
from redis.exceptions import AskError, MovedError, ResponseError

from aicache.adapters.redis.server import Command, Server, scanned, scanning
from aicache.domain.asyncio_tasks import TaskSet
from aicache.domain.circuit_breaker import Breaker
from aicache.domain.loop_time import loop_time
from aicache.domain.ports import Busy, ShareError, StoreError

logger = logging.getLogger(__name__)

MAX_REDIRECTS = 3
MIN_REFRESH_INTERVAL_S = 0.5
"""Seconds between two questions for the topology, while something does not fit it."""
REFRESH_TIMEOUT_S = 1.0
"""Seconds that one node has to tell it; no request waits that long."""
DOWN_PAUSE_S = 2.0
"""Seconds between two attempts with a node that fails."""
SHARE = 0.8
"""Of the timeout, that a node has: so that its failure is known for its own before the whole store's timeout passes."""

Address: TypeAlias = tuple[str, int]


@dataclass(eq=False, slots=True)
class _Node:
    server: Server
    address: Address
    breaker: Breaker = field(default_factory=lambda: Breaker(pause=DOWN_PAUSE_S))


class Cluster:
    """Servers, each with its share of the keys. What fails on one is a ShareError, and costs the others nothing.

    Topology: asked for at the first use, and in the background whenever a node fails or redirects.
    """

    connect: Callable[[], AbstractConnection] | None = None  # a near cache would have to hear every node

    def __init__(
        self, place: str, seeds: Sequence[Address], make: Callable[[Address], Server], *, timeout: float
    ) -> None:
        """*seeds* are nodes that tell the topology; *make* gives the Server at an address."""
        self._place = place
        self._make = make
        self._timeout = timeout
        self._nodes = {seed: _Node(make(seed), seed) for seed in seeds}
        self._seeds = frozenset(seeds)
        self._masters: set[_Node] = set()
        self._slots: list[_Node | None] = []
        self._learning: asyncio.Task[None] | None = None
        self._next_learning = 0.0
        self._why_not = ""
        self._tasks = TaskSet()

    def __str__(self) -> str:
        return self._place

    def together(self, prefix: str, keys: Sequence[str]) -> Collection[Sequence[str]]:
        if not self._masters:
            return (keys,)
        found: dict[_Node | None, list[str]] = {}
        for key in keys:
            found.setdefault(self._slots[_slot(prefix + key)], []).append(key)
        return found.values()

    async def execute(self, *command: str | bytes | int) -> Any:
        [reply] = await self._ask_all([command])
        if isinstance(reply, StoreError):
            raise reply
        return reply

    async def mget(self, keys: Sequence[str]) -> list[Any]:
        # One MGET a key: over several slots the server refuses it. (And not GET, which refuses a key of another type.)
        replies = await self._ask_all([("MGET", key) for key in keys])
        return [reply[0] if isinstance(reply, list) and reply else reply for reply in replies]

    async def unlink(self, keys: Sequence[str]) -> None:
        for reply in await self._ask_all([("UNLINK", key) for key in keys]):
            if isinstance(reply, StoreError):
                raise reply

    async def scan(self, cursor: str, pattern: str) -> tuple[list[bytes], str]:
        """Go through the masters by their addresses; the cursor is ``host:port/`` and that server's own."""
        deadline = self._deadline()
        await self._known(deadline)
        masters = {f"{node.address[0]}:{node.address[1]}": node for node in self._masters}
        name, _, at = cursor.rpartition("/")
        if name not in masters:  # at the beginning, or it has gone since
            if (name := _after(name, masters)) == "":
                return [], ""
            at = ""
        [reply] = await self._ask(masters[name], [scanning(at, pattern)], deadline)
        if isinstance(reply, StoreError):
            raise reply
        keys, at = scanned(reply, masters[name].server)
        if at:
            return keys, f"{name}/{at}"
        following = _after(name, masters)
        return keys, f"{following}/" if following else ""

    async def close(self) -> None:
        await self._tasks.cancel_and_wait()
        await asyncio.gather(*(node.server.close() for node in self._nodes.values()))

    # ------------------------------------------------------------------ asking

    async def _ask_all(self, commands: Sequence[Command]) -> list[Any]:
        """Ask each node for its share, all at once. Return replies and StoreErrors, in the commands' order."""
        deadline = self._deadline()
        await self._known(deadline)
        shares: dict[_Node | None, list[int]] = {}
        for i, command in enumerate(commands):
            shares.setdefault(self._slots[_slot(command[1])], []).append(i)
        if len(shares) == 1:
            return await self._ask(next(iter(shares)), commands, deadline)
        asked = (self._ask(node, [commands[i] for i in share], deadline) for node, share in shares.items())
        replies: list[Any] = [None] * len(commands)
        for share, answered in zip(shares.values(), await asyncio.gather(*asked), strict=True):
            for i, reply in zip(share, answered, strict=True):
                replies[i] = reply
        return replies

    async def _ask(
        self, node: _Node | None, commands: Sequence[Command], deadline: float, redirects: int = MAX_REDIRECTS
    ) -> list[Any]:
        if node is None:
            self._learn_soon()
            return [ShareError(f"{self}: no node has this key's slot")] * len(commands)
        loop = asyncio.get_running_loop()
        if not node.breaker.allow(loop.time()):
            self._learn_soon()
            return [self._failure(node, f"{node.server}: not asked, it is failing")] * len(commands)
        try:
            replies = await node.server.pipeline(commands, deadline)
        except Busy as exc:
            return [exc] * len(commands)
        except StoreError as exc:
            if node.breaker.failed(loop.time()):
                logger.warning("%s; its share of the keys is missed until it or another node answers for them", exc)
            self._learn_soon()
            return [self._failure(node, str(exc))] * len(commands)
        if node.breaker.succeeded():
            logger.warning("%s: answers again", node.server)
        for i, reply in enumerate(replies):
            if isinstance(reply, AskError) and redirects:  # or its kind MovedError
                replies[i] = await self._follow(reply, node, commands[i], deadline, redirects - 1)
            elif isinstance(reply, ResponseError):
                self._learn_soon()
                replies[i] = ShareError(str(node.server.failure(reply)))
        return replies

    async def _follow(self, to: AskError, node: _Node, command: Command, deadline: float, redirects: int) -> Any:
        self._learn_soon()
        target = self._node((to.host or node.address[0], to.port))
        if isinstance(to, MovedError):
            self._slots[to.slot_id] = target
            return (await self._ask(target, [command], deadline, redirects))[0]
        return (await self._ask(target, [("ASKING",), command], deadline, redirects))[1]

    def _failure(self, node: _Node, why: str) -> StoreError:
        """Return the error for one node's keys; that of the whole store when no other node is believed to answer."""
        others = any(each is not node and not each.breaker.open for each in self._masters)
        return ShareError(why) if others else StoreError(why)

    def _deadline(self) -> float:
        return loop_time().time() + self._timeout * SHARE

    # ------------------------------------------------------------------ topology

    async def _known(self, deadline: float) -> None:
        """Wait for the first topology; later ones nobody waits for."""
        if self._masters:
            return
        self._next_learning = 0.0
        await asyncio.wait({self._learn_soon()}, timeout=max(0.0, deadline - loop_time().time()))
        if not self._masters:
            raise StoreError(self._why_not or f"{self}: no answer within {self._timeout:g} s")

    def _learn_soon(self) -> asyncio.Task[None]:
        if self._learning is None or self._learning.done():
            self._learning = self._tasks.spawn(self._learn())
        return self._learning

    async def _learn(self) -> None:
        """Ask one node after the other, those that fail last, until one tells which node has which slots."""
        loop = asyncio.get_running_loop()
        if (wait := self._next_learning - loop.time()) > 0:
            await asyncio.sleep(wait)
        self._why_not = ""
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
                self._take(reply, node.address[0])
                break
            except StoreError as exc:
                self._why_not = str(exc)
            except (TypeError, ValueError, LookupError, AttributeError):
                self._why_not = f"{node.server}: tells no topology"
        self._next_learning = loop.time() + MIN_REFRESH_INTERVAL_S

    def _take(self, reply: Any, asked: str) -> None:
        """Take the answer of CLUSTER SLOTS into use: ``[first, last, [host, port, …], replicas …]`` each."""
        slots: list[_Node | None] = [None] * REDIS_CLUSTER_HASH_SLOTS
        masters = set()
        for first, last, (host, port, *_), *_ in reply:
            node = self._node(((host or b"").decode() or asked, int(port)))  # no host: the one that was asked
            masters.add(node)
            slots[first : last + 1] = [node] * (last + 1 - first)
        if not masters:
            raise ValueError
        if masters != self._masters:
            logger.info("%s: the masters are %s", self, ", ".join(sorted(str(node.server) for node in masters)))
        self._slots, self._masters = slots, masters
        for address in self._nodes.keys() - {node.address for node in masters} - self._seeds:
            self._spawn(self._nodes.pop(address).server.close())

    def _node(self, address: Address) -> _Node:
        """Return the node at an address, made if it is new: a redirection may name it before the topology does."""
        node = self._nodes.get(address)
        if node is None:
            node = self._nodes[address] = _Node(self._make(address), address)
        return node

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.spawn(work)


def _after(name: str, names: Collection[str]) -> str:
    return min((each for each in names if each > name), default="")


def _slot(key: object) -> int:
    return key_slot(str(key).encode())
