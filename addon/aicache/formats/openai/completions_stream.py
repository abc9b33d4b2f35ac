"""Joins streamed text completions into whole documents, and renders documents as streams. Pure.

Per choice there are pieces with a ``text``, and with the ``logprobs`` of that text if requested; the last one, which
may hold text as well, has the ``finish_reason`` (https://platform.openai.com/docs/api-reference/completions).
Pieces of several choices come in any order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from aicache.formats import stream_deltas
from aicache.formats.json_body import JSONObject
from aicache.formats.merge_rules import AMBIGUOUS, Merge, Rule
from aicache.formats.openai import chat_deltas, stream
from aicache.formats.openai.chat_answer import reject_error

_HEAD = ("id", "object", "created", "model")
_CHOICE: Mapping[str, Rule] = {**chat_deltas.CHOICE, "reasoning": Merge.APPEND}


def join_stream(body: bytes) -> JSONObject:
    """Join a stream into its ``text_completion`` object. Raises ValueError for one that is cut off."""
    return stream.join_stream(body, _ChoiceBuilder)


def render_stream(document: Mapping[str, Any], *, include_usage: bool) -> bytes:
    """Render a document as a stream; `join_stream` restores all of it, except usage that is not included."""
    head = {name: document[name] for name in _HEAD if name in document}
    extra = {name: value for name, value in document.items() if name not in (*_HEAD, "choices", "usage")}
    pieces = (piece for choice in document["choices"] for piece in _pieces(choice))
    return stream.render_stream(head, pieces, extra=extra, usage=document.get("usage"), include_usage=include_usage)


@dataclass(slots=True)
class _ChoiceBuilder:
    """Builds a choice from its pieces."""

    text: list[str] = field(default_factory=list)
    logprobs: Any = None
    extra: JSONObject = field(default_factory=dict)
    finish_reason: str | None = None

    def add(self, piece: JSONObject) -> None:
        reject_error(piece)
        text = piece.pop("text", None)
        if not (text is None or isinstance(text, str)):
            raise ValueError("choices: a text that is not a string")
        self.text.append(text or "")
        self.finish_reason = stream.merge_finish_reason(self.finish_reason, piece.pop("finish_reason", None))
        if "logprobs" in piece:
            logprobs = piece["logprobs"]
            self.logprobs = _merge_logprobs(self.logprobs, AMBIGUOUS if type(logprobs) in (int, float) else logprobs)
            piece["logprobs"] = None  # keeps its place among the fields
        for name in ("index", "delta"):
            piece.pop(name, None)
        stream_deltas.merge_fields(self.extra, piece, _CHOICE)

    def build(self, index: int) -> JSONObject:
        extra = {**self.extra, "logprobs": self.logprobs} if "logprobs" in self.extra else self.extra
        return {**extra, "text": "".join(self.text), "index": index, "finish_reason": self.finish_reason}


def _merge_logprobs(merged: Any, value: Any) -> Any:
    """Merge the log probabilities of two pieces: lists with one element per token, by name.

    Together sends a bare number with each token, which is not part of what a whole answer has.
    """
    match merged, value:
        case (None, _) | (_, None):
            return value if merged is None else merged
        case dict(), dict():
            for name, more in value.items():
                merged[name] = _merge_logprobs(merged.get(name), more)
            return merged
        case list(), list():
            merged += value
            return merged
    return AMBIGUOUS


def _pieces(choice: Mapping[str, Any]) -> Iterator[JSONObject]:
    rest = {name: value for name, value in choice.items() if name not in ("text", "index", "finish_reason")}
    piece: JSONObject = {"text": choice["text"], "index": choice["index"], "finish_reason": None}
    if "logprobs" in rest:
        piece["logprobs"] = rest["logprobs"]
        rest["logprobs"] = None
    yield piece
    yield {"text": "", "index": choice["index"], **rest, "finish_reason": choice["finish_reason"]}
