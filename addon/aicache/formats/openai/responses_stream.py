"""Joins streamed responses into whole ``response`` objects, and renders responses as streams. Pure.

The grammar is that of https://platform.openai.com/docs/api-reference/responses-streaming: the response as it begins,
then each item of its output (added, its parts with deltas, done), then ``response.completed`` with the whole response.
Every event is named by its type and numbered; there is no ``[DONE]``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from aicache.formats import sse
from aicache.formats.json_body import JSONObject, index_of, parse_object, render_json_line
from aicache.formats.openai.responses_answer import parts_of, reject_error

_Event: TypeAlias = tuple[str, JSONObject]
"""An event's type after ``response.``, and its fields except type and number."""

_COMPLETION_EVENTS = ("response.completed", "response.done")  # the second by OpenRouter's first documentation
_FAILURE_EVENTS = ("response.failed", "response.incomplete", "response.cancelled", "response.canceled")
_STREAMED_FIELDS = {  # the field that streams, and the name of its events
    "function_call": ("arguments", "function_call_arguments"),
    "custom_tool_call": ("input", "custom_tool_call_input"),
    "mcp_call": ("arguments", "mcp_call_arguments"),
    "code_interpreter_call": ("code", "code_interpreter_call_code"),
}
_PROGRESS_EVENTS = {  # progress of the upstream's own tools; streamed fields follow the first one
    "web_search_call": ("in_progress", "searching", "completed"),
    "file_search_call": ("in_progress", "searching", "completed"),
    "image_generation_call": ("in_progress", "generating", "completed"),
    "code_interpreter_call": ("in_progress", "interpreting", "completed"),
    "mcp_call": ("in_progress", "completed"),
    "mcp_list_tools": ("in_progress", "completed"),
}
_INITIAL_FIELDS: Mapping[str, JSONObject] = {  # fields of an item that was just added
    "message": {"content": []},
    "reasoning": {"content": [], "summary": []},
    "function_call": {"arguments": ""},
    "custom_tool_call": {"input": ""},
    "mcp_call": {"arguments": "", "output": None},
    "mcp_list_tools": {"tools": []},
    "code_interpreter_call": {"code": "", "outputs": None},
    "file_search_call": {"results": None},
    "image_generation_call": {"result": None},
}


def join_stream(body: bytes) -> JSONObject:
    """Return the whole response, which the last event of a stream holds.

    Some upstreams leave its output empty (ChatGPT's, for Codex; gateways): then it is made of the items that were done.
    Raises ValueError for a stream that is cut off, or that did not complete. Whether the response is good is checked
    apart.
    """
    begun: set[int] = set()
    done: dict[int, Any] = {}
    for event in sse.decode(body):
        data = event.data.strip()
        if data == "[DONE]":
            break
        if not data:
            continue  # keeps the connection alive
        if event.name == "error":
            raise ValueError("an error event")
        chunk = parse_object(data)
        reject_error(chunk)
        kind = chunk.get("type") or event.name
        if kind == "response.output_item.added":
            begun.add(index_of(chunk, len(begun), "output_index"))
        elif kind == "response.output_item.done":
            done[index_of(chunk, len(done), "output_index")] = chunk.get("item")
        elif kind in _COMPLETION_EVENTS:
            return _completed_response(chunk.get("response"), begun, done)
        elif kind in _FAILURE_EVENTS:
            raise ValueError("a stream that did not end well")
    raise ValueError("the stream is cut off")


def render_stream(response: Mapping[str, Any]) -> bytes:
    """Render a response as a stream, one delta per part; `join_stream` restores all of it."""
    opening = {name: value for name, value in response.items() if name != "output_text"}  # a copy of the output's text
    opening |= {"status": "in_progress", "output": []}
    opening |= {name: None for name in ("usage", "completed_at") if name in response}
    events: list[_Event] = [("created", {"response": opening}), ("in_progress", {"response": opening})]
    for index, item in enumerate(response["output"]):
        events += _item(index, item)
    events.append(("completed", {"response": response}))
    return sse.encode(_render_event(number, *event) for number, event in enumerate(events))


def _completed_response(response: Any, begun: set[int], done: Mapping[int, Any]) -> JSONObject:
    if not isinstance(response, dict):
        raise ValueError("response: not an object")
    if response.get("output"):
        return response
    if not begun <= done.keys():
        raise ValueError("output: an item was begun and not done")
    return {**response, "output": [done[index] for index in sorted(done)]}


