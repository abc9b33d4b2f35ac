"""What a fault is: something that is begun and ended while the load goes on, and what it may cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from benchmarks.faults.measurements import Expected

if TYPE_CHECKING:
    from benchmarks.faults.testbed import Stage


class Fault:
    """One row. It begins and ends within seconds; what it finds wrong itself it appends to *said*."""

    name: ClassVar[str]
    title: ClassVar[str]
    where: ClassVar[str] = "embedded"
    """The stage that it is made on: see `stage.STAGES`."""
    expected: ClassVar[Expected] = Expected()
    lasts: ClassVar[float | None] = None
    """Seconds, where it is not as long as others."""
    after: ClassVar[float] = 0.0
    """Seconds that are looked at after its end at least."""
    spoils: ClassVar[bool] = False
    """Whether the stage is to be made anew for the next one."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def lacks(self) -> str:
        """Say what this machine lacks for it; nothing where it has all."""
        return ""

    async def begin(self, stage: Stage) -> None: ...

    async def end(self, stage: Stage) -> None: ...


class Baseline(Fault):
    """No fault at all, of which nothing may be seen."""

    name, title = "0", "baseline"
    expected = Expected(exact=0.5, semantic=2.0, during=0.9)
