"""Google's Gemini, of a model that thinks and signs (https://ai.google.dev/gemini-api/docs/thought-signatures)."""

from __future__ import annotations

from typing import Any

from demo.answers import Request
from e2e.originals.said import CALLS, TEXT, TEXTS, THOUGHT, THOUGHTS, events, pack

PATHS = (":generateContent", ":streamGenerateContent")
SIGNATURE = "CsYBAVSoXO5x1n+/Zg=="
USAGE = {
    "promptTokenCount": 19,
    "candidatesTokenCount": 34,
    "totalTokenCount": 65,
    "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 19}],
    "thoughtsTokenCount": 12,
}
BEFORE = {"promptTokenCount": 19, "totalTokenCount": 19}
HEAD = {"modelVersion": "gemini-2.5-test-001", "responseId": "hVxRaP6zJ-KznvgPof7h2A0"}


def streams(request: Request) -> bool:
    return ":streamGenerateContent" in request.path


def whole(request: Request, tools: bool) -> tuple[bytes, str]:
    thought = {"text": THOUGHT, "thought": True}
    said = _calls() if tools else [{"text": TEXT, "thoughtSignature": SIGNATURE}]
    return pack(_response([thought, *said], USAGE, "STOP")), "application/json; charset=UTF-8"


def stream(request: Request, tools: bool) -> tuple[bytes, str]:
    """The SDKs ask for events (``alt=sse``)."""
    told = [_response([{"text": piece, "thought": True}], BEFORE) for piece in THOUGHTS]
    if tools:
        told += [_response([call], BEFORE) for call in _calls()]
        told.append(_response([{"text": ""}], USAGE, "STOP"))
    else:
        told += [_response([{"text": piece}], BEFORE) for piece in TEXTS]
        told.append(_response([{"text": "", "thoughtSignature": SIGNATURE}], USAGE, "STOP"))
    return events(told, end="\r\n\r\n"), "text/event-stream"


def _calls() -> list[dict[str, Any]]:
    """Of calls that are made at once the first one is signed."""
    first, *others = ({"functionCall": {"name": "weather", "args": arguments}} for arguments in CALLS)
    return [{**first, "thoughtSignature": SIGNATURE}, *others]


def _response(parts: list[dict[str, Any]], usage: dict[str, Any], end: str | None = None) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"parts": parts, "role": "model"}}
    candidate |= {"finishReason": end} if end else {}
    return {"candidates": [{**candidate, "index": 0}], "usageMetadata": usage, **HEAD}
