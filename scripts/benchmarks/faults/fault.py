"""The base class of faults, which begin and end under load, with the tolerated effects."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from benchmarks.faults.measurements import Expected

if TYPE_CHECKING:
    from benchmarks.faults.testbed import Stage


class Fault:
    """A fault, one row of the table. Problems that it detects itself are appended to *problems*."""

    name: ClassVar[str]
    title: ClassVar[str]
    stage_name: ClassVar[str] = "embedded"
    """The stage that it runs on: see `testbed.STAGES`."""
    expected: ClassVar[Expected] = Expected()
    duration_s: ClassVar[float | None] = None
    """Duration in seconds, if not the default."""
    observation_s: ClassVar[float] = 0.0
    """Minimum observation in seconds after its end."""
    spoils_stage: ClassVar[bool] = False
    """Whether the next fault needs a new stage."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def missing_requirement(self) -> str:
        """Return what this machine lacks for the fault; empty if it has all."""
        return ""

    async def begin(self, stage: Stage) -> None: ...

    async def end(self, stage: Stage) -> None: ...


class Baseline(Fault):
    """No fault at all, which must have no effect."""

    name, title = "0", "baseline"
    expected = Expected(exact=0.5, semantic=2.0, during=0.9)
