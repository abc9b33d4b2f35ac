"""JSON lines: a question and its answer each, or a whole exchange with an API."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from mitmproxy.http import Headers, HTTPFlow, Response

from aicache.cli.warm.bounded_reader import NODES, VALUES
from aicache.cli.warm.question_exchange import APIS, Asking, exchange
from aicache.cli.warm.records import Broken, Found, Place, Records, make_flow, time_of
from aicache.domain.model import Usage
from aicache.formats import json_bounds

FIELDS = ("question", "messages", "answer", "model", "api", "system", "params", "upstream", "at", "usage")
SHAPE = """\
JSON lines are questions, each with its answer:
  {"question": "How do I …?", "answer": "You …"}
and, where --model, --api, --system, --params, --upstream do not say it for all of them or say it otherwise:
   "model": "gpt-4o", "api": "chat", "system": "You are …", "params": {"temperature": 0}, "upstream": "https://…",
   "at": "2026-11-28T12:00:00Z" (or Unix seconds), "usage": {"input": 12, "output": 80}
"messages": [{"role": "user", "content": …}, …] instead of a question is a conversation; the last one may be the answer.
Or whole exchanges: {"url": "https://…/chat/completions", "request": {…}, "response": {…} or the text of a stream}, with
"method", "headers", "status", "content_type", "at" where they are not POST, none, 200 and what the response looks like.
"""


def json_lines(path: Path, lines: Iterable[bytes], raw: BinaryIO, size: int, asking: Asking) -> Records:
    """Read a record a line; an empty line is none. *raw* tells how far the lines have been read."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        place = Place(f"{path} line {number}", raw.tell(), size)
        try:
            json_bounds.check_bounds(line, max_nodes=NODES, max_values=VALUES)
            document = json.loads(line)
        except (ValueError, RecursionError):
            yield Broken(place, "is not JSON")
            continue
        yield record(place, document, asking)


def record(place: Place, document: Any, asking: Asking) -> Found | Broken:
    """Read one record."""
    try:
        if not isinstance(document, dict):
            raise ValueError("is no JSON object")
        at = time_of(document.get("at"))
        read = _exchange if "request" in document or "response" in document else _asked
        return Found(place, read(document, asking, at), dated=at is not None)
    except (ValueError, RecursionError) as exc:
        return Broken(place, str(exc) or type(exc).__name__)


def _asked(document: Mapping[str, Any], asking: Asking, at: float | None) -> HTTPFlow:
    if unknown := [name for name in document if name not in FIELDS]:
        like = difflib.get_close_matches(unknown[0], FIELDS, 1)
        named = unknown[0] if unknown[0].isprintable() and len(unknown[0]) < 40 else "with an odd name"
        raise ValueError(f"has a field {named}, which is none" + (f": is it {like[0]}?" if like else ""))
    for name in ("question", "answer", "model", "system", "upstream", "api"):
        if not isinstance(document.get(name, ""), str):
            raise ValueError(f"its {name} is not text")
    for name, kind in (("params", dict), ("usage", dict), ("messages", list)):
        if not isinstance(document.get(name, kind()), kind):
            raise ValueError(f"its {name} is no JSON {'array' if kind is list else 'object'}")
    if document.get("api", asking.api) not in APIS:
        raise ValueError(f"its api is none of {', '.join(APIS)}")
    asking = replace(
        asking, **{name: document[name] for name in ("model", "api", "system", "upstream") if name in document}
    )
    asking = replace(asking, params={**asking.params, **document.get("params", {})})
    conversation, answer = _conversation(document)
    return exchange(conversation, answer, asking, at, _usage(document.get("usage")))


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


def _exchange(document: Mapping[str, Any], asking: Asking, at: float | None) -> HTTPFlow:
    for name in ("url", "request", "response"):
        if name not in document:
            raise ValueError(f'has no "{name}"')
    headers = document.get("headers", {})
    if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
        raise ValueError("its headers are no JSON object of texts")
    status = document.get("status", 200)
    if type(status) is not int or not 100 <= status <= 999:
        raise ValueError("its status is no HTTP status")
    body = _bytes(document["response"])
    kind = document.get("content_type") or _kind(body)
    response = Response(
        b"HTTP/1.1", status, b"", Headers([(b"content-type", str(kind).encode())]), body, None, 0.0, 0.0
    )
    method, url = document.get("method", "POST"), document["url"]
    if not isinstance(method, str) or not isinstance(url, str) or "://" not in url:
        raise ValueError("its url is no URL with a scheme and a host")
    fields = {"content-type": "application/json", **headers}
    return make_flow(method.upper(), url, fields, _bytes(document["request"]), response, at)


def _bytes(found: Any) -> bytes:
    text = found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")


def _kind(body: bytes) -> str:
    return "text/event-stream" if body.lstrip().startswith((b"data:", b"event:", b"id:", b":")) else "application/json"
