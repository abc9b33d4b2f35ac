"""Requests and replies of the stand-in API as values, and completions as bytes. No I/O."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

JSON = "application/json"
SSE = "text/event-stream; charset=utf-8"
TOKEN = re.compile(r"\s*(?:[\u3000-\u9fff]|[^\W\u3000-\u9fff]+|[^\w\s])|\s+")

FAMILIAR = {
    "capital of france": "The capital of France is Paris, on the Seine, and has been for most of a thousand years.",
    "password": "Choose “Forgot password” on the sign-in page and follow the link in the mail within one hour.",
    "kilomet": "Multiply the miles by 1.609344: that is the number of kilometres, as one mile has 1,609.344 metres.",
    "重置密码": "打开登录页面，点击“忘记密码”，然后按照邮件里的链接设置新密码。链接一小时内有效。",
    "天空": "阳光穿过大气时，波长较短的蓝光被空气分子散射得最多，所以我们抬头看到的天空是蓝色的。",
}


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        """The body as a JSON object; empty if it is not one."""
        try:
            parsed = json.loads(self.body)
        except ValueError:
            return {}
        return parsed if isinstance(parsed, dict) else {}

    @property
    def question(self) -> str:
        """The last user message's text."""
        for message in reversed(self.json.get("messages", [])):
            if message.get("role") == "user":
                content = message.get("content") or ""
                return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)
        return ""


@dataclass(frozen=True, slots=True)
class Reply:
    """The reply to a request. Delays are in seconds; a stream is sent event by event, a whole answer at once."""

    texts: tuple[str, ...] = ("",)  # one per choice
    reasoning: str = ""
    tool_calls: tuple[tuple[str, str], ...] = ()  # name, arguments as JSON; they belong to the first choice
    finish_reason: str = "stop"
    first_token: float = 0.0
    per_token: float = 0.0
    status: int = 200
    body: bytes | None = None  # sent unchanged instead of a completion
    content_type: str = ""  # of *body*, or of the completion
    headers: Mapping[str, str] = field(default_factory=dict)
    framing: Literal["natural", "chunked", "length", "close"] = "natural"  # natural: chunked streams, else a length
    piece: int = 0  # bytes per write; 0: an event, or the whole body
    ends: Literal["complete", "close", "reset", "hang"] = "complete"
    ends_after: int = 0  # pieces sent before an end that is not complete


def answer(request: Request, first_token: float = 0.0, per_token: float = 0.0) -> Reply:
    """The default script: answers any question, and any other request with 404."""
    if request.method != "POST" or not request.path.partition("?")[0].endswith("/chat/completions"):
        return error(404, f"no such route: {request.method} {request.path}")
    question = request.question
    text = next((text for words, text in FAMILIAR.items() if words in question.lower()), f"You asked: {question}")
    texts = (text,) * int(request.json.get("n") or 1)
    return Reply(texts, first_token=first_token, per_token=per_token)


def error(status: int, message: str) -> Reply:
    return Reply(status=status, body=_pack({"error": {"message": message, "type": "stand_in", "code": status}}))


def tokens(text: str) -> list[str]:
    """Split a text into words, punctuation and Chinese characters; joined, they are the text."""
    return TOKEN.findall(text)


def pieces(reply: Reply, request: Request, number: int) -> tuple[str, list[bytes]]:
    """Return the content type and the parts of the body; *number* makes answers distinct."""
    if reply.body is not None:
        content_type, parts = JSON, [reply.body]
    elif request.json.get("stream"):
        content_type, parts = SSE, _stream(reply, request, number)
    else:
        content_type, parts = JSON, [_whole(reply, request, number)]
    if reply.piece:
        body = b"".join(parts)
        parts = [body[start : start + reply.piece] for start in range(0, len(body), reply.piece)]
    return reply.content_type or content_type, parts


def count(reply: Reply) -> int:
    """Count the tokens of all choices of a reply."""
    texts = (*reply.texts, reply.reasoning, *(arguments for _, arguments in reply.tool_calls))
    return sum(len(tokens(text)) for text in texts)


def _pack(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _head(kind: str, request: Request, number: int) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{number}",
        "object": kind,
        "created": 1700000000 + number,
        "model": request.json.get("model"),
    }


def _usage(reply: Reply, request: Request) -> dict[str, int]:
    prompt = len(tokens(json.dumps(request.json.get("messages", []), ensure_ascii=False)))
    return {"prompt_tokens": prompt, "completion_tokens": count(reply), "total_tokens": prompt + count(reply)}


def _calls(reply: Reply) -> list[dict[str, Any]]:
    return [
        {"id": f"call_{index}", "type": "function", "function": {"name": name, "arguments": arguments}}
        for index, (name, arguments) in enumerate(reply.tool_calls)
    ]


def _end(reply: Reply, index: int) -> str:
    """Return the finish reason of a choice: only the first one makes tool calls."""
    return "stop" if index and reply.tool_calls else reply.finish_reason


def _whole(reply: Reply, request: Request, number: int) -> bytes:
    choices: list[dict[str, Any]] = []
    for index, text in enumerate(reply.texts):
        message: dict[str, Any] = {"role": "assistant", "content": text}
        if index == 0 and reply.reasoning:
            message["reasoning_content"] = reply.reasoning
        if index == 0 and reply.tool_calls:
            message |= {"content": text or None, "tool_calls": _calls(reply)}
        choices.append({"index": index, "message": message, "logprobs": None, "finish_reason": _end(reply, index)})
    return _pack(_head("chat.completion", request, number) | {"choices": choices, "usage": _usage(reply, request)})


def _stream(reply: Reply, request: Request, number: int) -> list[bytes]:
    head = _head("chat.completion.chunk", request, number)
    with_usage = (request.json.get("stream_options") or {}).get("include_usage")
    if with_usage:
        head["usage"] = None

    def chunk(index: int, delta: Mapping[str, Any], finish_reason: str | None = None) -> bytes:
        choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return _event(head | {"choices": [choice]})

    events: list[bytes] = []
    for index, text in enumerate(reply.texts):
        events.append(chunk(index, {"role": "assistant", "content": ""}))
        if index == 0:
            events += [chunk(0, {"reasoning_content": token}) for token in tokens(reply.reasoning)]
        events += [chunk(index, {"content": token}) for token in tokens(text)]
        if index == 0:
            events += [chunk(0, {"tool_calls": [delta]}) for delta in _call_deltas(_calls(reply))]
    events += [chunk(index, {}, _end(reply, index)) for index in range(len(reply.texts))]
    if with_usage:
        events.append(_event(head | {"choices": [], "usage": _usage(reply, request)}))
    return [*events, b"data: [DONE]\n\n"]


def _call_deltas(calls: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the deltas of tool calls: the name first, then the arguments in parts."""
    deltas: list[dict[str, Any]] = []
    for index, call in enumerate(calls):
        function = call["function"]
        deltas.append({"index": index, **call, "function": {"name": function["name"], "arguments": ""}})
        deltas += [{"index": index, "function": {"arguments": token}} for token in tokens(function["arguments"])]
    return deltas


def _event(value: object) -> bytes:
    return b"data: " + _pack(value) + b"\n\n"
