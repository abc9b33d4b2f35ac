"""A model that works through a scripted task with tools, in the words of four APIs.

It keeps no state: how many tools' results a conversation has tells which turn is next. Every answer has ids and a
number of its own, so that a replayed answer differs from a new one.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from demo.answers import JSON, SSE, Reply, Request, error
from e2e.originals.said import cut, events, pack

ASIDE = "Weather report"
"""The answer to a request that offers none of the script's tools, such as one for a title."""


@dataclass(frozen=True)
class Turn:
    """What the model says, and the tools that it calls: name and arguments, a string for a tool of free text."""

    text: str
    calls: tuple[tuple[str, dict[str, Any] | str], ...] = ()


@dataclass
class Model:
    """Answers requests from *turns*, by API."""

    turns: Sequence[Turn]
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def __call__(self, request: Request) -> Reply:
        path = request.path.partition("?")[0]
        if "websocket" in request.headers.get("upgrade", ""):
            return error(426, "no WebSocket here")
        for ending, (results, answer) in APIS.items():
            if request.method == "POST" and path.endswith(ending):
                body = request.json
                turn = self._turn(body, sum(map(results, _items(body))))
                return answer(turn, body, next(self.numbers))
        if path.endswith("/messages/count_tokens"):
            return Reply(body=pack({"input_tokens": 1000}))
        if path.endswith(":countTokens"):
            return Reply(body=pack({"totalTokens": 1000}))
        return error(404, f"no such route: {request.method} {request.path}")

    def _turn(self, body: dict[str, Any], done: int) -> Turn:
        wanted = {name for turn in self.turns for name, _ in turn.calls}
        if wanted and not wanted & set(_tool_names(body)):
            return Turn(ASIDE)
        for turn in self.turns:
            if done < len(turn.calls) or not turn.calls:
                return turn
            done -= len(turn.calls)
        return self.turns[-1]


def _items(body: dict[str, Any]) -> list[Any]:
    """The messages of a conversation, or its parts, where results are parts of messages."""
    said = body.get("messages") or body.get("input") or body.get("contents") or []
    if isinstance(said, str):
        return []
    nested = [part for message in said for part in _parts(message)]
    return [*said, *nested]


def _parts(message: dict[str, Any]) -> list[Any]:
    parts = message.get("content") or message.get("parts") or []
    return parts if isinstance(parts, list) else []


def _tool_names(body: dict[str, Any]) -> Iterator[str]:
    for tool in body.get("tools") or []:
        for declared in tool.get("functionDeclarations") or [tool]:
            yield str(declared.get("name") or declared.get("function", {}).get("name"))


# ---------------------------------------------------------------------------------------------- the words of each API


def _messages(turn: Turn, body: dict[str, Any], number: int) -> Reply:
    usage = {"input_tokens": 1000, "output_tokens": 1, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}
    message = {"id": f"msg_{number:04}", "type": "message", "role": "assistant", "model": body["model"]}
    message |= {"stop_sequence": None, "usage": usage}
    content: list[dict[str, Any]] = [{"type": "text", "text": turn.text}]
    for index, (name, arguments) in enumerate(turn.calls):
        content.append({"type": "tool_use", "id": f"toolu_{number:04}_{index}", "name": name, "input": arguments})
    reason = "tool_use" if turn.calls else "end_turn"
    if not body.get("stream"):
        return Reply(body=pack({**message, "content": content, "stop_reason": reason}), content_type=JSON)

    def told() -> Iterator[dict[str, Any]]:
        yield {"type": "message_start", "message": {**message, "content": [], "stop_reason": None}}
        for index, block in enumerate(content):
            empty = {"text": ""} if block["type"] == "text" else {"input": {}}
            yield {"type": "content_block_start", "index": index, "content_block": {**block, **empty}}
            for delta in _block_deltas(block):
                yield {"type": "content_block_delta", "index": index, "delta": delta}
            yield {"type": "content_block_stop", "index": index}
        delta = {"stop_reason": reason, "stop_sequence": None}
        yield {"type": "message_delta", "delta": delta, "usage": {**usage, "output_tokens": 50}}
        yield {"type": "message_stop"}

    return Reply(body=events(told(), named=True), content_type=SSE)


