"""The Prometheus metrics, built from the counters on each scrape."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from aicache.domain.pricing import to_usd
from aicache.domain.resource_usage import ResourceUsage
from aicache.telemetry.counters import Counters, Labels, Segment
from aicache.telemetry.figures import Figures
from aicache.telemetry.health import Health
from aicache.telemetry.histogram import Histogram

CONTENT_TYPE = CONTENT_TYPE_LATEST
PREFIX = "aicache_"
UNKNOWN_RESOURCES = ResourceUsage()

V = TypeVar("V")


class Metrics(Collector):
    """*health* returns the dependencies' state; *dropped* how many lines the decision log has dropped."""

    def __init__(
        self,
        counters: Counters,
        health: Callable[[], Health | None],
        dropped: Callable[[], int],
        usage: ResourceUsage = UNKNOWN_RESOURCES,
        *,
        bypassed: bool = False,
    ) -> None:
        self._counters, self._health, self._dropped = counters, health, dropped
        self._usage, self._bypassed = usage, bypassed
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    @classmethod
    def of(cls, figures: Figures, usage: ResourceUsage = UNKNOWN_RESOURCES, *, bypassed: bool = False) -> Metrics:
        return cls(figures.counters, lambda: figures.health, lambda: figures.log_dropped, usage, bypassed=bypassed)

    def text(self) -> bytes:
        return generate_latest(self._registry)

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterator[Metric]:
        yield from self._requests()
        yield from self._savings()
        yield from self._times()
        yield from self._evidence()
        yield from self._judge()
        yield _counter(
            "log_dropped", "Lines dropped because the decision log could not keep up", (), {(): self._dropped()}
        )
        if (health := self._health()) is not None:
            yield from _parts(health)
        yield _gauge("bypassed", "1 while an operator sends all requests past the cache", (), {(): self._bypassed})
        yield from _usage(self._usage)

    def _requests(self) -> Iterator[Metric]:
        counters = self._counters
        yield _counter("requests", "Requests by outcome", ("outcome", "api"), counters.outcomes)
        yield _counter("hits", "Requests answered from the cache", ("tier", "api", "model"), counters.hits)
        yield _counter(
            "same_words_hits", "Hits by meaning that nothing was embedded for", ("api",), _single(counters.same_words)
        )
        yield _counter(
            "collapsed_semantic_hits",
            "Hits by meaning with the answer to a request that was in flight",
            ("api",),
            _single(counters.collapsed_by_meaning),
        )
        yield _counter("misses", "Requests that went upstream", ("reason", "api"), counters.misses)
        yield _counter(
            "header_misses",
            "Misses that differ from a stored request in this header alone, or in few headers",
            ("header",),
            _single(counters.header_misses),
        )
        yield _counter(
            "preconnects",
            "Connections to the upstream that were opened during a look-up",
            ("outcome",),
            _single(counters.preconnects),
        )
        yield _counter(
            "stale_answers",
            "Expired answers that were served, because the upstream failed or while it was asked for others",
            ("reason",),
            _single(counters.stale),
        )
        yield _counter("bypasses", "Requests that were not looked up", ("reason", "api"), counters.bypasses)
        yield _counter("store_errors", "Misses because a component failed", ("part",), _single(counters.store_errors))
        yield _counter(
            "upstream_responses",
            "Requests sent upstream, by the status of the response",
            ("api", "model", "status"),
            counters.responses,
        )
        yield _counter("stored", "Answers stored", ("model",), _single(counters.stored))
        yield _counter("not_stored", "Answers not stored, by reason", ("reason",), _single(counters.not_stored))
        sizes: dict[Labels, int] = {("cache",): counters.bytes_from_cache, ("upstream",): counters.bytes_from_upstream}
        yield _counter("answered_bytes", "Bytes of answers", ("source",), sizes)

    def _savings(self) -> Iterator[Metric]:
        counters = self._counters
        tokens: dict[Labels, int] = {("prompt", model): count for model, count in counters.prompt_tokens.items()}
        tokens |= {("completion", model): count for model, count in counters.completion_tokens.items()}
        yield _counter("tokens_saved", "Tokens saved by hits", ("kind", "model"), tokens)
        yield _counter(
            "money_saved_usd", "Cost of the tokens saved by hits, in US dollars", ("model",), _single(counters.money)
        )
        spent = {purpose: to_usd(nanos) for purpose, nanos in counters.own_nanos.items()}
        yield _counter("own_cost_usd", "Cost of what the cache itself asked for", ("purpose",), _single(spent))
        yield _counter(
            "time_saved_seconds", "Time saved by hits, compared with upstream answers", (), {(): counters.seconds_saved}
        )

    def _times(self) -> Iterator[Metric]:
        counters = self._counters
        decisions = _single(counters.lookups)
        yield _histogram("lookup_seconds", "Time from the request to the decision", ("outcome",), decisions)
        yield _histogram("step_seconds", "Duration of a step of a look-up", ("step",), _single(counters.steps))
        yield _histogram(
            "upstream_seconds", "Time until an upstream answer is complete", ("api",), _single(counters.upstream)
        )

    def _evidence(self) -> Iterator[Metric]:
        counters = self._counters
        near = _single(counters.similarities)
        yield _histogram("nearest_similarity", "Cosine similarity of the nearest question", ("outcome",), near)
        yield _counter("guard_refusals", "Neighbors that a guard refused", ("guard",), _single(counters.refusals))
        yield _counter(
            "judged", "Stored answers compared with fresh ones", ("verdict", "source", "served"), counters.judgments
        )
        segments = counters.segments.items()
        bounds: dict[Labels, float] = {(name, segment.model): segment.error_bound for name, segment in segments}
        yield _gauge("error_bound", "Upper bound of the share of requests answered wrong", ("kind", "model"), bounds)
        restricted: dict[Labels, float] = {
            (name, segment.model): float(_is_restricted(segment)) for name, segment in segments
        }
        yield _gauge(
            "restricted", "1 while the checks restrict or stop hits by meaning, else 0", ("kind", "model"), restricted
        )

    def _judge(self) -> Iterator[Metric]:
        counters = self._counters
        yield _counter(
            "judge_questions", "Neighbors put to a judge model", ("outcome", "remembered"), counters.judge_questions
        )
        yield _histogram("judge_seconds", "Time of a judge model's answers", (), {(): counters.judge_seconds})
        yield _counter("judge_tokens", "Tokens of a judge model", ("kind",), _single(counters.judge_tokens))
        yield _counter("judge_cost_usd", "What those tokens cost", (), {(): to_usd(counters.judge_nanos)})
        yield _counter("judge_hits", "Hits that a judge model allowed", ("model",), _single(counters.judged_hits))
        yield _counter("judge_money_saved_usd", "What such hits saved", (), {(): to_usd(counters.judged_nanos)})


