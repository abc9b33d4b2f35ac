"""Parses the parts of requests for Responses: turns, tools, parameters, question. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from aicache.domain.model import Turn
from aicache.formats import text_parts
from aicache.formats.equivalents import single_text
from aicache.formats.errors import Stateful
from aicache.formats.json_body import JSONObject, object_list, parse_object, render_json
from aicache.formats.openai import equivalents

INSTRUCTIONS = {"role": "instructions"}
"""The ``rest`` of the turn that replaces ``instructions``. It equals no message's rest, which never has a role."""

CALLER_TOOL_TYPES = frozenset({"function", "custom"})
"""Tools that the caller runs. All others are the upstream's."""

_ECHOED_DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {"metadata": {}, "user": None, "safety_identifier": None, "prompt_cache_key": None}
)
"""The caller's own fields that the API echoes in its answer, with the defaults that it echoes."""
_ECHOED = frozenset({*_ECHOED_DEFAULTS, "prompt_cache_retention", "prompt_cache_options"})
"""These and those whose defaults depend on the model."""
_STORED = "the answer is stored"  # a name of ours among the parameters: no API has fields with blanks in their names

_FIELD_TYPES: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(("background", "parallel_tool_calls", "store", "stream"), (bool,)),
    **dict.fromkeys(("instructions", "model", "previous_response_id", "prompt_cache_key"), (str,)),
    **dict.fromkeys(("prompt_cache_retention", "safety_identifier", "service_tier", "truncation", "user"), (str,)),
    **dict.fromkeys(("metadata", "moderation", "prompt", "prompt_cache_options"), (dict,)),
    **dict.fromkeys(("reasoning", "stream_options", "text"), (dict,)),
    **dict.fromkeys(("context_management", "include", "tools"), (list,)),
    **dict.fromkeys(("max_output_tokens", "max_tool_calls", "top_logprobs"), (int,)),
    **dict.fromkeys(("frequency_penalty", "presence_penalty", "temperature", "top_p"), (int, float)),
    "conversation": (str, dict),
    "input": (str, list),
    "tool_choice": (str, dict),
}
"""The types of the API's fields. A bool is not an int here: the exact type counts, as in JSON."""

_TOOL_ITEM_TYPES = ("additional_tools", "tool_search_output")  # items that bring tools into the conversation
_MORE_THAN_TEXT = (
    *("context_management", "moderation"),  # the answer repeats the question, or assesses it
    *("plugins", "preset", "web_search_options", "search_parameters"),  # OpenRouter's and xAI's ways to search
)
_TEXT_ROLES = frozenset({"user", "system", "developer"})
_QUESTION_PART = frozenset({"type", "text", "prompt_cache_breakpoint"})  # the last one cannot change the answer


def check_types(request: Mapping[str, Any]) -> None:
    """Raise ValueError for a field of another type than the API's: only the upstream knows its effect."""
    for name, value in request.items():
        if value is not None and name in _FIELD_TYPES and type(value) not in _FIELD_TYPES[name]:
            raise ValueError(f"{name}: not a {' or '.join(kind.__name__ for kind in _FIELD_TYPES[name])}")
    if "model" in request and not request["model"] and request.get("prompt") is None:
        raise ValueError("model: missing")  # absent is fine with servers of one model, and with routers


def turns_of(request: Mapping[str, Any]) -> tuple[Turn, ...]:
    """Return the conversation; ``input`` as one text equals one message of the user's.

    Items that are not messages (tool calls, their results, reasoning) are turns whose content is the whole item: no
    message has an object as its content, so the two cannot be confused.
    """
    given = request.get("input")
    items = [{"role": "user", "content": given}] if isinstance(given, str) else object_list(given, "input")
    if not items:
        raise ValueError("input: missing, or empty")
    turns = [_turn(i, item) for i, item in enumerate(items)]
    if (instructions := request.get("instructions")) is not None:
        turns.insert(0, Turn("system", instructions, INSTRUCTIONS))
    return tuple(turns)


