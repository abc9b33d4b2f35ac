"""Spans: one a look-up, as a real receiver of OTLP over HTTP gets them."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from aicache.domain.trace import Step, Trace
from aicache.telemetry import otel
from aicache.telemetry.otel import LookupSpans, span_attributes
from telemetry.collector import Receiver, values
from telemetry.reports import NOW, a_hit, a_near_hit, a_report, an_entry, checked, finished


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


def test_a_look_up_is_one_span_with_its_steps(receiver: Receiver) -> None:
    watcher = LookupSpans(receiver.url, text=False)
    steps = [Step("exact look-up", 0.1), Step("embedding", 0.2), Step("search", 0.1)]
    watcher.decided(a_near_hit(0.95, seconds=0.5, trace=Trace(steps, [], 0.92, None, 0.01, 0.02)))
    watcher.finished(finished())
    watcher.checked(checked())
    watcher.close()
    watcher.wait()

    [span] = receiver.spans()
    assert receiver.bodies[0][0] == "/v1/traces"
    assert receiver.resource()["service.name"] == "ai-cache"
    assert span.name == "chat gpt-4o"
    assert span.end_time_unix_nano / 1e9 == pytest.approx(NOW)
    assert (span.end_time_unix_nano - span.start_time_unix_nano) / 1e9 == pytest.approx(0.5)
    assert [event.name for event in span.events] == ["exact look-up", "embedding", "search"]
    assert [(event.time_unix_nano - span.start_time_unix_nano) / 1e9 for event in span.events] == pytest.approx(
        [0.0, 0.1, 0.3]
    )
    told = values(span)
    assert (told["aicache.outcome"], told["aicache.tier"], told["aicache.similarity"]) == ("hit", "semantic", 0.95)
    assert (told["aicache.threshold"], told["aicache.risk"], told["aicache.error_bound"]) == (0.92, 0.01, 0.02)
    assert (told["gen_ai.operation.name"], told["gen_ai.provider.name"]) == ("chat", "openai")
    assert (told["gen_ai.usage.input_tokens"], told["gen_ai.usage.output_tokens"]) == (1000, 500)


@pytest.mark.parametrize("text", [False, True])
def test_texts_are_in_them_only_where_that_is_wanted(receiver: Receiver, text: bool) -> None:
    watcher = LookupSpans(receiver.url, text=text)
    watcher.decided(a_report(question="who am i"))
    watcher.decided(a_near_hit(question="who are you"))
    watcher.close()
    watcher.wait()

    sent = b"".join(body for _, body in receiver.bodies)
    assert (b"who am i" in sent) is (b"who are you" in sent) is text
    assert b"a neighbor's question" not in sent
    assert b"Thirty days." not in sent


@pytest.mark.slow
def test_a_collector_that_is_not_there_holds_nobody_up() -> None:
    watcher = LookupSpans("http://127.0.0.1:9/v1/traces", text=False)

    began = time.monotonic()
    for _ in range(10_000):
        watcher.decided(a_hit())
    watcher.close()

    assert time.monotonic() - began < 10
    watcher.wait()


@pytest.mark.parametrize(
    ("api", "provider", "operation"),
    [
        ("chat", "openai", "chat"),
        ("responses", "openai", "chat"),
        ("completions", "openai", "text_completion"),
        ("messages", "anthropic", "chat"),
        ("gemini", "gcp.gemini", "generate_content"),
        ("dashscope", "dashscope", "chat"),
        ("ollama-chat", "ollama", "chat"),
        ("ollama-generate", "ollama", "text_completion"),
        ("ollama-embed", "ollama", "embeddings"),
        ("embeddings", "openai", "embeddings"),
    ],
)
def test_apis_go_by_the_conventions_names(api: str, provider: str, operation: str) -> None:
    found = span_attributes(a_report(api=api), text=False)

    assert (found["gen_ai.provider.name"], found["gen_ai.operation.name"]) == (provider, operation)


def test_what_is_not_known_is_left_out() -> None:
    found = span_attributes(a_report("bypass", reason="skip", model="", key="", question=None), text=True)

    assert None not in found.values()
    assert "gen_ai.request.model" not in found
    assert "aicache.question" not in found


def test_what_utf_8_cannot_say_is_replaced() -> None:
    found = span_attributes(a_hit(an_entry(), question="a lone \ud800", model="m\ud800"), text=True)

    assert found["aicache.question"] == "a lone ?"
    assert found["gen_ai.request.model"] == "m?"


@pytest.mark.parametrize(
    ("endpoint", "environment", "configured"),
    [
        (None, {}, False),
        ("http://127.0.0.1:4318/v1/traces", {}, True),
        (None, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, True),
        (None, {"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
        ("http://127.0.0.1:4318/v1/traces", {"OTEL_SDK_DISABLED": "true"}, False),
    ],
)
def test_they_are_sent_where_somebody_asked_for_it(
    endpoint: str | None, environment: dict[str, str], configured: bool
) -> None:
    assert otel.is_configured(endpoint, environment) is configured
