"""Joins streamed messages of Anthropic's into whole ones, and renders messages as streams. Pure.

The grammar is that of https://docs.anthropic.com/en/docs/build-with-claude/streaming: ``message_start`` with the empty
message; per block a ``content_block_start``, deltas, and a ``content_block_stop``; ``message_delta`` with the stop
reason and the final counts; ``message_stop``. Pings and events of unknown types may come anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from aicache.formats import sse, stream_deltas
from aicache.formats.anthropic.answer import GOOD_STOP_REASONS, TOOL_USE_TYPES, reject_error
from aicache.formats.json_body import JSONObject, object_list, parse_object, render_json, render_json_line
from aicache.formats.merge_rules import AMBIGUOUS, EMPTY, Merge

_LATE_FIELDS = ("stop_reason", "stop_sequence", "stop_details")  # null in message_start, set by message_delta
_CONTEXT_FIELD = "context_management"  # set by message_delta, beside its delta
_INPUT_COUNTS = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
_LATE_COUNTS = frozenset({"output_tokens", "output_tokens_details", "server_tool_use", "iterations", "fallback_credit"})
_TEXT_DELTAS = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}
_WHOLE_DELTAS = {"signature_delta": ("signature",), "compaction_delta": ("content", "encrypted_content")}
_PROGRESS_FIELDS = frozenset({"estimated_tokens"})  # the progress of thinking
_REPLACED_FIELDS = (*_LATE_FIELDS, _CONTEXT_FIELD, "container", "input_transformations", "model", "id")
_REPLACED_USAGE_FIELDS = ("service_tier", "inference_geo", "speed")
_PLACEHOLDER_COUNT = "output_tokens"
"""A count that is a placeholder in message_start: 0 or 1, before any content."""
_FALLBACK = "fallback"


def join_stream(body: bytes) -> JSONObject:
    """Join a stream into its ``message`` object.

    Raises ValueError unless the stream follows the grammar up to ``message_stop``. Whether it ended well is checked in
    the message.
    """
    message: JSONObject | None = None
    blocks: dict[int, _BlockBuilder] = {}
    for event in sse.decode(body):
        if not event.data.strip():
            continue  # keeps the connection alive
        if event.name == "error":
            raise ValueError("an error event")
        data = parse_object(event.data)
        reject_error(data)
        match data.get("type") or event.name:
            case "message_start":
                if message is not None:
                    raise ValueError("two messages in a stream")
                message = _object(data, "message")
                message["usage"] = _usage(message)
                message["usage"].pop(_PLACEHOLDER_COUNT, None)
            case "content_block_start":
                if (index := _index(data)) in blocks:
                    raise ValueError("two blocks of the same index")
                blocks[index] = _BlockBuilder(_object(data, "content_block"))
            case "content_block_delta":
                _open_block(blocks, data).add(_object(data, "delta"))
            case "content_block_stop":
                _open_block(blocks, data).stopped = True
            case "message_delta" if message is not None:
                _merge_message_delta(message, data)
            case "message_stop" if message is not None:
                if not all(block.stopped for block in blocks.values()):
                    raise ValueError("a block without its end")
                return _with_serving_model(
                    message | {"content": [block.build() for _, block in sorted(blocks.items())]}
                )
    raise ValueError("the stream is cut off")


def render_stream(message: Mapping[str, Any]) -> bytes:
    """Render a message as a stream; `join_stream` restores all of it."""
    return sse.encode([sse.Event(data["type"], render_json_line(data)) for data in _events(message)])


@dataclass(slots=True)
class _BlockBuilder:
    """Builds a block from its deltas. Text is joined at the end, since long answers come in thousands of pieces."""

    block: JSONObject
    pieces: dict[str, list[str]] = field(default_factory=dict)
    stopped: bool = False

    def add(self, delta: JSONObject) -> None:
        """Merge a delta. Its unknown fields need not be fields of the block, whatever their names."""
        kind = delta.pop("type", None)
        kind = kind if isinstance(kind, str) else ""
        grows = _TEXT_DELTAS.get(kind)
        for name, value in delta.items():
            if name in _WHOLE_DELTAS.get(kind, ()):
                self.block[name] = value
            elif name == "citation" and kind == "citations_delta":
                self._cite(value)
            elif name == grows:
                if not isinstance(value, str):
                    raise ValueError("a delta whose text is none")
                self.pieces.setdefault(name, []).append(value)
            elif name not in _PROGRESS_FIELDS and value not in EMPTY:
                self.block[name] = AMBIGUOUS

    def build(self) -> JSONObject:
        for name, pieces in self.pieces.items():
            text = "".join(pieces)
            if name != "partial_json":
                merged = self.block.get(name) or ""
                self.block[name] = merged + text if isinstance(merged, str) else AMBIGUOUS
            elif text.strip():
                self.block["input"] = parse_object(text)
        return self.block

    def _cite(self, citation: Any) -> None:
        citations = object_list(self.block.get("citations"), "citations")
        self.block["citations"] = [*citations, *object_list([citation], "citation")]


def _merge_message_delta(message: JSONObject, data: JSONObject) -> None:
    """Merge a message_delta. Fields that it lacks stay as in message_start, and a bad stop reason stays."""
    delta = _object(data, "delta")
    if message.get("stop_reason") not in (None, *GOOD_STOP_REASONS):
        delta.pop("stop_reason", None)
    others = {name: value for name, value in data.items() if name not in ("type", "delta", "usage")}
    counts = _usage(data)
    _replace_fields(_usage(message), {name: counts.pop(name) for name in _REPLACED_USAGE_FIELDS if name in counts})
    message["usage"] = stream_deltas.merge_values(_usage(message), counts, Merge.REPLACE_COUNTS)
    news = others | delta
    _replace_fields(message, {name: news.pop(name) for name in _REPLACED_FIELDS if name in news})
    stream_deltas.merge_fields(message, news)


def _replace_fields(merged: JSONObject, news: JSONObject) -> None:
    merged |= {name: value for name, value in news.items() if value is not None or name not in merged}


def _with_serving_model(message: JSONObject) -> JSONObject:
    """Return a message with the model that served it, as whole ones have, if another model took over on the way.

    The stream begins before that is known; a block of its own names the two models.
    """
    models = [_model_in(block, "to") for block in message["content"] if block.get("type") == _FALLBACK]
    return message | {"model": models[-1]} if models and models[-1] else message


def _first_model(message: Mapping[str, Any]) -> Any:
    """Return the model with which the stream began; undoes `_with_serving_model`."""
    hops = [block for block in message["content"] if block.get("type") == _FALLBACK]
    if hops and _model_in(hops[-1], "to") == message["model"] and (began := _model_in(hops[0], "from")):
        return began
    return message["model"]


def _model_in(block: Mapping[str, Any], name: str) -> str | None:
    end = block.get(name)
    model = end.get("model") if isinstance(end, dict) else None
    return model if isinstance(model, str) else None


def _events(message: Mapping[str, Any]) -> Iterator[JSONObject]:
    start = {name: value for name, value in message.items() if name != _CONTEXT_FIELD}
    start |= {name: None for name in _LATE_FIELDS if name in message}
    if "model" in message:
        start["model"] = _first_model(message)
    usage = message["usage"]
    early = {name: value for name, value in usage.items() if name not in _LATE_COUNTS}
    late = {name: value for name, value in usage.items() if name in _INPUT_COUNTS or name in _LATE_COUNTS}
    yield {"type": "message_start", "message": start | {"content": [], "usage": early | {"output_tokens": 0}}}
    for index, block in enumerate(message["content"]):
        opening, deltas = _split_block(block)
        yield {"type": "content_block_start", "index": index, "content_block": opening}
        for delta in deltas:
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    delta = {name: message[name] for name in _LATE_FIELDS if name in message}
    context = {_CONTEXT_FIELD: message[_CONTEXT_FIELD]} if _CONTEXT_FIELD in message else {}
    yield {"type": "message_delta", "delta": delta, "usage": late, **context}
    yield {"type": "message_stop"}


def _split_block(block: Mapping[str, Any]) -> tuple[JSONObject, list[JSONObject]]:
    """Split a block into its opening and its deltas. Types that do not stream open with all fields."""
    kind, opening, deltas = block["type"], dict(block), list[JSONObject]()
    if kind in TOOL_USE_TYPES:
        opening["input"] = {}
        deltas.append({"type": "input_json_delta", "partial_json": ""})
        if block["input"]:
            deltas.append({"type": "input_json_delta", "partial_json": render_json(block["input"]).decode()})
    elif kind == "text":
        opening["text"] = ""
        if citations := block.get("citations"):
            opening["citations"] = []
            deltas += [{"type": "citations_delta", "citation": citation} for citation in citations]
        if text := block["text"]:
            deltas.append({"type": "text_delta", "text": text})
    elif kind == "thinking":
        for name in ("thinking", "signature"):
            if text := block.get(name):
                opening[name] = ""
                deltas.append({"type": f"{name}_delta", name: text})
    elif kind == "compaction":
        content_fields = {name: opening.pop(name) for name in ("content", "encrypted_content") if name in block}
        deltas.append({"type": "compaction_delta", **content_fields})
    return opening, deltas


def _open_block(blocks: Mapping[int, _BlockBuilder], data: Mapping[str, Any]) -> _BlockBuilder:
    block = blocks.get(_index(data))
    if block is None or block.stopped:
        raise ValueError("a delta of no block")
    return block


def _index(data: Mapping[str, Any]) -> int:
    index = data.get("index")
    if type(index) is not int or index < 0:
        raise ValueError("index: not a natural number")
    return index


def _usage(data: Mapping[str, Any]) -> JSONObject:
    return {} if data.get("usage") is None else _object(data, "usage")


def _object(data: Mapping[str, Any], name: str) -> JSONObject:
    value = data.get(name)
    if not isinstance(value, dict):
        raise ValueError(f"{name}: not an object")
    return value