def _item(index: int, item: Mapping[str, Any]) -> Iterator[_Event]:
    kind = item["type"]
    at: JSONObject = {"item_id": _id(index, item), "output_index": index}
    begun = {**item, **{name: value for name, value in _INITIAL_FIELDS.get(kind, {}).items() if item.get(name)}}
    if kind == "message":
        begun["content"] = []
    if kind == "shell_call" and _commands(item):
        begun["action"] = {**item["action"], "commands": []}
    if item.get("status"):
        begun["status"] = "in_progress"
    yield "output_item.added", {"item": begun, "output_index": index}
    first, *steps = _PROGRESS_EVENTS.get(kind, ("",))
    if first:
        yield f"{kind}.{first}", at
    if kind in _STREAMED_FIELDS:
        yield from _growing(item, at)
    if kind == "shell_call":
        for position, command in enumerate(_commands(item)):
            of_it: JSONObject = {"output_index": index, "command_index": position}
            yield "shell_call_command.added", {**of_it, "command": ""}
            yield "shell_call_command.delta", {**of_it, "delta": command}
            yield "shell_call_command.done", {**of_it, "command": command}
    for step in steps:
        yield f"{kind}.{step}", at
    if kind in ("message", "reasoning"):
        for position, part in enumerate(parts_of(item, "summary")):
            yield from _summary(part, {**at, "summary_index": position})
        for position, part in enumerate(parts_of(item, "content")):
            yield from _part(part, {**at, "content_index": position})
    yield "output_item.done", {"item": item, "output_index": index}


def _commands(item: Mapping[str, Any]) -> list[str]:
    """Return what a shell is to run; nothing where that is not a list of texts."""
    action = item.get("action")
    commands = action.get("commands") if isinstance(action, dict) else None
    return commands if isinstance(commands, list) and all(isinstance(each, str) for each in commands) else []


def _growing(item: Mapping[str, Any], at: JSONObject) -> Iterator[_Event]:
    field, stem = _STREAMED_FIELDS[item["type"]]
    if isinstance(text := item.get(field), str):
        if text:
            yield f"{stem}.delta", {**at, "delta": text}
        named = {"name": item["name"]} if item["type"] == "function_call" else {}
        yield f"{stem}.done", {**at, **named, field: text}


def _summary(part: JSONObject, at: JSONObject) -> Iterator[_Event]:
    text = part.get("text")
    yield "reasoning_summary_part.added", {**at, "part": {**part, "text": ""}}
    if isinstance(text, str):
        if text:
            yield "reasoning_summary_text.delta", {**at, "delta": text}
        yield "reasoning_summary_text.done", {**at, "text": text}
    yield "reasoning_summary_part.done", {**at, "part": part}


def _part(part: JSONObject, at: JSONObject) -> Iterator[_Event]:
    """Stream a part of a message's or of reasoning's content. Parts of unknown types are sent whole."""
    match part["type"]:
        case "output_text":
            empty: JSONObject = {name: [] for name in ("annotations", "logprobs") if part.get(name)}
            likely = {"logprobs": part.get("logprobs") or []}
            yield "content_part.added", {**at, "part": {**part, **empty, "text": ""}}
            if part["text"]:
                yield "output_text.delta", {**at, "delta": part["text"], **likely}
            for number, annotation in enumerate(part.get("annotations") or ()):
                yield "output_text.annotation.added", {**at, "annotation_index": number, "annotation": annotation}
            yield "output_text.done", {**at, "text": part["text"], **likely}
        case "reasoning_text":
            yield "content_part.added", {**at, "part": {**part, "text": ""}}
            if part["text"]:
                yield "reasoning_text.delta", {**at, "delta": part["text"]}
            yield "reasoning_text.done", {**at, "text": part["text"]}
        case "refusal":
            yield "content_part.added", {**at, "part": {**part, "refusal": ""}}
            if part["refusal"]:
                yield "refusal.delta", {**at, "delta": part["refusal"]}
            yield "refusal.done", {**at, "refusal": part["refusal"]}
        case _:
            yield "content_part.added", {**at, "part": part}
    yield "content_part.done", {**at, "part": part}


def _id(index: int, item: Mapping[str, Any]) -> str:
    """Return the id of an item's events; some vendors give their calls no id."""
    return named if isinstance(named := item.get("id"), str) and named else f"item_{index}"


def _render_event(number: int, name: str, fields: Mapping[str, Any]) -> sse.Event:
    kind = f"response.{name}"
    return sse.Event(kind, render_json_line({"type": kind, **fields, "sequence_number": number}))
