"""Reads JSON lines: each a question with its answer, or a whole exchange with an API."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from mitmproxy.http import Headers, HTTPFlow, Response

from aicache.cli.warm.bounded_reader import MAX_JSON_NODES, MAX_JSON_VALUES
from aicache.cli.warm.question_exchange import APIS, RequestDefaults, build_question_flow
from aicache.cli.warm.records import BrokenRecord, FlowRecord, Position, Records, build_flow, parse_time
from aicache.domain.model import Usage
from aicache.formats import json_bounds

FIELDS = ("question", "messages", "answer", "model", "api", "system", "params", "upstream", "at", "usage")
JSON_LINES_HELP = """\
JSON lines are questions with their answers:
  {"question": "How do I …?", "answer": "You …"}
with these fields, where needed; they override --model, --api, --system, --params and --upstream:
   "model": "gpt-4o", "api": "chat", "system": "You are …", "params": {"temperature": 0}, "upstream": "https://…",
   "at": "2026-11-28T12:00:00Z" (or Unix seconds), "usage": {"input": 12, "output": 80}
"messages": [{"role": "user", "content": …}, …] instead of a question is a conversation; the last one may be the answer.
Or whole exchanges: {"url": "https://…/chat/completions", "request": {…}, "response": {…} or the text of a stream}, with
"method", "headers", "status", "content_type", "at" where they are not POST, none, 200 and what the response looks like.
"""


def read_json_lines(path: Path, lines: Iterable[bytes], raw: BinaryIO, size: int, defaults: RequestDefaults) -> Records:
    """Read one record per line; empty lines are skipped. The position of *raw* is the progress of *lines*."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        position = Position(f"{path} line {number}", raw.tell(), size)
        try:
            json_bounds.check_bounds(line, max_nodes=MAX_JSON_NODES, max_values=MAX_JSON_VALUES)
            document = json.loads(line)
        except (ValueError, RecursionError):
            yield BrokenRecord(position, "is not JSON")
            continue
        yield parse_record(position, document, defaults)


def parse_record(position: Position, document: Any, defaults: RequestDefaults) -> FlowRecord | BrokenRecord:
    """Parse one record."""
    try:
        if not isinstance(document, dict):
            raise ValueError("is not a JSON object")
        at = parse_time(document.get("at"))
        read = _exchange_flow if "request" in document or "response" in document else _question_flow
        return FlowRecord(position, read(document, defaults, at), dated=at is not None)
    except (ValueError, RecursionError) as exc:
        return BrokenRecord(position, str(exc) or type(exc).__name__)


def _question_flow(document: Mapping[str, Any], defaults: RequestDefaults, at: float | None) -> HTTPFlow:
    if unknown := [name for name in document if name not in FIELDS]:
        like = difflib.get_close_matches(unknown[0], FIELDS, 1)
        named = unknown[0] if unknown[0].isprintable() and len(unknown[0]) < 40 else "with an odd name"
        raise ValueError(f"has an unknown field {named}" + (f": did you mean {like[0]}?" if like else ""))
    for name in ("question", "answer", "model", "system", "upstream", "api"):
        if not isinstance(document.get(name, ""), str):
            raise ValueError(f"its {name} is not text")
    for name, kind in (("params", dict), ("usage", dict), ("messages", list)):
        if not isinstance(document.get(name, kind()), kind):
            raise ValueError(f"its {name} is not a JSON {'array' if kind is list else 'object'}")
    if document.get("api", defaults.api) not in APIS:
        raise ValueError(f"its api is not one of {', '.join(APIS)}")
    defaults = replace(
        defaults, **{name: document[name] for name in ("model", "api", "system", "upstream") if name in document}
    )
    defaults = replace(defaults, params={**defaults.params, **document.get("params", {})})
    conversation, answer = _conversation(document)
    return build_question_flow(conversation, answer, defaults, at, _usage(document.get("usage")))


def _conversation(document: Mapping[str, Any]) -> tuple[list[dict[str, Any]], str]:
    answer = document.get("answer")
    if "messages" not in document:
        if "question" not in document:
            raise ValueError('has neither "question" nor "messages"')
        turns = [{"role": "user", "content": document["question"]}]
    else:
        turns = [turn for turn in document["messages"] if isinstance(turn, dict)]
        if len(turns) != len(document["messages"]):
            raise ValueError("its messages are not all JSON objects")
        if answer is None and turns and turns[-1].get("role") == "assistant":
            answer = turns.pop().get("content")
    if not isinstance(answer, str):
        raise ValueError('has no "answer"')
    return turns, answer


def _usage(found: Mapping[str, Any] | None) -> Usage | None:
    if found is None:
        return None
    counts = [found.get(name) for name in ("input", "output")]
    if not all(type(count) is int and count >= 0 for count in counts):
        raise ValueError('its usage is not {"input": number, "output": number}')
    return Usage(found["input"], found["output"])


def _exchange_flow(document: Mapping[str, Any], defaults: RequestDefaults, at: float | None) -> HTTPFlow:
    for name in ("url", "request", "response"):
        if name not in document:
            raise ValueError(f'has no "{name}"')
    headers = document.get("headers", {})
    if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
        raise ValueError("its headers are not a JSON object of strings")
    status = document.get("status", 200)
    if type(status) is not int or not 100 <= status <= 999:
        raise ValueError("its status is not an HTTP status")
    body = _to_bytes(document["response"])
    kind = document.get("content_type") or _guess_content_type(body)
    response = Response(
        b"HTTP/1.1", status, b"", Headers([(b"content-type", str(kind).encode())]), body, None, 0.0, 0.0
    )
    method, url = document.get("method", "POST"), document["url"]
    if not isinstance(method, str) or not isinstance(url, str) or "://" not in url:
        raise ValueError("its url has no scheme and host")
    fields = {"content-type": "application/json", **headers}
    return build_flow(method.upper(), url, fields, _to_bytes(document["request"]), response, at)


def _to_bytes(found: Any) -> bytes:
    text = found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")


def _guess_content_type(body: bytes) -> str:
    return "text/event-stream" if body.lstrip().startswith((b"data:", b"event:", b"id:", b":")) else "application/json"
