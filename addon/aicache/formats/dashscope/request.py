"""Parses DashScope's requests. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aicache.domain.model import Call, Mode, Turn
from aicache.formats import documented_fields, hosted_tools, stateful_messages, stateful_parameters
from aicache.formats.dashscope import equivalents, interchange
from aicache.formats.dashscope.increments import CUMULATIVE, INCREMENTAL
from aicache.formats.errors import Stateful
from aicache.formats.format import RequestContext
from aicache.formats.json_body import JSONObject, choice_count, object_list
from aicache.formats.stateful_parameters import Allow
from aicache.formats.text_parts import QUESTION_PART, TEXT_PART, question_of

MODE_PARAMETERS = frozenset({"stream", "incremental_output"})
"""Parameters that select only how the answer is streamed; a header has already selected whether it is."""

_NUMBER = (int, float)
_PARAMETER_TYPES: dict[str, tuple[type, ...]] = (
    dict.fromkeys(("temperature", "top_p", "repetition_penalty", "presence_penalty", "frequency_penalty"), _NUMBER)
    | dict.fromkeys(("top_k", "seed", "n", "max_tokens", "max_completion_tokens", "max_length"), (int,))
    | dict.fromkeys(("max_input_tokens", "thinking_budget", "top_logprobs"), (int,))
    | dict.fromkeys(("stream", "incremental_output", "tool_stream", "logprobs", "parallel_tool_calls"), (bool,))
    | dict.fromkeys(("enable_thinking", "preserve_thinking", "clear_thinking", "enable_search"), (bool,))
    | dict.fromkeys(("enable_code_interpreter", "vl_high_resolution_images", "vl_enable_image_hw_output"), (bool,))
    | dict.fromkeys(("result_format", "reasoning_effort", "output_format"), (str,))
    | dict.fromkeys(("response_format", "search_options", "translation_options"), (dict,))
    | dict.fromkeys(("ocr_options", "asr_options", "logit_bias"), (dict,))
    | {"tools": (list,), "tool_choice": (str, dict), "stop": (str, list)}
)
"""The JSON types of the documented parameters."""

_TEXT_PARAMETERS = frozenset(
    {"temperature", "top_p", "top_k", "repetition_penalty", "presence_penalty", "frequency_penalty", "seed", "stop"}
    | {"n", "max_tokens", "max_completion_tokens", "max_length", "max_input_tokens", "logprobs", "top_logprobs"}
    | {"enable_thinking", "preserve_thinking", "clear_thinking", "thinking_budget", "reasoning_effort"}
    | {"result_format", "tools", "tool_choice", "parallel_tool_calls", "tool_stream", "response_format"}
    | MODE_PARAMETERS
)
"""Parameters with which plain text is requested, of the model alone. An allow-list: the others search the web, run
code, translate to another parameter's language, or read text from a picture."""

_CONVERSATION = frozenset({"model", "input", "parameters", "stream", "messages", "prompt", "history"})


def parse_request(api: str, path: str, body: bytes, context: RequestContext) -> Call:
    """Parse a request. Raises ValueError for a malformed one, Stateful for one that depends on upstream state.

    The variant is the requested kind of stream: ``incremental`` or ``cumulative``, or empty for the model's default,
    which only the upstream knows.
    """
    request = context.parse_body(body)
    _reject_headers(context.headers)
    model, input_fields = request.get("model"), request.get("input")
    if not isinstance(model, str) or not model:
        raise ValueError("model: missing, or not a string")
    if not isinstance(input_fields, dict):
        raise ValueError("input: not an object")
    parameters = request.get("parameters")
    if not isinstance(parameters, dict | None):
        raise ValueError("parameters: not an object")
    parameters = parameters or {}
    _check_type("stream", request.get("stream"), (bool,))
    for name, kinds in _PARAMETER_TYPES.items():
        _check_type(f"parameters.{name}", parameters.get(name), kinds)
    _reject_stateful(request, input_fields, parameters, allow=context.allow)
    turns, other_fields = _split_input(input_fields)
    mode = Mode.STREAM if _streams(context.headers) else Mode.WHOLE
    return Call(
        api=api,
        model=model,
        mode=mode,
        wants_usage=False,
        params=_params(request, other_fields),
        turns=turns,
        question=question_of(turns[-1], _is_question_part)
        if _may_have_neighbors(request, parameters, turns, context.tools_semantic)
        else None,
        n=choice_count(parameters),
        temperature=parameters.get("temperature"),
        variant=_variant(parameters) if mode is Mode.STREAM else "",
        common=interchange.to_common(path, request, turns),
    )


def _reject_headers(headers: Mapping[str, str]) -> None:
    if headers.get("x-dashscope-async", "").strip().lower() == "enable":
        raise Stateful("x-dashscope-async: a task in the background")
    if headers.get("x-dashscope-plugin"):
        raise Stateful("x-dashscope-plugin: a plugin of the upstream's contributes to the answer")
    if headers.get("x-dashscope-encryptionkey"):
        raise ValueError("x-dashscope-encryptionkey: the answer is encrypted for this caller")


