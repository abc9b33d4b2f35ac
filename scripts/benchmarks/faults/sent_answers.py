"""The answers that the stand-in upstream sent, each with its own number. Pure.

An answer says who asked which model for what, so that a reader knows whether it is the right one, and whole.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

WORDS = ["alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliet", "kilo", "lima"]
USAGE = {"prompt_tokens": 20, "completion_tokens": 80, "total_tokens": 100}


@dataclass(frozen=True, slots=True)
class UpstreamRequest:
    """A request as the upstream got it. *name* is the client's name for it, from a header that the cache ignores."""

    name: str
    path: str
    key: str
    model: str
    texts: tuple[str, ...]
    stream: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: *body* is the content, *wire* the bytes sent. *good*: complete, and not an error."""

    number: int
    request: UpstreamRequest
    status: int
    text: str
    body: bytes
    wire: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    good: bool = True


class Ledger:
    """All answers, by number and by the request's name."""

    def __init__(self) -> None:
        self._answers: dict[int, Answer] = {}
        self._names: dict[str, list[Answer]] = defaultdict(list)
        self._last = 0

    def number(self) -> int:
        self._last += 1
        return self._last

    def add(self, answer: Answer) -> None:
        self._answers[answer.number] = answer
        self._names[answer.request.name].append(answer)

    def of(self, name: str) -> Sequence[Answer]:
        """Return all answers to a request: a batch may be requested in part, and then as a whole."""
        return self._names.get(name, ())

    def get(self, number: int) -> Answer | None:
        return self._answers.get(number)


def parse_upstream_request(path: str, headers: Mapping[str, str], body: bytes) -> UpstreamRequest:
    """Parse a request. Raises ValueError for one that none of our clients sends."""
    document = json.loads(body)
    texts = document["input"] if "input" in document else [document["messages"][-1]["content"]]
    key = headers.get("authorization", "").removeprefix("Bearer ")
    name, stream = headers.get("x-request-id", ""), bool(document.get("stream"))
    return UpstreamRequest(name, path, key, document["model"], tuple(texts), stream)


def answer(number: int, request: UpstreamRequest, mode: str = "") -> Answer:
    """Return a good answer, or a bad one by *mode*: ``500``, ``429``, ``gzip`` or ``errevent``."""
    if mode in ("500", "429"):
        body = json.dumps({"error": {"message": f"refused, number {number}"}}).encode()
        return Answer(number, request, int(mode), "", body, body, {"content-type": "application/json"}, good=False)
    text = answer_text(number, request)
    if "embeddings" in request.path:
        body = _embeddings(request)
    elif request.stream:
        body = stream(number, request.model, text, ends="error" if mode == "errevent" else "stop")
    else:
        body = _whole(number, request.model, text)
    good = not (mode == "errevent" and request.stream)
    headers = {"content-type": "text/event-stream" if request.stream else "application/json"}
    wire = body
    if mode == "gzip":
        wire, headers["content-encoding"] = gzip.compress(body, 1), "gzip"
    return Answer(number, request, 200, text, body, wire, headers, good)


def answer_text(number: int, request: UpstreamRequest) -> str:
    """Return the text of an answer, some 40 to 200 words."""
    words = " ".join(WORDS[(number * 7 + place) % len(WORDS)] for place in range(30 + number * 37 % 160))
    intro = f"Answer {number} to «{request.texts[0]}» by {request.model} for {request.key}"
    return f"{intro}: {words}. End of answer {number}."


def vector(key: str, model: str, text: str) -> list[float]:
    """Return a text's vector, of floats that JSON represents exactly."""
    digest = hashlib.blake2b(f"{key}\0{model}\0{text}".encode(), digest_size=8).digest()
    return [(byte - 128) / 128 for byte in digest]


def stream(number: int, model: str, text: str, ends: str = "stop") -> bytes:
    head = {"id": f"chatcmpl-{number}", "object": "chat.completion.chunk", "created": 1_700_000_000, "model": model}
    words = text.split(" ")
    pieces = [" ".join(words[place : place + 12]) + " " for place in range(0, len(words), 12)]
    pieces[-1] = pieces[-1][:-1]
    events = [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}]
    events += [{"index": 0, "delta": {"content": piece}, "finish_reason": None} for piece in pieces]
    if ends == "error":
        data = [json.dumps(head | {"choices": [event]}) for event in events[: len(events) // 2 + 1]]
        data.append(json.dumps({"error": {"message": "overloaded", "type": "server_error"}}))
    else:
        events.append({"index": 0, "delta": {}, "finish_reason": ends})
        counted = json.dumps(head | {"choices": [], "usage": USAGE})
        data = [*(json.dumps(head | {"choices": [event]}) for event in events), counted, "[DONE]"]
    return "".join(f"data: {each}\n\n" for each in data).encode()


def _whole(number: int, model: str, text: str) -> bytes:
    message = {"role": "assistant", "content": text}
    head = {"id": f"chatcmpl-{number}", "object": "chat.completion", "created": 1_700_000_000, "model": model}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    return json.dumps({**head, "choices": choices, "usage": USAGE}).encode()


def _embeddings(request: UpstreamRequest) -> bytes:
    data = [
        {"object": "embedding", "index": place, "embedding": vector(request.key, request.model, text)}
        for place, text in enumerate(request.texts)
    ]
    tokens = 3 * len(request.texts)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return json.dumps({"object": "list", "data": data, "model": request.model, "usage": usage}).encode()
