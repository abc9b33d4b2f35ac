"""Each API in its own words: how a question is put, how the upstream words its answer, and where the text is in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from demo.answers import Reply, Request
from e2e.proxy import Proxy, post
from e2e.proxy import Reply as Response

SYSTEM, MODEL = "Be brief.", "m-1"


@dataclass(frozen=True)
class Api:
    """One API."""

    path: str
    key: str
    ask: Callable[[str], dict[str, Any]]
    answer: Callable[[str], dict[str, Any]]
    text: Callable[[dict[str, Any]], str]


def turns(question: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": question}]


APIS = {
    "chat": Api(
        "/v1/chat/completions",
        "authorization",
        lambda q: {"model": MODEL, "temperature": 0, "messages": [{"role": "system", "content": SYSTEM}, *turns(q)]},
        lambda text: {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": MODEL,
            "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12},
        },
        lambda d: str(d["choices"][0]["message"]["content"]),
    ),
    "responses": Api(
        "/v1/responses",
        "authorization",
        lambda q: {"model": MODEL, "temperature": 0, "instructions": SYSTEM, "input": q},
        lambda text: {
            "id": "resp_1",
            "object": "response",
            "created_at": 1,
            "status": "completed",
            "error": None,
            "incomplete_details": None,
            "model": MODEL,
            "output": [
                {
                    "type": "message",
                    "id": "msg_1",
                    "status": "completed",
                    "role": "assistant",
                    "content": [{"type": "output_text", "text": text, "annotations": []}],
                }
            ],
            "usage": {"input_tokens": 5, "output_tokens": 7, "total_tokens": 12},
        },
        lambda d: str(d["output"][-1]["content"][0]["text"]),
    ),
    "messages": Api(
        "/v1/messages",
        "x-api-key",
        lambda q: {"model": MODEL, "temperature": 0, "max_tokens": 99, "system": SYSTEM, "messages": turns(q)},
        lambda text: {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": MODEL,
            "content": [{"type": "text", "text": text}],
            "stop_reason": "end_turn",
            "stop_sequence": None,
            "usage": {"input_tokens": 5, "output_tokens": 7},
        },
        lambda d: str(d["content"][0]["text"]),
    ),
    "gemini": Api(
        f"/v1beta/models/{MODEL}:generateContent",
        "x-goog-api-key",
        lambda q: {
            "systemInstruction": {"parts": [{"text": SYSTEM}]},
            "contents": [{"role": "user", "parts": [{"text": q}]}],
            "generationConfig": {"temperature": 0},
        },
        lambda text: {
            "candidates": [
                {"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": "STOP", "index": 0}
            ],
            "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 7, "totalTokenCount": 12},
            "modelVersion": MODEL,
            "responseId": "r1",
        },
        lambda d: str(d["candidates"][0]["content"]["parts"][0]["text"]),
    ),
    "ollama": Api(
        "/api/chat",
        "authorization",
        lambda q: {
            "model": MODEL,
            "stream": False,
            "options": {"temperature": 0},
            "messages": [{"role": "system", "content": SYSTEM}, *turns(q)],
        },
        lambda text: {
            "model": MODEL,
            "created_at": "2025-01-01T00:00:00Z",
            "message": {"role": "assistant", "content": text},
            "done": True,
            "done_reason": "stop",
            "prompt_eval_count": 5,
            "eval_count": 7,
        },
        lambda d: str(d["message"]["content"]),
    ),
    "dashscope": Api(
        "/api/v1/services/aigc/text-generation/generation",
        "authorization",
        lambda q: {
            "model": MODEL,
            "input": {"messages": [{"role": "system", "content": SYSTEM}, *turns(q)]},
            "parameters": {"result_format": "message", "temperature": 0},
        },
        lambda text: {
            "output": {"choices": [{"finish_reason": "stop", "message": {"role": "assistant", "content": text}}]},
            "usage": {"input_tokens": 5, "output_tokens": 7, "total_tokens": 12},
            "request_id": "r1",
        },
        lambda d: str(d["output"]["choices"][0]["message"]["content"]),
    ),
}


def answering(text: str) -> Callable[[Request], Reply]:
    """Answer by path, as each API does."""

    def script(request: Request) -> Reply:
        (api,) = (api for api in APIS.values() if api.path == request.path)
        return Reply(body=json.dumps(api.answer(text), ensure_ascii=False).encode())

    return script


def ask(
    proxy: Proxy, name: str, question: str, *, key: str = "sk-any", headers: dict[str, str] | None = None, **fields: Any
) -> Response:
    api = APIS[name]
    sent = {api.key: f"Bearer {key}" if api.key == "authorization" else key} | (headers or {})
    return post(proxy.port, json.dumps(api.ask(question) | fields).encode(), sent, path=api.path)
