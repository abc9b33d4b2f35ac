"""A whole chat completion as a value, its JSON document, and what it echoes of its request. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from aicache.formats.json_body import JSONObject, parse_object, render_json

_ECHOED_FIELD = "metadata"


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice. *message* has the shape of a whole chat completion's ``message``."""

    index: int
    message: Mapping[str, Any]
    finish_reason: str
    extra: Mapping[str, Any]
    """The choice's other fields (``logprobs``, ``content_filter_results``, ...)."""


@dataclass(frozen=True, slots=True)
class Completion:
    """A complete ``chat.completion``, from a whole answer or a stream."""

    id: str
    model: str
    created: int
    choices: tuple[Choice, ...]
    usage: Mapping[str, Any] | None
    extra: Mapping[str, Any]
    """The document's other fields (``system_fingerprint``, ``citations``, ...)."""


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
    """Return the part of a request that its answer may echo without depending on it: the ``metadata``."""
    return render_json(request[_ECHOED_FIELD]).decode() if isinstance(request.get(_ECHOED_FIELD), dict) else ""


def without_echo(answer: Completion, echo: str) -> Completion:
    """Return a recorded answer without what it echoes of its own request."""
    if not echo or answer.extra.get(_ECHOED_FIELD) != parse_object(echo):
        return answer
    return replace(answer, extra={**answer.extra, _ECHOED_FIELD: {}})


def with_echo(answer: Completion, echo: str) -> Completion:
    """Return an answer that echoes this caller's request, if it echoed another's."""
    return (
        replace(answer, extra={**answer.extra, _ECHOED_FIELD: parse_object(echo)})
        if echo and has_echo(answer)
        else answer
    )


def has_echo(answer: Completion) -> bool:
    """Tell whether a parsed answer echoed its request: what it echoed is empty now."""
    return answer.extra.get(_ECHOED_FIELD) == {}