def _is_restricted(segment: Segment) -> bool:
    return segment.standing not in (None, "learned")


def _parts(health: Health) -> Iterator[Metric]:
    parts = health.parts
    in_use = _single({part.name: float(part.what is not None) for part in parts})
    yield _gauge("part_in_use", "1 if the component is in use, else 0", ("part",), in_use)
    opened = _single({part.name: float(part.failing) for part in parts})
    yield _gauge("breaker_open", "1 while the component's circuit breaker is open, else 0", ("part",), opened)
    failures = _single({part.name: part.failures for part in parts})
    yield _counter("part_failures", "Failed calls of a component since it is in use", ("part",), failures)
    yield _counter(
        "refilled", "Questions of stored answers embedded since the index lacked them", (), {(): health.refilled}
    )
    yield _gauge("background_tasks", "Tasks in the background", ("queue",), _single(health.queues))


def _usage(usage: ResourceUsage) -> Iterator[Metric]:
    if (store := usage.store) is not None:
        yield _gauge("store_memory_bytes", "Memory that the exact store's servers use", (), {(): store.memory})
        yield _gauge(
            "store_max_memory_bytes", "Memory that they may use; 0 without a limit", (), {(): store.max_memory}
        )
        yield _counter("store_evicted_keys", "Keys that they dropped for want of memory", (), {(): store.evicted_keys})
    if (disk := usage.disk) is not None:
        yield _gauge("data_bytes", "Disk that the data folder's files take", (), {(): disk.folder})
        yield _gauge("data_disk_free_bytes", "Free space of the data folder's file system", (), {(): disk.free})
        yield _gauge("data_disk_size_bytes", "Size of the data folder's file system", (), {(): disk.size})


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
        buckets = list(zip(bounds, histogram.cumulative_counts(), strict=True))
        family.add_metric(each, buckets, histogram.total)
    return family


def _single(values: Mapping[str, V]) -> dict[Labels, V]:
    return {(name,): value for name, value in values.items()}
