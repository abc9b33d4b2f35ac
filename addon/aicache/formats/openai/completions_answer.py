"""Checks whole text completions, and converts them from and to common terms. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aicache.domain.model import Answer, Choice, Finish, Part, Reasoning, Text
from aicache.formats import answer_content, failure_marks, interchange
from aicache.formats.json_body import JSONObject, index_of, object_list, token_count
from aicache.formats.openai import chat_interchange
from aicache.formats.openai.chat_answer import IGNORED_FIELDS, check_finish_reason, reject_error

_HEAD = ("id", "created", "model")


def check_answer(document: Mapping[str, Any], *, n: int) -> JSONObject:
    """Return a ``text_completion`` object with choices in the order of their indexes, without padding.

    Raises ValueError, with the reason, unless it has at least *n* choices, all of which ended well and at least one of
    which has text.
    """
    reject_error(document)
    failure_marks.reject_failed(document)
    listed = object_list(document.get("choices"), "choices")
    choices = sorted((_check_choice(i, each) for i, each in enumerate(listed)), key=lambda choice: int(choice["index"]))
    if len({choice["index"] for choice in choices}) < len(choices):
        raise ValueError("choices: a duplicate index")
    if len(choices) < max(n, 1):
        raise ValueError(f"choices: {len(choices)} where {n} were requested")
    if not any(choice["text"] for choice in choices):
        raise ValueError("choices: all are empty")
    usage = document.get("usage")
    if not (usage is None or isinstance(usage, dict)):
        raise ValueError("usage: not an object")
    known = {"choices", "usage", "error", *_HEAD, *IGNORED_FIELDS}
    kept: JSONObject = {"object": "text_completion"}
    kept |= {name: document[name] for name in _HEAD if name in document}
    kept["choices"] = choices
    if usage:
        kept["usage"] = usage
    return kept | {name: value for name, value in document.items() if name not in known}


def texts(document: Mapping[str, Any]) -> list[str]:
    return [choice["text"] for choice in document["choices"]]


def reject_useless(document: Mapping[str, Any]) -> None:
    """Raise ValueError if all choices are blank. Single ones may be: a prompt may be at its end."""
    if not any(answer_content.has_visible_text(choice["text"]) for choice in document["choices"]):
        raise ValueError("choices: all are empty")


def to_answer(document: Mapping[str, Any]) -> Answer:
    """Convert a completion, including the prompt if the call requested an echo: the document does not show it."""
    return Answer(
        id=_string(document.get("id")),
        model=_string(document.get("model")),
        created=token_count(document.get("created")),
        choices=tuple(Choice(_to_parts(choice), Finish.STOP) for choice in document["choices"]),
        usage=chat_interchange.parse_usage(document.get("usage")),
    )


def from_answer(answer: Answer) -> JSONObject:
    """Convert an answer to a completion, without reasoning. Raises ValueError for anything else but text."""
    document: JSONObject = {
        "id": f"cmpl-{answer.id}",
        "object": "text_completion",
        "created": answer.created,
        "model": answer.model,
        "choices": [
            {"text": _only_text(choice.parts), "index": index, "logprobs": None, "finish_reason": "stop"}
            for index, choice in enumerate(answer.choices)
        ],
    }
    if answer.usage is not None:
        document["usage"] = chat_interchange.render_usage(answer.usage)
    return document


def _check_choice(position: int, choice: JSONObject) -> JSONObject:
    """Check a choice. Together's chunks repeat their text as a ``delta``, which no whole choice has."""
    reject_error(choice)
    reason = check_finish_reason(choice)
    if "text" not in choice or not isinstance(text := choice["text"] or "", str):
        raise ValueError("choices: one has no text")
    known = {"text", "index", "finish_reason", "delta", "error"}
    extra = {name: value for name, value in choice.items() if name not in known}
    return {"text": text, "index": index_of(choice, position), **extra, "finish_reason": reason}


def _to_parts(choice: Mapping[str, Any]) -> tuple[Part, ...]:
    text, reasoning = choice["text"], choice.get("reasoning")
    parts: list[Part] = [Reasoning(reasoning)] if isinstance(reasoning, str) and reasoning else []
    return (*parts, Text(text)) if text else tuple(parts)


def _only_text(parts: Sequence[Part]) -> str:
    if not all(isinstance(part, Text | Reasoning) for part in parts):
        raise ValueError("an answer with more than text")
    if not (text := interchange.joined_text(parts, Text)):
        raise ValueError("an answer without text")
    return text


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""
