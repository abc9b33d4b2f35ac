"""Faults of the upstream, which clients must see unchanged."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from benchmarks.faults import tls
from benchmarks.faults.answer_checker import Verdict
from benchmarks.faults.fault import Fault
from benchmarks.faults.measurements import Expected
from benchmarks.faults.testbed import Stage

UPSTREAM_ONLY = Expected(exact=0.5, semantic=2.0, during=0.9, lines=8)


class Answering(Fault):
    """The upstream answers in some other way. *causes* is what the client is to see of it, of all that is bad."""

    mode: ClassVar[str] = ""
    delay: ClassVar[float] = 0.0
    causes: ClassVar[bool] = True
    expected = UPSTREAM_ONLY

    async def begin(self, stage: Stage) -> None:
        self._first = len(stage.load.seen)
        stage.upstream.set(self.mode, self.delay)

    async def end(self, stage: Stage) -> None:
        """Repeat requests with bad answers: checks of hits detect a stored bad answer."""
        stage.upstream.set()
        seen = stage.load.seen[self._first :]
        badly = {each.ask for each in seen if each.ask is not None and each.verdict is Verdict.UPSTREAM}
        if self.causes and not badly:
            self.problems.append("no client saw what the upstream did")
        again = await stage.load.all(sorted(badly, key=lambda each: each.texts))
        if bad := [each for each in again if each.verdict is not Verdict.GOOD]:
            self.problems.append(f"asked again, {len(bad)} of {len(again)} were no good answers: {bad[0].why}")


class Pace(Answering):
    name, title, mode, causes = "4a", "upstream streams slowly", "pace", False


class SlowFirstByte(Answering):
    name, title, delay, causes = "4b", "upstream's first byte after 3 s", 3.0, False
    observation_s = 6.0


class Error500(Answering):
    name, title, mode = "4c", "upstream answers 500", "500"


class Error429(Answering):
    name, title, mode = "4d", "upstream answers 429", "429"


class Reset(Answering):
    name, title, mode = "4e", "upstream resets in midst of an answer", "reset"


class Close(Answering):
    name, title, mode = "4f", "upstream closes in midst of an answer", "close"


class CloseUnframed(Answering):
    name, title, mode = "4g", "upstream closes an answer without framing", "close-eof"


class ErrorEvent(Answering):
    name, title, mode, causes = "4h", "upstream ends streams with an error event", "errevent", False


class Gzip(Answering):
    name, title, mode, causes = "4i", "upstream compresses unasked", "gzip", False


class Never(Answering):
    name, title, mode = "4j", "upstream never answers", "never"
    causes = False  # its failures are seen after its end


class Refused(Fault):
    name, title = "4k", "upstream refuses connections"
    expected = UPSTREAM_ONLY

    async def begin(self, stage: Stage) -> None:
        stage.load.refused.begin()
        await stage.upstream.close()

    async def end(self, stage: Stage) -> None:
        await stage.upstream.listen()
        stage.load.refused.end()


class TlsBaseline(Fault):
    name, title, stage_name = "4.1", "baseline, upstream with TLS", "tls"
    expected = Expected(exact=0.5, semantic=2.0, during=0.9)


class TlsBad(Fault):
    name, title, stage_name = "4l", "upstream with another's certificate", "tls"
    expected = Expected(exact=0.5, semantic=2.0, during=0.9)

    async def begin(self, stage: Stage) -> None:
        stage.load.refused.begin()
        await stage.upstream.close()
        self._good, stage.upstream.tls = stage.upstream.tls, tls.serving(*tls.a_certificate(stage.folder / "bad"))
        await stage.upstream.listen()

    async def end(self, stage: Stage) -> None:
        await stage.upstream.close()
        stage.upstream.tls = self._good
        await stage.upstream.listen()
        stage.load.refused.end()


class NoName(Fault):
    name, title, stage_name = "4m", "upstream whose name leads nowhere, restart", "tls"
    expected = Expected(exact=None, semantic=None, down=True)
    spoils_stage = True

    async def begin(self, stage: Stage) -> None:
        stage.proxy.upstream = f"https://nowhere.invalid:{stage.upstream.port}"
        await stage.restart()
        stage.load.refused.begin()


ALL: tuple[Callable[[], Fault], ...] = (
    *(Pace, SlowFirstByte, Error500, Error429, Reset, Close, CloseUnframed, ErrorEvent, Gzip, Never, Refused),
    *(TlsBaseline, TlsBad, NoName),
)
