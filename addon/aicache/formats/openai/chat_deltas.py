"""The merge rules of streamed chat completions. Pure.

Sources: https://platform.openai.com/docs/api-reference/chat-streaming; for vendors' fields, recorded streams.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aicache.formats.merge_rules import EMPTY, ListRule, Merge, Rule

DELTA_ONLY_FIELDS = frozenset({"token_id"})
"""Fields that only deltas have: the number of the token, at Together."""


def _has_same_index(earlier: Mapping[str, Any], item: Mapping[str, Any]) -> bool:
    return item.get("index") is not None and item["index"] == earlier.get("index")


def _continues_detail(earlier: Mapping[str, Any], item: Mapping[str, Any]) -> bool | None:
    """Compare index, type, id and format; a field that a piece omits matches any value (OpenRouter's signatures).

    None for a matching piece without an index: it may continue the last element or follow it.
    """
    matches = all(_equal_or_empty(earlier.get(name), item.get(name)) for name in ("type", "id", "format"))
    if matches and item.get("index") is None and earlier.get("index") is None:
        return None
    return matches and _has_same_index(earlier, item)


def _continues_block(earlier: Mapping[str, Any], item: Mapping[str, Any]) -> bool | None:
    """Compare LiteLLM's blocks of Anthropic's thinking, which have no index: a signature ends a block."""
    if item.get("index") is not None:
        return _continues_detail(earlier, item)
    return earlier.get("type") == item.get("type") == "thinking" and not earlier.get("signature")


def _continues_call(earlier: Mapping[str, Any], item: Mapping[str, Any]) -> bool:
    """Compare the index; for vendors without one, a piece without an id and a name continues the call.

    A second id together with a second name is another call whatever the index: gateways to Gemini give every parallel
    call index 0. A second id alone is not: some servers make up a new one for every piece.
    """
    function = item.get("function")
    has_name = bool(isinstance(function, dict) and function.get("name"))
    if item.get("index") is None:
        return not has_name and not item.get("id")
    return _has_same_index(earlier, item) and (not has_name or _equal_or_empty(earlier.get("id"), item.get("id")))


def _equal_or_empty(one: Any, other: Any) -> bool:
    return one == other or one in EMPTY or other in EMPTY


_FUNCTION: Mapping[str, Rule] = {"arguments": Merge.APPEND}

CALLS = ListRule(
    {
        **dict.fromkeys(("id", "type"), Merge.KEEP_FIRST),
        "function": _FUNCTION,
        "custom": {"input": Merge.APPEND},
    },
    _continues_call,
    within=True,
)
"""Tool calls. Some clients append a second name, others replace it: no rule for it."""

LOGPROBS: Mapping[str, Rule] = dict.fromkeys(
    ("content", "refusal", "tokens", "token_ids", "token_logprobs", "top_logprobs", "text_offset"), Merge.EXTEND
)
"""Log probabilities: lists with one element per token."""

MESSAGE: Mapping[str, Rule] = {
    "role": Merge.KEEP_FIRST,
    "content": Merge.CONTENT,
    **dict.fromkeys(("reasoning_content", "reasoning", "reasoning_text", "refusal"), Merge.APPEND),
    "tool_calls": CALLS,
    "function_call": _FUNCTION,
    "audio": {"id": Merge.KEEP_FIRST, "data": Merge.BASE64, "transcript": Merge.APPEND, "expires_at": Merge.REPLACE},
    "annotations": Merge.UNION,
    "images": Merge.UNION,
    "reasoning_details": ListRule(  # OpenRouter
        {
            **dict.fromkeys(("type", "id", "format"), Merge.KEEP_FIRST),
            **dict.fromkeys(("text", "summary", "data"), Merge.APPEND),
        },
        _continues_detail,
    ),
    "thinking_blocks": ListRule(  # LiteLLM
        {"type": Merge.KEEP_FIRST, "thinking": Merge.APPEND}, _continues_block
    ),
    "executed_tools": ListRule(Merge.ACCUMULATED, _has_same_index),  # Groq repeats a tool that was run, with its output
}
"""Rules for a choice's message."""

CHOICE: Mapping[str, Rule] = {
    "logprobs": LOGPROBS,
    "text": Merge.APPEND,  # Together sends each text twice
    "token_ids": Merge.EXTEND,
    "prompt_token_ids": Merge.REPLACE,
    **dict.fromkeys(("native_finish_reason", "stop_reason", "matched_stop"), Merge.REPLACE),
    "usage": Merge.REPLACE_COUNTS,
    **dict.fromkeys(("content_filter_results", "content_filter_result", "content_filter_offsets"), Merge.REPLACE),
}
"""Rules for a choice's other fields."""

DOCUMENT: Mapping[str, Rule] = {
    **dict.fromkeys(("service_tier", "system_fingerprint", "provider", "metadata"), Merge.REPLACE),
    **dict.fromkeys(("x_groq", "timings", "prompt_filter_results", "moderation"), Merge.REPLACE),
    **dict.fromkeys(("prompt_progress", "time_info", "perf_metrics"), Merge.REPLACE),  # llama.cpp, Cerebras, Fireworks
    **dict.fromkeys(("citations", "search_results", "images", "related_questions"), Merge.ACCUMULATED),  # Perplexity
}
"""Rules for the document's fields beside the choices."""


def order_calls(calls: Any) -> Any:
    """Return a message's calls in the order of their indexes, if those are unique.

    Gateways that give parallel calls the same index, or number anew in each chunk, send them in order.
    """
    if not isinstance(calls, list) or not all(isinstance(call, dict) for call in calls):
        return calls
    indexes = [call.get("index") for call in calls]
    if not all(type(index) is int for index in indexes) or len(set(indexes)) < len(indexes):
        return calls
    return sorted(calls, key=lambda call: int(call["index"]))
