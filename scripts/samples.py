"""Sample requests and answers of every API, of any length, for benchmarks and fuzzing. Pure."""

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


def request(api: str, content: str) -> bytes:
    """Return the body of a request with the question *content*."""
    turns = [{"role": "user", "content": content}]
    bodies: dict[str, dict[str, Any]] = {
        "chat": {"model": "m", "messages": turns},
        "completions": {"model": "m", "prompt": content},
        "responses": {"model": "m", "input": content},
        "messages": {"model": "m", "max_tokens": 999, "messages": turns},
        "gemini": {"contents": [{"role": "user", "parts": [{"text": content}]}]},
        "ollama-chat": {"model": "m", "messages": turns, "stream": False},
        "ollama-generate": {"model": "m", "prompt": content, "stream": False},
        "dashscope": {"model": "m", "input": {"messages": turns}, "parameters": {"result_format": "message"}},
    }
    return json.dumps(bodies[api], ensure_ascii=False).encode()


def call(format: Format, content: str = "Hi") -> Call:
    return format.parse_request(PATHS[format.api], request(format.api, content))


def answer(format: Format, content: str, mode: Mode) -> bytes:
    """Return the body of an answer with the text *content*, in the given mode."""
    answered = Answer("1", "m", 1_700_000_000, (Choice((Text(content),), Finish.STOP),), Usage(9, 9))
    return format.render(format.from_answer(answered, call(format)), mode)
