"""Converts Anthropic's messages from and to the terms that all APIs have in common. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aicache.domain.model import (
    Answer,
    Call,
    Choice,
    Common,
    Finish,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    Turn,
    Usage,
)
from aicache.formats import interchange
from aicache.formats.anthropic.answer import NO_USAGE
from aicache.formats.hit_edits import without_counts
from aicache.formats.json_body import JSONObject, token_count

VERSION = "anthropic-version"

_COMMON_NAMES = {"stop_sequences": "stop"}
_IGNORED_PARAMS = frozenset(  # cannot change the answer, or are in the turns
    {"system", "stream", "metadata", "service_tier", "cache_control"}
)
_VERSIONS = ("2023-06-01", "2026-10-21")  # whose answers are the same
_INPUT_COUNTS = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
_SAMPLING = frozenset({"temperature", "top_p", "top_k"})  # rejected since the latter
_STOP_REASON = {Finish.STOP: "end_turn", Finish.TOOL_CALLS: "tool_use", Finish.REFUSAL: "refusal"}
_TOOL_CHOICES = {"auto": "auto", "any": "required", "none": "none"}


def to_common(params: Mapping[str, Any], turns: Sequence[Turn]) -> Common | None:
    """Return a request in common terms, or None if they cannot express it or its beta header.

    For the changes between the versions see https://platform.claude.com/docs/en/api/versioning.
    """
    own_params = {name: value for name, value in params.items() if name not in _IGNORED_PARAMS}
    if own_params.get(VERSION) == _VERSIONS[0] or (
        own_params.get(VERSION) == _VERSIONS[1] and _SAMPLING.isdisjoint(own_params)
    ):
        del own_params[VERSION]
    spoken = (
        (turn.role, None if turn.rest else interchange.only_text(_without_cache_control(turn.content)))
        for turn in turns
    )
    return interchange.translate_request(spoken, own_params, _COMMON_NAMES, _tool, _tool_choice)


def to_answer(message: Mapping[str, Any]) -> Answer:
    """Convert a message. Raises ValueError for blocks of the upstream's own tools, and for unknown types.

    Encrypted thinking is left out: no other API could show it. The text of a refused answer is a refusal.
    """
    declined = message["stop_reason"] == "refusal"
    parts = tuple(part for block in message["content"] for part in _parts(block, declined))
    if not parts:
        raise ValueError("an answer without content that other APIs have")
    usage, is_counted = message["usage"], has_usage(message)
    cached = token_count(usage.get("cache_read_input_tokens"))
    details = usage.get("output_tokens_details")
    counts = Usage(
        input=input_tokens(usage),
        output=token_count(usage.get("output_tokens")),
        cached=cached,
        reasoning=token_count(details.get("thinking_tokens")) if isinstance(details, dict) else 0,
    )
    return Answer(
        id=message.get("id") or "",
        model=message.get("model") or "",
        created=0,
        choices=(Choice(parts, Finish.REFUSAL if declined else interchange.finish_of_parts(parts)),),
        usage=counts if is_counted and (counts.input or counts.output) else None,
    )


def from_answer(answer: Answer, call: Call) -> JSONObject:
    """Convert an answer to a message. Raises ValueError for several choices, and for an answer without content.

    Reasoning is left out: clients send it back, and without a signature of Anthropic's own it would be rejected.
    """
    choice = interchange.only_choice(answer)
    content: list[JSONObject] = []
    for index, part in enumerate(choice.parts):
        match part:
            case Text(text) | Refusal(text) if text:
                content.append({"type": "text", "text": text})
            case ToolCall(id, name, arguments):
                generated = f"toolu_{answer.id}_{index}"
                content.append({"type": "tool_use", "id": id or generated, "name": name, "input": dict(arguments)})
            case _:
                pass
    if not content:
        raise ValueError("an answer without content that this API has")
    return {
        "id": f"msg_{answer.id}",
        "type": "message",
        "role": "assistant",
        "model": answer.model or call.model,
        "content": content,
        "stop_reason": _STOP_REASON[choice.finish],
        "stop_sequence": None,
        "usage": _render_usage(answer.usage),
    }


def has_usage(message: Mapping[str, Any]) -> bool:
    """Tell whether a message has both of the API's counts: streams may leave out either."""
    return all(message["usage"].get(name) is not None for name in NO_USAGE)


def input_tokens(usage: Mapping[str, Any]) -> int:
    """Return all input tokens; Anthropic counts those read from and written to its prompt cache apart."""
    return sum(token_count(usage.get(name)) for name in _INPUT_COUNTS)


def _without_cache_control(content: Any) -> Any:
    """Return content without the marks for the upstream's prompt cache, which change no answer."""
    if not isinstance(content, list):
        return content
    return [{name: value for name, value in block.items() if name != "cache_control"} for block in content]


def _tool(declared: JSONObject) -> JSONObject:
    if not declared.keys() <= {"type", "name", "description", "input_schema", "cache_control"}:
        raise ValueError("tools: a tool with fields that other APIs do not have")
    if declared.get("type") not in (None, "custom"):
        raise ValueError("tools: a tool of Anthropic's own")
    return interchange.common_tool(declared.get("name"), declared.get("description"), declared.get("input_schema"))


def _tool_choice(value: Mapping[str, Any]) -> Any:
    match value:
        case {"type": str(kind), **others} if kind in _TOOL_CHOICES and not others:
            return _TOOL_CHOICES[kind]
        case {"type": "tool", "name": str(name), **others} if not others:
            return {"name": name}
        case _:
            raise ValueError("tool_choice: unknown")


def _parts(block: Mapping[str, Any], declined: bool) -> list[Part]:
    match block:
        case {"type": "text", "text": text}:
            return [Refusal(text) if declined else Text(text)] if text else []
        case {"type": "thinking", "thinking": text}:
            return [Reasoning(text, block.get("signature") or None)] if text else []
        case {"type": "redacted_thinking"}:
            return []
        case {"type": "tool_use", "id": id, "name": name, "input": arguments} if _called_directly(block):
            return [ToolCall(id, name, arguments)]
        case _:
            raise ValueError("a type of content that other APIs do not have")


def _called_directly(block: Mapping[str, Any]) -> bool:
    """Tell whether the model itself calls the tool, not code that it runs at the upstream."""
    return block.get("caller") in (None, {"type": "direct"})


def read_as_cached(usage: JSONObject) -> None:
    """Tell that all input was read from the prompt cache, whose tokens ``input_tokens`` does not count.

    Source: https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching (tracking cache performance).
    """
    counted = [name for name in _INPUT_COUNTS if usage.get(name) is not None]
    if counted:
        total = input_tokens(usage)
        usage |= dict.fromkeys(counted, 0) | {"cache_read_input_tokens": total}
        if "cache_creation" in usage:
            usage["cache_creation"] = without_counts(usage["cache_creation"])
    iterations = usage.get("iterations")
    for each in iterations if isinstance(iterations, list) else ():
        if isinstance(each, dict):
            read_as_cached(each)


def _render_usage(usage: Usage | None) -> JSONObject:
    if usage is None:
        return dict(NO_USAGE)
    counts: JSONObject = {
        "input_tokens": max(usage.input - usage.cached, 0),
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": usage.cached,
        "output_tokens": usage.output,
    }
    if usage.reasoning:
        counts["output_tokens_details"] = {"thinking_tokens": usage.reasoning}
    return counts
