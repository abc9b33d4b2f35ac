"""Joins the streams of both of OpenAI's completions APIs, and renders such streams. Pure.

The grammar is that of https://platform.openai.com/docs/api-reference/chat-streaming: chunks with a list of pieces, each
of the choice that its ``index`` names; then, for callers with ``stream_options.include_usage``, a chunk with the usage
and no choices; then ``data: [DONE]``. What a piece holds depends on the API.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from aicache.formats import hit_edits, sse, stream_deltas
from aicache.formats.hit_edits import HitEdit
from aicache.formats.json_body import JSONObject, index_of, object_list, parse_object, render_json_line
from aicache.formats.merge_rules import Merge
from aicache.formats.openai import chat_deltas
from aicache.formats.openai.chat_answer import (
    GOOD_FINISH_REASONS,
    IGNORED_FIELDS,
    reject_error,
    reject_failed_chunk,
)

_DONE = "[DONE]"
_KEEP_FIRST_FIELDS = frozenset(
    {"id", "model", "created"}
)  # the first value that is not empty: Azure's first chunk has empty ones
_USAGE_FIELD = re.compile(rb',\s*"usage"\s*:\s*null|"usage"\s*:\s*null\s*,?')


def edit_hit(answer: JSONObject, edit: HitEdit) -> None:
    """Edit a hit as `Format.edit_hit`. Groq and Moonshot also tell the usage elsewhere in a stream.

    Source: https://platform.openai.com/docs/guides/prompt-caching (``prompt_tokens_details.cached_tokens``).
    """
    edit.id(answer, "id")
    edit.time(answer, "created")
    choices = answer.get("choices")
    for holder in (answer, answer.get("x_groq"), *(choices if isinstance(choices, list) else ())):
        if isinstance(holder, dict):
            edit.usage(holder, "usage", _read_as_cached)


def _read_as_cached(usage: JSONObject) -> None:
    hit_edits.read_as_cached(usage, "prompt_tokens", "prompt_tokens_details")


class ChoiceBuilder(Protocol):
    """Builds a choice from its pieces."""

    @property
    def finish_reason(self) -> str | None: ...

    def add(self, piece: JSONObject) -> None:
        """Merge a chunk's piece of the choice, which must not be used afterwards. Raises ValueError."""

    def build(self, index: int) -> JSONObject:
        """Return the choice as in a whole document."""


def join_stream(body: bytes, new_choice: Callable[[], ChoiceBuilder]) -> JSONObject:
    """Join a stream into its document. *new_choice* returns the builder of a choice.

    Raises ValueError unless the stream is complete: it has ``[DONE]``, or, with vendors that do not send it, usage with
    or after the last finish reason. Whether it ended well is checked in the document.
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
            continue  # keeps the connection alive
        if event.name == "error":
            raise ValueError("an error event")
        chunk = parse_object(data)
        reject_error(chunk)
        reject_failed_chunk(chunk, data)
        for piece in object_list(chunk.pop("choices", None), "choices"):
            index = index_of(piece, 0)
            if index not in choices:
                choices[index] = new_choice()
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
    return document | {"choices": [choice.build(index) for index, choice in choices.items()], "usage": usage}


def merge_finish_reason(merged: str | None, reason: Any) -> Any:
    """Return a choice's finish reason after a piece with *reason*. A bad reason is never replaced."""
    return reason if reason and merged in (None, *GOOD_FINISH_REASONS) else merged


def render_stream(
    head: Mapping[str, Any],
    pieces: Iterable[JSONObject],
    *,
    extra: Mapping[str, Any],
    usage: Mapping[str, Any] | None,
    include_usage: bool,
) -> bytes:
    """Render pieces of choices as a stream, one per chunk.

    Every chunk has *head* and the texts and numbers of *extra*; the rest of *extra* is sent once.
    """
    repeated: JSONObject = dict(head)
    once: JSONObject = {}
    for name, value in extra.items():
        (once if isinstance(value, dict | list) else repeated)[name] = value
    no_usage = {"usage": None} if include_usage else {}
    chunks = [repeated | {"choices": [piece]} | no_usage for piece in pieces]
    chunks[0] |= once
    if include_usage and usage is not None:
        chunks.append(repeated | {"choices": [], "usage": usage})
    return sse.encode([sse.Event("", data) for data in (*map(render_json_line, chunks), _DONE)])


def without_usage(body: bytes) -> bytes:
    """Remove the additions of ``include_usage`` from a stream: the chunk with only usage, and every ``"usage": null``.

    The rest stays byte for byte, and so do blocks that cannot be parsed.
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
    """Parse the JSON of a block with one event. Nearly every block is one line of data, which has a short path."""
    line = block.strip()
    if line.startswith(b"data:") and b"\n" not in line and b"\r" not in line:
        return parse_object(line[5:])
    (event,) = sse.decode(block)
    return parse_object(event.data)
