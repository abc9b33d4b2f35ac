"""A request and a whole answer in each API's words, and what becomes of them when something is changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from aicache.domain.keys import Identity
from aicache.domain.model import Call, Entry
from aicache.entries.recording import Recording, record
from aicache.formats import Format, by_api
from samples import PATHS as PATHS

REQUESTS: dict[str, dict[str, Any]] = {
    "chat": {"model": "m", "messages": [{"role": "user", "content": "Hi"}]},
    "completions": {"model": "m", "prompt": "Hi"},
    "responses": {"model": "m", "input": "Hi"},
    "messages": {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]},
    "gemini": {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]},
    "ollama-chat": {"model": "m", "stream": False, "messages": [{"role": "user", "content": "Hi"}]},
    "ollama-generate": {"model": "m", "stream": False, "prompt": "Hi"},
    "dashscope": {"model": "m", "input": {"messages": [{"role": "user", "content": "Hi"}]}, "parameters": {}},
}
ANSWERS: dict[str, Callable[[str], dict[str, Any]]] = {
    "chat": lambda text: chat({"content": text}),
    "completions": lambda text: {"choices": [{"index": 0, "text": text, "finish_reason": "stop"}]},
    "responses": lambda text: responses({"type": "message", "content": [{"type": "output_text", "text": text}]}),
    "messages": lambda text: messages({"type": "text", "text": text}),
    "gemini": lambda text: gemini({"text": text}),
    "ollama-chat": lambda text: {"message": {"role": "assistant", "content": text}, "done": True},
    "ollama-generate": lambda text: {"response": text, "done": True},
    "dashscope": lambda text: dashscope({"content": text}),
}
NOW, UNTIL = 1000.0, 2000.0


def chat(*said: dict[str, Any], finish: str = "stop", **fields: Any) -> dict[str, Any]:
    """A completion of one choice for each message."""
    choices = [
        {"index": i, "message": {"role": "assistant", "content": None} | message, "finish_reason": finish}
        for i, message in enumerate(said)
    ]
    return {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": choices} | fields


def called(arguments: Any, **fields: Any) -> dict[str, Any]:
    """A message that calls a tool, in the words of chat completions."""
    call = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": arguments}} | fields
    return {"content": None, "tool_calls": [call]}


def responses(*output: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"id": "r", "object": "response", "status": "completed", "output": list(output)} | fields


def messages(*content: dict[str, Any], stop: str = "end_turn", **fields: Any) -> dict[str, Any]:
    document = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": list(content)}
    return document | {"stop_reason": stop, "usage": {"input_tokens": 1, "output_tokens": 1}} | fields


def gemini(*parts: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"candidates": [{"content": {"role": "model", "parts": list(parts)}, "finishReason": "STOP"}]} | fields


def dashscope(message: dict[str, Any], *, finish: str = "stop") -> dict[str, Any]:
    choice = {"finish_reason": finish, "message": {"role": "assistant", "content": ""} | message}
    return {"output": {"choices": [choice]}, "request_id": "r"}


def parse(api: str, **fields: Any) -> Call:
    return by_api(api).parse_request(PATHS[api], json.dumps(REQUESTS[api] | fields).encode())


def keep(api: str, answer: dict[str, Any] | bytes, **fields: Any) -> Entry:
    """Make the entry of an answer to the API's request with these *fields*. Raises ValueError where none is made."""
    format: Format = by_api(api)
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    recording = Recording(200, "application/json", "", body)
    identity = Identity("k", "n")
    return record(parse(api, **fields), identity, recording, format, now=NOW, until=UNTIL, max_bytes=1 << 20)
