"""What a real proxy tells those who collect it: the decision log, and spans over OTLP."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from e2e.proxy import READY_EXACT, Proxy
from telemetry.collector import Receiver, values

Start = Callable[..., Proxy]

QUESTION = "Which door does the cat use?"
EXACT_ONLY = "semantic: {enabled: false}\n"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_every_decision_is_in_the_log_and_no_text_or_credential_is(start: Start, tmp_path: Path) -> None:
    log = tmp_path / "log" / "decisions.jsonl"
    proxy = start(f"{EXACT_ONLY}log: {{file: '{log}'}}\n", wait_for=READY_EXACT)
    proxy.ask(QUESTION, key="sk-secret-of-mine")
    proxy.ask_until("exact", QUESTION, key="sk-secret-of-mine")
    proxy.ask(QUESTION, stream=True, key="sk-other")
    proxy.ask(QUESTION, headers={"x-higress-skip-ai-cache": "on"})
    proxy.stop()

    found = lines(log)
    decided = [line for line in found if line["event"] == "decided"]
    ended = [line for line in found if line["event"] == "finished"]
    assert [(line["outcome"], line["tier"]) for line in decided] == [
        ("miss", None),
        ("hit", "exact"),
        ("miss", None),
        ("bypass", None),
    ]
    # By key: the stream is stored in the background, so its line may come after that of the bypass.
    first, hit, streamed, bypassed = (line["key"] for line in decided)
    assert first == hit
    assert sorted((line["key"], line["stored"]) for line in ended) == sorted(
        [(first, True), (streamed, True), (bypassed, False)]
    )
    assert all(line["status"] == 200 and line["seconds"] > 0 for line in ended)
    text = log.read_text()
    assert not any(secret in text for secret in (QUESTION, "cat", "sk-secret", "sk-other", "You asked"))


def test_texts_are_there_where_they_are_asked_for_and_no_longer_once_they_are_not(start: Start, tmp_path: Path) -> None:
    log = tmp_path / "decisions.jsonl"
    proxy = start(f"{EXACT_ONLY}log: {{file: '{log}', text: true}}\n", wait_for=READY_EXACT)
    proxy.ask(QUESTION)
    proxy.config_file.write_text(f"{EXACT_ONLY}log: {{file: '{log}'}}\n")
    proxy.wait_log("read again, in force", within=10)
    proxy.ask("And which one the dog?")
    proxy.stop()

    decided = [line for line in lines(log) if line["event"] == "decided"]
    assert [line.get("question") for line in decided] == [QUESTION, None]


def test_a_log_that_cannot_be_written_costs_a_warning_and_nothing_else(start: Start, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    proxy = start(f"{EXACT_ONLY}log: {{file: '{tmp_path}/file/log.jsonl'}}\n", wait_for=READY_EXACT)

    proxy.ask(QUESTION)
    hit = proxy.ask_until("exact", QUESTION)

    assert hit.cache == "exact"
    proxy.wait_log("log.file: not written")
    assert "Traceback" not in proxy.log


def test_look_ups_are_spans_at_the_collector_the_last_ones_at_the_proxys_end(start: Start, receiver: Receiver) -> None:
    proxy = start(f"otel: {{endpoint: '{receiver.url}'}}\n")
    proxy.ask(QUESTION)
    hit = proxy.ask_until("exact", QUESTION)
    time.sleep(0.5)  # until its vector is there, without which another question is not embedded before it is answered
    proxy.ask("How far is the moon?")
    proxy.stop()

    *before, searched = receiver.spans()
    told = [values(span) for span in before]
    assert [each["aicache.outcome"] for each in told] == ["miss"] * (len(told) - 1) + ["hit"]
    assert told[-1]["aicache.key"] == hit.headers["x-ai-cache-key"]
    assert told[-1]["gen_ai.request.model"] == "gpt-test"
    assert told[-1]["gen_ai.usage.input_tokens"] > 0
    assert {event.name for event in searched.events} >= {"exact look-up", "embedding", "search"}
    assert b"cat" not in b"".join(body for _, body in receiver.bodies)


def test_a_collector_that_is_down_does_not_hold_the_proxy_up(start: Start) -> None:
    proxy = start(f"{EXACT_ONLY}otel: {{endpoint: 'http://127.0.0.1:9/v1/traces'}}\n", wait_for=READY_EXACT)

    proxy.ask(QUESTION)
    hit = proxy.ask_until("exact", QUESTION)

    assert hit.end < 1
    assert proxy.stop() == 0