def _block_deltas(block: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if block["type"] == "text":
        yield from ({"type": "text_delta", "text": piece} for piece in cut(block["text"], 20))
    else:
        pieces = cut(json.dumps(block["input"], ensure_ascii=False), 20)
        yield from ({"type": "input_json_delta", "partial_json": piece} for piece in pieces)


def _responses(turn: Turn, body: dict[str, Any], number: int) -> Reply:
    text = {"type": "output_text", "text": turn.text, "annotations": [], "logprobs": []}
    output: list[dict[str, Any]] = [
        {"id": f"msg_{number:04}", "type": "message", "status": "completed", "role": "assistant", "content": [text]}
    ]
    for index, (name, arguments) in enumerate(turn.calls):
        ids = {"id": f"fc_{number:04}_{index}", "call_id": f"call_{number:04}_{index}", "name": name}
        if isinstance(arguments, str):
            output.append({**ids, "type": "custom_tool_call", "status": "completed", "input": arguments})
        else:
            packed = json.dumps(arguments, ensure_ascii=False)
            output.append({**ids, "type": "function_call", "status": "completed", "arguments": packed})
    usage: dict[str, Any] = {"input_tokens": 1000, "output_tokens": 50, "total_tokens": 1050}
    usage |= {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}
    response = {"id": f"resp_{number:04}", "object": "response", "created_at": 1700000000 + number}
    response |= {"model": body["model"], "error": None, "incomplete_details": None, "parallel_tool_calls": True}
    whole = {**response, "status": "completed", "output": output, "usage": usage}
    if not body.get("stream"):
        return Reply(body=pack(whole), content_type=JSON)

    def told() -> Iterator[dict[str, Any]]:
        begun = {**response, "status": "in_progress", "output": [], "usage": None}
        yield {"type": "response.created", "response": begun}
        for index, item in enumerate(output):
            at = {"output_index": index, "item_id": item["id"]}
            empty = {"content": []} if item["type"] == "message" else {}
            yield {
                "type": "response.output_item.added",
                "output_index": index,
                "item": {**item, **empty, "status": "in_progress"},
            }
            match item["type"]:
                case "message":
                    at |= {"content_index": 0}
                    yield {"type": "response.content_part.added", **at, "part": {**text, "text": ""}}
                    for piece in cut(turn.text, 20):
                        yield {"type": "response.output_text.delta", **at, "delta": piece, "logprobs": []}
                    yield {"type": "response.output_text.done", **at, "text": turn.text, "logprobs": []}
                    yield {"type": "response.content_part.done", **at, "part": text}
                case "function_call":
                    for piece in cut(item["arguments"], 20):
                        yield {"type": "response.function_call_arguments.delta", **at, "delta": piece}
                    yield {"type": "response.function_call_arguments.done", **at, "arguments": item["arguments"]}
                case "custom_tool_call":
                    for piece in cut(item["input"], 20):
                        yield {"type": "response.custom_tool_call_input.delta", **at, "delta": piece}
                    yield {"type": "response.custom_tool_call_input.done", **at, "input": item["input"]}
            yield {"type": "response.output_item.done", "output_index": index, "item": item}
        yield {"type": "response.completed", "response": whole}

    numbered = ({"sequence_number": place, **event} for place, event in enumerate(told()))
    return Reply(body=events(numbered, named=True), content_type=SSE)


def _chat(turn: Turn, body: dict[str, Any], number: int) -> Reply:
    calls = [
        {
            "id": f"call_{number:04}_{index}",
            "type": "function",
            "function": {"name": name, "arguments": json.dumps(arguments, ensure_ascii=False)},
        }
        for index, (name, arguments) in enumerate(turn.calls)
    ]
    end = "tool_calls" if calls else "stop"
    usage = {"prompt_tokens": 1000, "completion_tokens": 50, "total_tokens": 1050}
    head = {"id": f"chatcmpl-{number:04}", "created": 1700000000 + number, "model": body["model"]}
    message = {"role": "assistant", "content": turn.text} | ({"tool_calls": calls} if calls else {})
    if not body.get("stream"):
        choice = {"index": 0, "message": message, "finish_reason": end}
        return Reply(body=pack({**head, "object": "chat.completion", "choices": [choice], "usage": usage}))

    def told() -> Iterator[dict[str, Any]]:
        def chunk(delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
            choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
            return {**head, "object": "chat.completion.chunk", "choices": [choice]}

        yield chunk({"role": "assistant", "content": ""})
        yield from (chunk({"content": piece}) for piece in cut(turn.text, 20))
        for index, call in enumerate(calls):
            function: Any = call["function"]
            yield chunk({"tool_calls": [{"index": index, **call, "function": {**function, "arguments": ""}}]})
            for piece in cut(function["arguments"], 20):
                yield chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
        yield chunk({}, end)
        if (body.get("stream_options") or {}).get("include_usage"):
            yield {**head, "object": "chat.completion.chunk", "choices": [], "usage": usage}

    return Reply(body=events(told()) + b"data: [DONE]\n\n", content_type=SSE)


def _gemini(turn: Turn, body: dict[str, Any], number: int, *, streamed: bool = False) -> Reply:
    parts: list[dict[str, Any]] = [{"text": turn.text}]
    for index, (name, arguments) in enumerate(turn.calls):
        parts.append({"functionCall": {"id": f"fc-{number:04}-{index}", "name": name, "args": arguments}})
    usage = {"promptTokenCount": 1000, "candidatesTokenCount": 50, "totalTokenCount": 1050}
    head = {"modelVersion": "gemini-test-001", "responseId": f"r-{number:04}"}

    def response(parts: list[dict[str, Any]], **more: str) -> dict[str, Any]:
        candidate = {"content": {"role": "model", "parts": parts}, "index": 0, **more}
        return {"candidates": [candidate], "usageMetadata": usage, **head}

    if not streamed:
        return Reply(body=pack(response(parts, finishReason="STOP")), content_type="application/json; charset=UTF-8")
    told = [*(response([part]) for part in parts), response([{"text": ""}], finishReason="STOP")]
    return Reply(body=events(told, end="\r\n\r\n"), content_type="text/event-stream")


def _gemini_stream(turn: Turn, body: dict[str, Any], number: int) -> Reply:
    return _gemini(turn, body, number, streamed=True)


def _of_type(*types: str) -> Callable[[dict[str, Any]], bool]:
    return lambda item: item.get("type") in types


APIS: dict[str, tuple[Callable[[dict[str, Any]], bool], Callable[[Turn, dict[str, Any], int], Reply]]] = {
    "/messages": (_of_type("tool_result"), _messages),
    "/responses": (_of_type("function_call_output", "custom_tool_call_output"), _responses),
    "/chat/completions": (lambda message: message.get("role") == "tool", _chat),
    ":generateContent": (lambda part: "functionResponse" in part, _gemini),
    ":streamGenerateContent": (lambda part: "functionResponse" in part, _gemini_stream),
}
"""By the path's ending: what a tool's result looks like, and how to answer."""
