"""Defaults that Gemini's API documents. Pure.

Sources: https://ai.google.dev/api/generate-content and https://ai.google.dev/api/caching#FunctionCallingConfig. An
empty list is the same as none (https://protobuf.dev/programming-guides/json).
"""

from __future__ import annotations

from aicache.formats.equivalents import Defaults, without_defaults
from aicache.formats.json_body import JSONObject

_GENERATION: Defaults = {
    **dict.fromkeys(("candidateCount", "candidate_count"), (1, None)),
    **dict.fromkeys(("responseMimeType", "response_mime_type"), ("text/plain", None)),
    **dict.fromkeys(("stopSequences", "stop_sequences"), ([], None)),
}
_CALLING = {"functionCallingConfig": {"mode": "AUTO"}}
_DEFAULTS: Defaults = {
    "tools": ([], None),
    **dict.fromkeys(("safetySettings", "safety_settings"), ([], None)),
    **dict.fromkeys(("generationConfig", "generation_config"), ({}, None)),
    **dict.fromkeys(("toolConfig", "tool_config"), ({}, _CALLING, {"function_calling_config": {"mode": "AUTO"}}, None)),
}


def params(given: JSONObject) -> JSONObject:
    """Return the parameters that are not the API's defaults."""
    for name in ("generationConfig", "generation_config"):
        if isinstance(generation := given.get(name), dict):
            given = {**given, name: without_defaults(generation, _GENERATION)}
    return without_defaults(given, _DEFAULTS)
