"""Builds the request and response of an API from a bare question and its answer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from mitmproxy.http import Headers, HTTPFlow, Response

from aicache.cli.warm.records import build_flow
from aicache.domain.model import Answer, Choice, Finish, Mode, Text, Usage
from aicache.formats import FORMATS, by_api

APIS = tuple(format.api for format in FORMATS)
PATHS = {
    "chat": "/chat/completions",
    "completions": "/completions",
    "responses": "/responses",
    "messages": "/messages",
    "gemini": "/models/{model}:generateContent",
    "ollama-chat": "/chat",
    "ollama-generate": "/generate",
    "dashscope": "/services/aigc/text-generation/generation",
}
"""Path after the base URL that clients of the API are configured with."""
BASES = {"gemini": "/v1beta", "ollama-chat": "/api", "ollama-generate": "/api", "dashscope": "/api/v1"}
"""Path of that base URL; /v1 for all other APIs."""


@dataclass(frozen=True, slots=True)
class RequestDefaults:
    """The rest of a request, for records that have only a question."""

    model: str | None = None
    api: str = "chat"
    system: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    upstream: str | None = None
    """Base URL; without a path it gets the API's usual one."""


def build_question_flow(
    conversation: Sequence[Mapping[str, Any]],
    answer: str,
    defaults: RequestDefaults,
    at: float | None,
    usage: Usage | None = None,
    headers: Mapping[str, str] | None = None,
) -> HTTPFlow:
    """Return the flow of a minimal request and its answer. Raises ValueError, which names what is missing."""
    if not answer.strip():
        raise ValueError("its answer is empty")
    if not defaults.model:
        raise ValueError("it names no model: give --model, the one that clients use")
    if not defaults.upstream:
        raise ValueError("it names no upstream: give --upstream, the URL of the API that clients call")
    url, body = _request(conversation, defaults, defaults.model, defaults.upstream)
    format = by_api(defaults.api)
    if not format.matches("POST", path := urlsplit(url).path):
        raise ValueError(f"{defaults.api} has no path {path}: give --upstream without a path, or with another one")
    call = format.parse_request(path, body)
    said = Answer("warmed", defaults.model, int(at or 0), (Choice((Text(answer),), Finish.STOP),), usage)
    document = format.from_answer(said, call)
    content = format.render(document, Mode.WHOLE, variant=call.variant)
    fields = Headers([(b"content-type", format.content_type(Mode.WHOLE, call.variant).encode())])
    response = Response(b"HTTP/1.1", 200, b"OK", fields, content, None, 0.0, 0.0)
    return build_flow("POST", url, {"content-type": "application/json", **(headers or {})}, body, response, at)


def _request(
    conversation: Sequence[Mapping[str, Any]], defaults: RequestDefaults, model: str, upstream: str
) -> tuple[str, bytes]:
    """Return the URL and the body of a request."""
    turns = list(conversation)
    system = defaults.system
    if turns and turns[0].get("role") == "system":
        system = system or str(turns[0].get("content"))
        turns = turns[1:]
    if not turns or not all(isinstance(turn.get("content"), str) for turn in turns):
        raise ValueError("its messages are not all text")
    body = _body(defaults.api, model, system, turns)
    if defaults.api == "dashscope":
        body["parameters"] = {"result_format": "message", **defaults.params}
    else:
        body |= defaults.params
    if defaults.api == "messages" and "max_tokens" not in body:
        raise ValueError("Anthropic's clients always send max_tokens: give it, as in --params '{\"max_tokens\": 1024}'")
    path = PATHS[defaults.api].replace("{model}", model)
    base = upstream.rstrip("/")
    if not urlsplit(base).path:
        base += BASES.get(defaults.api, "/v1")
    return base + path, json.dumps(body, ensure_ascii=False).encode()


def _body(api: str, model: str, system: str | None, turns: list[Mapping[str, Any]]) -> dict[str, Any]:
    first = [] if system is None else [{"role": "system", "content": system}]
    last = turns[-1]["content"]
    match api:
        case "chat":
            return {"model": model, "messages": first + turns}
        case "ollama-chat":
            return {"model": model, "messages": first + turns, "stream": False}
        case "dashscope":
            return {"model": model, "input": {"messages": first + turns}}
        case "messages":
            return {"model": model, "messages": turns} | ({} if system is None else {"system": system})
        case "responses":
            said = last if len(turns) == 1 else turns
            return {"model": model, "input": said} | ({} if system is None else {"instructions": system})
        case "gemini":
            contents = [{"role": _gemini_role(turn["role"]), "parts": [{"text": turn["content"]}]} for turn in turns]
            found: dict[str, Any] = {"contents": contents}
            return found | ({} if system is None else {"systemInstruction": {"parts": [{"text": system}]}})
    if len(turns) > 1:
        raise ValueError(f"{api} takes a single question, not a conversation")
    if api == "ollama-generate":
        found = {"model": model, "prompt": last, "stream": False}
        return found | ({} if system is None else {"system": system})
    if system is not None:
        raise ValueError("completions have no system prompt")
    return {"model": model, "prompt": last}


def _gemini_role(role: Any) -> str:
    return "model" if role == "assistant" else str(role)
