"""DashScope's streams: a stream to the whole answer it amounts to, an answer to a stream. Pure.

An event is ``id:N``, ``event:result``, ``:HTTP_STATUS/200`` and ``data:`` with a document in the shape of the whole
answer (https://help.aliyun.com/zh/model-studio/stream), whose texts are those so far, or only what is new. Until the
end the ``finish_reason`` is ``"null"``; nothing follows the event that has another one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any

from aicache.formats import failure_marks, sse, stream_deltas
from aicache.formats.dashscope import increments
from aicache.formats.dashscope.answer import GOOD_ENDS, UNFINISHED, choices_of, index_of, refuse_error
from aicache.formats.dashscope.increments import CUMULATIVE, INCREMENTAL, Said
from aicache.formats.json_body import JSONObject, count, dump_line, load_object, objects
from aicache.formats.openai import chat_deltas
from aicache.formats.stream_deltas import How


def gather(body: bytes, variant: str) -> JSONObject:
    """Join a stream into the whole answer it amounts to; *variant* is how it was asked to be written.

    Raises ValueError for an error event, and for a stream that can be read in two ways. Whether it came to a good end
    is for the reader of the document to judge: before the end there is none in it.
    """
    events = list(_results(body))
    cumulative = increments.is_cumulative([_said(event) for event in events], variant) if events else False
    document: JSONObject = {}
    output: JSONObject = {}
    choices: dict[int, JSONObject] = {}
    for event in events:
        for name, value in (event.pop("output", None) or {}).items():
            match name:
                case "choices" if value:
                    for position, piece in enumerate(value):
                        _add(choices.setdefault(index_of(piece, position), {}), piece, cumulative=cumulative)
                case "text":
                    output[name] = _text(output.get(name), value, cumulative=cumulative)
                case "finish_reason":
                    output[name] = _end(output.get(name), value)
                case _:
                    _put(output, name, value, cumulative=cumulative, rules=_OUTPUT)
        for name, value in event.items():
            _put(document, name, value, cumulative=cumulative, rules=_EVENT)
    if choices:
        for message in (choice.get("message") or {} for choice in choices.values()):
            if "tool_calls" in message:
                message["tool_calls"] = chat_deltas.in_order(message["tool_calls"])
        output["choices"] = list(choices.values())
    return {"output": output} | document


def scatter(document: JSONObject, variant: str) -> bytes:
    """Write an answer as a stream, of as few events as its readers can do with.

    Every text is whole in one event and comes in no other, so whoever reads the stream in the way that *variant* does
    not mean finds no text doubled. Reasoning comes before the rest, but where each event must hold all there is.
    """
    output = document["output"]
    head = {name: document[name] for name in ("usage", "request_id") if document.get(name)}
    events = []
    if choices := output.get("choices"):
        said = [_deltas(choice["message"], variant) for choice in choices]
        for messages in zip_longest(*(ahead for ahead, _ in said)):
            pieces = [
                {"message": message or _blank(choice["message"]), **_index(choice), "finish_reason": "null"}
                for choice, message in zip(choices, messages, strict=True)
            ]
            events.append({"output": {"choices": pieces}} | head)
        closing = [{**choice, "message": last} for choice, (_, last) in zip(choices, said, strict=True)]
        events.append({**document, "output": {**output, "choices": closing}})
    elif variant == INCREMENTAL:
        events.append({"output": {"text": output["text"], "finish_reason": "null"}} | head)
        events.append({**document, "output": {**output, "text": ""}})
    else:
        events.append(document)
    return "".join(_event(number, event) for number, event in enumerate(events, 1)).encode()


def _results(body: bytes) -> Iterator[JSONObject]:
    """Return the documents of the events, those fields of them that are read checked for their types."""
    for event in sse.decode(body):
        data = event.data.strip()
        if event.name == "error":
            raise ValueError("an error event")
        if not data:
            continue  # sent to keep the connection alive
        document = load_object(data)
        refuse_error(document)
        failure_marks.refuse_in(document, data)
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
        objects(fields["content"], "message.content")
    for position, call in enumerate(objects(fields.get("tool_calls"), "message.tool_calls")):
        index_of(call, position)


def _said(event: Mapping[str, Any]) -> Said:
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
    return Said(texts, count(usage.get("output_tokens")) if isinstance(usage, dict) else 0)


_EVENT: Mapping[str, stream_deltas.Rule] = {"usage": How.COUNTS, "request_id": How.REPLACES}
_OUTPUT: Mapping[str, stream_deltas.Rule] = {"search_info": How.SWELLS}
_NO_RULES: Mapping[str, stream_deltas.Rule] = {}
_OF_PIECES: Mapping[str, stream_deltas.Rule] = {"logprobs": chat_deltas.LOGPROBS, "tool_calls": chat_deltas.CALLS}


def _put(
    held: JSONObject, name: str, value: Any, *, cumulative: bool, rules: Mapping[str, stream_deltas.Rule] = _NO_RULES
) -> None:
    """Take in what stands around the texts. Where each event holds all there is so far, it may only have grown."""
    stream_deltas.join(held, {name: value}, {name: How.SWELLS, **rules} if cumulative else rules)


def _end(held: Any, value: Any) -> Any:
    """Return why it ended, as far as is known; a bad end stays bad, whatever follows."""
    good = isinstance(held, str) and held in GOOD_ENDS
    return value if held in UNFINISHED or (good and value not in UNFINISHED) else held


def _text(held: Any, value: Any, *, cumulative: bool) -> Any:
    if cumulative or held is None or value is None:
        return stream_deltas.latest(held, value)
    return held + value


def _add(choice: JSONObject, piece: JSONObject, *, cumulative: bool) -> None:
    for name, value in piece.items():
        match name:
            case "message":
                _join(choice.setdefault(name, {}), value or {}, cumulative=cumulative)
            case "finish_reason":
                choice[name] = _end(choice.get(name), value)
            case "logprobs" if not cumulative:
                stream_deltas.join(choice, {name: value}, _OF_PIECES)
            case "logprobs":
                choice[name] = stream_deltas.latest(choice.get(name), value)
            case _:
                _put(choice, name, value, cumulative=cumulative)


def _join(message: JSONObject, piece: JSONObject, *, cumulative: bool) -> None:
    for name, value in piece.items():
        match name:
            case "reasoning_content":
                message[name] = _text(message.get(name), value, cumulative=cumulative)
            case "content" if not cumulative:
                message[name] = _content(message.get(name), value)
            case "content":
                message[name] = stream_deltas.latest(message.get(name), value)
            case "tool_calls" if not cumulative:
                stream_deltas.join(message, {name: value}, _OF_PIECES)
            case "tool_calls":
                message[name] = _calls(message.get(name) or [], value or [])
            case _:
                _put(message, name, value, cumulative=cumulative)


def _content(held: Any, value: Any) -> Any:
    """Join pieces of content: text to text; in lists, as the SDK does, to the text at the same place."""
    if not held or not value:
        return held or (held if value is None else value)
    if isinstance(held, str) and isinstance(value, str):
        return held + value
    parts = [{"text": held}] if isinstance(held, str) else held
    pieces = [{"text": value}] if isinstance(value, str) else value
    joined = list(parts)
    for place, piece in enumerate(pieces):
        continued = next((i for i in (place, len(parts) - 1) if i < len(parts) and _is_text(parts[i])), None)
        if _is_text(piece) and continued is not None:
            joined[continued] = {**joined[continued], **piece, "text": joined[continued]["text"] + piece["text"]}
        elif piece not in parts:
            joined.append(piece)
    return joined


def _is_text(part: Mapping[str, Any]) -> bool:
    return isinstance(part.get("text"), str)


def _calls(held: list[JSONObject], calls: list[JSONObject]) -> list[JSONObject]:
    """Lay tool calls over earlier ones of the same index."""
    known = {index_of(call, place): call for place, call in enumerate(held)}
    for place, call in enumerate(calls):
        _lay(known.setdefault(index_of(call, place), {}), call)
    return list(known.values())


def _lay(held: JSONObject, value: Mapping[str, Any]) -> None:
    for name, inner in value.items():
        if isinstance(held.get(name), dict) and isinstance(inner, dict):
            _lay(held[name], inner)
        else:
            _put(held, name, inner, cumulative=True)


def _deltas(message: JSONObject, variant: str) -> tuple[list[JSONObject], JSONObject]:
    """Cut a message into what comes ahead of the last event, and what is left for it.

    Pieces end with an event that has no text, as the service sends them. Where the caller leaves it to the model what
    the events hold, all but the reasoning is in the last one; with reasoning models it can only be pieces.
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
    return f"id:{number}\nevent:result\n:HTTP_STATUS/200\ndata:{dump_line(document)}\n\n"
