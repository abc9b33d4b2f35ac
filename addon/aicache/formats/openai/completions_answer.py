"""What a whole text completion says, whether it is worth keeping, and the same in other APIs' words. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aicache.domain.model import Answer, Choice, Finish, Part, Reasoning, Text
from aicache.formats import answer_content, failure_marks, interchange
from aicache.formats.json_body import JSONObject, object_list, token_count
from aicache.formats.openai import chat_interchange
from aicache.formats.openai.chat_answer import IGNORED_FIELDS, check_finish_reason, choice_index, reject_error

_HEAD = ("id", "created", "model")


def check_answer(document: Mapping[str, Any], *, n: int) -> JSONObject:
    """Return a ``text_completion`` object as it is kept: choices in the order of their indexes, without padding.

    Raises ValueError, with the reason, unless it is an answer of at least *n* choices, of which all ended well and one
    at least says something.
    """
    reject_error(document)
    failure_marks.reject_failed(document)
    listed = object_list(document.get("choices"), "choices")
    choices = sorted((_check_choice(i, each) for i, each in enumerate(listed)), key=lambda choice: int(choice["index"]))
    if len({choice["index"] for choice in choices}) < len(choices):
        raise ValueError("choices: two of the same index")
    if len(choices) < max(n, 1):
        raise ValueError(f"choices: {len(choices)} where {n} were asked for")
    if not any(choice["text"] for choice in choices):
        raise ValueError("choices: none says anything")
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


def reject_useless(document: Mapping[str, Any]) -> None:
    """Raise ValueError where no choice is more than white space: one of several prompts may be at its end."""
    if not any(answer_content.has_visible_text(choice["text"]) for choice in document["choices"]):
        raise ValueError("choices: none says anything")


def to_answer(document: Mapping[str, Any]) -> Answer:
    """Return what a completion says; with the prompt, where the call asked for an echo: the document cannot tell."""
    return Answer(
        id=_string(document.get("id")),
        model=_string(document.get("model")),
        created=token_count(document.get("created")),
        choices=tuple(Choice(_to_parts(choice), Finish.STOP) for choice in document["choices"]),
        usage=chat_interchange.parse_usage(document.get("usage")),
    )


def from_answer(answer: Answer) -> JSONObject:
    """Return the completion that says what *answer* says; reasoning is left out. Raises ValueError for all but text."""
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
    """Check a choice. Together's pieces say their text twice, once of them as a ``delta`` that no whole choice has."""
    reject_error(choice)
    reason = check_finish_reason(choice)
    if "text" not in choice or not isinstance(text := choice["text"] or "", str):
        raise ValueError("choices: one without a text")
    known = {"text", "index", "finish_reason", "delta", "error"}
    extra = {name: value for name, value in choice.items() if name not in known}
    return {"text": text, "index": choice_index(choice, position), **extra, "finish_reason": reason}


def _to_parts(choice: Mapping[str, Any]) -> tuple[Part, ...]:
    text, reasoning = choice["text"], choice.get("reasoning")
    said: list[Part] = [Reasoning(reasoning)] if isinstance(reasoning, str) and reasoning else []
    return (*said, Text(text)) if text else tuple(said)


def _only_text(parts: Sequence[Part]) -> str:
    if not all(isinstance(part, Text | Reasoning) for part in parts):
        raise ValueError("an answer of more than text")
    if not (text := interchange.joined_text(parts, Text)):
        raise ValueError("an answer without text")
    return text


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""
