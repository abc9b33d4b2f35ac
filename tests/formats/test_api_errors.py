"""Errors in the shape that each API's clients read them in."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aicache.formats import EMBEDDINGS, FORMATS, Embeddings, Format
from aicache.formats.api_errors import APIError

ERROR = APIError(504, "Not here: “ä”.", "cache_miss", "only_if_cached")
OPENAI = {"error": {"message": ERROR.message, "type": "cache_miss", "param": None, "code": "only_if_cached"}}
GEMINI = {
    "error": {
        "code": 504,
        "message": ERROR.message,
        "status": "DEADLINE_EXCEEDED",
        "details": [
            {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "ONLY_IF_CACHED", "domain": "ai-cache"}
        ],
    }
}
SHAPES: dict[str, Any] = {
    "messages": {"type": "error", "error": {"type": "timeout_error", "message": ERROR.message}},
    "gemini": GEMINI,
    "ollama-chat": {"error": ERROR.message},
    "ollama-generate": {"error": ERROR.message},
    "ollama-embed": {"error": ERROR.message},
    "dashscope": {"code": "OnlyIfCached", "message": ERROR.message, "request_id": ""},
}


@pytest.mark.parametrize("format", [*FORMATS, *EMBEDDINGS], ids=lambda format: format.api)
def test_an_error_has_the_shape_of_its_api(format: Format | Embeddings) -> None:
    assert json.loads(format.render_error(ERROR)) == SHAPES.get(format.api, OPENAI)


@pytest.mark.parametrize(
    ("status", "anthropic", "gemini"),
    [
        (400, "invalid_request_error", "INVALID_ARGUMENT"),
        (401, "authentication_error", "UNAUTHENTICATED"),
        (426, "invalid_request_error", "FAILED_PRECONDITION"),
        (429, "rate_limit_error", "RESOURCE_EXHAUSTED"),
        (500, "api_error", "INTERNAL"),
        (502, "api_error", "UNAVAILABLE"),
        (504, "timeout_error", "DEADLINE_EXCEEDED"),
        (529, "overloaded_error", "UNAVAILABLE"),
    ],
)
def test_the_status_is_named_in_the_api_s_words(status: int, anthropic: str, gemini: str) -> None:
    bodies = {format.api: json.loads(format.render_error(APIError(status, "x", "kind", "code"))) for format in FORMATS}

    assert bodies["messages"]["error"]["type"] == anthropic
    assert (bodies["gemini"]["error"]["status"], bodies["gemini"]["error"]["code"]) == (gemini, status)
