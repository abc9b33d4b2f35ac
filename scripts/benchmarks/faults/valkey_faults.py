"""Faults of the embedded Valkey."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
from collections.abc import Callable
from typing import Any, ClassVar

from redis.exceptions import RedisError

from benchmarks.faults.fault import Fault
from benchmarks.faults.measurements import Expected
from benchmarks.faults.testbed import Stage

GARBAGE_KEYS = 400
BLOCKS = "local t = redis.call('TIME')[1] while redis.call('TIME')[1] - t < 1 do end"


class Repeated(Fault):
    """An action that is repeated during the fault; errors of single actions are ignored."""

    every: ClassVar[float] = 0.1

    async def once(self, stage: Stage) -> None:
        raise NotImplementedError

    async def begin(self, stage: Stage) -> None:
        self._task = asyncio.create_task(self._go_on(stage))

    async def end(self, stage: Stage) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _go_on(self, stage: Stage) -> None:
        while True:
            with contextlib.suppress(OSError, RedisError):
                await self.once(stage)
            await asyncio.sleep(self.every)


def send(pids: list[int], how: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, how)


async def ask(stage: Stage, *command: Any) -> Any:
    """Run a command on the Valkey itself."""
    async with stage.valkey() as client:
        return await client.execute_command(*command)  # type: ignore[no-untyped-call]


class ValkeyKilled(Fault):
    name, title = "1a", "valkey kill -9"
    duration_s = 1.0
    expected = Expected(exact=2.0, semantic=3.0, lines=6)

    async def begin(self, stage: Stage) -> None:
        send(stage.proxy.valkey, signal.SIGKILL)


class ValkeyStopped(Fault):
    name, title = "1b", "valkey SIGSTOP, CONT"
    expected = Expected(exact=2.0, semantic=3.0, lines=6)

    async def begin(self, stage: Stage) -> None:
        send(stage.proxy.valkey, signal.SIGSTOP)

    async def end(self, stage: Stage) -> None:
        send(stage.proxy.valkey, signal.SIGCONT)


class Configured(Fault):
    """Bad settings of the Valkey during the fault."""

    there: ClassVar[tuple[tuple[Any, ...], ...]]
    back: ClassVar[tuple[tuple[Any, ...], ...]]

    async def begin(self, stage: Stage) -> None:
        for command in self.there:
            await ask(stage, *command)

    async def end(self, stage: Stage) -> None:
        for command in self.back:
            await ask(stage, *command)


class ValkeyFull(Configured):
    name, title = "1c", "valkey full, noeviction"
    there = (("CONFIG", "SET", "maxmemory-policy", "noeviction"), ("CONFIG", "SET", "maxmemory", 1))
    back = (("CONFIG", "SET", "maxmemory", 1 << 28), ("CONFIG", "SET", "maxmemory-policy", "allkeys-lru"))
    expected = Expected(exact=1.0, semantic=3.0, during=0.9, lines=4)


class ValkeyDamaged(Fault):
    name, title = "1d", f"wrong type, garbage or a foreign entry at {GARBAGE_KEYS} keys"
    duration_s = 2.0
    expected = Expected(exact=None, semantic=None, hot=10.0, lines=6)
    observation_s = 11.0
    spoils_stage = True

    async def begin(self, stage: Stage) -> None:
        chance = random.Random(1)
        async with stage.valkey() as client:
            keys = [key async for key in client.scan_iter(count=1000)]
            values = {key: await client.get(key) for key in keys if await client.type(key) == b"string"}
            entries = [key for key, value in values.items() if value is not None and len(value) > 200]
            chosen = chance.sample(entries, min(GARBAGE_KEYS, len(entries)))
            for place, key in enumerate(chosen):
                if place % 3 == 0:
                    await client.delete(key)
                    await client.rpush(key, "of", "another", "type")
                elif place % 3 == 1:
                    await client.set(key, chance.randbytes(300), keepttl=True)
                else:
                    await client.set(key, values[chance.choice(entries)] or b"", keepttl=True)


class Flushed(Fault):
    name, title = "1e", "FLUSHALL"
    duration_s = 1.0
    expected = Expected(exact=None, semantic=None, hot=10.0, lines=4)
    observation_s = 11.0
    spoils_stage = True

    async def begin(self, stage: Stage) -> None:
        await ask(stage, "FLUSHALL")


class ReadOnly(Configured):
    name, title = "1f", "valkey a read-only replica"
    there = (("REPLICAOF", "127.0.0.1", 1),)
    back = (("REPLICAOF", "NO", "ONE"),)
    expected = Expected(exact=1.0, semantic=3.0, during=0.9, lines=4)


class ConnectionsKilled(Repeated):
    name, title = "1g", "connections killed 12 times a second"
    every = 0.08
    expected = Expected(exact=1.0, semantic=3.0, during=0.8, lines=6)

    async def once(self, stage: Stage) -> None:
        await ask(stage, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")


class Blocked(Repeated):
    name, title = "1h", "valkey blocked by scripts of 1 s"
    every = 0.05
    expected = Expected(exact=3.0, semantic=4.0, lines=6)

    async def once(self, stage: Stage) -> None:
        await ask(stage, "EVAL", BLOCKS, 0)


class EncoderKilled(Fault):
    name, title = "2a", "encoder kill -9"
    duration_s = 1.0
    expected = Expected(exact=0.5, semantic=5.0, during=0.9, lines=4)

    async def begin(self, stage: Stage) -> None:
        send(stage.proxy.encoder, signal.SIGKILL)


class EncoderStopped(Fault):
    name, title = "2b", "encoder SIGSTOP, CONT"
    expected = Expected(exact=0.5, semantic=5.0, during=0.9, lines=4)

    async def begin(self, stage: Stage) -> None:
        self._pids = stage.proxy.encoder
        send(self._pids, signal.SIGSTOP)

    async def end(self, stage: Stage) -> None:
        send(self._pids, signal.SIGCONT)


class EncoderHangs(EncoderStopped):
    name, title = "2c", "encoder SIGSTOP for good"
    duration_s = 0.5
    observation_s = 8.0
    expected = Expected(exact=0.5, semantic=6.0, during=0.9, lines=4)

    async def end(self, stage: Stage) -> None:
        """Check that it was replaced."""


class EncoderKilledAgain(Repeated):
    name, title = "2d", "encoder killed every 0.7 s"
    every = 0.7
    expected = Expected(exact=0.5, semantic=6.0, during=0.9, lines=6)
    observation_s = 7.0

    async def once(self, stage: Stage) -> None:
        send(stage.proxy.encoder, signal.SIGKILL)


class EncoderWithoutMemory(Fault):
    name, title = "2e", "encoder without memory"
    duration_s = 3.0
    observation_s = 8.0
    expected = Expected(exact=0.5, semantic=7.0, during=0.9, lines=6)

    async def begin(self, stage: Stage) -> None:
        import resource

        for pid in stage.proxy.encoder:
            with contextlib.suppress(OSError):
                resource.prlimit(pid, resource.RLIMIT_AS, (60 << 20, resource.RLIM_INFINITY))


ALL: tuple[Callable[[], Fault], ...] = (
    *(ValkeyKilled, ValkeyStopped, ValkeyFull, ReadOnly, ConnectionsKilled, Blocked),
    *(EncoderKilled, EncoderStopped, EncoderHangs, EncoderKilledAgain, EncoderWithoutMemory),
    *(ValkeyDamaged, Flushed),
)
