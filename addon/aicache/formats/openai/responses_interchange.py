"""Converts Responses from and to the terms that all APIs have in common. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
from aicache.formats.json_body import JSONObject, nested_token_count, token_count
from aicache.formats.openai.responses_answer import parts_of
from aicache.formats.openai.responses_request import INSTRUCTIONS

_SYSTEM = ("system", "developer")
_COMMON_NAMES = {"max_output_tokens": "max_tokens"}
_IGNORED_PARAMS = frozenset(  # cannot change the answer
    {"input", "instructions", "model", "stream", "stream_options", "user", "metadata", "safety_identifier"}
    | {"prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "service_tier", "store"}
)
_DEFAULTS: Mapping[str, tuple[Any, ...]] = {
    "background": (False,),
    "include": ([],),
    "text": ({}, {"format": {"type": "text"}}),
    "truncation": ("disabled",),
}
_MESSAGE_RESTS: tuple[Mapping[str, str], ...] = ({}, {"type": "message"}, INSTRUCTIONS)
_DIRECT_CALLERS = (None, {"type": "direct"})  # the model called the function, not a program that it wrote


def to_common(request: Mapping[str, Any], turns: Sequence[Turn]) -> Common | None:
    """Return a request in common terms, or None if they cannot express it.

    They cannot express an explicit ``store``: the caller may continue from the answer by its id, and the upstream does
    not know answers that came through another API. The default, which stores as well, does not count as explicit.
    """
    if request.get("store"):
        return None
    own_params = {
        name: value
        for name, value in request.items()
        if name not in _IGNORED_PARAMS and value not in _DEFAULTS.get(name, ())
    }
    spoken = (("system" if turn.role in _SYSTEM else turn.role, _turn_text(turn)) for turn in turns)
    return interchange.translate_request(spoken, own_params, _COMMON_NAMES, _tool, _tool_choice)


def to_answer(response: Mapping[str, Any]) -> Answer:
    """Convert a response. Raises ValueError for calls of tools other than the caller's functions."""
    parts = [part for item in response["output"] for part in _to_parts(item)]
    usage = response.get("usage") or {}
    counts = Usage(
        token_count(usage.get("input_tokens")),
        token_count(usage.get("output_tokens")),
        nested_token_count(usage, "input_tokens_details", "cached_tokens"),
        nested_token_count(usage, "output_tokens_details", "reasoning_tokens"),
    )
    created = response.get("created_at")
    return Answer(
        id=named if isinstance(named := response.get("id"), str) else "",
        model=named if isinstance(named := response.get("model"), str) else "",
        created=int(created) if isinstance(created, int | float) and 0 <= created < 1 << 53 else 0,
        choices=(Choice(tuple(parts), interchange.finish_of_parts(parts)),),
        usage=counts if usage else None,
    )


def from_answer(answer: Answer, call: Call) -> JSONObject:
    """Convert an answer to a response, which echoes parameters of the call, as the API does.

    Raises ValueError for several choices, for a refusal without a text, and for an answer without content.
    """
    choice = interchange.only_choice(answer)
    if choice.finish is Finish.REFUSAL and not interchange.joined_text(choice.parts, Refusal):
        raise ValueError("a refusal without a text")
    if not (output := _output(answer.id, choice.parts)):
        raise ValueError("an answer without content")
    instructions = [turn.content for turn in call.turns if turn.rest == INSTRUCTIONS]
    usual = {"parallel_tool_calls": True, "temperature": 1.0, "tool_choice": "auto", "tools": [], "top_p": 1.0}
    usual |= {"text": {"format": {"type": "text"}}, "truncation": "disabled", "metadata": {}, "max_output_tokens": None}
    requested = {name: call.params.get(name) for name in usual if call.params.get(name) is not None}
    return {
        "id": f"resp_{answer.id}",
        "object": "response",
        "created_at": answer.created,
        "status": "completed",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": instructions[0] if instructions else None,
        "model": answer.model,
        "output": output,
        "previous_response_id": None,
        "reasoning": {"effort": None, "summary": None},
        "store": False,
        "usage": None if answer.usage is None else _usage(answer.usage),
        **usual,
        **requested,
    }


