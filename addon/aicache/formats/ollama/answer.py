"""Checks Ollama's answers, joins its streams, and renders answers as streams. Pure.

Source: https://github.com/ollama/ollama/blob/main/docs/api.md. A stream is JSON objects, one per line, each with a
piece of the content; the last one has ``done: true`` and the counts. A whole answer is that last object with all of
the content, and so is the document of both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aicache.formats import answer_content, failure_marks, sse
from aicache.formats.json_body import JSONObject, object_list, parse_object, render_json_line
from aicache.formats.stream_deltas import merge_unknown, prefer_later

GOOD_DONE_REASONS = frozenset({"stop", "tool_calls"})  # ``tool_calls`` is OpenAI's, passed through by gateways
"""An allow-list, without ``length``, and without ``load`` and ``unload``, which are events of the model."""

Types = Mapping[str, tuple[type, ...]]

_NUMBER = (int, float)
_ANSWER: Types = {
    **dict.fromkeys(("model", "created_at", "done_reason", "remote_model", "remote_host", "response"), (str,)),
    **dict.fromkeys(("total_duration", "load_duration"), _NUMBER),
    **dict.fromkeys(("prompt_eval_count", "prompt_eval_duration", "eval_count", "eval_duration"), _NUMBER),
    "message": (dict,),
    "done": (bool,),
    "context": (list,),
    "logprobs": (list,),
}
_MESSAGE: Types = {"role": (str,), "content": (str,), "thinking": (str,), "images": (list,), "tool_calls": (list,)}
_CALL: Types = {"id": (str,), "function": (dict,)}
_EVERY_LINE_FIELDS = ("model", "remote_model", "remote_host", "created_at")  # in every line
_TEXT_FIELDS = frozenset({"content", "response", "thinking"})
_LIST_FIELDS = frozenset({"tool_calls", "logprobs"})
_COUNTS = ("prompt_eval_count", "prompt_eval_duration", "eval_count", "eval_duration")
_REPLACED_FIELDS = frozenset(
    {*_EVERY_LINE_FIELDS, *_COUNTS, "total_duration", "load_duration", "role", "done", "done_reason", "context"}
    | {"completed", "total"}  # progress of a picture
)


@dataclass(frozen=True, slots=True)
class Shape:
    """The fields in which the answers of an endpoint have their content: text, thinking, tool calls."""

    text: str
    """The field with the text ..."""
    message: bool
    """... of the document's ``message``, or of the document itself."""

    def content_of(self, document: Mapping[str, Any]) -> Mapping[str, Any]:
        content: Mapping[str, Any] = document["message"] if self.message else document
        return content


CHAT = Shape("content", message=True)
GENERATE = Shape("response", message=False)


def check_types(value: Mapping[str, Any], types: Types) -> None:
    """Raise ValueError for a known field of another type than the API's; null counts as absent."""
    for name, allowed in types.items():
        if value.get(name) is not None and type(value[name]) not in allowed:
            raise ValueError(f"{name}: not a {' or '.join(each.__name__ for each in allowed)}")


def is_stream(body: bytes) -> bool:
    """Tell a stream from a whole answer by its body: a terminated line is a stream's, even a single one.

    Whole answers of a remote model are terminated, too: they are the same document, however they are parsed.
    """
    first, ended, _ = body.lstrip().partition(b"\n")
    return bool(ended) and first.rstrip().endswith(b"}")


def check_answer(document: JSONObject, shape: Shape) -> JSONObject:
    """Check a whole answer and add the fields that clients rely on.

    Raises ValueError, with the reason, unless the answer is done, ended well and has content. Pictures alone do not
    count: similar questions need not have similar pictures.
    """
    _check_document(document)
    if document.get("done") is not True:
        raise ValueError("the answer is cut off: not done")
    if shape.message:
        message = document.get("message") or {}
        role, content = message.get("role") or "assistant", message.get("content") or ""
        checked = document | {"message": {**message, "role": role, "content": content}}
    else:
        checked = document | {"response": document.get("response") or ""}
    if not any(shape.content_of(checked).get(name) for name in (shape.text, "thinking", "tool_calls")):
        raise ValueError("nothing is said")
    return checked


