"""Checks whole chat completions: errors, finish reasons, content, usefulness. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from aicache.formats import answer_content, failure_marks
from aicache.formats.errors import ReplayOnly
from aicache.formats.json_body import JSONObject, index_of, object_list
from aicache.formats.openai.chat_completion import Choice, Completion, to_document

GOOD_FINISH_REASONS = frozenset(
    {"stop", "tool_calls", "function_call"}  # OpenAI, and with it most vendors: DeepSeek, DashScope, Mistral, Groq
    | {"eos", "eos_token", "stop_sequence"}  # Together; older Hugging Face TGI
    | {"end_turn", "tool_use"}  # gateways that pass Anthropic's and Bedrock's words through
    | {"STOP", "COMPLETE", "complete", "completed"}  # those that pass Gemini's, Cohere's and Responses' words through
)
"""An allow-list, since vendors keep inventing reasons for a cut or spoilt answer: length, max_tokens, model_length
(Mistral), content_filter, sensitive and network_error (Zhipu), insufficient_system_resource (DeepSeek), error
(OpenRouter, Mistral), abort (vLLM, SGLang), time_limit (watsonx)."""

IGNORED_FIELDS = frozenset({"object", "obfuscation", "p"})
"""Fields that are not part of the answer: the type, and padding (OpenAI, Mistral)."""


_CONTENT_FIELDS = ("reasoning_content", "reasoning", "refusal", "tool_calls", "function_call", "audio", "images")
_BLANK_PART = {"type": "text", "text": ""}
_NON_TEXT_FIELDS = ("tool_calls", "function_call", "audio", "images")
_REASONING_PART_TYPES = ("thinking", "reasoning", "redacted_thinking")  # parts that are not shown to the reader
_TOOL_OUTPUT_FIELDS = frozenset({"executed_tools"})  # output of tools that Groq ran


def check_answer(document: Mapping[str, Any], *, n: int) -> Completion:
    """Convert a ``chat.completion`` object, with choices in the order of their indexes.

    Raises ValueError, with the reason, unless it has at least *n* choices, all of which ended well and at least one of
    which has content.
    """
    reject_error(document)
    failure_marks.reject_failed(document, ignoring=_TOOL_OUTPUT_FIELDS)
    listed = object_list(document.get("choices"), "choices")
    choices = tuple(sorted((_check_choice(i, each) for i, each in enumerate(listed)), key=lambda choice: choice.index))
    if len({choice.index for choice in choices}) < len(choices):
        raise ValueError("choices: a duplicate index")
    if len(choices) < max(n, 1):
        raise ValueError(f"choices: {len(choices)} where {n} were requested")
    if not any(_has_content(choice.message) for choice in choices):
        raise ValueError("choices: all are empty")
    usage = document.get("usage")
    if usage is None and isinstance(groq := document.get("x_groq"), dict):
        usage = groq.get("usage")  # Groq's place for streams whose callers did not request usage
    if not (usage is None or isinstance(usage, dict)):
        raise ValueError("usage: not an object")
    if not usage and len(choices) == 1 and isinstance(own := choices[0].extra.get("usage"), dict):
        usage = own  # Kimi's place in a stream, at the end of its only choice
        rest = {name: value for name, value in choices[0].extra.items() if name != "usage"}
        choices = (replace(choices[0], extra=rest),)
    known = {"id", "model", "created", "choices", "usage", "error", *IGNORED_FIELDS}
    return Completion(
        id=_text(document.get("id")),
        model=_text(document.get("model")),
        created=_seconds(document.get("created")),
        choices=choices,
        usage=usage or None,
        extra={name: value for name, value in document.items() if name not in known},
    )


def reject_error(document: Mapping[str, Any]) -> None:
    """Raise ValueError for an error with status 200, in a document, an event or a single choice."""
    if document.get("error") or document.get("object") == "error" or document.get("type") == "error":
        raise ValueError("an error in place of an answer")


def reject_failed_chunk(chunk: Mapping[str, Any], text: str) -> None:
    """Raise ValueError for a mark of an error in a chunk of a stream, which the next chunk may overwrite."""
    failure_marks.reject_failed_chunk(chunk, text, ignoring=_TOOL_OUTPUT_FIELDS)


def expiry(answer: Completion) -> float | None:
    """Return the earliest Unix time at which something in an answer expires; None if nothing does."""
    return failure_marks.earliest_expiry(to_document(answer), ignoring=_TOOL_OUTPUT_FIELDS)


def texts(answer: Completion) -> list[str]:
    """Return the texts of the choices that end in text, not in a call or a refusal."""
    found = []
    for choice in answer.choices:
        message = choice.message
        if not any(message.get(name) for name in ("refusal", *_NON_TEXT_FIELDS)):
            content = message["content"]
            found.append(content if isinstance(content, str) else "".join(_text_in(part) for part in content))
    return found


def reject_useless(answer: Completion) -> None:
    """Raise ValueError for a choice that is blank, lacks the call that its finish reason announces, or has a malformed
    call. Clients ask again then, and must not get the same answer."""
    for choice in answer.choices:
        message = choice.message
        calls = message.get("tool_calls") or ()
        for call in calls:
            answer_content.check_tool_call(call)
        if message.get("function_call"):
            answer_content.check_function_call(message["function_call"])
        answer_content.reject_missing_call(choice.finish_reason, calls or message.get("function_call"))
        if not _has_visible_content(message):
            raise ValueError("choices: one is blank")


def reject_unidentified_calls(answer: Completion) -> None:
    """Raise ReplayOnly for a call without an id or a name, which clients in the other mode could not identify."""
    for choice in answer.choices:
        if not all(answer_content.has_id_and_name(call) for call in choice.message.get("tool_calls") or ()):
            raise ReplayOnly("tool_calls: a call without an id or a name")


def is_refused(answer: Completion) -> bool:
    """Tell whether the model declined to answer in a choice, or in a part of one."""
    return any(
        bool(choice.message.get("refusal"))
        or (
            isinstance(choice.message["content"], list)
            and any(part.get("type") == "refusal" for part in choice.message["content"])
        )
        for choice in answer.choices
    )


def check_finish_reason(choice: Mapping[str, Any]) -> str:
    """Return a choice's finish reason. Raises ValueError for any but a good one."""
    reason = choice.get("finish_reason")
    if not isinstance(reason, str) or reason not in GOOD_FINISH_REASONS:
        raise ValueError(f"finish_reason: {answer_content.quote_reason(reason)}")
    return reason


