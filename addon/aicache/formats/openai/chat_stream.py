"""Joins streamed chat completions into whole documents, and renders answers as streams. Pure.

The grammar is that of OpenAI's ``chat.completion.chunk`` (https://platform.openai.com/docs/api-reference/chat-streaming):
per choice a delta with the role, deltas with content, and an empty delta with the ``finish_reason``; then, for
callers with ``stream_options.include_usage``, a chunk with the usage and no choices; then ``data: [DONE]``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from aicache.formats import stream_deltas
from aicache.formats.errors import ReplayOnly
from aicache.formats.json_body import JSONObject
from aicache.formats.merge_rules import AMBIGUOUS, EMPTY
from aicache.formats.openai import chat_deltas, stream
from aicache.formats.openai.chat_answer import reject_error
from aicache.formats.openai.chat_completion import Choice, Completion

_REASONING = ("reasoning_content", "reasoning", "reasoning_details")


def join_stream(body: bytes) -> JSONObject:
    """Join a stream into its ``chat.completion`` object. Raises ValueError for one that is cut off."""
    return stream.join_stream(body, _ChoiceBuilder)


def render_stream(answer: Completion, *, include_usage: bool) -> bytes:
    """Render an answer as a stream; `join_stream` restores all of it, except usage that is not included."""
    head = {"id": answer.id, "object": "chat.completion.chunk", "created": answer.created, "model": answer.model}
    pieces = (piece for choice in answer.choices for piece in _pieces(choice))
    return stream.render_stream(head, pieces, extra=answer.extra, usage=answer.usage, include_usage=include_usage)


@dataclass(slots=True)
class _ChoiceBuilder:
    """Builds a choice from its pieces."""

    message: JSONObject = field(default_factory=dict)
    extra: JSONObject = field(default_factory=dict)
    finish_reason: str | None = None
    has_deltas: bool = False

    def add(self, piece: JSONObject) -> None:
        """Merge a chunk's piece of the choice.

        The delta may be named ``message``. Beside deltas, a message is what they amount to so far (Perplexity sends
        both).
        """
        reject_error(piece)
        delta, message = piece.pop("delta", None), piece.pop("message", None)
        if delta is None and not self.has_deltas:
            delta = message
        else:
            self.has_deltas = True
        if not (delta is None or isinstance(delta, dict)):
            raise ValueError("choices: a delta that is not an object")
        delta = {name: value for name, value in (delta or {}).items() if name not in chat_deltas.DELTA_ONLY_FIELDS}
        stream_deltas.merge_fields(self.message, delta, chat_deltas.MESSAGE)
        self.finish_reason = stream.merge_finish_reason(self.finish_reason, piece.pop("finish_reason", None))
        piece.pop("index", None)
        if type(piece.get("logprobs")) in (int, float):
            piece["logprobs"] = AMBIGUOUS  # Together sends a number per token, and lists in whole answers
        stream_deltas.merge_fields(self.extra, piece, chat_deltas.CHOICE)

    def build(self, index: int) -> JSONObject:
        calls = {name: chat_deltas.order_calls(self.message[name]) for name in ("tool_calls",) if name in self.message}
        return {**self.extra, "index": index, "message": self.message | calls, "finish_reason": self.finish_reason}


def _pieces(choice: Choice) -> Iterator[JSONObject]:
    extra = dict(choice.extra)
    if type(extra.get("logprobs")) in (int, float):
        raise ReplayOnly("logprobs: a number, which is one token's in a stream")
    for delta in _deltas(choice.message):
        piece: JSONObject = {"index": choice.index, "delta": delta, "finish_reason": None}
        if delta.get("content") and "logprobs" in extra:
            piece["logprobs"] = extra.pop("logprobs")
        yield piece
    yield {"index": choice.index, "delta": {}, **extra, "finish_reason": choice.finish_reason}


def _deltas(message: Mapping[str, Any]) -> Iterator[JSONObject]:
    """Split a message into the deltas that clients look for: the role, reasoning, content, refusal, one tool call a
    delta, the rest. Empty fields go with the role, where OpenAI has them, too.
    """
    rest = dict(message)
    opening = {name: rest.pop(name) for name in message if name == "role" or rest[name] in EMPTY}
    if "content" in rest:
        opening["content"] = ""
    yield opening
    if reasoning := {name: rest.pop(name) for name in _REASONING if name in rest}:
        yield reasoning
    yield from ({"content": content} for content in _contents(rest.pop("content", "")))
    if "refusal" in rest:
        yield {"refusal": rest.pop("refusal")}
    for index, call in enumerate(rest.pop("tool_calls", ())):
        yield {"tool_calls": [{"index": index, **call}]}
    if rest:
        yield rest


def _contents(content: Any) -> list[Any]:
    """Split content into that of single deltas. Text after other parts is a plain string, as Mistral sends it."""
    if isinstance(content, list) and len(content) > 1:
        *parts, last = content
        if last.keys() == {"type", "text"} and last["type"] == "text" != parts[-1].get("type"):
            text = last["text"]
            if isinstance(text, str) and text:
                return [parts, text]
    return [content] if content else []
