"""OpenAI's Responses, of a model that reasons (https://platform.openai.com/docs/api-reference/responses-streaming)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from demo.answers import JSON, SSE, Request
from e2e.originals.said import ARGUMENTS, TEXT, TEXTS, THOUGHT, THOUGHTS, cut, events, pack

PATHS = ("/responses",)
USAGE = {
    "input_tokens": 19,
    "input_tokens_details": {"cached_tokens": 8},
    "output_tokens": 46,
    "output_tokens_details": {"reasoning_tokens": 12},
    "total_tokens": 65,
}
THINKING = {
    "id": "rs_67cb71b3f1b4",
    "type": "reasoning",
    "encrypted_content": "gAAAAABpYw2n+/==",
    "summary": [{"type": "summary_text", "text": THOUGHT}],
}
MESSAGE = {
    "id": "msg_67cb71b3c2b0",
    "type": "message",
    "status": "completed",
    "content": [{"type": "output_text", "annotations": [], "logprobs": [], "text": TEXT}],
    "role": "assistant",
}


def streams(request: Request) -> bool:
    return bool(request.json.get("stream"))


def whole(request: Request, tools: bool) -> tuple[bytes, str]:
    return pack(_response(request, _items(tools), "completed")), JSON


def stream(request: Request, tools: bool) -> tuple[bytes, str]:
    said = [{"sequence_number": number, **event} for number, event in enumerate(_told(request, tools))]
    return events(said, named=True), SSE


def _response(request: Request, output: list[dict[str, Any]], status: str) -> dict[str, Any]:
    return {
        "id": "resp_67cb71b351908190a308f3859487620d",
        "object": "response",
        "created_at": 1741386163,
        "status": status,
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": request.json.get("instructions"),
        "max_output_tokens": None,
        "model": "gpt-test-2026-01-01",
        "output": output,
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "reasoning": {"effort": "medium", "summary": "detailed"},
        "service_tier": "default",
        "store": True,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}, "verbosity": "medium"},
        "tool_choice": "auto",
        "tools": request.json.get("tools", []),
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": USAGE if status == "completed" else None,
        "user": None,
        "metadata": {},
    }


def _items(tools: bool) -> list[dict[str, Any]]:
    if not tools:
        return [THINKING, MESSAGE]
    return [THINKING, *(_call(number, arguments, "completed") for number, arguments in enumerate(ARGUMENTS))]


def _call(number: int, arguments: str, status: str) -> dict[str, Any]:
    named = {"call_id": f"call_h5sFt7W{number}", "name": "weather"}
    return {"id": f"fc_67ca09c6b{number}", "type": "function_call", "status": status, "arguments": arguments, **named}


def _told(request: Request, tools: bool) -> Iterator[dict[str, Any]]:
    begun = _response(request, [], "in_progress")
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    for index, item in enumerate(_items(tools)):
        empty = {"reasoning": {"summary": []}, "message": {"content": []}, "function_call": {"arguments": ""}}
        started = {**item, **empty[item["type"]]} | ({"status": "in_progress"} if "status" in item else {})
        yield {"type": "response.output_item.added", "output_index": index, "item": started}
        at = {"item_id": item["id"], "output_index": index}
        match item["type"]:
            case "reasoning":
                yield from _part("reasoning_summary_part", "reasoning_summary_text", "summary", at, item, THOUGHTS)
            case "message":
                yield from _part("content_part", "output_text", "content", at, item, TEXTS)
            case _:
                for piece in cut(item["arguments"]):
                    yield {"type": "response.function_call_arguments.delta", **at, "delta": piece}
                yield {"type": "response.function_call_arguments.done", **at, "arguments": item["arguments"]}
        yield {"type": "response.output_item.done", "output_index": index, "item": item}
    yield {"type": "response.completed", "response": _response(request, _items(tools), "completed")}


def _part(
    part: str, text: str, field: str, at: dict[str, Any], item: dict[str, Any], pieces: tuple[str, ...]
) -> Iterator[dict[str, Any]]:
    at = {**at, f"{field}_index": 0}
    whole = item[field][0]
    more: dict[str, Any] = {"logprobs": []} if field == "content" else {}
    yield {"type": f"response.{part}.added", **at, "part": {**whole, "text": ""}}
    for piece in pieces:
        yield {"type": f"response.{text}.delta", **at, "delta": piece, **more}
    yield {"type": f"response.{text}.done", **at, "text": whole["text"], **more}
    yield {"type": f"response.{part}.done", **at, "part": whole}
