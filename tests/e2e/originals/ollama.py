"""Ollama's own API, of a model that thinks (https://docs.ollama.com/api)."""

from __future__ import annotations

from typing import Any

from demo.answers import Request
from e2e.originals.said import CALLS, TEXT, TEXTS, THOUGHT, THOUGHTS, pack

PATHS = ("/api/chat", "/api/generate")
END = {
    "done_reason": "stop",
    "total_duration": 4883583458,
    "load_duration": 1334875,
    "prompt_eval_count": 19,
    "prompt_eval_duration": 342546000,
    "eval_count": 46,
    "eval_duration": 4535599000,
}


def streams(request: Request) -> bool:
    return bool(request.json.get("stream", True))


def whole(request: Request, tools: bool) -> tuple[bytes, str]:
    said: dict[str, Any] = {"tool_calls": _calls()} if tools else {}
    return pack(_line(request, "" if tools else TEXT, {"thinking": THOUGHT, **said}, END)), "application/json"


def stream(request: Request, tools: bool) -> tuple[bytes, str]:
    lines = [_line(request, "", {"thinking": piece}) for piece in THOUGHTS]
    if tools:
        lines += [_line(request, "", {"tool_calls": [call]}) for call in _calls()]
    else:
        lines += [_line(request, piece, {}) for piece in TEXTS]
    lines.append(_line(request, "", {}, END))
    return b"".join(pack(line) + b"\n" for line in lines), "application/x-ndjson"


def _line(request: Request, text: str, more: dict[str, Any], end: dict[str, Any] | None = None) -> dict[str, Any]:
    chat = request.path.endswith("/chat")
    said = {"message": {"role": "assistant", "content": text, **more}} if chat else {"response": text, **more}
    head = {"model": request.json["model"], "created_at": "2026-01-01T12:00:00.654321Z"}
    return {**head, **said, "done": end is not None, **(end or {})}


def _calls() -> list[dict[str, Any]]:
    return [
        {"id": f"call_h5sFt7W{number}", "function": {"index": number, "name": "weather", "arguments": arguments}}
        for number, arguments in enumerate(CALLS)
    ]