def _reject_stateful(
    request: Mapping[str, Any], input_fields: Mapping[str, Any], parameters: Mapping[str, Any], *, allow: Allow
) -> None:
    for fields, harmless in (
        (request, documented_fields.DASHSCOPE),
        (input_fields, documented_fields.DASHSCOPE_INPUT),
        (parameters, documented_fields.DASHSCOPE_PARAMETERS | _PARAMETER_TYPES.keys()),
    ):
        stateful_parameters.reject_stateful_fields(fields, harmless, documented_fields.CHECKED_ELSEWHERE, allow=allow)
    hosted_tools.reject_tools(parameters.get("tools"), allow=allow)
    stateful_messages.reject_references(input_fields.get("messages"), allow=allow)


def _streams(headers: Mapping[str, str]) -> bool:
    accepted = headers.get("accept", "").strip().lower()
    return headers.get("x-dashscope-sse", "").strip().lower() == "enable" or accepted.startswith("text/event-stream")


def _variant(parameters: Mapping[str, Any]) -> str:
    match parameters.get("incremental_output"):
        case None:
            return ""
        case True:
            return INCREMENTAL
        case _:
            return CUMULATIVE


def _params(request: Mapping[str, Any], other_fields: JSONObject) -> JSONObject:
    params = {name: value for name, value in request.items() if name != "model"} | {"input": other_fields}
    if parameters := request.get("parameters"):
        kept = {name: value for name, value in parameters.items() if name not in MODE_PARAMETERS}
        params["parameters"] = equivalents.parameters(kept)
    return params


def _split_input(input_fields: Mapping[str, Any]) -> tuple[tuple[Turn, ...], JSONObject]:
    """Return the turns, and the other fields of the input.

    A prompt and a history become turns and are replaced by True, so that a request with the same turns as messages has
    another key.
    """
    other_fields = dict(input_fields)
    messages = object_list(input_fields.get("messages"), "input.messages")
    history = object_list(input_fields.get("history"), "input.history")
    prompt = input_fields.get("prompt")
    _check_type("input.prompt", prompt, (str,))
    if messages:
        if prompt is not None or history:
            raise ValueError("input: messages and a prompt")
        del other_fields["messages"]
        return tuple(_turn(i, message) for i, message in enumerate(messages)), other_fields
    if prompt is None:
        raise ValueError("input: neither messages nor a prompt")
    other_fields["prompt"] = True
    if history:
        other_fields["history"] = True
    turns = [turn for exchange in history for turn in _exchange(exchange)]
    return (*turns, Turn("user", prompt, {})), other_fields


def _exchange(exchange: JSONObject) -> tuple[Turn, Turn]:
    match exchange:
        case {"user": str(question), "bot": str(answer), **rest} if not rest:
            return Turn("user", question, {}), Turn("assistant", answer, {})
        case _:
            raise ValueError("input.history: not a user's and a bot's text")


def _turn(position: int, message: JSONObject) -> Turn:
    """Return a message's turn; a user's list of one text part is the same question as that text."""
    role, content = message.get("role"), message.get("content")
    if not isinstance(role, str):
        raise ValueError(f"input.messages[{position}].role: not a string")
    if not isinstance(content, str | None):
        object_list(content, f"input.messages[{position}].content")
    content = equivalents.content(content)
    if role == "user" and isinstance(content, list) and len(content) == 1 and _is_text_part(content[0], TEXT_PART):
        content = content[0]["text"]
    return Turn(role, content, {name: value for name, value in message.items() if name not in ("role", "content")})


def _may_have_neighbors(
    request: Mapping[str, Any], parameters: Mapping[str, Any], turns: Sequence[Turn], tools_semantic: bool
) -> bool:
    """Tell whether an answer to a similar question may be served: only plain text is requested, of the model alone."""
    if not tools_semantic and parameters.get("tools"):
        return False
    if (parameters.get("response_format") or {"type": "text"}).get("type") != "text":
        return False
    if any(value for name, value in parameters.items() if name not in _TEXT_PARAMETERS):
        return False
    fields = {**request, **request["input"]}
    if any(value for name, value in fields.items() if name not in _CONVERSATION):
        return False
    return not any(interchange.names_file(turn.content) for turn in turns)


def _is_question_part(part: JSONObject) -> bool:
    return _is_text_part(part, QUESTION_PART)


def _is_text_part(part: JSONObject, names: frozenset[str]) -> bool:
    """Tell whether a part is text and has only fields in *names*. DashScope allows it to omit the type."""
    return part.keys() <= names and part.get("type", "text") == "text" and isinstance(part.get("text"), str)


def _check_type(name: str, value: Any, kinds: tuple[type, ...]) -> None:
    if value is not None and type(value) not in kinds:
        raise ValueError(f"{name}: not of its type")
