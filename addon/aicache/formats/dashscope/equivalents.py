"""Defaults that DashScope's API documents, and its marks for prompt caching. Pure.

Sources: https://help.aliyun.com/zh/model-studio/qwen-api-via-dashscope and
https://help.aliyun.com/zh/model-studio/context-cache. Calls in parallel are off by default here, unlike at OpenAI.
"""

from __future__ import annotations

from typing import Any

from aicache.formats.equivalents import CACHE_CONTROL, Defaults, without_defaults, without_marks
from aicache.formats.json_body import JSONObject

_DEFAULTS: Defaults = {
    "n": (1, None),
    "tools": ([], None),
    "parallel_tool_calls": (False, None),
    "enable_search": (False, None),
    "logprobs": (False, None),
    "response_format": ({"type": "text"}, None),
}
_WITH_TOOLS: Defaults = {"tool_choice": ("auto", None)}
_WITHOUT_TOOLS: Defaults = {"tool_choice": ("auto", "none", None)}


def parameters(given: JSONObject) -> JSONObject:
    """Return the ``parameters`` that are not the API's defaults."""
    found = without_defaults(given, _DEFAULTS)
    return without_defaults(found, _WITH_TOOLS if "tools" in found else _WITHOUT_TOOLS)


def content(given: Any) -> Any:
    """Return a message's content without marks."""
    return without_marks(given, CACHE_CONTROL)