def _check_choice(position: int, choice: JSONObject) -> Choice:
    reject_error(choice)
    reason = check_finish_reason(choice)
    message = choice.get("message")
    if not isinstance(message, dict):
        raise ValueError("choices: one has no message")
    known = {"index", "message", "delta", "finish_reason", "error"}  # Perplexity adds an empty delta to whole choices
    return Choice(
        index=index_of(choice, position),
        message=_check_message(message),
        finish_reason=reason,
        extra={name: value for name, value in choice.items() if name not in known},
    )


def _check_message(message: JSONObject) -> JSONObject:
    """Check a message and add the two fields that clients rely on.

    Tool calls lose their indexes, which number them in streams and which some vendors leave in whole answers. Absent
    arguments become an empty text, as with OpenAI: clients append them to one.
    """
    role, content = message.get("role") or "assistant", message.get("content")
    if not isinstance(role, str):
        raise ValueError("message.role: not a string")
    if not (content is None or isinstance(content, str)):
        object_list(content, "message.content")
    checked = {**message, "role": role, "content": content}
    if calls := object_list(message.get("tool_calls"), "message.tool_calls"):
        checked["tool_calls"] = [_check_call(call) for call in calls]
    return checked


def _check_call(call: JSONObject) -> JSONObject:
    checked = {name: value for name, value in call.items() if name != "index"}
    function = call.get("function")
    if isinstance(function, dict) and function.get("arguments") is None:
        checked["function"] = {**function, "arguments": ""}
    return checked


def _has_content(message: Mapping[str, Any]) -> bool:
    content = message["content"]
    has_text = any(part != _BLANK_PART for part in content) if isinstance(content, list) else bool(content)
    return has_text or any(message.get(name) for name in _CONTENT_FIELDS)


def _has_visible_content(message: Mapping[str, Any]) -> bool:
    """Tell whether a message has visible content: more than white space and reasoning."""
    content = message["content"]
    is_visible = (
        any(map(_is_visible_part, content)) if isinstance(content, list) else answer_content.has_visible_text(content)
    )
    return (
        is_visible
        or answer_content.has_visible_text(message.get("refusal"))
        or any(message.get(name) for name in _NON_TEXT_FIELDS)
    )


def _is_visible_part(part: Mapping[str, Any]) -> bool:
    kind = part.get("type")
    if kind in _REASONING_PART_TYPES:
        return False
    return answer_content.has_visible_text(part.get(kind)) if kind in ("text", "refusal") else True


def _text_in(part: Mapping[str, Any]) -> str:
    text = part.get("text") if part.get("type") == "text" else None
    return text if isinstance(text, str) else ""


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) else ""


def _seconds(value: Any) -> int:
    return int(value) if isinstance(value, int | float) and 0 <= value < 1 << 53 else 0
