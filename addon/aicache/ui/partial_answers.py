"""Extracts what a response contains even where it is cut off, ends in an error, or has parts only its API knows.

For display only: it goes by the shape of each event, whatever the API, and does not claim to be exact. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from aicache.domain.model import Usage
from aicache.formats import sse

_DECODER = json.JSONDecoder()
_BETWEEN = " \t\r\n,[]"
_RESPONSES_DELTAS = {
    "response.output_text.delta": "text",
    "response.refusal.delta": "refusal",
    "response.reasoning_text.delta": "reasoning",
    "response.reasoning_summary_text.delta": "reasoning",
}
_BLOCK_DELTAS = {"text_delta": "text", "thinking_delta": "reasoning"}
_ENDS = ("finish_reason", "finishReason", "stop_reason", "done_reason")


@dataclass(slots=True)
class PartialAnswer:
    """The pieces of an answer that were found, in order, by choice and then by kind."""

    choices: dict[int, dict[str, list[str]]] = field(default_factory=dict)
    """Kinds are ``text``, ``reasoning``, ``refusal``, and ``call NAME`` for arguments of calls."""
    ends: list[str] = field(default_factory=list)
    """The finish reasons of the choices, in the API's own words."""
    error: str | None = None
    input: int = 0
    output: int = 0
    cached: int = 0
    grows: bool = False
    """Each piece may repeat all before it, as DashScope's do by default."""
    _calls: dict[Any, str] = field(default_factory=dict)

    @property
    def usage(self) -> Usage | None:
        return Usage(self.input, self.output, self.cached) if self.input or self.output else None

    def add(self, choice: int, name: str, text: Any) -> None:
        if isinstance(text, str) and text:
            self.choices.setdefault(choice, {}).setdefault(name, []).append(text)

    def call(self, choice: int, number: Any, name: Any, arguments: Any) -> None:
        """Start a call, or add to one. Without a number, a name starts one, and arguments belong to the last."""
        if number is None:
            number = len(self._calls) if name else len(self._calls) - 1
        place = (choice, number)
        if place not in self._calls:
            known = sum(each[0] == choice for each in self._calls)
            self._calls[place] = f"call {known + 1}: {name or '?'}"
        text = arguments if isinstance(arguments, str) else ""
        if isinstance(arguments, dict):
            text = json.dumps(arguments, ensure_ascii=False)
        self.choices.setdefault(choice, {}).setdefault(self._calls[place], []).append(text)


def collect_partial_answer(body: bytes) -> PartialAnswer:
    """Collect the contents of a body. It takes any bytes and never raises."""
    found = PartialAnswer()
    for document in _documents(body):
        try:
            _add_event(document, found)
        except (RecursionError, TypeError, AttributeError):  # no API has this shape
            continue
    for names in found.choices.values() if found.grows else ():
        for pieces in names.values():
            if all(later.startswith(earlier) for earlier, later in pairwise(pieces)):
                del pieces[:-1]
    return found