def reject_useless(document: Mapping[str, Any], shape: Shape) -> None:
    """Raise ValueError for an answer that is blank except for its thinking, or lacks the call that it announces."""
    content = shape.content_of(document)
    answer_content.reject_missing_call(document.get("done_reason"), content.get("tool_calls"))
    if not (content.get("tool_calls") or answer_content.has_visible_text(content.get(shape.text))):
        raise ValueError("nothing is said")


def join_lines(lines: Iterable[bytes]) -> JSONObject:
    """Join a stream's lines into the whole answer. Raises ValueError for lines after the end.

    Text is appended, and so are lists of tool calls and log probabilities; of fields in every line the latest counts.
    Whether the answer ended, and well, is checked in the document.
    """
    document: JSONObject = {}
    for line in lines:
        if document.get("done"):
            raise ValueError("a line after the end")
        piece = parse_object(line)
        _check_document(piece)
        merged, message = document.get("message"), piece.get("message")
        if isinstance(merged, dict) and isinstance(message, dict):
            _merge_fields(merged, message)
            del piece["message"]
        _merge_fields(document, piece)
    return document


def render_stream(document: Mapping[str, Any], shape: Shape) -> bytes:
    """Render an answer as a stream: a line each for thinking, text and tool calls, then the line that ends it.

    `join_lines` restores all of it. Log probabilities go with the first content.
    """
    rest = dict(document)
    content = dict(rest.pop("message")) if shape.message else rest
    head = {name: rest.pop(name) for name in _EVERY_LINE_FIELDS if name in rest}
    blank = {"role": content["role"], "content": ""} if shape.message else {"response": ""}
    pieces = [{name: content.pop(name)} for name in ("thinking", shape.text, "tool_calls") if content.get(name)]
    lines = [head | _placed(blank | piece, shape) | {"done": False} for piece in pieces]
    if rest.get("logprobs"):
        lines[0]["logprobs"] = rest.pop("logprobs")
    lines.append(head | _placed(blank | content, shape) | rest)
    return sse.encode_ndjson(render_json_line(line) for line in lines)


def _placed(content: JSONObject, shape: Shape) -> JSONObject:
    return {"message": content} if shape.message else content


def _check_document(piece: Mapping[str, Any]) -> None:
    """Raise ValueError for an error, a bad done_reason, and a malformed document or line.

    Old versions have no done_reason.
    """
    if piece.get("error"):
        raise ValueError("an error in place of an answer")
    failure_marks.reject_failed(piece)
    check_types(piece, _ANSWER)
    if (reason := piece.get("done_reason") or "stop") not in GOOD_DONE_REASONS:
        raise ValueError(f"done_reason: {answer_content.quote_reason(reason)}")
    for content in (piece, piece.get("message") or {}):
        check_types(content, _MESSAGE)
        for call in object_list(content.get("tool_calls"), "tool_calls"):
            check_types(call, _CALL)
            function = call.get("function") or {}
            name, arguments = function.get("name"), function.get("arguments")
            if not isinstance(name, str) or not name or not isinstance(arguments, dict | None):
                raise ValueError("tool_calls: a call without a function")


def _merge_fields(merged: JSONObject, piece: Mapping[str, Any]) -> None:
    for name, value in piece.items():
        merged[name] = _merge_values(name, merged[name], value) if name in merged else value


def _merge_values(name: str, merged: Any, value: Any) -> Any:
    match merged, value:
        case (None, _) | (_, None):
            return value if merged is None else merged
        case str(), str() if name in _TEXT_FIELDS:
            return merged + value
        case list(), list() if name in _LIST_FIELDS:
            merged.extend(value)
            return merged
        case _ if name in _REPLACED_FIELDS:
            return prefer_later(merged, value)
    return merge_unknown(merged, value)
