"""The streams of OpenAI's completions, chat or not: events to the whole document, pieces to events. Pure.

The grammar is that of https://platform.openai.com/docs/api-reference/chat-streaming: chunks with a list of pieces, each
of the choice that its ``index`` names; then, for callers with ``stream_options.include_usage``, a chunk with the usage
and no choices; then ``data: [DONE]``. What a piece holds is the API's own business.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from aicache.formats import sse, stream_deltas
from aicache.formats.json_body import JSONObject, object_list, parse_object, render_json_line
from aicache.formats.merge_rules import Merge
from aicache.formats.openai import chat_deltas
from aicache.formats.openai.chat_answer import (
    GOOD_FINISH_REASONS,
    IGNORED_FIELDS,
    choice_index,
    reject_error,
    reject_failed_chunk,
)

_DONE = "[DONE]"
_KEEP_FIRST_FIELDS = frozenset(
    {"id", "model", "created"}
)  # the first that is not empty: Azure's opening chunk has them so
_USAGE_FIELD = re.compile(rb',\s*"usage"\s*:\s*null|"usage"\s*:\s*null\s*,?')


class ChoiceBuilder(Protocol):
    """A choice while its pieces come."""

    @property
    def finish_reason(self) -> str | None: ...

    def add(self, piece: JSONObject) -> None:
        """Take in a chunk's piece of the choice, and keep what it holds. Raises ValueError."""

    def whole(self, index: int) -> JSONObject:
        """Return the choice as a whole document has it."""


def join_stream(body: bytes, grow: Callable[[], ChoiceBuilder]) -> JSONObject:
    """Join a stream into the document it amounts to; *grow* makes a choice that nothing is known of yet.

    Raises ValueError unless the stream came to its end: ``[DONE]``, or, with vendors that do not send it, usage with or
    after the last finish_reason. Whether that end is a good one is for the reader of the document to judge.
    """
    document: JSONObject = {}
    choices: dict[int, ChoiceBuilder] = {}
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
        chunk = parse_object(data)
        reject_error(chunk)
        reject_failed_chunk(chunk, data)
        for piece in object_list(chunk.pop("choices", None), "choices"):
            index = choice_index(piece, 0)
            if index not in choices:
                choices[index] = grow()
            choices[index].add(piece)
        if isinstance(counted := chunk.pop("usage", None), dict) and counted:
            usage = stream_deltas.merge_values(usage, counted, Merge.REPLACE_COUNTS)
            ended = ended or (bool(choices) and all(choice.finish_reason for choice in choices.values()))
        for name, value in chunk.items():
            if name in _KEEP_FIRST_FIELDS:
                document[name] = document.get(name) or value
            elif name not in document:
                if name not in IGNORED_FIELDS:
                    document[name] = value
            elif document[name] != value:
                document[name] = stream_deltas.merge_values(document[name], value, chat_deltas.DOCUMENT.get(name))
    if not ended:
        raise ValueError("the stream is cut off")
    return document | {"choices": [choice.whole(index) for index, choice in choices.items()], "usage": usage}


def merge_finish_reason(held: str | None, reason: Any) -> Any:
    """Return a choice's finish_reason after a piece with *reason*. A bad end stays bad, whatever follows."""
    return reason if reason and held in (None, *GOOD_FINISH_REASONS) else held


def render_stream(
    head: Mapping[str, Any],
    pieces: Iterable[JSONObject],
    *,
    extra: Mapping[str, Any],
    usage: Mapping[str, Any] | None,
    include_usage: bool,
) -> bytes:
    """Write pieces of choices as a stream, one a chunk.

    *head* stands in every chunk, and so do the names and numbers of *extra*; the rest of it comes once.
    """
    named: JSONObject = dict(head)
    once: JSONObject = {}
    for name, value in extra.items():
        (once if isinstance(value, dict | list) else named)[name] = value
    unknown = {"usage": None} if include_usage else {}
    chunks = [named | {"choices": [piece]} | unknown for piece in pieces]
    chunks[0] |= once
    if include_usage and usage is not None:
        chunks.append(named | {"choices": [], "usage": usage})
    return sse.encode([sse.Event("", data) for data in (*map(render_json_line, chunks), _DONE)])


def without_usage(body: bytes) -> bytes:
    """Take from a stream what only ``include_usage`` brings: the chunk of usage alone, and ``"usage": null`` elsewhere.

    The rest stays byte for byte, and so does whatever cannot be read.
    """
    return b"".join(_block_without_usage(block) for block in sse.split_blocks(body))


def _block_without_usage(block: bytes) -> bytes:
    if b"usage" not in block and b"\\u" not in block:
        return block
    try:
        chunk = _parse_block(block)
    except ValueError:
        return block
    if "usage" not in chunk:
        return block
    if chunk["usage"] is not None:
        return b"" if chunk.get("choices") == [] else block
    del chunk["usage"]
    cut = _USAGE_FIELD.sub(b"", block)
    try:
        if _parse_block(cut) == chunk:
            return cut
    except (ValueError, RecursionError):
        pass
    return sse.encode([replace(event, data=render_json_line(chunk)) for event in sse.decode(block)])


def _parse_block(block: bytes) -> JSONObject:
    """Read the JSON of a block with one event. The short way is for what nearly every block is: one line of data."""
    line = block.strip()
    if line.startswith(b"data:") and b"\n" not in line and b"\r" not in line:
        return parse_object(line[5:])
    (event,) = sse.decode(block)
    return parse_object(event.data)
