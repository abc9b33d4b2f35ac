"""Checks whole answers of DashScope's: errors, finish reasons, content, usefulness. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aicache.formats import answer_content, failure_marks
from aicache.formats.json_body import JSONObject, index_of, object_list

GOOD_FINISH_REASONS = frozenset({"stop", "tool_calls"})
"""An allow-list: the other documented ones are ``length`` and, until the end, ``null``."""

UNFINISHED_REASONS = (None, "", "null")  # also the word: streams have it until the end

_FILE_FIELDS = ("image", "audio", "video")


def check_answer(document: JSONObject, *, n: int) -> JSONObject:
    """Check an answer and add the fields that clients rely on to its messages.

    Raises ValueError, with the reason, unless it has at least *n* choices, all of which ended well and at least one of
    which has content. An answer with a link to a file is rejected: the service keeps such files for a day.
    """
    reject_error(document)
    failure_marks.reject_failed(document)
    output = document.get("output")
    if not isinstance(output, dict):
        raise ValueError("output: not an object")
    if not isinstance(document.get("usage"), dict | None):
        raise ValueError("usage: not an object")
    if not isinstance(document.get("request_id"), str | None):
        raise ValueError("request_id: not a string")
    _reject_files(output)
    if choices := choices_of(output):
        if output.get("finish_reason") not in UNFINISHED_REASONS:
            check_finish_reason(output["finish_reason"])
        if output.get("text"):
            raise ValueError("output: text beside choices")
        output = {**output, "choices": [_check_choice(choice) for choice in choices]}
        has_text = any(_has_content(choice["message"]) for choice in output["choices"])
    else:
        check_finish_reason(output.get("finish_reason"))
        text = output.get("text")
        if not isinstance(text, str | None):
            raise ValueError("output.text: not a string")
        has_text = bool(text)
    if max(len(choices), 1) < n:
        raise ValueError(f"choices: {max(len(choices), 1)} where {n} were requested")
    if not has_text:
        raise ValueError("an answer that says nothing")
    return {**document, "output": output}


def reject_error(document: Mapping[str, Any]) -> None:
    """Raise ValueError for an error with status 200; the SDK recognizes success by an empty code."""
    if document.get("code") not in (None, "", 200, "200") or document.get("status_code") not in (None, 200):
        raise ValueError("an error in place of an answer")
    if document.get("error"):
        raise ValueError("an error in place of an answer")


def reject_useless(document: Mapping[str, Any]) -> None:
    """Raise ValueError for a choice that is blank except for its reasoning, lacks the call that its finish reason
    announces, or has a malformed call."""
    output = document["output"]
    choices = output.get("choices") or ()
    for choice in choices:
        calls = choice["message"].get("tool_calls") or ()
        for call in calls:
            answer_content.check_tool_call(call)
        answer_content.reject_missing_call(choice["finish_reason"], calls)
        if not _has_visible_content(choice["message"]):
            raise ValueError("output.choices: one is blank")
    if not choices:
        answer_content.reject_missing_call(output.get("finish_reason"), ())
        if not answer_content.has_visible_text(output.get("text")):
            raise ValueError("an answer that says nothing")


def texts(document: Mapping[str, Any]) -> list[str]:
    """Return the texts of the choices that end in text, not in a call."""
    output = document["output"]
    if not (choices := output.get("choices")):
        return [output["text"]]
    found = []
    for message in (choice["message"] for choice in choices):
        content = message["content"]
        if not message.get("tool_calls"):
            found.append(
                content if isinstance(content, str) else "".join(str(part.get("text", "")) for part in content)
            )
    return found


def choices_of(output: Mapping[str, Any]) -> list[JSONObject]:
    """Return the choices of an output. Raises ValueError for a duplicate index."""
    choices = object_list(output.get("choices"), "output.choices")
    indexes = [index_of(choice, position) for position, choice in enumerate(choices)]
    if len(set(indexes)) < len(indexes):
        raise ValueError("output.choices: a duplicate index")
    return choices


def check_finish_reason(reason: Any) -> None:
    if not isinstance(reason, str) or reason not in GOOD_FINISH_REASONS:
        raise ValueError(f"finish_reason: {answer_content.quote_reason(reason)}")


def _check_choice(choice: JSONObject) -> JSONObject:
    check_finish_reason(choice.get("finish_reason"))
    message = choice.get("message")
    if not isinstance(message, dict):
        raise ValueError("output.choices: one has no message")
    return {**choice, "message": _check_message(message)}


def _check_message(message: JSONObject) -> JSONObject:
    """Check a message, and number its tool calls as streams do, if they are not."""
    role, content = message.get("role") or "assistant", message.get("content")
    if not isinstance(role, str):
        raise ValueError("message.role: not a string")
    if not isinstance(content, str | None):
        object_list(content, "message.content")
    if not isinstance(message.get("reasoning_content"), str | None):
        raise ValueError("message.reasoning_content: not a string")
    _reject_files(message)
    for part in content if isinstance(content, list) else ():
        _reject_files(part)
    checked = {**message, "role": role, "content": "" if content is None else content}
    if calls := object_list(checked.pop("tool_calls", None), "message.tool_calls"):
        checked["tool_calls"] = [{**call, "index": index} for index, call in enumerate(calls)]
    return checked


def _reject_files(fields: Mapping[str, Any]) -> None:
    if any(fields.get(name) for name in _FILE_FIELDS):
        raise ValueError("an answer that holds a file")


def _has_content(message: Mapping[str, Any]) -> bool:
    content = message["content"]
    has_text = any(any(part.values()) for part in content) if isinstance(content, list) else bool(content)
    return has_text or bool(message.get("reasoning_content") or message.get("tool_calls"))


def _has_visible_content(message: Mapping[str, Any]) -> bool:
    """Tell whether a message has visible content: more than white space and reasoning."""
    content = message["content"]
    is_visible = (
        any(map(_is_visible_part, content)) if isinstance(content, list) else answer_content.has_visible_text(content)
    )
    return is_visible or bool(message.get("tool_calls"))


def _is_visible_part(part: Mapping[str, Any]) -> bool:
    return any(
        answer_content.has_visible_text(value) if name == "text" else value
        for name, value in part.items()
        if name != "type"
    )