def _documents(body: bytes) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects of an event stream, of lines, of an array, or of one document, up to where it breaks."""
    texts = [event.data for event in sse.decode(body)] if sse.is_stream(body) else [body.decode("utf-8", "replace")]
    for text in texts:
        position = 0
        while True:
            while position < len(text) and text[position] in _BETWEEN:
                position += 1
            try:
                document, position = _DECODER.raw_decode(text, position)
            except (ValueError, RecursionError):
                break
            if isinstance(document, dict):
                yield document


# ---------------------------------------------------------------------- shapes


def _add_event(event: Mapping[str, Any], found: PartialAnswer) -> None:
    _ends_and_counts(event, found)
    match event:
        case {"type": "content_block_start", "index": number, "content_block": dict(block)}:
            _block(block, number, found)
        case {"type": "content_block_delta", "index": number, "delta": dict(delta)}:
            kind = str(delta.get("type"))
            if kind == "input_json_delta":
                found.call(0, number, None, delta.get("partial_json"))
            else:
                found.add(0, _BLOCK_DELTAS.get(kind, ""), delta.get("text") or delta.get("thinking"))
        case {"type": "message", "content": list(blocks)}:
            for number, block in enumerate(blocks):
                _block(block, number, found)
        case {"type": "response.function_call_arguments.delta", "delta": delta}:
            found.call(0, event.get("output_index"), None, delta)
        case {"type": "response.output_item.added", "item": {"type": "function_call", "name": name}}:
            found.call(0, event.get("output_index"), name, None)
        case {"type": str(kind), "delta": str(delta)} if kind in _RESPONSES_DELTAS:
            found.add(0, _RESPONSES_DELTAS[kind], delta)
        case {"output": list(items)}:
            for number, item in enumerate(items):
                _item(item, number, found)
        case {"response": dict(response)}:
            _ends_and_counts(response, found)
        case {"choices": list(choices)}:
            _choices(choices, found)
        case {"candidates": list(candidates)}:
            for candidate in candidates:
                _candidate(candidate, found)
        case {"output": dict(output)}:
            found.grows = True
            found.add(0, "text", output.get("text"))
            _choices(output.get("choices") or [], found)
            _ends_and_counts(output, found)
        case {"message": dict(message), "done": _}:
            _message(message, 0, found)
        case {"response": str(text)}:
            found.add(0, "reasoning", event.get("thinking"))
            found.add(0, "text", text)


def _ends_and_counts(event: Mapping[str, Any], found: PartialAnswer) -> None:
    match event.get("error"):
        case {"message": str(message)} | str(message):
            found.error = message
        case dict():
            found.error = "an error without a message"
    for name in _ENDS:
        if isinstance(reason := event.get(name), str) and reason and reason not in ("null", *found.ends):
            found.ends.append(reason)
    for within in (event, event.get("message"), event.get("delta")):
        match within:
            case {"usage": dict(usage)} | {"usageMetadata": dict(usage)}:
                _count(usage, found)
            case {"stop_reason": str(reason)} if within is not event and reason not in found.ends:
                found.ends.append(reason)
    match event:
        case {"status": "incomplete" | "failed" as status}:
            found.ends.append(status)
        case {"prompt_eval_count": _} | {"eval_count": _}:
            _count(event, found)


def _count(usage: Mapping[str, Any], found: PartialAnswer) -> None:
    """Read token counts by the names that APIs use; later ones are more complete."""
    for ours, theirs in (
        ("input", ("prompt_tokens", "input_tokens", "promptTokenCount", "prompt_eval_count")),
        ("output", ("completion_tokens", "output_tokens", "candidatesTokenCount", "eval_count")),
        ("cached", ("cache_read_input_tokens", "cachedContentTokenCount")),
    ):
        for name in theirs:
            if type(count := usage.get(name)) is int and count > 0:
                setattr(found, ours, count)


def _choices(choices: list[Any], found: PartialAnswer) -> None:
    for choice in choices:
        index = choice.get("index") or 0
        _ends_and_counts(choice, found)
        found.add(index, "text", choice.get("text"))
        if isinstance(message := choice.get("delta") or choice.get("message"), dict):
            _message(message, index, found)


def _message(message: Mapping[str, Any], choice: int, found: PartialAnswer) -> None:
    for name in ("reasoning_content", "reasoning", "thinking"):
        found.add(choice, "reasoning", message.get(name))
    match message.get("content"):
        case str(text):
            found.add(choice, "text", text)
        case list(parts):
            for number, part in enumerate(parts):
                _block(part, number, found, choice)
    found.add(choice, "refusal", message.get("refusal"))
    for call in message.get("tool_calls") or []:
        function = call.get("function") or {}
        found.call(choice, call.get("index"), function.get("name"), function.get("arguments"))


def _block(block: Any, number: Any, found: PartialAnswer, choice: int = 0) -> None:
    """Add a part of a message's content; it is empty where a stream opens it."""
    match block:
        case {"type": "tool_use" | "server_tool_use", "name": name}:
            found.call(choice, number, name, block.get("input") or None)
        case {"type": "thinking", "thinking": list(pieces)}:
            for piece in pieces:
                found.add(choice, "reasoning", piece.get("text"))
        case {"type": "thinking"}:
            found.add(choice, "reasoning", block.get("thinking"))
        case {"text": str(text)}:
            found.add(choice, "text", text)
        case {"refusal": str(text)}:
            found.add(choice, "refusal", text)


def _item(item: Any, number: int, found: PartialAnswer) -> None:
    """Add an item of a whole response's output."""
    match item:
        case {"type": "function_call", "name": name}:
            found.call(0, number, name, item.get("arguments"))
        case {"type": "reasoning"}:
            for part in [*(item.get("summary") or []), *(item.get("content") or [])]:
                found.add(0, "reasoning", part.get("text"))
        case {"content": list(parts)}:
            for part in parts:
                _block(part, number, found)


def _candidate(candidate: Mapping[str, Any], found: PartialAnswer) -> None:
    choice = candidate.get("index") or 0
    _ends_and_counts(candidate, found)
    for part in (candidate.get("content") or {}).get("parts") or []:
        if isinstance(called := part.get("functionCall"), dict):
            found.call(choice, None, called.get("name"), called.get("args"))
        else:
            found.add(choice, "reasoning" if part.get("thought") else "text", part.get("text"))
