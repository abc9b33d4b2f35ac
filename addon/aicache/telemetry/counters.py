"""A Watcher that counts events since the start, for metrics and dashboard. It keeps no texts, and its size is bounded.

It costs a few additions per request, whether or not the figures are read.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Protocol

from aicache.domain.bounded import BoundedDict
from aicache.domain.events import SAME_WORDS, Checked, Decided, Finished, Judged, Spent
from aicache.domain.policy import is_objection
from aicache.domain.pricing import to_usd
from aicache.telemetry.histogram import Histogram
from aicache.telemetry.labels import OTHER, BoundedNames, dependency_label, reason_label

MAX_MODELS = 50
"""Models counted by name. A model gets its name with its first answer, since callers may send any name."""
MAX_REASONS = 100
MAX_HEADERS = 50
"""Request headers counted by name."""
MAX_SEGMENTS = 50
"""Traffic segments whose error bound is shown: the most recently used."""
SEGMENT_NAME_CHARS = 8  # of its digest
SIMILARITY_BOUNDS = tuple(round(i / 50, 2) for i in range(1, 51))

Labels = tuple[str, ...]


class Cost(Protocol):
    """Tells what tokens cost."""

    def __call__(self, model: str, prompt: int, completion: int, *, cached: int = 0) -> int | None:
        """Return nano-dollars; None where the model's price is not known. *cached* tokens of the prompt were read from
        the provider's own cache.
        """


@dataclass(slots=True)
class Segment:
    """One traffic segment whose hits by meaning are checked."""

    model: str = OTHER
    error_bound: float = 1.0
    """Upper bound on the share of its requests that are answered wrong."""
    standing: str | None = None
    """``learned``, or how it is restricted: ``frozen``, ``off``; None before the first check."""


class Counters:
    """*cost* prices what hits saved; it may be replaced at any time."""

    def __init__(self, cost: Cost) -> None:
        self.cost = cost
        self._models, self._reasons, self._steps = (
            BoundedNames(MAX_MODELS),
            BoundedNames(MAX_REASONS),
            BoundedNames(MAX_REASONS),
        )
        self._headers = BoundedNames(MAX_HEADERS)
        self.outcomes: Counter[Labels] = Counter()  # outcome, API
        self.hits: Counter[Labels] = Counter()  # tier, API, model
        self.same_words: Counter[str] = Counter()  # hits by meaning for which nothing was embedded, by API
        self.collapsed_by_meaning: Counter[str] = Counter()  # hits by meaning with an answer in flight, by API
        self.misses: Counter[Labels] = Counter()  # reason, API
        self.bypasses: Counter[Labels] = Counter()
        self.preconnects: Counter[str] = Counter()  # used, unused
        self.header_misses: Counter[str] = Counter()  # header by which alone an equal request differed
        self.store_errors: Counter[str] = Counter()  # part
        self.refusals: Counter[str] = Counter()  # guard
        self.prompt_tokens: Counter[str] = Counter()  # saved, by model
        self.completion_tokens: Counter[str] = Counter()
        self.nanos: Counter[str] = Counter()  # nano-dollars that they would have cost, by model
        self.unpriced: Counter[str] = Counter()  # hits whose model has no price, by model
        self.seconds_saved = 0.0
        self.bytes_from_cache = 0
        self.bytes_from_upstream = 0
        self.responses: Counter[Labels] = Counter()  # API, model, class of status
        self.stored: Counter[str] = Counter()  # model
        self.not_stored: Counter[str] = Counter()  # reason
        self.stale: Counter[str] = Counter()  # error, while-revalidate
        self.judgments: Counter[Labels] = Counter()  # verdict, source, whether it was (to be) served
        self.judge_questions: Counter[Labels] = Counter()  # outcome, whether it was remembered
        self.judge_tokens: Counter[str] = Counter()  # prompt, completion
        self.judge_seconds = Histogram()
        self.judge_nanos = 0
        self.own_nanos: Counter[str] = Counter()  # nano-dollars that the cache itself has cost otherwise, by purpose
        self.judged_hits: Counter[str] = Counter()  # model of the answer
        self.judged_nanos = 0
        """Nano-dollars that hits saved which a judge model allowed; its own cost is not deducted."""
        self.segments = BoundedDict[str, Segment](MAX_SEGMENTS)
        self.lookups = {outcome: Histogram() for outcome in ("hit", "miss", "bypass")}
        self.steps: dict[str, Histogram] = {}
        self.upstream: dict[str, Histogram] = {}  # API
        self.similarities = {outcome: Histogram(SIMILARITY_BOUNDS) for outcome in ("hit", "miss")}

    @property
    def money(self) -> dict[str, float]:
        """US dollars that hits saved, by model."""
        return {model: to_usd(nanos) for model, nanos in self.nanos.items()}

    def decided(self, decided: Decided) -> None:
        outcome, api, trace = decided.outcome, decided.api, decided.trace
        self.outcomes[outcome, api] += 1
        self.lookups[outcome].add(decided.seconds)
        for step in trace.steps:
            if (steps := self.steps.get(step.name)) is None:
                steps = self.steps.setdefault(self._steps.of(step.name), Histogram())
            steps.add(step.seconds)
        if outcome == "hit":
            self._hit(decided)
        else:
            reason = self._reasons.of(reason_label(decided.reason))
            (self.misses if outcome == "miss" else self.bypasses)[reason, api] += 1
            if outcome == "miss" and (decided.reason or "").startswith("store-error"):
                self.store_errors[dependency_label(decided.reason or "")] += 1
        if trace.preconnected:
            self.preconnects["unused" if outcome == "hit" else "used"] += 1
        for header in decided.headers:
            self.header_misses[self._headers.of(header)] += 1
        for neighbor in trace.neighbors:
            if is_objection(neighbor.refused):
                for name in (neighbor.refused or "").partition(":")[2].split("+"):
                    self.refusals[self._reasons.of(name)] += 1
        if outcome != "bypass" and (nearest := nearest_similarity(decided)) is not None:
            self.similarities[outcome].add(nearest)
        if trace.error_bound is not None:
            segment = self._segment(decided.segment)
            segment.model, segment.error_bound = self._models.known(decided.model), trace.error_bound

    def _hit(self, decided: Decided) -> None:
        entry = decided.entry
        model = self._models.of(decided.model)
        self.hits[decided.tier or OTHER, decided.api, model] += 1
        if decided.is_stale:
            self.stale["while-revalidate"] += 1
        if decided.reason == SAME_WORDS:
            self.same_words[decided.api] += 1
        if decided.tier == "semantic" and decided.collapsed_with is not None:
            self.collapsed_by_meaning[decided.api] += 1
        if entry is not None:
            self.bytes_from_cache += len(entry.body)
            self.seconds_saved += max(0.0, entry.took - decided.seconds - decided.waited)
        prompt, completion = decided.tokens
        self.prompt_tokens[model] += prompt
        self.completion_tokens[model] += completion
        if decided.judged:
            self.judged_hits[model] += 1
        if nanos := self.cost(decided.model, prompt, completion, cached=decided.cached_tokens):
            self.nanos[model] += nanos
            self.judged_nanos += nanos if decided.judged else 0
        elif nanos is None:
            self.unpriced[model] += 1

    def finished(self, finished: Finished) -> None:
        decided = finished.decided
        good = finished.status == 200
        model = self._models.of(decided.model) if good and decided.model else self._models.known(decided.model)
        status = f"{finished.status // 100}xx" if 100 <= finished.status < 600 else "none"
        self.responses[decided.api, model, status] += 1
        self.bytes_from_upstream += finished.size
        if finished.is_stale:
            self.stale["error"] += 1
        if finished.status:
            if (upstream := self.upstream.get(decided.api)) is None:
                upstream = self.upstream[decided.api] = Histogram()
            upstream.add(finished.seconds)
        if finished.entry is not None:
            self.stored[model] += 1
        elif finished.why_not is not None:
            self.not_stored[self._reasons.of(reason_label(finished.why_not))] += 1

    def checked(self, checked: Checked) -> None:
        self.judgments[checked.verdict, checked.source, "yes" if checked.would_serve else "no"] += 1
        if checked.error_bound is not None:
            segment = self._segment(checked.segment)
            segment.error_bound, segment.standing = checked.error_bound, checked.serving_level

    def judged(self, judged: Judged) -> None:
        opinion = judged.opinion
        self.judge_questions[opinion.outcome.value, "yes" if opinion.remembered else "no"] += 1
        self.judge_tokens["prompt"] += judged.prompt_tokens
        self.judge_tokens["completion"] += judged.completion_tokens
        self.judge_nanos += self.cost(judged.model, judged.prompt_tokens, judged.completion_tokens) or 0
        if judged.seconds:
            self.judge_seconds.add(judged.seconds)

    def spent(self, spent: Spent) -> None:
        tokens = (spent.prompt_tokens, spent.completion_tokens)
        self.own_nanos[spent.purpose] += self.cost(spent.model, *tokens, cached=spent.cached_tokens) or 0

    def admit_names(self) -> None:
        """Admit the names that are counted already, once counts of a process before have been added."""
        for _, _, model in self.hits:
            self._models.of(model)
        for _, model, _ in self.responses:
            self._models.of(model)
        for reason, _ in (*self.misses, *self.bypasses):
            self._reasons.of(reason)
        for names, counted in ((self._steps, self.steps), (self._headers, self.header_misses)):
            for name in counted:
                names.of(name)

    def _segment(self, name: str) -> Segment:
        name = name[:SEGMENT_NAME_CHARS]
        segment = self.segments.setdefault(name, Segment())
        self.segments.touch(name)
        return segment


def nearest_similarity(decided: Decided) -> float | None:
    """Return the similarity of the nearest question; None where none was searched for, or none was found."""
    if decided.similarity is not None:
        return decided.similarity
    return max((looked.similarity for looked in decided.trace.neighbors), default=None)
