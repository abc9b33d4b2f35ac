"""Converts Ollama's requests and answers from and to the terms that all APIs have in common. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from aicache.domain.model import Answer, Choice, Common, Finish, Part, Reasoning, Refusal, Text, ToolCall, Turn, Usage
from aicache.formats import interchange
from aicache.formats.json_body import JSONObject, token_count
from aicache.formats.ollama.answer import CHAT, Shape

_IGNORED_PARAMS = frozenset(  # cannot change the answer
    {"stream", "stream_options", "user", "metadata", "safety_identifier", "prompt_cache_key", "service_tier", "store"}
)
_EMPTY_PARAMS_ABSENT = frozenset(  # the server treats an empty value as absent
    {"tools", "format", "options", "logprobs", "top_logprobs", "suffix", "template", "raw", "context", "images"}
)
_EMPTY_FIELDS_ABSENT = frozenset({"content", "thinking", "images", "tool_calls", "tool_name", "tool_call_id"})
_OPTIONS = frozenset(
    {"temperature", "top_p", "top_k", "seed", "presence_penalty", "frequency_penalty", "stop", "num_predict"}
)
_COMMON_NAMES = {"num_predict": "max_tokens"}
_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})\Z")
_MAX_UNIX_SECONDS = 253402300800  # the year 10000, which no timestamp can express


def to_common(params: Mapping[str, Any], turns: Sequence[Turn]) -> Common | None:
    """Return a request in common terms, or None if they cannot express it."""
    own_params = {
        name: value
        for name, value in params.items()
        if name not in _IGNORED_PARAMS and value is not None and (value or name not in _EMPTY_PARAMS_ABSENT)
    }
    options = {name: value for name, value in own_params.pop("options", {}).items() if value is not None}
    if not own_params.keys() <= {"tools"} or not options.keys() <= _OPTIONS:
        return None
    if options.get("num_predict", 0) < 0:
        del options["num_predict"]  # no limit, the default of other APIs
    spoken = ((turn.role, _turn_text(turn)) for turn in turns)
    return interchange.translate_request(spoken, own_params | options, _COMMON_NAMES, interchange.translate_function)


def to_answer(document: Mapping[str, Any], shape: Shape) -> Answer:
    """Convert an answer. Raises ValueError for one with pictures.

    Ollama's answers have no id, so their time serves as one.
    """
    content = shape.content_of(document)
    if content.get("images") or document.get("image"):
        raise ValueError("an answer with more than text and tool calls")
    parts: list[Part] = []
    if thinking := content.get("thinking"):
        parts.append(Reasoning(thinking))
    if text := content[shape.text]:
        parts.append(Text(text))
    for call in content.get("tool_calls") or []:
        function = call["function"]
        parts.append(ToolCall(call.get("id") or "", function["name"], function.get("arguments") or {}))
    counts = Usage(token_count(document.get("prompt_eval_count")), token_count(document.get("eval_count")))
    time = document.get("created_at") or ""
    return Answer(
        id="".join(character for character in time if character.isascii() and character.isalnum())[:40],
        model=document.get("model") or "",
        created=_parse_time(time),
        choices=(Choice(tuple(parts), interchange.finish_of_parts(parts)),),
        usage=counts if counts != Usage(0, 0) else None,
    )


def from_answer(answer: Answer, model: str, shape: Shape) -> JSONObject:
    """Convert an answer to a document.

    Raises ValueError for several choices, for a refusal, which the API does not mark, and for tool calls in answer to
    ``generate``. Durations are left out, as Ollama leaves out unknown ones.
    """
    choice = interchange.only_choice(answer)
    if choice.finish is Finish.REFUSAL or any(isinstance(part, Refusal) for part in choice.parts):
        raise ValueError("a refusal, which this API does not mark")
    content: JSONObject = {"role": "assistant"} if shape is CHAT else {}
    content[shape.text] = interchange.joined_text(choice.parts, Text)
    if thinking := interchange.joined_text(choice.parts, Reasoning):
        content["thinking"] = thinking
    if calls := interchange.tool_calls_in(choice.parts):
        if shape is not CHAT:
            raise ValueError("tool calls, which this endpoint does not have")
        content["tool_calls"] = [_call(index, call) for index, call in enumerate(calls)]
    document: JSONObject = {"model": answer.model or model, "created_at": _render_time(answer.created)}
    document |= {"message": content} if shape is CHAT else content
    document |= {"done": True, "done_reason": "stop"}
    if answer.usage is not None:
        document |= {"prompt_eval_count": answer.usage.input, "eval_count": answer.usage.output}
    return document


def _turn_text(turn: Turn) -> str | None:
    if any(value or name not in _EMPTY_FIELDS_ABSENT for name, value in turn.rest.items()):
        return None
    return turn.content if isinstance(turn.content, str) else None


def _call(index: int, call: ToolCall) -> JSONObject:
    function = {"index": index, "name": call.name, "arguments": dict(call.arguments)}
    return {"id": call.id or f"call_{index}", "function": function}


def _parse_time(time: str) -> int:
    """Return the Unix time of an RFC 3339 timestamp, which may have nanoseconds; 0 for anything else."""
    if (found := _TIME.match(time)) is None:
        return 0
    try:
        return max(0, int(datetime.fromisoformat(found[1] + found[2]).timestamp()))
    except (ValueError, OverflowError):
        return 0


def _render_time(seconds: int) -> str:
    known = seconds if 0 <= seconds < _MAX_UNIX_SECONDS else 0
    return datetime.fromtimestamp(known, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
