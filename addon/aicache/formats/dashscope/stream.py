"""Joins DashScope's streams into whole answers. Pure.

An event is ``id:N``, ``event:result``, ``:HTTP_STATUS/200`` and ``data:`` with a document in the shape of the whole
answer (https://help.aliyun.com/zh/model-studio/stream), whose texts are cumulative or incremental. Until
the end the ``finish_reason`` is ``"null"``; no event follows the one with another reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from aicache.formats import failure_marks, sse, stream_deltas
from aicache.formats.dashscope import increments
from aicache.formats.dashscope.answer import (
    GOOD_FINISH_REASONS,
    UNFINISHED_REASONS,
    choices_of,
    reject_error,
)
from aicache.formats.dashscope.increments import EventTexts
from aicache.formats.json_body import JSONObject, index_of, object_list, parse_object, token_count
from aicache.formats.merge_rules import Merge, Rule
from aicache.formats.openai import chat_deltas


def join_stream(body: bytes, variant: str) -> JSONObject:
    """Join a stream into its whole answer; *variant* is the requested kind of stream.

    Raises ValueError for an error event, and for a stream that can be read in two ways. Whether it ended, and well, is
    checked in the document: before the end it has no finish reason.
    """
    events = list(_parse_events(body))
    cumulative = increments.is_cumulative([_event_texts(event) for event in events], variant) if events else False
    document: JSONObject = {}
    output: JSONObject = {}
    choices: dict[int, JSONObject] = {}
    for event in events:
        for name, value in (event.pop("output", None) or {}).items():
            match name:
                case "choices" if value:
                    for position, piece in enumerate(value):
                        _merge_choice(choices.setdefault(index_of(piece, position), {}), piece, cumulative=cumulative)
                case "text":
                    output[name] = _merge_text(output.get(name), value, cumulative=cumulative)
                case "finish_reason":
                    output[name] = _merge_finish_reason(output.get(name), value)
                case _:
                    _merge_field(output, name, value, cumulative=cumulative, rules=_OUTPUT_RULES)
        for name, value in event.items():
            _merge_field(document, name, value, cumulative=cumulative, rules=_DOCUMENT_RULES)
    if choices:
        for message in (choice.get("message") or {} for choice in choices.values()):
            if "tool_calls" in message:
                message["tool_calls"] = chat_deltas.order_calls(message["tool_calls"])
        output["choices"] = list(choices.values())
    return {"output": output} | document


def _parse_events(body: bytes) -> Iterator[JSONObject]:
    """Yield the documents of the events, with the types of the fields that are used checked."""
    for event in sse.decode(body):
        data = event.data.strip()
        if event.name == "error":
            raise ValueError("an error event")
        if not data:
            continue  # keeps the connection alive
        document = parse_object(data)
        reject_error(document)
        failure_marks.reject_failed_chunk(document, data)
        output = document.get("output")
        if not isinstance(output, dict | None):
            raise ValueError("output: not an object")
        for fields in ((output or {}), *(choice.get("message") or {} for choice in choices_of(output or {}))):
            _check(fields)
        yield document


def _check(fields: Any) -> None:
    if not isinstance(fields, dict):
        raise ValueError("message: not an object")
    if not all(isinstance(fields.get(name), str | None) for name in ("text", "reasoning_content")):
        raise ValueError("text that is not a string")
    if not isinstance(fields.get("content"), str | None):
        object_list(fields["content"], "message.content")
    for position, call in enumerate(object_list(fields.get("tool_calls"), "message.tool_calls")):
        index_of(call, position)


def _event_texts(event: Mapping[str, Any]) -> EventTexts:
    output, usage = event.get("output") or {}, event.get("usage")
    texts: dict[Any, str] = {}
    if output.get("text") is not None:
        texts["text"] = output["text"]
    for position, choice in enumerate(output.get("choices") or ()):
        index, message = index_of(choice, position), choice.get("message") or {}
        content = message.get("content") or ""
        if isinstance(content, list):
            content = "".join(part["text"] for part in content if isinstance(part.get("text"), str))
        texts[index, "content"] = content
        texts[index, "reasoning_content"] = message.get("reasoning_content") or ""
        for place, call in enumerate(message.get("tool_calls") or ()):
            function = call.get("function")
            arguments = function.get("arguments") if isinstance(function, dict) else None
            texts[index, "tool_calls", index_of(call, place)] = arguments if isinstance(arguments, str) else ""
    return EventTexts(texts, token_count(usage.get("output_tokens")) if isinstance(usage, dict) else 0)


_DOCUMENT_RULES: Mapping[str, Rule] = {"usage": Merge.REPLACE_COUNTS, "request_id": Merge.REPLACE}
_OUTPUT_RULES: Mapping[str, Rule] = {"search_info": Merge.ACCUMULATED}
_NO_RULES: Mapping[str, Rule] = {}
_INCREMENT_RULES: Mapping[str, Rule] = {"logprobs": chat_deltas.LOGPROBS, "tool_calls": chat_deltas.CALLS}


def _merge_field(
    merged: JSONObject, name: str, value: Any, *, cumulative: bool, rules: Mapping[str, Rule] = _NO_RULES
) -> None:
    """Merge a field beside the texts. In a cumulative stream it may only have grown."""
    stream_deltas.merge_fields(merged, {name: value}, {name: Merge.ACCUMULATED, **rules} if cumulative else rules)


def _merge_finish_reason(merged: Any, value: Any) -> Any:
    """Return the finish reason so far. A bad reason stays, whatever follows."""
    good = isinstance(merged, str) and merged in GOOD_FINISH_REASONS
    return value if merged in UNFINISHED_REASONS or (good and value not in UNFINISHED_REASONS) else merged


def _merge_text(merged: Any, value: Any, *, cumulative: bool) -> Any:
    if cumulative or merged is None or value is None:
        return stream_deltas.prefer_later(merged, value)
    return merged + value


def _merge_choice(choice: JSONObject, piece: JSONObject, *, cumulative: bool) -> None:
    for name, value in piece.items():
        match name:
            case "message":
                _merge_message(choice.setdefault(name, {}), value or {}, cumulative=cumulative)
            case "finish_reason":
                choice[name] = _merge_finish_reason(choice.get(name), value)
            case "logprobs" if not cumulative:
                stream_deltas.merge_fields(choice, {name: value}, _INCREMENT_RULES)
            case "logprobs":
                choice[name] = stream_deltas.prefer_later(choice.get(name), value)
            case _:
                _merge_field(choice, name, value, cumulative=cumulative)


def _merge_message(message: JSONObject, piece: JSONObject, *, cumulative: bool) -> None:
    for name, value in piece.items():
        match name:
            case "reasoning_content":
                message[name] = _merge_text(message.get(name), value, cumulative=cumulative)
            case "content" if not cumulative:
                message[name] = _merge_content(message.get(name), value)
            case "content":
                message[name] = stream_deltas.prefer_later(message.get(name), value)
            case "tool_calls" if not cumulative:
                stream_deltas.merge_fields(message, {name: value}, _INCREMENT_RULES)
            case "tool_calls":
                message[name] = _merge_calls(message.get(name) or [], value or [])
            case _:
                _merge_field(message, name, value, cumulative=cumulative)


def _merge_content(merged: Any, value: Any) -> Any:
    """Merge pieces of content: text to text; in lists, as the SDK does, to the text at the same place."""
    if not merged or not value:
        return merged or (merged if value is None else value)
    if isinstance(merged, str) and isinstance(value, str):
        return merged + value
    parts = [{"text": merged}] if isinstance(merged, str) else merged
    pieces = [{"text": value}] if isinstance(value, str) else value
    joined = list(parts)
    for place, piece in enumerate(pieces):
        continued = next((i for i in (place, len(parts) - 1) if i < len(parts) and _has_text(parts[i])), None)
        if _has_text(piece) and continued is not None:
            joined[continued] = {**joined[continued], **piece, "text": joined[continued]["text"] + piece["text"]}
        elif piece not in parts:
            joined.append(piece)
    return joined


def _has_text(part: Mapping[str, Any]) -> bool:
    return isinstance(part.get("text"), str)


def _merge_calls(merged: list[JSONObject], calls: list[JSONObject]) -> list[JSONObject]:
    """Merge cumulative tool calls into earlier ones of the same index."""
    known = {index_of(call, place): call for place, call in enumerate(merged)}
    for place, call in enumerate(calls):
        _merge_call(known.setdefault(index_of(call, place), {}), call)
    return list(known.values())


def _merge_call(merged: JSONObject, value: Mapping[str, Any]) -> None:
    for name, inner in value.items():
        if isinstance(merged.get(name), dict) and isinstance(inner, dict):
            _merge_call(merged[name], inner)
        else:
            _merge_field(merged, name, inner, cumulative=True)
