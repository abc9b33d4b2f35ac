"""What of the stored answers and vectors is still found at both proxies after a fault."""

from __future__ import annotations

from benchmarks.cluster.measurements import Losses
from benchmarks.cluster.testbed import Stage
from benchmarks.faults.answer_checker import Verdict
from benchmarks.faults.load import since
from benchmarks.faults.requests import Kind, PlannedRequest

WORDING = 2
"""The paraphrase by which vectors are looked for: it is none in the same words."""
SEMANTIC = "semantic"


class Inventory:
    """The questions that are stored before a fault: those that the load does not ask, and those that are new.

    Vectors are looked for by another wording.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._answers: list[PlannedRequest] = []
        self._vectors: list[PlannedRequest] = []

    async def take(self) -> None:
        """Note what is found now."""
        asks = [*self._stage.corpus.unasked()]
        found = await self._stage.find(asks, 0)
        self._answers = [ask for ask, response in zip(asks, found, strict=True) if response is not None]
        asks = [*self._stage.corpus.unasked(WORDING)]
        found = await self._stage.find(asks, 0)
        self._vectors = [
            ask for ask, each in zip(asks, found, strict=True) if each is not None and each.cache == SEMANTIC
        ]

    def add_new(self, first: float, begin: float) -> None:
        """Add the new questions whose answers came in this time of the monotonic clock."""
        for load in self._stage.loads:
            for each in since(load.seen, first, begin):
                is_stored = each.kind is Kind.NEW and each.verdict is Verdict.GOOD and each.at + each.took < begin
                if is_stored and each.ask is not None:
                    self._answers.append(each.ask)

    async def compare(self) -> Losses:
        """Return how much of it is not found any more, at either proxy."""
        lost = [await self._count_lost(asks) for asks in (self._answers, self._vectors)]
        return Losses(len(self._answers), lost[0], len(self._vectors), lost[1])

    async def _count_lost(self, asks: list[PlannedRequest]) -> int:
        found = [await self._stage.find(asks, place) for place in range(len(self._stage.proxies))]
        return sum(None in each for each in zip(*found, strict=True))
