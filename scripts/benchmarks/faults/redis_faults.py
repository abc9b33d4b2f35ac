"""Faults of an external Redis, and of the connection to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from benchmarks.faults.fault import Fault
from benchmarks.faults.measurements import Expected
from benchmarks.faults.testbed import Stage
from benchmarks.faults.valkey_faults import Configured, Repeated


class OnTheWire(Fault):
    stage_name = "redis"
    mode: ClassVar[str]
    figure: ClassVar[float] = 0.0
    expected = Expected(exact=2.5, semantic=4.0, lines=6)

    async def begin(self, stage: Stage) -> None:
        assert stage.external is not None
        stage.external.wire.set(self.mode, self.figure)

    async def end(self, stage: Stage) -> None:
        assert stage.external is not None
        stage.external.wire.set()


class Baseline(Fault):
    name, title, stage_name = "1.0", "baseline, a Redis of its own", "redis"
    expected = Expected(exact=0.5, semantic=2.0, during=0.9)


class Slow(OnTheWire):
    name, title, mode, figure = "1i", "redis slower by 150 ms", "slow", 0.15


class MaskTooSlow(OnTheWire):
    name, title, mode, figure = "1j", "redis slower by 400 ms", "slow", 0.4


class Narrow(OnTheWire):
    name, title, mode, figure = "1k", "redis at 20 kB/s", "narrow", 20_000.0


class Hole(OnTheWire):
    name, title, mode = "1l", "redis a black hole", "hole"


class Resets(Repeated):
    name, title, stage_name = "1m", "all connections reset 10 times a second", "redis"
    expected = Expected(exact=2.0, semantic=4.0, lines=6)

    async def once(self, stage: Stage) -> None:
        assert stage.external is not None
        stage.external.wire.reset()


class Cut(OnTheWire):
    name, title, mode = "1n", "replies cut in half and reset", "cut"


class Garbage(OnTheWire):
    name, title, mode = "1o", "replies are garbage", "garbage"


class Flipped(OnTheWire):
    name, title, mode = "1p", "one bit flipped in each reply", "flip"
    expected = Expected(exact=None, semantic=None, hot=8.0, lines=12)  # damaged entries may be dropped
    observation_s = 9.0


class Twice(OnTheWire):
    name, title, mode = "1q", "each reply twice", "twice"


class Full(Configured):
    name, title, stage_name = "1r", "redis full, noeviction", "redis"
    there = (("CONFIG", "SET", "maxmemory-policy", "noeviction"), ("CONFIG", "SET", "maxmemory", 1))
    back = (("CONFIG", "SET", "maxmemory", 0),)
    expected = Expected(exact=1.0, semantic=3.0, during=0.9, lines=4)


class Forbidden(Configured):
    name, title, stage_name = "1s", "an ACL refuses SET and MGET", "redis"
    there = (("ACL", "SETUSER", "default", "-set", "-mget"),)
    back = (("ACL", "SETUSER", "default", "+set", "+mget"),)
    expected = Expected(exact=2.5, semantic=4.0, lines=6)


class Killed(Fault):
    name, title, stage_name = "1t", "redis kill -9, back empty", "redis"
    expected = Expected(exact=None, semantic=None, hot=12.0, lines=6)
    observation_s = 12.0
    spoils_stage = True

    async def begin(self, stage: Stage) -> None:
        assert stage.external is not None
        stage.external.end()

    async def end(self, stage: Stage) -> None:
        assert stage.external is not None
        await stage.external.start()


ALL: tuple[Callable[[], Fault], ...] = (
    *(Baseline, Slow, MaskTooSlow, Narrow, Hole, Resets, Cut, Garbage, Twice, Full, Forbidden, Flipped, Killed),
)
