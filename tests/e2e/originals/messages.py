"""Anthropic's messages, of a model that thinks (https://docs.anthropic.com/en/docs/build-with-claude/streaming)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from demo.answers import JSON, SSE, Request
from e2e.originals.said import ARGUMENTS, CALLS, TEXT, TEXTS, THOUGHT, THOUGHTS, cut, events, pack

PATHS = ("/messages",)
SIGNATURE = "EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pkiMOYds+/=="
INPUT = {"input_tokens": 11, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 8}
TIER = {"service_tier": "standard"}


def streams(request: Request) -> bool:
    return bool(request.json.get("stream"))


def whole(request: Request, tools: bool) -> tuple[bytes, str]:
    content: list[dict[str, Any]] = [{"type": "thinking", "thinking": THOUGHT, "signature": SIGNATURE}]
    content.append({"type": "text", "text": "Let me look." if tools else TEXT})
    if tools:
        content += [_call(number, arguments) for number, arguments in enumerate(CALLS)]
    return pack(_message(content, _reason(tools), 46)), JSON


def stream(request: Request, tools: bool) -> tuple[bytes, str]:
    return events(_told(tools), named=True), SSE


def _message(content: list[dict[str, Any]], reason: str | None, output: int) -> dict[str, Any]:
    return {
        "id": "msg_01XFDUDYJgAACzvnptvVoYEL",
        "type": "message",
        "role": "assistant",
        "model": "claude-test-20260101",
        "content": content,
        "stop_reason": reason,
        "stop_sequence": None,
        "usage": {**INPUT, "output_tokens": output, **TIER},
    }


def _reason(tools: bool) -> str:
    return "tool_use" if tools else "end_turn"


def _call(number: int, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"type": "tool_use", "id": f"toolu_01T1x1fJ34q{number}", "name": "weather", "input": arguments}


def _told(tools: bool) -> Iterator[dict[str, Any]]:
    yield {"type": "message_start", "message": _message([], None, 2)}
    thoughts = [{"type": "thinking_delta", "thinking": piece} for piece in THOUGHTS]
    signed = {"type": "signature_delta", "signature": SIGNATURE}
    yield from _block(0, {"type": "thinking", "thinking": "", "signature": ""}, [*thoughts, signed])
    yield {"type": "ping"}
    texts = ("Let me", " look.") if tools else TEXTS
    yield from _block(1, {"type": "text", "text": ""}, [{"type": "text_delta", "text": piece} for piece in texts])
    if tools:
        for number, arguments in enumerate(ARGUMENTS):
            pieces = [{"type": "input_json_delta", "partial_json": piece} for piece in ("", *cut(arguments))]
            yield from _block(2 + number, _call(number, {}), pieces)
    ended = {"stop_reason": _reason(tools), "stop_sequence": None}
    yield {"type": "message_delta", "delta": ended, "usage": {**INPUT, "output_tokens": 46}}
    yield {"type": "message_stop"}


def _block(index: int, begun: dict[str, Any], deltas: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    yield {"type": "content_block_start", "index": index, "content_block": begun}
    for delta in deltas:
        yield {"type": "content_block_delta", "index": index, "delta": delta}
    yield {"type": "content_block_stop", "index": index}
