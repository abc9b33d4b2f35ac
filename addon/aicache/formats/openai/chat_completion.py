"""A whole chat completion as a value, its JSON document, and what it echoes of its request. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from aicache.formats.json_body import JSONObject, parse_object, render_json

_ECHOED_FIELD = "metadata"


@dataclass(frozen=True, slots=True)
class Choice:
    """One alternative. *message* is in the shape of a whole chat completion's ``message``."""

    index: int
    message: Mapping[str, Any]
    finish_reason: str
    extra: Mapping[str, Any]
    """What else the choice carried (``logprobs``, ``content_filter_results``, ...)."""


@dataclass(frozen=True, slots=True)
class Completion:
    """A complete ``chat.completion``, whatever the mode it came in."""

    id: str
    model: str
    created: int
    choices: tuple[Choice, ...]
    usage: Mapping[str, Any] | None
    extra: Mapping[str, Any]
    """What else the document carried (``system_fingerprint``, ``citations``, ...)."""


def to_document(answer: Completion) -> JSONObject:
    """Return the ``chat.completion`` object; ``check_answer(write(answer)) == answer``."""
    document: JSONObject = {
        "id": answer.id,
        "object": "chat.completion",
        "created": answer.created,
        "model": answer.model,
        "choices": [
            {"index": each.index, "message": each.message, **each.extra, "finish_reason": each.finish_reason}
            for each in answer.choices
        ],
    }
    if answer.usage is not None:
        document["usage"] = answer.usage
    return document | dict(answer.extra)


def echoed_metadata(request: Mapping[str, Any]) -> str:
    """Return what of a request's own its answer may repeat without having been changed by it: its ``metadata``."""
    return render_json(request[_ECHOED_FIELD]).decode() if isinstance(request.get(_ECHOED_FIELD), dict) else ""


def without_echo(answer: Completion, echo: str) -> Completion:
    """Take from a recorded answer what it repeats of its own call, if it does."""
    if not echo or answer.extra.get(_ECHOED_FIELD) != parse_object(echo):
        return answer
    return replace(answer, extra={**answer.extra, _ECHOED_FIELD: {}})


def with_echo(answer: Completion, echo: str) -> Completion:
    """Put the caller's own where another's was taken from."""
    return (
        replace(answer, extra={**answer.extra, _ECHOED_FIELD: parse_object(echo)})
        if echo and has_echo(answer)
        else answer
    )


def has_echo(answer: Completion) -> bool:
    """Tell whether an answer repeats something of its call; as parsed, less that."""
    return answer.extra.get(_ECHOED_FIELD) == {}
