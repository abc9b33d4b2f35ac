"""A Watcher that sends one OpenTelemetry span per look-up, by the semantic conventions for generative AI.

A thread of OpenTelemetry's own sends them, and drops them when the collector cannot be reached. They hold no text
unless ``log.text`` is set, and then the question alone.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from aicache.domain.events import Checked, Decided, Finished
from aicache.telemetry.labels import replace_surrogates

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
OPERATIONS = {
    "completions": "text_completion",
    "ollama-generate": "text_completion",
    "gemini": "generate_content",
    "embeddings": "embeddings",
    "ollama-embed": "embeddings",
}
PROVIDERS = {"messages": "anthropic", "gemini": "gcp.gemini", "dashscope": "dashscope", "ollama": "ollama"}
NS_PER_S = 1_000_000_000
EXPORT_TIMEOUT_S = 5.0
CLOSE_TIMEOUT_S = 2.0


def is_configured(endpoint: str | None, environment: Mapping[str, str]) -> bool:
    """Tell whether spans are sent: to *endpoint*, or to an endpoint that the environment names."""
    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    return endpoint is not None or any(environment.get(name) for name in ENDPOINTS)


def is_installed() -> bool:
    """Tell whether the extra ``otel`` is installed."""
    try:
        return None not in (find_spec("opentelemetry.sdk"), find_spec("opentelemetry.exporter.otlp.proto.http"))
    except ModuleNotFoundError:
        return False


class LookupSpans:
    """*exporter* replaces OTLP over HTTP, in tests."""

    def __init__(self, endpoint: str | None, *, text: bool, exporter: SpanExporter | None = None) -> None:
        # Imported here: they are an extra, and take a quarter of a second.
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        named = {} if os.environ.get("OTEL_SERVICE_NAME") else {"service.name": "ai-cache"}
        self._provider = TracerProvider(resource=Resource.create(named), shutdown_on_exit=False)
        sender = exporter or OTLPSpanExporter(endpoint, timeout=EXPORT_TIMEOUT_S)
        self._provider.add_span_processor(BatchSpanProcessor(sender))
        self._tracer = self._provider.get_tracer("aicache")
        self._text = text
        self._closing = threading.Thread(target=self._provider.shutdown, name="ai-cache spans", daemon=True)

    def decided(self, decided: Decided) -> None:
        end = int(decided.at * NS_PER_S)
        start = end - int(decided.seconds * NS_PER_S)
        attributes = span_attributes(decided, text=self._text)
        operation = attributes["gen_ai.operation.name"]
        model = attributes.get("gen_ai.request.model", "")
        span = self._tracer.start_span(f"{operation} {model}".strip(), start_time=start, attributes=attributes)
        at = start
        for step in decided.trace.steps:
            span.add_event(step.name, {"seconds": step.seconds}, timestamp=min(at, end))
            at += int(step.seconds * NS_PER_S)
        span.end(end)

    def finished(self, finished: Finished) -> None: ...

    def checked(self, checked: Checked) -> None: ...

    def close(self) -> None:
        """Send the remaining spans in a thread of its own: a collector that hangs blocks nothing."""
        self._closing.start()

    def wait(self) -> None:
        """Block until everything is sent after a `close`, for `CLOSE_TIMEOUT_S` at most."""
        self._closing.join(CLOSE_TIMEOUT_S)


def span_attributes(decided: Decided, *, text: bool) -> dict[str, Any]:
    """Return a span's attributes, without those that are unknown."""
    entry, trace = decided.entry, decided.trace
    attributes: dict[str, Any] = {
        "gen_ai.operation.name": OPERATIONS.get(decided.api, "chat"),
        "gen_ai.provider.name": PROVIDERS.get(decided.api.partition("-")[0], "openai"),
        "gen_ai.request.model": replace_surrogates(decided.model[:64]) or None,
        "gen_ai.usage.input_tokens": entry.prompt_tokens if entry is not None else None,
        "gen_ai.usage.output_tokens": entry.completion_tokens if entry is not None else None,
        "aicache.outcome": decided.outcome,
        "aicache.tier": decided.tier,
        "aicache.reason": decided.reason,
        "aicache.api": decided.api,
        "aicache.key": decided.key or None,
        "aicache.entry.key": entry.key if entry is not None else None,
        "aicache.similarity": None if decided.similarity is None else float(decided.similarity),
        "aicache.judged": decided.judged or None,
        "aicache.threshold": trace.threshold,
        "aicache.risk": trace.risk,
        "aicache.error_bound": trace.error_bound,
        "aicache.question": replace_surrogates(decided.question[:2000]) if text and decided.question else None,
    }
    return {name: value for name, value in attributes.items() if value is not None}
