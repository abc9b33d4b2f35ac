"""Streamed messages of Anthropic's: a stream to the whole message it amounts to, a message to a stream. Pure.

The grammar is that of https://docs.anthropic.com/en/docs/build-with-claude/streaming: ``message_start`` with the empty
message; per block a ``content_block_start``, deltas, and a ``content_block_stop``; ``message_delta`` with the stop
reason and the final counts; ``message_stop``. Pings and events of unknown kinds may come anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from aicache.formats import sse, stream_deltas
from aicache.formats.anthropic.answer import GOOD_ENDS, TOOL_USES, refuse_error
from aicache.formats.json_body import JSONObject, dump, dump_line, load_object, objects
from aicache.formats.stream_deltas import How

_KNOWN_LATE = ("stop_reason", "stop_sequence", "stop_details")  # null in message_start, told by message_delta
_OF_CONTEXT = "context_management"  # told by message_delta, beside its delta
_COUNTED_TWICE = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
_COUNTED_LATE = frozenset(
    {"output_tokens", "output_tokens_details", "server_tool_use", "iterations", "fallback_credit"}
)
_GROWS = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}
_IN_ONE_PIECE = {"signature_delta": ("signature",), "compaction_delta": ("content", "encrypted_content")}
_OF_A_DELTA = frozenset({"estimated_tokens"})  # of thinking: how far it has come
_TOLD_ANEW = (*_KNOWN_LATE, _OF_CONTEXT, "container", "input_transformations", "model", "id")
_COUNTED_ANEW = ("service_tier", "inference_geo", "speed")
_PLACEHOLDER = "output_tokens"
"""In message_start it counts what there is of the answer then: nothing, or a token."""
_FALLBACK = "fallback"
_NOTHING: tuple[Any, ...] = (None, "", [], {})


def gather(body: bytes) -> JSONObject:
    """Join a stream into the ``message`` object it amounts to.

    Raises ValueError unless the stream keeps to the grammar and came to its ``message_stop``. Whether that end is a
    good one is for the reader of the message to judge.
    """
    message: JSONObject | None = None
    blocks: dict[int, _Growing] = {}
    for event in sse.decode(body):
        if not event.data.strip():
            continue  # sent to keep the connection alive
        if event.name == "error":
            raise ValueError("an error event")
        data = load_object(event.data)
        refuse_error(data)
        match data.get("type") or event.name:
            case "message_start":
                if message is not None:
                    raise ValueError("two messages in a stream")
                message = _object(data, "message")
                message["usage"] = _usage(message)
                message["usage"].pop(_PLACEHOLDER, None)
            case "content_block_start":
                if (index := _index(data)) in blocks:
                    raise ValueError("two blocks of the same index")
                blocks[index] = _Growing(_object(data, "content_block"))
            case "content_block_delta":
                _open(blocks, data).add(_object(data, "delta"))
            case "content_block_stop":
                _open(blocks, data).stopped = True
            case "message_delta" if message is not None:
                _end(message, data)
            case "message_stop" if message is not None:
                if not all(block.stopped for block in blocks.values()):
                    raise ValueError("a block without its end")
                return _relabeled(message | {"content": [block.whole() for _, block in sorted(blocks.items())]})
    raise ValueError("the stream is cut off")


def scatter(message: Mapping[str, Any]) -> bytes:
    """Write a message as a stream; ``gather`` gets back all of it."""
    return sse.encode([sse.Event(data["type"], dump_line(data)) for data in _events(message)])


@dataclass(slots=True)
class _Growing:
    """What is known of a block so far. Text is joined at its end, since long answers come in thousands of pieces."""

    block: JSONObject
    pieces: dict[str, list[str]] = field(default_factory=dict)
    stopped: bool = False

    def add(self, delta: JSONObject) -> None:
        """Take in a delta. What is not known of one need not be a field of the block, whatever its name."""
        kind = delta.pop("type", None)
        kind = kind if isinstance(kind, str) else ""
        grows = _GROWS.get(kind)
        for name, value in delta.items():
            if name in _IN_ONE_PIECE.get(kind, ()):
                self.block[name] = value
            elif name == "citation" and kind == "citations_delta":
                self._cite(value)
            elif name == grows:
                if not isinstance(value, str):
                    raise ValueError("a delta whose text is none")
                self.pieces.setdefault(name, []).append(value)
            elif name not in _OF_A_DELTA and value not in _NOTHING:
                self.block[name] = stream_deltas.UNCLEAR

    def whole(self) -> JSONObject:
        for name, pieces in self.pieces.items():
            text = "".join(pieces)
            if name != "partial_json":
                held = self.block.get(name) or ""
                self.block[name] = held + text if isinstance(held, str) else stream_deltas.UNCLEAR
            elif text.strip():
                self.block["input"] = load_object(text)
        return self.block

    def _cite(self, citation: Any) -> None:
        citations = objects(self.block.get("citations"), "citations")
        self.block["citations"] = [*citations, *objects([citation], "citation")]


def _end(message: JSONObject, data: JSONObject) -> None:
    """Take in a message_delta: what it does not tell stays as message_start had it, and a bad end stays bad."""
    delta = _object(data, "delta")
    if message.get("stop_reason") not in (None, *GOOD_ENDS):
        delta.pop("stop_reason", None)
    others = {name: value for name, value in data.items() if name not in ("type", "delta", "usage")}
    counts = _usage(data)
    _tell_anew(_usage(message), {name: counts.pop(name) for name in _COUNTED_ANEW if name in counts})
    message["usage"] = stream_deltas.joined(_usage(message), counts, How.COUNTS)
    news = others | delta
    _tell_anew(message, {name: news.pop(name) for name in _TOLD_ANEW if name in news})
    stream_deltas.join(message, news)


def _tell_anew(held: JSONObject, news: JSONObject) -> None:
    held |= {name: value for name, value in news.items() if value is not None or name not in held}


def _relabeled(message: JSONObject) -> JSONObject:
    """Name the model that served the answer, as whole ones do, where another one took over on the way.

    The stream begins before that is known. A block of its own says from which model to which.
    """
    models = [_model_in(block, "to") for block in message["content"] if block.get("type") == _FALLBACK]
    return message | {"model": models[-1]} if models and models[-1] else message


def _first_model(message: Mapping[str, Any]) -> Any:
    """Undo `_relabeled`."""
    hops = [block for block in message["content"] if block.get("type") == _FALLBACK]
    if hops and _model_in(hops[-1], "to") == message["model"] and (began := _model_in(hops[0], "from")):
        return began
    return message["model"]


def _model_in(block: Mapping[str, Any], name: str) -> str | None:
    end = block.get(name)
    model = end.get("model") if isinstance(end, dict) else None
    return model if isinstance(model, str) else None


def _events(message: Mapping[str, Any]) -> Iterator[JSONObject]:
    start = {name: value for name, value in message.items() if name != _OF_CONTEXT}
    start |= {name: None for name in _KNOWN_LATE if name in message}
    if "model" in message:
        start["model"] = _first_model(message)
    usage = message["usage"]
    early = {name: value for name, value in usage.items() if name not in _COUNTED_LATE}
    late = {name: value for name, value in usage.items() if name in _COUNTED_TWICE or name in _COUNTED_LATE}
    yield {"type": "message_start", "message": start | {"content": [], "usage": early | {"output_tokens": 0}}}
    for index, block in enumerate(message["content"]):
        opening, deltas = _taken_apart(block)
        yield {"type": "content_block_start", "index": index, "content_block": opening}
        for delta in deltas:
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    delta = {name: message[name] for name in _KNOWN_LATE if name in message}
    context = {_OF_CONTEXT: message[_OF_CONTEXT]} if _OF_CONTEXT in message else {}
    yield {"type": "message_delta", "delta": delta, "usage": late, **context}
    yield {"type": "message_stop"}


def _taken_apart(block: Mapping[str, Any]) -> tuple[JSONObject, list[JSONObject]]:
    """Return a block as it opens, and the deltas that fill it. Kinds that do not stream open with all they have."""
    kind, opening, deltas = block["type"], dict(block), list[JSONObject]()
    if kind in TOOL_USES:
        opening["input"] = {}
        deltas.append({"type": "input_json_delta", "partial_json": ""})
        if block["input"]:
            deltas.append({"type": "input_json_delta", "partial_json": dump(block["input"]).decode()})
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
        told = {name: opening.pop(name) for name in ("content", "encrypted_content") if name in block}
        deltas.append({"type": "compaction_delta", **told})
    return opening, deltas


def _open(blocks: Mapping[int, _Growing], data: Mapping[str, Any]) -> _Growing:
    block = blocks.get(_index(data))
    if block is None or block.stopped:
        raise ValueError("a delta of no block")
    return block


def _index(data: Mapping[str, Any]) -> int:
    index = data.get("index")
    if type(index) is not int or index < 0:
        raise ValueError("index: not a count")
    return index


def _usage(data: Mapping[str, Any]) -> JSONObject:
    return {} if data.get("usage") is None else _object(data, "usage")


def _object(data: Mapping[str, Any], name: str) -> JSONObject:
    value = data.get(name)
    if not isinstance(value, dict):
        raise ValueError(f"{name}: not an object")
    return value