def _turn_text(turn: Turn) -> str | None:
    if turn.rest not in _MESSAGE_RESTS:
        return None
    kind = "output_text" if turn.role == "assistant" else "input_text"
    if isinstance(turn.content, list) and any(part.get("type") != kind for part in turn.content):
        return None
    return interchange.only_text(turn.content)


def _tool(declared: JSONObject) -> JSONObject:
    """Convert a function. It is strict by default, which other APIs' functions are not."""
    if not declared.keys() <= {"type", "name", "description", "parameters", "strict"} or declared["type"] != "function":
        raise ValueError("tools: not a plain function")
    if declared.get("strict") is not False:
        raise ValueError("tools: a strict function")
    return interchange.common_tool(declared.get("name"), declared.get("description"), declared.get("parameters"))


def _tool_choice(value: Any) -> Any:
    if value in ("auto", "none", "required"):
        return value
    if isinstance(value, dict) and value.keys() == {"type", "name"} and value["type"] == "function":
        return {"name": value["name"]}
    raise ValueError("tool_choice: unknown")


def _to_parts(item: JSONObject) -> Iterable[Part]:
    match item["type"]:
        case "message" if item.get("role") in (None, "assistant"):
            return [_to_part(part) for part in parts_of(item, "content")]
        case "reasoning":
            return _to_reasoning(item)
        case "function_call" if not item.get("namespace") and item.get("caller") in _DIRECT_CALLERS:
            return [ToolCall(item["call_id"], item["name"], interchange.parse_arguments(item["arguments"]))]
        case _:
            raise ValueError("an answer with more than text and function calls")


def _to_part(part: JSONObject) -> Part:
    match part:
        case {"type": "output_text", "text": str(text)}:
            return Text(text)
        case {"type": "refusal", "refusal": str(text)}:
            return Refusal(text)
        case _:
            raise ValueError("a type of content that other APIs do not have")


def _to_reasoning(item: JSONObject) -> list[Part]:
    """Convert reasoning: its text if it is shown, else its summary, whose parts are paragraphs."""
    shown = parts_of(item, "content") or parts_of(item, "summary")
    text = "\n\n".join(part["text"] for part in shown if isinstance(part.get("text"), str))
    proof = item.get("encrypted_content")
    signature = proof if isinstance(proof, str) and proof else None
    return [Reasoning(text, signature)] if text or signature else []


def _output(name: str, parts: Iterable[Part]) -> list[JSONObject]:
    """Convert parts to items. Consecutive texts and refusals form one message."""
    output: list[JSONObject] = []
    calls = 0
    for part in parts:
        number = len(output)
        match part:
            case ToolCall():
                output.append(
                    {
                        "id": f"fc_{name}_{number}",
                        "type": "function_call",
                        "status": "completed",
                        "arguments": interchange.render_arguments(part.arguments),
                        "call_id": part.id or f"call_{calls}",
                        "name": part.name,
                    }
                )
                calls += 1
            case Reasoning(text) if text:
                summary = [{"type": "summary_text", "text": text}]
                output.append({"id": f"rs_{name}_{number}", "type": "reasoning", "summary": summary})
            case Text(text) | Refusal(text) if text:
                if not output or output[-1]["type"] != "message":
                    head = {"id": f"msg_{name}_{number}", "type": "message", "status": "completed"}
                    output.append({**head, "content": [], "role": "assistant"})
                output[-1]["content"].append(_content(part))
    return output


def _content(part: Text | Refusal) -> JSONObject:
    if isinstance(part, Refusal):
        return {"type": "refusal", "refusal": part.text}
    return {"type": "output_text", "annotations": [], "logprobs": [], "text": part.text}


def _usage(usage: Usage) -> JSONObject:
    return {
        "input_tokens": usage.input,
        "input_tokens_details": {"cached_tokens": usage.cached},
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.input + usage.output,
    }
