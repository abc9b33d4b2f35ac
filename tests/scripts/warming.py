"""What warm-up is given, and what it fills."""

from __future__ import annotations

import json
from collections.abc import Sequence
from email.utils import formatdate
from pathlib import Path
from typing import Any

from mitmproxy.http import HTTPFlow

from aicache.adapters.memory import MemoryIndex, MemoryStore
from aicache.cli.warm.question_exchange import RequestDefaults, build_question_flow
from aicache.cli.warm.records import BrokenRecord, FlowRecord
from aicache.cli.warm.sources import read_records
from aicache.config import Config
from aicache.config.request_settings import Settings
from aicache.domain.model import Entry, Vector
from aicache.domain.policy import Rules
from aicache.engine import Engine
from aicache.formats import FORMATS
from aicache.proxy.cache_warming import Warmup
from aicache.proxy.recorded_flows import Skipped, entries_of
from aicache.runtime.preflight import rules_for
from fakes import LetterEmbedder

NOW = 1_900_000_000.0
SETTINGS, RULES = Settings.of(Config()), rules_for(Config())
DEFAULTS = RequestDefaults("gpt-test", upstream="https://api.test/v1")
KEY = {"authorization": "Bearer sk-test"}


def chat(question: str = "Hi?", answer: str = "Hello.", at: float | None = NOW - 10, **headers: str) -> HTTPFlow:
    turns = [{"role": "user", "content": question}]
    return build_question_flow(
        turns, answer, DEFAULTS, at, headers=KEY | {k.replace("_", "-"): v for k, v in headers.items()}
    )


def kept(flow: HTTPFlow, rules: Rules = RULES, settings: Settings = SETTINGS) -> Entry:
    entries = entries_of(flow, settings, rules, NOW)
    assert not isinstance(entries, Skipped), entries
    [entry] = entries
    return entry


def passed(flow: HTTPFlow) -> str:
    found = entries_of(flow, SETTINGS, RULES, NOW)
    assert isinstance(found, Skipped)
    return found.reason


class CountingEmbedder(LetterEmbedder):
    count = 0

    async def embed(self, texts: Sequence[str], *args: Any) -> Vector:
        self.count += len(texts)
        return await super().embed(texts, *args)


class Cache:
    """What is filled: an engine over fakes."""

    def __init__(self, store: MemoryStore | None = None, settings: Settings = SETTINGS) -> None:
        self.store = store or MemoryStore(clock=lambda: NOW)
        self.index = MemoryIndex()
        self.settings = settings
        self.engine = Engine(RULES, 1.0)
        self.engine.use_exact(self.store, 1.0)
        self.engine.use_semantic(LetterEmbedder(), self.index, embedder_timeout=1.0, index_timeout=1.0)

    def warming(self) -> Warmup:
        return Warmup(self, clock=lambda: NOW)


def read(path: Path | str, defaults: RequestDefaults = DEFAULTS) -> tuple[list[FlowRecord], list[str]]:
    """Return what is found, and the complaints."""
    found: list[FlowRecord] = []
    complaints = []
    for record in read_records(str(path), defaults, "higress-ai-cache:"):
        if isinstance(record, BrokenRecord):
            complaints.append(f"{record.position.name.removeprefix(str(path))}: {record.reason}")
        else:
            assert 0 <= record.position.done <= record.position.total
            found.append(record)
    return found, complaints


def written(path: Path, *documents: Any) -> Path:
    lines = [each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in documents]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def question_and_answer(found: FlowRecord) -> tuple[str | None, str]:
    """Return question and answer."""
    entry = kept(found.flow)
    format = next(format for format in FORMATS if format.api == entry.api)
    answer = format.to_answer(format.parse_answer(entry.body, variant=entry.asked_variant)[1])
    return entry.question, "".join(part.text for part in answer.choices[0].parts if hasattr(part, "text"))


def har_entry(question: str, **content: Any) -> dict[str, Any]:
    body = {"model": "m", "messages": [{"role": "user", "content": question}]}
    answer = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "So."}, "finish_reason": "stop"}]}
    headers = [{"name": ":authority", "value": "api.test"}, {"name": "authorization", "value": "Bearer sk-test"}]
    request = {"method": "POST", "url": "https://api.test/v1/chat/completions", "httpVersion": "h2", "headers": headers}
    request["postData"] = {"mimeType": "application/json", "text": json.dumps(body)}
    response: dict[str, Any] = {"status": 200, "httpVersion": "h2"}
    response["headers"] = [{"name": "content-type", "value": "application/json"}]
    response["content"] = {"mimeType": "application/json", "text": json.dumps(answer), **content}
    return {
        "startedDateTime": "2026-11-28T12:00:00.000Z",
        "time": 1500.0,
        "request": request,
        "response": response,
    }


def interaction(uri: str = "https://api.test/v1/chat/completions", **changes: Any) -> dict[str, Any]:
    entry = har_entry("Why?")
    response = {
        "status": {"code": 200, "message": "OK"},
        "headers": {"Content-Type": ["application/json"], "Date": [formatdate(NOW - 30, usegmt=True)]},
        "body": {"string": entry["response"]["content"]["text"]},
    }
    request = {"method": "POST", "uri": uri, "headers": {"authorization": ["Bearer sk-test"]}}
    return {"request": {**request, "body": entry["request"]["postData"]["text"]}, "response": {**response, **changes}}
