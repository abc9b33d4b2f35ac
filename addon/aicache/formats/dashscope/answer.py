"""What a whole answer of DashScope's says, and whether it is one worth keeping. Pure; knows nothing of streams."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aicache.formats import answer_content, failure_marks
from aicache.formats.json_body import JSONObject, objects

GOOD_ENDS = frozenset({"stop", "tool_calls"})
"""An allow-list: the others documented are ``length`` and, while there is more to come, ``null``."""

UNFINISHED = (None, "", "null")  # the word, too: streams have it until the end

_FILES = ("image", "audio", "video")


def read(document: JSONObject, *, n: int) -> JSONObject:
    """Check an answer and give its messages the fields that clients count on.

    Raises ValueError, with the reason, unless it is an answer of at least *n* choices, of which all ended well and one
    at least says something. An answer that holds a link to a file is refused: the service keeps such files for a day.
    """
    refuse_error(document)
    failure_marks.refuse(document)
    output = document.get("output")
    if not isinstance(output, dict):
        raise ValueError("output: not an object")
    if not isinstance(document.get("usage"), dict | None):
        raise ValueError("usage: not an object")
    if not isinstance(document.get("request_id"), str | None):
        raise ValueError("request_id: not a string")
    _refuse_files(output)
    if choices := choices_of(output):
        if output.get("finish_reason") not in UNFINISHED:
            refuse_bad_end(output["finish_reason"])
        if output.get("text"):
            raise ValueError("output: text beside choices")
        output = {**output, "choices": [_choice(choice) for choice in choices]}
        said = any(_says(choice["message"]) for choice in output["choices"])
    else:
        refuse_bad_end(output.get("finish_reason"))
        text = output.get("text")
        if not isinstance(text, str | None):
            raise ValueError("output.text: not a string")
        said = bool(text)
    if max(len(choices), 1) < n:
        raise ValueError(f"choices: {max(len(choices), 1)} where {n} were asked for")
    if not said:
        raise ValueError("an answer that says nothing")
    return {**document, "output": output}


def refuse_error(document: Mapping[str, Any]) -> None:
    """Raise ValueError for an error that came with status 200; clients of the SDK know success by an empty code."""
    if document.get("code") not in (None, "", 200, "200") or document.get("status_code") not in (None, 200):
        raise ValueError("an error in place of an answer")
    if document.get("error"):
        raise ValueError("an error in place of an answer")


def refuse_useless(document: Mapping[str, Any]) -> None:
    """Raise ValueError for an answer of which a choice says nothing beside its thinking, ends for a call that it does
    not make, or makes one that is none."""
    output = document["output"]
    choices = output.get("choices") or ()
    for choice in choices:
        calls = choice["message"].get("tool_calls") or ()
        for call in calls:
            answer_content.check_call(call)
        answer_content.refuse_uncalled(choice["finish_reason"], calls)
        if not _tells(choice["message"]):
            raise ValueError("output.choices: one that says nothing")
    if not choices:
        answer_content.refuse_uncalled(output.get("finish_reason"), ())
        if not answer_content.says(output.get("text")):
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
    choices = objects(output.get("choices"), "output.choices")
    indexes = [index_of(choice, position) for position, choice in enumerate(choices)]
    if len(set(indexes)) < len(indexes):
        raise ValueError("output.choices: two of the same index")
    return choices


def index_of(item: Mapping[str, Any], default: int) -> int:
    index = item.get("index")
    if index is None:
        return default
    if type(index) is not int or index < 0:
        raise ValueError("an index that is not a count")
    return index


def refuse_bad_end(reason: Any) -> None:
    if not isinstance(reason, str) or reason not in GOOD_ENDS:
        known = isinstance(reason, str) and reason.isidentifier() and len(reason) <= 40
        raise ValueError(f"finish_reason: {reason if known else 'none, or not a word'}")


def _choice(choice: JSONObject) -> JSONObject:
    refuse_bad_end(choice.get("finish_reason"))
    message = choice.get("message")
    if not isinstance(message, dict):
        raise ValueError("output.choices: one without a message")
    return {**choice, "message": _message(message)}


def _message(message: JSONObject) -> JSONObject:
    """Check a message. Whole answers number their tool calls as streams do; where they do not, they are numbered."""
    role, content = message.get("role") or "assistant", message.get("content")
    if not isinstance(role, str):
        raise ValueError("message.role: not a string")
    if not isinstance(content, str | None):
        objects(content, "message.content")
    if not isinstance(message.get("reasoning_content"), str | None):
        raise ValueError("message.reasoning_content: not a string")
    _refuse_files(message)
    for part in content if isinstance(content, list) else ():
        _refuse_files(part)
    checked = {**message, "role": role, "content": "" if content is None else content}
    if calls := objects(checked.pop("tool_calls", None), "message.tool_calls"):
        checked["tool_calls"] = [{**call, "index": index} for index, call in enumerate(calls)]
    return checked


def _refuse_files(fields: Mapping[str, Any]) -> None:
    if any(fields.get(name) for name in _FILES):
        raise ValueError("an answer that holds a file")


def _says(message: Mapping[str, Any]) -> bool:
    content = message["content"]
    said = any(any(part.values()) for part in content) if isinstance(content, list) else bool(content)
    return said or bool(message.get("reasoning_content") or message.get("tool_calls"))


def _tells(message: Mapping[str, Any]) -> bool:
    """Tell whether a message says something to its reader: more than white space and the model's thoughts."""
    content = message["content"]
    told = any(map(_part_says, content)) if isinstance(content, list) else answer_content.says(content)
    return told or bool(message.get("tool_calls"))


def _part_says(part: Mapping[str, Any]) -> bool:
    return any(
        answer_content.says(value) if name == "text" else value for name, value in part.items() if name != "type"
    )
