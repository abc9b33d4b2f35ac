"""Streamed chat completions: a stream to the whole document it amounts to, an answer to a stream. Pure.

The grammar is that of OpenAI's ``chat.completion.chunk`` (https://platform.openai.com/docs/api-reference/chat-streaming):
per choice a delta with the role, deltas with what is said, and an empty delta with the ``finish_reason``; then, for
callers with ``stream_options.include_usage``, a chunk with the usage and no choices; then ``data: [DONE]``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from aicache import sse
from aicache.formats import deltas
from aicache.formats.body import JSONObject, dump, load_object, objects
from aicache.formats.chat_answer import GOOD_ENDS, NOISE, Choice, Completion, index_of, refuse_error

_DONE = "[DONE]"
_FIRST_COUNTS = frozenset({"id", "model", "created"})  # the first that is not empty: Azure's opening chunk has them so
_REASONING = ("reasoning_content", "reasoning", "reasoning_details")
_USAGE_FIELD = re.compile(rb',\s*"usage"\s*:\s*null|"usage"\s*:\s*null\s*,?')
_NOTHING: tuple[Any, ...] = (None, "", [], {})
_LINE_ENDS = (("\x85", "\\u0085"), ("\u2028", "\\u2028"), ("\u2029", "\\u2029"))


def gather(body: bytes) -> JSONObject:
    """Join a stream into the ``chat.completion`` object it amounts to.

    Raises ValueError unless the stream came to its end: ``[DONE]``, or, with vendors that do not send it, usage with or
    after the last finish_reason. Whether that end is a good one is for the reader of the document to judge.
    """
    document: JSONObject = {}
    choices: dict[int, _Growing] = {}
    usage: JSONObject | None = None
    ended = False
    for event in sse.decode(body):
        data = event.data.strip()
        if data == _DONE:
            ended = True
            break
        if not data:
            continue  # sent to keep the connection alive
        if event.name == "error":
            raise ValueError("an error event")
        chunk = load_object(data)
        refuse_error(chunk)
        for piece in objects(chunk.pop("choices", None), "choices"):
            choices.setdefault(index_of(piece, 0), _Growing()).add(piece)
        if isinstance(counted := chunk.pop("usage", None), dict) and counted:
            usage = counted
            ended = ended or (bool(choices) and all(choice.finish_reason for choice in choices.values()))
        for name, value in chunk.items():
            if name in _FIRST_COUNTS:
                document[name] = document.get(name) or value
            elif name not in NOISE:
                document[name] = deltas.latest(document.get(name), value)
    if not ended:
        raise ValueError("the stream is cut off")
    return document | {"choices": [choice.whole(index) for index, choice in choices.items()], "usage": usage}


def scatter(answer: Completion, *, include_usage: bool) -> bytes:
    """Write an answer as a stream; ``gather`` gets back all of it, but the usage where that is not included."""
    head: JSONObject = {
        "id": answer.id,
        "object": "chat.completion.chunk",
        "created": answer.created,
        "model": answer.model,
    }
    once: JSONObject = {}
    for name, value in answer.extra.items():
        (once if isinstance(value, dict | list) else head)[name] = value
    unknown = {"usage": None} if include_usage else {}
    pieces = [piece for choice in answer.choices for piece in _pieces(choice)]
    chunks = [head | {"choices": [piece]} | unknown for piece in pieces]
    chunks[0] |= once
    if include_usage and answer.usage is not None:
        chunks.append(head | {"choices": [], "usage": answer.usage})
    return sse.encode([sse.Event("", data) for data in (*map(_line, chunks), _DONE)])


def without_usage(body: bytes) -> bytes:
    """Take from a stream what only ``include_usage`` brings: the chunk of usage alone, and ``"usage": null`` elsewhere.

    The rest stays byte for byte, and so does whatever cannot be read.
    """
    return b"".join(_block_without_usage(block) for block in sse.blocks(body))


@dataclass(slots=True)
class _Growing:
    """What is known of a choice so far."""

    message: JSONObject = field(default_factory=dict)
    extra: JSONObject = field(default_factory=dict)
    finish_reason: str | None = None
    has_deltas: bool = False

    def add(self, piece: JSONObject) -> None:
        """Take in a chunk's piece of the choice.

        The delta may stand under the name of ``message``. Where there are deltas, a message is what they amount to so
        far (Perplexity sends both). A bad end stays bad, whatever follows.
        """
        refuse_error(piece)
        delta, message = piece.pop("delta", None), piece.pop("message", None)
        if delta is None and not self.has_deltas:
            delta = message
        else:
            self.has_deltas = True
        if not (delta is None or isinstance(delta, dict)):
            raise ValueError("choices: a delta that is not an object")
        deltas.join(self.message, delta or {})
        reason = piece.pop("finish_reason", None)
        if reason and self.finish_reason in (None, *GOOD_ENDS):
            self.finish_reason = reason
        piece.pop("index", None)
        deltas.join(self.extra, piece)

    def whole(self, index: int) -> JSONObject:
        return {**self.extra, "index": index, "message": self.message, "finish_reason": self.finish_reason}


def _pieces(choice: Choice) -> Iterator[JSONObject]:
    extra = dict(choice.extra)
    for delta in _deltas(choice.message):
        piece: JSONObject = {"index": choice.index, "delta": delta, "finish_reason": None}
        if delta.get("content") and "logprobs" in extra:
            piece["logprobs"] = extra.pop("logprobs")
        yield piece
    yield {"index": choice.index, "delta": {}, **extra, "finish_reason": choice.finish_reason}


def _deltas(message: Mapping[str, Any]) -> Iterator[JSONObject]:
    """Cut a message into deltas, so that each kind of client finds what it looks for: the role, reasoning, content,
    refusal, one tool call a delta, all else. Fields that hold nothing go with the role, where OpenAI has them too.
    """
    rest = dict(message)
    opening = {name: rest.pop(name) for name in message if name == "role" or rest[name] in _NOTHING}
    if "content" in rest:
        opening["content"] = ""
    yield opening
    if reasoning := {name: rest.pop(name) for name in _REASONING if name in rest}:
        yield reasoning
    yield from ({"content": content} for content in _contents(rest.pop("content", "")))
    if "refusal" in rest:
        yield {"refusal": rest.pop("refusal")}
    for index, call in enumerate(rest.pop("tool_calls", ())):
        yield {"tool_calls": [{"index": index, **call}]}
    if rest:
        yield rest


def _contents(content: Any) -> list[Any]:
    """Cut content into what one delta each holds. Text after other parts is a plain string, as Mistral sends it."""
    if isinstance(content, list) and len(content) > 1:
        *parts, last = content
        if last.keys() == {"type", "text"} and last["type"] == "text" != parts[-1].get("type"):
            text = last["text"]
            if isinstance(text, str) and text:
                return [parts, text]
    return [content] if content else []


def _line(chunk: JSONObject) -> str:
    """Write a chunk so that clients which split text at every line end that Unicode knows can read it, too.

    Whoever reads it by ``httpx.Response.iter_lines`` does: https://github.com/florimondmanca/httpx-sse/issues/34.
    """
    line = dump(chunk).decode()
    for character, escape in _LINE_ENDS:
        line = line.replace(character, escape)
    return line


def _block_without_usage(block: bytes) -> bytes:
    if b"usage" not in block and b"\\u" not in block:
        return block
    try:
        chunk = _load_block(block)
    except ValueError:
        return block
    if "usage" not in chunk:
        return block
    if chunk["usage"] is not None:
        return b"" if chunk.get("choices") == [] else block
    del chunk["usage"]
    cut = _USAGE_FIELD.sub(b"", block)
    try:
        if _load_block(cut) == chunk:
            return cut
    except (ValueError, RecursionError):
        pass
    return sse.encode([replace(event, data=_line(chunk)) for event in sse.decode(block)])


def _load_block(block: bytes) -> JSONObject:
    """Read the JSON of a block with one event. The short way is for what nearly every block is: one line of data."""
    line = block.strip()
    if line.startswith(b"data:") and b"\n" not in line and b"\r" not in line:
        return load_object(line[5:])
    (event,) = sse.decode(block)
    return load_object(event.data)
