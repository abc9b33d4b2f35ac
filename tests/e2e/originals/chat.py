"""Chat completions, with reasoning as DeepSeek, Qwen and others show it (https://api-docs.deepseek.com)."""

from __future__ import annotations

from typing import Any

from demo.answers import JSON, SSE, Request
from e2e.originals.said import ARGUMENTS, TEXT, TEXTS, THOUGHT, THOUGHTS, cut, events, pack

PATHS = ("/chat/completions",)
HEAD = {"id": "chatcmpl-B9MBs8CjcvOU2", "created": 1741569952, "model": "gpt-test-2026-01-01"}
HEAD_END = {"service_tier": "default", "system_fingerprint": "fp_50cad350e4"}
USAGE = {
    "prompt_tokens": 19,
    "completion_tokens": 46,
    "total_tokens": 65,
    "prompt_tokens_details": {"cached_tokens": 8, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 12, "audio_tokens": 0},
}


def streams(request: Request) -> bool:
    return bool(request.json.get("stream"))


def whole(request: Request, tools: bool) -> tuple[bytes, str]:
    message: dict[str, Any] = {"role": "assistant", "content": None if tools else TEXT, "refusal": None}
    message |= {"annotations": [], "reasoning_content": THOUGHT}
    if tools:
        message["tool_calls"] = [_call(number, arguments) for number, arguments in enumerate(ARGUMENTS)]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "tool_calls" if tools else "stop"}
    head = {**HEAD, "object": "chat.completion"}
    return pack({**head, "choices": [choice], "usage": USAGE, **HEAD_END}), JSON


def stream(request: Request, tools: bool) -> tuple[bytes, str]:
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": None if tools else "", "refusal": None}]
    deltas += [{"reasoning_content": piece} for piece in THOUGHTS]
    if tools:
        for number, arguments in enumerate(ARGUMENTS):
            deltas.append({"tool_calls": [{"index": number, **_call(number, "")}]})
            deltas += [{"tool_calls": [{"index": number, "function": {"arguments": p}}]} for p in cut(arguments)]
    else:
        deltas += [{"content": piece} for piece in TEXTS]
    ends = [None] * len(deltas) + ["tool_calls" if tools else "stop"]
    head = {**HEAD, "object": "chat.completion.chunk", **HEAD_END}
    counted = bool((request.json.get("stream_options") or {}).get("include_usage"))
    unsaid = {"usage": None} if counted else {}
    chunks = [
        {**head, "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": end}], **unsaid}
        for delta, end in zip([*deltas, {}], ends, strict=True)
    ]
    if counted:
        chunks.append({**head, "choices": [], "usage": USAGE})
    return events(chunks) + b"data: [DONE]\n\n", SSE


def _call(number: int, arguments: str) -> dict[str, Any]:
    function = {"name": "weather", "arguments": arguments}
    return {"id": f"call_h5sFt7W{number}", "type": "function", "function": function}
