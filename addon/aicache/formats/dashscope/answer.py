"""What a whole answer of DashScope's says, and whether it is one worth keeping. Pure; knows nothing of streams."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aicache.formats import answer_content, failure_marks
from aicache.formats.json_body import JSONObject, object_list

GOOD_FINISH_REASONS = frozenset({"stop", "tool_calls"})
"""An allow-list: the others documented are ``length`` and, while there is more to come, ``null``."""

UNFINISHED_REASONS = (None, "", "null")  # the word, too: streams have it until the end

_FILE_FIELDS = ("image", "audio", "video")


def check_answer(document: JSONObject, *, n: int) -> JSONObject:
    """Check an answer and give its messages the fields that clients count on.

    Raises ValueError, with the reason, unless it is an answer of at least *n* choices, of which all ended well and one
    at least says something. An answer that holds a link to a file is refused: the service keeps such files for a day.
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
        said = any(_has_content(choice["message"]) for choice in output["choices"])
    else:
        check_finish_reason(output.get("finish_reason"))
        text = output.get("text")
        if not isinstance(text, str | None):
            raise ValueError("output.text: not a string")
        said = bool(text)
    if max(len(choices), 1) < n:
        raise ValueError(f"choices: {max(len(choices), 1)} where {n} were asked for")
    if not said:
        raise ValueError("an answer that says nothing")
    return {**document, "output": output}


def reject_error(document: Mapping[str, Any]) -> None:
    """Raise ValueError for an error that came with status 200; clients of the SDK know success by an empty code."""
    if document.get("code") not in (None, "", 200, "200") or document.get("status_code") not in (None, 200):
        raise ValueError("an error in place of an answer")
    if document.get("error"):
        raise ValueError("an error in place of an answer")


def reject_useless(document: Mapping[str, Any]) -> None:
    """Raise ValueError for an answer of which a choice says nothing beside its thinking, ends for a call that it does
    not make, or makes one that is none."""
    output = document["output"]
    choices = output.get("choices") or ()
    for choice in choices:
        calls = choice["message"].get("tool_calls") or ()
        for call in calls:
            answer_content.check_tool_call(call)
        answer_content.reject_missing_call(choice["finish_reason"], calls)
        if not _has_visible_content(choice["message"]):
            raise ValueError("output.choices: one that says nothing")
    if not choices:
        answer_content.reject_missing_call(output.get("finish_reason"), ())
        if not answer_content.has_visible_text(output.get("text")):
            raise ValueError("an answer that says nothing")


def texts(document: Mapping[str, Any]) -> list[str]:
    """Return the texts of those choices that end in one, and not in a call."""
    output = document["output"]
    if not (choices := output.get("choices")):
        return [output["text"]]
    said = []
    for message in (choice["message"] for choice in choices):
        content = message["content"]
        if not message.get("tool_calls"):
            said.append(content if isinstance(content, str) else "".join(str(part.get("text", "")) for part in content))
    return said


def choices_of(output: Mapping[str, Any]) -> list[JSONObject]:
    """Return the choices of an output, whose indexes, where they have any, must be their own."""
    choices = object_list(output.get("choices"), "output.choices")
    indexes = [item_index(choice, position) for position, choice in enumerate(choices)]
    if len(set(indexes)) < len(indexes):
        raise ValueError("output.choices: two of the same index")
    return choices


def item_index(item: Mapping[str, Any], default: int) -> int:
    index = item.get("index")
    if index is None:
        return default
    if type(index) is not int or index < 0:
        raise ValueError("an index that is not a count")
    return index


def check_finish_reason(reason: Any) -> None:
    if not isinstance(reason, str) or reason not in GOOD_FINISH_REASONS:
        raise ValueError(f"finish_reason: {answer_content.quote_reason(reason)}")


def _check_choice(choice: JSONObject) -> JSONObject:
    check_finish_reason(choice.get("finish_reason"))
    message = choice.get("message")
    if not isinstance(message, dict):
        raise ValueError("output.choices: one without a message")
    return {**choice, "message": _check_message(message)}


def _check_message(message: JSONObject) -> JSONObject:
    """Check a message. Whole answers number their tool calls as streams do; where they do not, they are numbered."""
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
    said = any(any(part.values()) for part in content) if isinstance(content, list) else bool(content)
    return said or bool(message.get("reasoning_content") or message.get("tool_calls"))


def _has_visible_content(message: Mapping[str, Any]) -> bool:
    """Tell whether a message says something to its reader: more than white space and the model's thoughts."""
    content = message["content"]
    told = (
        any(map(_is_visible_part, content)) if isinstance(content, list) else answer_content.has_visible_text(content)
    )
    return told or bool(message.get("tool_calls"))


def _is_visible_part(part: Mapping[str, Any]) -> bool:
    return any(
        answer_content.has_visible_text(value) if name == "text" else value
        for name, value in part.items()
        if name != "type"
    )