def params_of(request: Mapping[str, Any]) -> JSONObject:
    """Return the body without model and conversation, and with whether the upstream stores the answer.

    A client may refer to a stored answer as ``previous_response_id``, but not to one that was not stored. So the
    effective ``store`` counts, although keys may leave out the field itself.
    """
    turned = {"model", "input"} if request.get("instructions") is None else {"model", "input", "instructions"}
    params = equivalents.responses_params({name: value for name, value in request.items() if name not in turned})
    return params | {_STORED: request.get("store") is not False}


def echoed_fields(request: Mapping[str, Any]) -> str:
    """Return the fields that the answer echoes without depending on them, as a call's variant."""
    return render_json({name: request[name] for name in sorted(_ECHOED) if request.get(name) is not None}).decode()


def with_echoes(document: JSONObject, echoes: str) -> JSONObject:
    """Return a document that echoes the fields of this caller, and no other's. Empty *echoes* change nothing."""
    if not echoes:
        return document
    own = {**_ECHOED_DEFAULTS, **parse_object(echoes)}
    return {name: own.get(name, value) for name, value in document.items()}


def tools_of(request: Mapping[str, Any]) -> list[JSONObject]:
    """Return all tools, also those that items of the conversation add. Raises ValueError for malformed ones."""
    tools = object_list(request.get("tools"), "tools")
    if not isinstance(given := request.get("input"), str):
        for item in object_list(given, "input"):
            if item.get("type") in _TOOL_ITEM_TYPES:
                tools = tools + object_list(item.get("tools"), "input.tools")
    if not all(isinstance(tool.get("type"), str) for tool in tools):
        raise ValueError("tools: one has no type")
    return tools


def reject_stored_prompt(request: Mapping[str, Any]) -> None:
    """Raise Stateful for a request with a prompt that the upstream holds."""
    if request.get("prompt") is not None:
        raise Stateful("prompt: refers to state held by the upstream")


def reject_stateful_environments(tools: Sequence[Mapping[str, Any]]) -> None:
    """Raise Stateful for a hosted tool that runs in an environment which the upstream holds."""
    for tool in tools:
        place = tool.get("environment")
        if tool["type"] not in CALLER_TOOL_TYPES and isinstance(place, dict) and place.get("type") != "local":
            raise Stateful("tools: one refers to state held by the upstream")


def question_of(
    request: Mapping[str, Any], last: Turn, tools: Sequence[Mapping[str, Any]], *, tools_semantic: bool
) -> str | None:
    """Return the last turn's text if it is a user's plain text, and an answer to a similar one may be served."""
    if tools and not (tools_semantic and all(tool["type"] in CALLER_TOOL_TYPES for tool in tools)):
        return None
    form = (request.get("text") or {}).get("format")
    if not (form is None or (isinstance(form, dict) and form.get("type") == "text")):
        return None
    if last.role != "user" or any(request.get(name) is not None for name in _MORE_THAN_TEXT):
        return None
    return text_parts.question_of(last, _is_question_part)


def _turn(position: int, item: JSONObject) -> Turn:
    kind, role = item.get("type"), item.get("role")
    if kind == "item_reference" or (kind is None and role is None and item.get("id")):
        raise Stateful(f"input[{position}]: refers to state held by the upstream")
    if kind not in (None, "message"):
        if not isinstance(kind, str):
            raise ValueError(f"input[{position}].type: not a string")
        # A developer's item may add tools.
        return Turn(role if isinstance(role, str) else kind, equivalents.responses_item(item), {})
    if not isinstance(role, str):
        raise ValueError(f"input[{position}].role: not a string")
    return Turn(role, _content(position, role, item.get("content")), equivalents.message_fields(item))


def _content(position: int, role: str, content: Any) -> Any:
    """Check a message's content; a user's or system's list of one text part equals that text."""
    if content is None or isinstance(content, str):
        return content
    parts = equivalents.content(object_list(content, f"input[{position}].content"))
    return single_text(parts, "input_text") if role in _TEXT_ROLES else parts


def _is_question_part(part: Any) -> bool:
    return text_parts.is_text_part(part, _QUESTION_PART, kind="input_text")
