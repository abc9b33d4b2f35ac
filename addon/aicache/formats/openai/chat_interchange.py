"""Converts chat completions from and to the terms that all APIs have in common. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aicache.domain.model import Answer, Common, Finish, Part, Reasoning, Refusal, Text, ToolCall, Turn, Usage
from aicache.domain.model import Choice as CommonChoice
from aicache.formats import interchange
from aicache.formats.json_body import JSONObject, nested_token_count, object_list, token_count
from aicache.formats.openai.chat_completion import Choice, Completion

_SYSTEM = ("system", "developer")
_COMMON_NAMES = {"max_completion_tokens": "max_tokens"}
_IGNORED_PARAMS = frozenset(  # cannot change the answer, or are the default
    {"messages", "model", "stream", "stream_options", "user", "metadata", "safety_identifier", "prompt_cache_key"}
    | {"service_tier", "store"}
)
_FINISH = {
    Finish.STOP: "stop",
    Finish.REFUSAL: "stop",
    Finish.TOOL_CALLS: "tool_calls",
}


def to_common(request: Mapping[str, Any], turns: Sequence[Turn]) -> Common | None:
    """Return a request in common terms, or None if they cannot express it."""
    own_params = {name: value for name, value in request.items() if name not in _IGNORED_PARAMS}
    if own_params.get("response_format") == {"type": "text"}:
        del own_params["response_format"]
    spoken = (
        ("system" if turn.role in _SYSTEM else turn.role, None if turn.rest else interchange.only_text(turn.content))
        for turn in turns
    )
    return interchange.translate_request(
        spoken, own_params, _COMMON_NAMES, interchange.translate_function, _tool_choice
    )


def to_answer(completion: Completion) -> Answer:
    """Convert a completion. Raises ValueError for audio, images, custom tools and unknown types of content."""
    return Answer(
        id=completion.id,
        model=completion.model,
        created=completion.created,
        choices=tuple(_to_choice(choice) for choice in completion.choices),
        usage=parse_usage(completion.usage),
    )


def from_answer(answer: Answer) -> Completion:
    """Convert an answer to a completion."""
    choices = tuple(
        Choice(index, _message(choice.parts), _FINISH[choice.finish], {"logprobs": None})
        for index, choice in enumerate(answer.choices)
    )
    return Completion(f"chatcmpl-{answer.id}", answer.model, answer.created, choices, render_usage(answer.usage), {})


def parse_usage(usage: Mapping[str, Any] | None) -> Usage | None:
    """Return a document's usage in common terms."""
    if not usage:
        return None
    return Usage(
        *count_tokens(usage),
        nested_token_count(usage, "prompt_tokens_details", "cached_tokens"),
        nested_token_count(usage, "completion_tokens_details", "reasoning_tokens"),
    )


def count_tokens(usage: Mapping[str, Any]) -> tuple[int, int]:
    """Return the tokens of prompt and completion; those of the prompt may follow from the total.

    If only one of the two is there, as in a stream that stopped counting, neither counts as known.
    """
    if (usage.get("prompt_tokens") is None) != (usage.get("completion_tokens") is None):
        return 0, 0
    prompt, completion = token_count(usage.get("prompt_tokens")), token_count(usage.get("completion_tokens"))
    return prompt or max(0, token_count(usage.get("total_tokens")) - completion), completion


def render_usage(usage: Usage | None) -> JSONObject | None:
    """Return a document's usage; ``parse_usage(render_usage(usage)) == usage``."""
    if usage is None:
        return None
    return {
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
        "prompt_tokens_details": {"cached_tokens": usage.cached},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning},
    }


def _tool_choice(value: Any) -> Any:
    if value in ("auto", "none", "required"):
        return value
    match value:
        case {"type": "function", "function": {"name": str(name)}} if len(value) == 2 and len(value["function"]) == 1:
            return {"name": name}
    raise ValueError("tool_choice: unknown")


def _to_choice(choice: Choice) -> CommonChoice:
    message = choice.message
    if any(message.get(name) for name in ("audio", "images", "function_call")):
        raise ValueError("an answer with more than text and tool calls")
    parts: list[Part] = []
    if isinstance(reasoning := message.get("reasoning_content") or message.get("reasoning"), str) and reasoning:
        parts.append(Reasoning(reasoning))
    content = message["content"]
    if isinstance(content, str) and content:
        parts.append(Text(content))
    elif isinstance(content, list):
        parts += [_to_part(part) for part in content]
    if isinstance(refusal := message.get("refusal"), str) and refusal:
        parts.append(Refusal(refusal))
    for call in object_list(message.get("tool_calls"), "tool_calls"):
        function = call.get("function")
        if not isinstance(function, dict) or not isinstance(name := function.get("name"), str):
            raise ValueError("a tool call without a function")
        parts.append(ToolCall(str(call.get("id") or ""), name, interchange.parse_arguments(function.get("arguments"))))
    return CommonChoice(tuple(parts), interchange.finish_of_parts(parts))


def _to_part(part: JSONObject) -> Part:
    """Convert a part of Mistral's content."""
    match part:
        case {"type": "text", "text": str(text)}:
            return Text(text)
        case {"type": "thinking", "thinking": [_, *_] as pieces}:
            return Reasoning("".join(_reasoning_text(piece) for piece in pieces))
        case {"type": "thinking", "thinking": str(thought)}:
            return Reasoning(thought)
        case _:
            raise ValueError("a type of content that other APIs do not have")


def _reasoning_text(piece: Any) -> str:
    if (text := interchange.only_text([piece])) is None:
        raise ValueError("a type of reasoning that other APIs do not have")
    return text


def _message(parts: Sequence[Part]) -> JSONObject:
    calls = interchange.tool_calls_in(parts)
    text = interchange.joined_text(parts, Text)
    refusal = interchange.joined_text(parts, Refusal)
    message: JSONObject = {"role": "assistant", "content": text if text or not (calls or refusal) else None}
    message["refusal"] = refusal or None
    if reasoning := interchange.joined_text(parts, Reasoning):
        message["reasoning_content"] = reasoning
    if calls:
        message["tool_calls"] = [
            {
                "id": call.id or f"call_{index}",
                "type": "function",
                "function": {"name": call.name, "arguments": interchange.render_arguments(call.arguments)},
            }
            for index, call in enumerate(calls)
        ]
    return message
