"""Renders answers as DashScope's streams, whose grammar `stream` describes. Pure."""

from __future__ import annotations

from itertools import zip_longest

from aicache.formats.dashscope.increments import CUMULATIVE, INCREMENTAL
from aicache.formats.json_body import JSONObject, render_json_line


def render_stream(document: JSONObject, variant: str) -> bytes:
    """Render an answer as a stream of as few events as clients need.

    Every text is whole in one event and in no other, so a client that reads the stream otherwise than *variant* means
    finds no text twice. Reasoning precedes the rest, except in cumulative streams.
    """
    output = document["output"]
    head = {name: document[name] for name in ("usage", "request_id") if document.get(name)}
    events = []
    if choices := output.get("choices"):
        deltas_of_choices = [_deltas(choice["message"], variant) for choice in choices]
        for messages in zip_longest(*(ahead for ahead, _ in deltas_of_choices)):
            pieces = [
                {"message": message or _blank(choice["message"]), **_index(choice), "finish_reason": "null"}
                for choice, message in zip(choices, messages, strict=True)
            ]
            events.append({"output": {"choices": pieces}} | head)
        closing = [{**choice, "message": last} for choice, (_, last) in zip(choices, deltas_of_choices, strict=True)]
        events.append({**document, "output": {**output, "choices": closing}})
    elif variant == INCREMENTAL:
        events.append({"output": {"text": output["text"], "finish_reason": "null"}} | head)
        events.append({**document, "output": {**output, "text": ""}})
    else:
        events.append(document)
    return "".join(_event(number, event) for number, event in enumerate(events, 1)).encode()


def _deltas(message: JSONObject, variant: str) -> tuple[list[JSONObject], JSONObject]:
    """Split a message into those before the last event, and the one in it.

    Incremental streams end with an event without text, as the service sends them. Without a requested kind, the last
    event holds everything but the reasoning; with reasoning models the stream can only be incremental.
    """
    ahead: list[JSONObject] = []
    last = dict(message)
    blank = _blank(message)
    if variant == CUMULATIVE:
        return ahead, last
    rest = message["content"] or message.get("tool_calls")
    if message.get("reasoning_content") and (rest or variant == INCREMENTAL):
        ahead.append(blank | {"reasoning_content": message["reasoning_content"]})
        last |= {"reasoning_content": ""}
    if variant == INCREMENTAL:
        if message["content"]:
            ahead.append(blank | {"content": message["content"]})
        ahead += [blank | {"tool_calls": [call]} for call in last.pop("tool_calls", ())]
        last |= {"content": blank["content"]}
    return ahead, last


def _blank(message: JSONObject) -> JSONObject:
    blank = {"content": [] if isinstance(message["content"], list) else "", "role": message["role"]}
    return blank | ({"reasoning_content": ""} if isinstance(message.get("reasoning_content"), str) else {})


def _index(choice: JSONObject) -> JSONObject:
    return {"index": choice["index"]} if "index" in choice else {}


def _event(number: int, document: JSONObject) -> str:
    return f"id:{number}\nevent:result\n:HTTP_STATUS/200\ndata:{render_json_line(document)}\n\n"
