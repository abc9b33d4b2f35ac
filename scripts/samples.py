"""A request and an answer in the words of every API, of any length: what benchmarks and fuzzing start from. Pure."""

from __future__ import annotations

import json
from typing import Any

from aicache.domain.model import Answer, Call, Choice, Finish, Mode, Text, Usage
from aicache.formats import Format

WORDS = "How do I reset my password, and why is “forgot” not in the menu? 如何重置密码？ "
PATHS = {
    "chat": "/v1/chat/completions",
    "completions": "/v1/completions",
    "responses": "/v1/responses",
    "messages": "/v1/messages",
    "gemini": "/v1beta/models/m:generateContent",
    "ollama-chat": "/api/chat",
    "ollama-generate": "/api/generate",
    "dashscope": "/api/v1/services/aigc/text-generation/generation",
}


def text(size: int) -> str:
    """Return a text of about *size* bytes."""
    return WORDS * max(1, size // len(WORDS.encode()))


def request(api: str, said: str) -> bytes:
    """Return a whole request that asks *said*."""
    turns = [{"role": "user", "content": said}]
    bodies: dict[str, dict[str, Any]] = {
        "chat": {"model": "m", "messages": turns},
        "completions": {"model": "m", "prompt": said},
        "responses": {"model": "m", "input": said},
        "messages": {"model": "m", "max_tokens": 999, "messages": turns},
        "gemini": {"contents": [{"role": "user", "parts": [{"text": said}]}]},
        "ollama-chat": {"model": "m", "messages": turns, "stream": False},
        "ollama-generate": {"model": "m", "prompt": said, "stream": False},
        "dashscope": {"model": "m", "input": {"messages": turns}, "parameters": {"result_format": "message"}},
    }
    return json.dumps(bodies[api], ensure_ascii=False).encode()


def call(format: Format, said: str = "Hi") -> Call:
    return format.parse_request(PATHS[format.api], request(format.api, said))


def answer(format: Format, said: str, mode: Mode) -> bytes:
    """Return an answer that says *said*, as the API sends it in that mode."""
    answered = Answer("1", "m", 1_700_000_000, (Choice((Text(said),), Finish.STOP),), Usage(9, 9))
    return format.render(format.from_answer(answered, call(format)), mode)
