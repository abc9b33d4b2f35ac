"""Converts DashScope's requests and answers from and to the terms that all APIs have in common. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aicache.domain.model import Answer, Choice, Common, Finish, Part, Reasoning, Refusal, Text, ToolCall, Turn, Usage
from aicache.formats import interchange
from aicache.formats.json_body import JSONObject, nested_token_count, token_count

_COMMON_NAMES = {"max_completion_tokens": "max_tokens"}
_IGNORED_PARAMS = frozenset(  # cannot change the answer, or select only its format
    {"stream", "stream_options", "user", "metadata", "safety_identifier", "prompt_cache_key", "service_tier", "store"}
    | {"incremental_output", "result_format"}
)
_FILE_SCHEME = "fileid://"
_FINISH = {Finish.STOP: "stop", Finish.TOOL_CALLS: "tool_calls"}


def to_common(path: str, request: Mapping[str, Any], turns: Sequence[Turn]) -> Common | None:
    """Return a request in common terms, or None if they cannot express it.

    Only for answers requested as messages of text: the common terms do not express in which of this API's shapes an
    answer is, and all callers of an entry must be able to read it.
    """
    parameters = request.get("parameters") or {}
    if "/text-generation/" not in path or parameters.get("result_format") != "message":
        return None
    beside = {name: value for name, value in request.items() if name not in ("model", "input", "parameters")}
    beside |= {n: v for n, v in request["input"].items() if n not in ("messages", "prompt", "history")}
    if any(value is not None for name, value in beside.items() if name not in _IGNORED_PARAMS):
        return None
    own_params = {name: value for name, value in parameters.items() if name not in _IGNORED_PARAMS}
    if own_params.get("response_format") == {"type": "text"}:
        del own_params["response_format"]
    if own_params.get("enable_search") is False:
        del own_params["enable_search"]
    spoken = ((turn.role, None if turn.rest else _turn_text(turn.content)) for turn in turns)
    return interchange.translate_request(
        spoken, own_params, _COMMON_NAMES, interchange.translate_function, _tool_choice
    )


def _turn_text(content: Any) -> str | None:
    text = interchange.only_text(content)
    return None if text is None or names_file(text) else text


def names_file(content: Any) -> bool:
    """Tell whether content refers to a file uploaded before, as long-context models allow."""
    if isinstance(content, list):
        return any(names_file(part.get("text")) for part in content)
    return isinstance(content, str) and _FILE_SCHEME in content


def to_answer(document: JSONObject) -> Answer:
    """Convert an answer. Raises ValueError for unknown types of content."""
    output = document["output"]
    usage = document.get("usage") or {}
    choices = output.get("choices") or [{"message": {"content": output["text"]}}]
    counts = Usage(
        token_count(usage.get("input_tokens")),
        token_count(usage.get("output_tokens")),
        nested_token_count(usage, "prompt_tokens_details", "cached_tokens"),
        nested_token_count(usage, "output_tokens_details", "reasoning_tokens"),
    )
    return Answer(
        id=document.get("request_id") or "",
        model="",
        created=0,
        choices=tuple(_to_choice(choice["message"]) for choice in choices),
        usage=counts if usage else None,
    )


def from_answer(answer: Answer) -> JSONObject:
    """Convert an answer to a document in the shape of messages. Raises ValueError for a refusal: the API marks none."""
    if any(_is_refusal(choice) for choice in answer.choices):
        raise ValueError("a refusal, which this API does not mark")
    choices = [
        {"finish_reason": _FINISH[choice.finish], "index": index, "message": _message(choice.parts)}
        for index, choice in enumerate(answer.choices)
    ]
    document: JSONObject = {"output": {"choices": choices}}
    if (known := answer.usage) is not None:
        document["usage"] = {
            "input_tokens": known.input,
            "output_tokens": known.output,
            "total_tokens": known.input + known.output,
            "prompt_tokens_details": {"cached_tokens": known.cached},
            "output_tokens_details": {"reasoning_tokens": known.reasoning},
        }
    return document | {"request_id": answer.id}


def _is_refusal(choice: Choice) -> bool:
    return choice.finish is Finish.REFUSAL or any(isinstance(part, Refusal) for part in choice.parts)


def _tool_choice(value: Any) -> Any:
    match value:
        case "auto" | "none":
            return value
        case {"type": "function", "function": {"name": str(name), **inner}, **rest} if not inner and not rest:
            return {"name": name}
        case _:
            raise ValueError("tool_choice: unknown")


def _to_choice(message: Mapping[str, Any]) -> Choice:
    parts: list[Part] = []
    if reasoning := message.get("reasoning_content"):
        parts.append(Reasoning(reasoning))
    content = message["content"]
    texts = [content] if isinstance(content, str) else [interchange.only_text([part]) for part in content]
    for text in texts:
        if text is None:
            raise ValueError("a type of content that other APIs do not have")
        if text:
            parts.append(Text(text))
    for call in message.get("tool_calls") or ():
        function = call.get("function")
        if not isinstance(function, dict) or not isinstance(name := function.get("name"), str):
            raise ValueError("a tool call without a function")
        parts.append(ToolCall(str(call.get("id") or ""), name, interchange.parse_arguments(function.get("arguments"))))
    return Choice(tuple(parts), interchange.finish_of_parts(parts))


def _message(parts: Sequence[Part]) -> JSONObject:
    message: JSONObject = {"role": "assistant", "content": interchange.joined_text(parts, Text)}
    if reasoning := interchange.joined_text(parts, Reasoning):
        message["reasoning_content"] = reasoning
    if calls := interchange.tool_calls_in(parts):
        message["tool_calls"] = [
            {
                "index": index,
                "id": call.id or f"call_{index}",
                "type": "function",
                "function": {"name": call.name, "arguments": interchange.render_arguments(call.arguments)},
            }
            for index, call in enumerate(calls)
        ]
    return message
