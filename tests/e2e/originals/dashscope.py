"""DashScope's native API, of a model that thinks when asked to (https://help.aliyun.com/zh/model-studio/qwen-api-via-dashscope)."""

from __future__ import annotations

from typing import Any

from demo.answers import JSON, Request
from e2e.originals.said import ARGUMENTS, TEXT, TEXTS, THOUGHT, THOUGHTS, cut, pack

PATHS = ("/text-generation/generation",)


def streams(request: Request) -> bool:
    return request.headers.get("x-dashscope-sse") == "enable"


def whole(request: Request, tools: bool) -> tuple[bytes, str]:
    calls = [_call(number, arguments) for number, arguments in enumerate(ARGUMENTS)] if tools else []
    thought = THOUGHT if _thinks(request) else ""
    return pack(_answer("" if tools else TEXT, thought, calls, _end(tools), 46)), JSON


def stream(request: Request, tools: bool) -> tuple[bytes, str]:
    """In pieces where that is asked for, or the model thinks; else every event says all that was said so far."""
    thinks = _thinks(request)
    pieces: list[tuple[str, str, dict[int, str]]] = [("", piece, {}) for piece in THOUGHTS if thinks]
    if tools:
        pieces += [("", "", {n: piece}) for n, text in enumerate(ARGUMENTS) for piece in ("", *cut(text))]
    else:
        pieces += [(piece, "", {}) for piece in TEXTS]
    incremental = request.json["parameters"].get("incremental_output", thinks)
    told: list[dict[str, Any]] = []
    text, thought, calls = "", "", dict[int, str]()
    for piece, thinking, called in [*pieces, ("", "", {})]:
        text, thought = text + piece, thought + thinking
        calls |= {number: calls.get(number, "") + arguments for number, arguments in called.items()}
        end = _end(tools) if len(told) == len(pieces) else "null"
        said = (piece, thinking, called) if incremental else (text, thought, calls)
        count = 46 if end != "null" else len(told) + 1
        new = [_call(n, arguments, named=not incremental or arguments == "") for n, arguments in said[2].items()]
        told.append(_answer(said[0], said[1], new, end, count))
    head = "id:{}\nevent:result\n:HTTP_STATUS/200\ndata:"
    body = b"".join(head.format(n).encode() + pack(each) + b"\n\n" for n, each in enumerate(told, 1))
    return body, "text/event-stream;charset=UTF-8"


def _thinks(request: Request) -> bool:
    return bool(request.json["parameters"].get("enable_thinking"))


def _end(tools: bool) -> str:
    return "tool_calls" if tools else "stop"


def _answer(text: str, thought: str, calls: list[dict[str, Any]], end: str, output: int) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": text, "reasoning_content": thought}
    message |= {"tool_calls": calls} if calls else {}
    usage = {"total_tokens": 19 + output, "output_tokens": output, "input_tokens": 19}
    details = {"prompt_tokens_details": {"cached_tokens": 8}, "output_tokens_details": {"reasoning_tokens": 12}}
    choices = [{"message": message, "finish_reason": end}]
    request_id = "e5f0a3c9-6a0b-9c3b-8d9f-0d4f6a1f2b3c"
    return {"output": {"choices": choices}, "usage": {**usage, **details}, "request_id": request_id}


def _call(number: int, arguments: str, *, named: bool = True) -> dict[str, Any]:
    """A call; in a stream of pieces only the first one names it."""
    head = {"index": number, "id": f"call_h5sFt7W{number}" if named else "", "type": "function"}
    return {**head, "function": {"name": "weather", "arguments": arguments} if named else {"arguments": arguments}}
