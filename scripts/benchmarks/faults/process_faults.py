"""Faults of the proxy itself: its end, its configuration, and its clock."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable
from typing import Any, ClassVar

from benchmarks import proxy_metrics
from benchmarks.faults.answer_checker import Verdict
from benchmarks.faults.client import Client
from benchmarks.faults.fault import Fault
from benchmarks.faults.load import since
from benchmarks.faults.measurements import Expected
from benchmarks.faults.proxy_process import Proxy
from benchmarks.faults.requests import Kind
from benchmarks.faults.testbed import Stage

CHECKED_BEFORE_KILL_S = 6.0  # answers from this time before a kill must be stored, except those of the last 1.5 s
FSYNC_MARGIN_S = 1.5
SLOW_EMBEDDING_S = 1.5  # for embeddings of the upstream, so that batches are always pending


class Killed(Fault):
    name, title = "6a", "proxy kill -9 under load, restart"
    how: ClassVar[signal.Signals] = signal.SIGKILL
    duration_s = 0.0
    observation_s = 8.0
    expected = Expected(exact=4.0, semantic=6.0, down=True)

    async def begin(self, stage: Stage) -> None:
        stage.upstream.batch_delay = SLOW_EMBEDDING_S
        await asyncio.sleep(SLOW_EMBEDDING_S)
        await stage.restart(self.how)

    async def end(self, stage: Stage) -> None:
        stage.upstream.batch_delay = 0.0


class Terminated(Killed):
    name, title, how = "6b", "SIGTERM under load, restart", signal.SIGTERM


class TerminatedSlowly(Killed):
    """A slow shutdown, while answers to parts of batches arrive."""

    name, title, how = "6b2", "SIGTERM while Valkey is stopped, restart", signal.SIGTERM

    async def begin(self, stage: Stage) -> None:
        from benchmarks.faults.valkey_faults import send

        stage.upstream.batch_delay = SLOW_EMBEDDING_S
        await asyncio.sleep(SLOW_EMBEDDING_S)
        send(stage.proxy.valkey, signal.SIGSTOP)
        await stage.restart(self.how)


class Second(Fault):
    """A second proxy on the same folder, with the same load."""

    name, title = "6c1", "second proxy on the same folder"
    expected = Expected(exact=0.5, semantic=2.0, during=0.9)

    async def begin(self, stage: Stage) -> None:
        self._second = await second(stage)
        self._client = Client(self._second.port)
        await self._second.ready(proxy_metrics.EXACT)
        seen = await stage.load.all((), 1)
        for _ in range(100):
            seen.append(await stage.load.ask(stage.load.corpus.repeat(), self._client))
        if (share := sum(each.cache == "exact" for each in seen) / len(seen)) < 0.9:
            self.problems.append(f"{share:.0%} of repeats hit on the second proxy")

    async def end(self, stage: Stage) -> None:
        self._client.forget()
        await self._second.kill(signal.SIGTERM)


class TakesOver(Second):
    name, title = "6c2", "first proxy killed, second takes over, first comes back"
    expected = Expected(exact=4.0, semantic=None, down=True)
    observation_s = 8.0

    async def begin(self, stage: Stage) -> None:
        self._second = await second(stage)
        self._client = Client(self._second.port)
        await self._second.ready(proxy_metrics.EXACT)
        stage.load.down.begin()
        await stage.proxy.kill(signal.SIGKILL)
        killed = time.monotonic()
        await self._second.ready()
        took = time.monotonic() - killed
        seen = [await stage.load.ask(stage.load.corpus.repeat(), self._client) for _ in range(100)]
        if (share := sum(each.cache == "exact" for each in seen) / len(seen)) < 0.9:
            self.problems.append(f"{share:.0%} of repeats hit on the proxy that took over, {took:.1f} s after the kill")

    async def end(self, stage: Stage) -> None:
        await super().end(stage)
        await stage.proxy.start(ready=False)
        stage.client.forget()
        stage.load.down.end()


async def second(stage: Stage) -> Proxy:
    made = Proxy(stage.plan, stage.folder, stage.proxy.data, stage.proxy.upstream, {})
    await made.start(ready=False)
    return made


class ConfigBroken(Fault):
    name, title = "6d", "config broken six ways, deleted, back"
    expected = Expected(exact=0.5, semantic=2.0, during=0.9)
    ways = ("semantic: [", "scope: everyone", "no_such_key: 1", "\0", "- a list", "lookup_timeout: soon")

    async def begin(self, stage: Stage) -> None:
        for way in self.ways:
            stage.proxy.configure(way)
            await asyncio.sleep(1.2)
        stage.proxy.config_file.unlink()

    async def end(self, stage: Stage) -> None:
        stage.proxy.configure(stage.proxy.config)


class ConfigChanged(Fault):
    name, title = "6d2", "config changed under load, and back"
    expected = Expected(exact=3.0, semantic=5.0)
    observation_s = 6.0
    ways: ClassVar[tuple[dict[str, Any], ...]] = (
        {"session_id": "another"},
        {"semantic": {"enabled": False}},
        {"enabled": False},
        {"embeddings": False},
        {"speed": {"fast_lane": False, "dispatch": False}},
    )

    async def begin(self, stage: Stage) -> None:
        stage.upstream.batch_delay = SLOW_EMBEDDING_S
        for way in self.ways:
            stage.proxy.configure({**stage.proxy.config, **way})
            await asyncio.sleep(1.5)

    async def end(self, stage: Stage) -> None:
        stage.proxy.configure(stage.proxy.config)
        stage.upstream.batch_delay = 0.0


class Touched(Fault):
    name, title = "6e", "script touched three times under load"
    expected = Expected(exact=3.0, semantic=6.0, lines=60)
    observation_s = 7.0

    async def begin(self, stage: Stage) -> None:
        stage.upstream.batch_delay = SLOW_EMBEDDING_S
        for _ in range(3):
            stage.proxy.script.touch()
            await asyncio.sleep(2)

    async def end(self, stage: Stage) -> None:
        stage.upstream.batch_delay = 0.0


class ScriptBroken(Fault):
    name, title = "6e2", "script broken for a while, and back"
    expected = Expected(exact=4.0, semantic=7.0, lines=60)
    observation_s = 8.0

    async def begin(self, stage: Stage) -> None:
        stage.upstream.batch_delay = SLOW_EMBEDDING_S
        await asyncio.sleep(SLOW_EMBEDDING_S)
        self._good = stage.proxy.script.read_text("utf-8")
        stage.proxy.script.write_text("raise RuntimeError('on purpose')\n", "utf-8")

    async def end(self, stage: Stage) -> None:
        stage.proxy.script.write_text(self._good, "utf-8")
        stage.upstream.batch_delay = 0.0


class NothingLost(Fault):
    """Checks that answers before a kill are stored, except those of the last second or so."""

    name, title = "6a2", "kill -9 again: what was stored is there"
    duration_s = 0.0
    observation_s = 6.0
    expected = Expected(exact=4.0, semantic=6.0, down=True)

    async def begin(self, stage: Stage) -> None:
        asks = [stage.load.corpus.new() for _ in range(60)]
        await stage.load.all(asks)
        await asyncio.sleep(FSYNC_MARGIN_S)
        await stage.restart(signal.SIGKILL, ready=True)
        seen = await stage.load.all(asks)
        if lost := [each for each in seen if each.cache != "exact" and each.verdict is Verdict.GOOD]:
            self.problems.append(f"{len(lost)} of {len(asks)} answers were lost")


class ClockBaseline(Fault):
    name, title, stage_name = "6.9", "baseline with a clock of its own", "clock"
    expected = Expected(exact=0.5, semantic=2.0, during=0.9)


class Clock(Fault):
    stage_name = "clock"
    shift: ClassVar[int]
    expected = Expected(exact=2.0, semantic=3.0)

    async def begin(self, stage: Stage) -> None:
        assert stage.shift is not None
        stage.shift.set(self.shift)

    async def end(self, stage: Stage) -> None:
        assert stage.shift is not None
        stage.shift.set(0)


class HourBack(Clock):
    name, title, shift = "6f", "clock -1 h", -3600


class DayAhead(Clock):
    name, title, shift = "6g", "clock +1 day", 86_400


class YearsAhead(Clock):
    """All entries expire; those stored meanwhile must not live too long when the clock is right again."""

    name, title, shift = "6h", "clock +10 years", 3652 * 86_400
    expected = Expected(exact=None, semantic=None, hot=12.0)
    observation_s = 13.0
    spoils_stage = True

    async def begin(self, stage: Stage) -> None:
        await super().begin(stage)
        await asyncio.sleep(2)
        self._asks = [stage.load.corpus.new() for _ in range(20)]
        await stage.load.all(self._asks)

    async def end(self, stage: Stage) -> None:
        await super().end(stage)
        began = time.monotonic()
        await stage.load.all(self._asks)
        if stale := [each for each in since(stage.load.seen, began) if each.kind is Kind.NEW and each.hit]:
            self.problems.append(f"{len(stale)} hits on answers of ten years ahead")


ALL: tuple[Callable[[], Fault], ...] = (
    *(Killed, NothingLost, Terminated, TerminatedSlowly, Second, TakesOver),
    *(ConfigBroken, ConfigChanged, Touched, ScriptBroken, ClockBaseline, HourBack, DayAhead, YearsAhead),
)
