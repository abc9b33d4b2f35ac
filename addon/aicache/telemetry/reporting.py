"""From what the engine found to what is told of it."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

from aicache.domain.events import Erased, Finished, Forgets, Judged, Report, Watcher
from aicache.domain.model import Bypass, Entry, Hit, Miss
from aicache.domain.trace import Trace
from aicache.engine import Exchange
from aicache.entries.embedding_batch import BatchExchange
from aicache.entries.recording import Recording

logger = logging.getLogger(__name__)


def of_lookup(
    exchange: Exchange, outcome: Hit | Miss, trace: Trace, began: float, headers: tuple[str, ...] = ()
) -> Report:
    """Say what a look-up found; *began* is the performance counter's time of its start, *headers* as in a `Report`."""
    hit = outcome if isinstance(outcome, Hit) else None
    tier = None if hit is None else "legacy" if hit.legacy else "exact" if hit.similarity is None else "semantic"
    entry = hit.entry if hit is not None else None
    call, identity = exchange.call, exchange.identity
    return Report(
        at=time.time(),
        outcome="hit" if hit is not None else "miss",
        tier=tier,  # type: ignore[arg-type]  # mypy widens the conditional to str
        reason=outcome.reason if isinstance(outcome, Miss) else None,
        api=call.api,
        model=call.model,
        mode=call.mode,
        key=identity.key,
        namespace=identity.namespace,
        kind=trace.kind or exchange.kind,
        seconds=time.perf_counter() - began,
        trace=trace,
        question=call.question,
        entry=entry,
        similarity=hit.similarity if hit is not None else None,
        tokens=(entry.prompt_tokens, entry.completion_tokens) if entry is not None else (0, 0),
        owners=exchange.owners,
        headers=headers,
    )


def of_batch(exchange: BatchExchange, known: Sequence[Entry | None], began: float, *, answered: bool) -> Report:
    """Say what was found of a batch of embeddings."""
    have = sum(entry is not None for entry in known)
    tokens = sum(entry.prompt_tokens for entry in known if entry is not None)
    return Report(
        at=time.time(),
        outcome="hit" if answered else "miss",
        tier="embeddings",
        reason=None if answered else f"{have}/{len(exchange.keys)} known",
        api=exchange.batch.api,
        model=exchange.batch.model,
        mode="whole",
        key=exchange.keys[0] if len(exchange.keys) == 1 else "",
        namespace=exchange.namespace,
        kind="",
        seconds=time.perf_counter() - began,
        tokens=(tokens if answered else 0, 0),
    )


def of_bypass(bypass: Bypass, api: str, began: float) -> Report:
    """Say why a request was passed by."""
    seconds = time.perf_counter() - began
    return Report(time.time(), "bypass", None, bypass.reason, api, "", "", "", "", "", seconds)


def finished(report: Report, recording: Recording | None, entry: Entry | None, why_not: str | None) -> Finished:
    """Say how a request that went upstream ended; without a recording it broke off."""
    if recording is None:
        return Finished(report, 0, 0.0, 0, None, why_not)
    return Finished(report, recording.status, recording.took, len(recording.body), entry, why_not)


class Watchers:
    """Tells everyone who wants to know; what goes wrong with one is no business of a request's."""

    def __init__(self) -> None:
        self._all: list[Watcher] = []

    def add(self, watcher: Watcher) -> None:
        self._all.append(watcher)

    def remove(self, watcher: Watcher) -> None:
        self._all.remove(watcher)

    def decided(self, report: Report) -> None:
        for watcher in self._all:
            try:
                watcher.decided(report)
            except Exception:
                logger.exception("a decision was not told on")

    def finished(self, finished: Finished) -> None:
        for watcher in self._all:
            try:
                watcher.finished(finished)
            except Exception:
                logger.exception("an answer was not told on")

    def erased(self, erased: Erased) -> None:
        for watcher in self._all:
            try:
                if isinstance(watcher, Forgets):
                    watcher.erased(erased)
            except Exception:
                logger.exception("an erasure was not told on")

    def judged(self, judged: Judged) -> None:
        for watcher in self._all:
            try:
                watcher.judged(judged)
            except Exception:
                logger.exception("a judgement was not told on")
