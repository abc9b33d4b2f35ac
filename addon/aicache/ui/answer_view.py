"""A response as a person reads it: text, reasoning, tool calls and usage, joined from all its events. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass

from aicache import formats
from aicache.domain.model import Answer, Choice, Reasoning, Refusal, Text, ToolCall, Usage
from aicache.formats import Allow, Format, RequestContext
from aicache.ui.partial_answers import PartialAnswer, collect_partial_answer

_ALL = Allow(private_tools=True)
MAX_BODY_BYTES = 4 * 1024**2


@dataclass(frozen=True, slots=True)
class AnswerView:
    """An answer as it is shown."""

    choices: tuple[tuple[tuple[str, str], ...], ...]
    """The parts of each choice in order: kind (``text``, ``reasoning``, ``refusal``, ``call 1: NAME``) and text."""
    usage: Usage | None
    end: str
    """``complete``, or why it is not."""


def view_answer(format: Format, body: bytes, variant: str = "") -> AnswerView:
    """Parse a response's body: whole, events, lines, cut off, or an error. It never raises."""
    if len(body) > MAX_BODY_BYTES:
        return AnswerView((), None, f"larger than {MAX_BODY_BYTES >> 20} MB, not read")
    try:
        document = format.parse_answer(body, variant=variant)[1]
        end = "complete"
    except (ValueError, RecursionError) as exc:
        return _of_partial_answer(collect_partial_answer(body), str(exc))
    try:
        return _of_answer(format.to_answer(document), end)
    except (ValueError, RecursionError):  # it says more than other APIs can, which is no fault
        return _of_partial_answer(collect_partial_answer(body), end)


def format_of(method: str, path: str) -> Format | None:
    """Return the API of a request; *path* may include the query."""
    return formats.match(method, path.partition("?")[0])


def variant_of(format: Format, path: str, body: bytes, headers: dict[str, str]) -> str:
    """Return the answer variant that a request asks for; empty where it cannot be parsed."""
    path, _, query = path.partition("?")
    try:
        return format.parse_request(path, body, RequestContext(query=query, headers=headers, allow=_ALL)).variant
    except (ValueError, RecursionError):
        return ""


def _of_answer(answer: Answer, end: str) -> AnswerView:
    return AnswerView(tuple(tuple(_parts(choice)) for choice in answer.choices), answer.usage, end)


def _parts(choice: Choice) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    calls = 0
    for part in choice.parts:
        match part:
            case Text(text):
                found.append(("text", text))
            case Reasoning("", _):
                pass  # encrypted
            case Reasoning(text):
                found.append(("reasoning", text))
            case Refusal(text):
                found.append(("refusal", text))
            case ToolCall(_, name, arguments):
                calls += 1
                found.append((f"call {calls}: {name}", json.dumps(arguments, ensure_ascii=False)))
    return found


def _of_partial_answer(found: PartialAnswer, end: str) -> AnswerView:
    choices = tuple(
        tuple((name, "".join(pieces)) for name, pieces in names.items())
        for _, names in sorted(found.choices.items(), key=lambda each: each[0])
    )
    if found.error is not None:
        end = f"error: {found.error}"
    elif end != "complete" and found.ends:
        end = f"{end} (ended with {', '.join(found.ends)})"
    return AnswerView(choices, found.usage, end)
