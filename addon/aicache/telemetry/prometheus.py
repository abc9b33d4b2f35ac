"""What Prometheus scrapes: made of the counts when it is asked for, so that nothing is done twice, or for nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from aicache.telemetry.counters import Counts, Kind, Labels
from aicache.telemetry.health import Health
from aicache.telemetry.histogram import Histogram

CONTENT_TYPE = CONTENT_TYPE_LATEST
PREFIX = "aicache_"

V = TypeVar("V")


class Metrics(Collector):
    """*health* returns how the parts are; *dropped* how many lines of the decision log were."""

    def __init__(self, counts: Counts, health: Callable[[], Health | None], dropped: Callable[[], int]) -> None:
        self._counts, self._health, self._dropped = counts, health, dropped
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def text(self) -> bytes:
        return generate_latest(self._registry)

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterator[Metric]:
        yield from self._requests()
        yield from self._savings()
        yield from self._times()
        yield from self._evidence()
        yield _counter("log_dropped", "Lines that the decision log could not keep up with", (), {(): self._dropped()})
        if (health := self._health()) is not None:
            yield from _parts(health)

    def _requests(self) -> Iterator[Metric]:
        counts = self._counts
        yield _counter("requests", "Requests by what was decided", ("outcome", "api"), counts.outcomes)
        yield _counter("hits", "Requests answered from the cache", ("tier", "api", "model"), counts.hits)
        yield _counter("misses", "Requests that went upstream", ("reason", "api"), counts.misses)
        yield _counter(
            "header_misses",
            "Misses that differ from a stored request in this request header alone, or in few",
            ("header",),
            _single(counts.header_misses),
        )
        yield _counter("bypasses", "Requests that were not looked up", ("reason", "api"), counts.bypasses)
        yield _counter(
            "store_errors", "Look-ups that a part's failure made a miss", ("part",), _single(counts.store_errors)
        )
        yield _counter(
            "upstream_responses", "What became of requests upstream", ("api", "model", "status"), counts.responses
        )
        yield _counter("stored", "Answers that were kept", ("model",), _single(counts.stored))
        yield _counter("not_stored", "Answers that were not kept", ("reason",), _single(counts.not_stored))
        sizes: dict[Labels, int] = {("cache",): counts.bytes_from_cache, ("upstream",): counts.bytes_from_upstream}
        yield _counter("answered_bytes", "Bytes of answers", ("source",), sizes)

    def _savings(self) -> Iterator[Metric]:
        counts = self._counts
        tokens: dict[Labels, int] = {("prompt", model): count for model, count in counts.prompt_tokens.items()}
        tokens |= {("completion", model): count for model, count in counts.completion_tokens.items()}
        yield _counter("tokens_saved", "Tokens that hits did not cost", ("kind", "model"), tokens)
        yield _counter("money_saved_usd", "What those tokens would have cost", ("model",), _single(counts.money))
        yield _counter("time_saved_seconds", "How much sooner hits came", (), {(): counts.seconds_saved})

    def _times(self) -> Iterator[Metric]:
        counts = self._counts
        decisions = _single(counts.lookups)
        yield _histogram("lookup_seconds", "From the request to the decision", ("outcome",), decisions)
        yield _histogram("step_seconds", "Steps of a look-up", ("step",), _single(counts.steps))
        yield _histogram("upstream_seconds", "Upstream answers, to their end", ("api",), _single(counts.upstream))

    def _evidence(self) -> Iterator[Metric]:
        counts = self._counts
        near = _single(counts.similarities)
        yield _histogram("nearest_similarity", "Cosine similarity of the nearest question", ("outcome",), near)
        yield _counter("guard_refusals", "Neighbours that a guard refused", ("guard",), _single(counts.refusals))
        yield _counter(
            "judged", "Stored answers compared with fresh ones", ("verdict", "source", "served"), counts.judgements
        )
        kinds = counts.kinds.items()
        bounds: dict[Labels, float] = {(name, kind.model): kind.error_bound for name, kind in kinds}
        yield _gauge("error_bound", "Share of requests answered wrong at most", ("kind", "model"), bounds)
        restricted: dict[Labels, float] = {(name, kind.model): float(_is_restricted(kind)) for name, kind in kinds}
        yield _gauge("restricted", "Whether the checks cut hits by meaning down", ("kind", "model"), restricted)


def _is_restricted(kind: Kind) -> bool:
    return kind.standing not in (None, "learned")


def _parts(health: Health) -> Iterator[Metric]:
    parts = health.parts
    in_use = _single({part.name: float(part.what is not None) for part in parts})
    yield _gauge("part_in_use", "Whether a part is there to be asked", ("part",), in_use)
    opened = _single({part.name: float(part.failing) for part in parts})
    yield _gauge("breaker_open", "Whether a part failed so often that it is asked rarely", ("part",), opened)
    failures = _single({part.name: part.failures for part in parts})
    yield _counter("part_failures", "Calls of a part that failed, since it is in use", ("part",), failures)
    yield _gauge("background_tasks", "What is under way in the background", ("queue",), _single(health.queues))


def _counter(name: str, what: str, labels: Labels, values: Mapping[Labels, float]) -> Metric:
    family = CounterMetricFamily(PREFIX + name, what, labels=labels)
    for each, value in list(values.items()):
        family.add_metric(each, value)
    return family


def _gauge(name: str, what: str, labels: Labels, values: Mapping[Labels, float]) -> Metric:
    family = GaugeMetricFamily(PREFIX + name, what, labels=labels)
    for each, value in list(values.items()):
        family.add_metric(each, value)
    return family


def _histogram(name: str, what: str, labels: Labels, values: Mapping[Labels, Histogram]) -> Metric:
    family = HistogramMetricFamily(PREFIX + name, what, labels=labels)
    for each, histogram in list(values.items()):
        bounds = [*(f"{bound:g}" for bound in histogram.bounds), "+Inf"]
        buckets = list(zip(bounds, histogram.cumulated(), strict=True))
        family.add_metric(each, buckets, histogram.total)
    return family


def _single(values: Mapping[str, V]) -> dict[Labels, V]:
    return {(name,): value for name, value in values.items()}
