"""What hits tell of their usage and their identity: as recorded, or changed as the settings say. Pure.

Each API's words for both are in its own format; here is what they have in common.
"""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from aicache.formats import sse
from aicache.formats.json_body import (
    JSONObject,
    parse_array,
    parse_object,
    render_array,
    render_json,
    render_json_line,
    token_count,
)

_BOM = b"\xef\xbb\xbf"
_PREFIX = re.compile(r"(?:[a-z]*[g-z][a-z]*[-_])*(?:01)?")
"""The beginning of an id that says what it is of: ``chatcmpl-``, ``resp_``, ``msg_01``."""
_HEX = re.compile(r"[0-9a-f-]*")
_MIN_VARIABLE_CHARS = 16
"""Characters of an id, apart from its prefix, below which another of its length might be the same."""
_FRESH_ID_BYTES = 12
_READ = ("cached_tokens", "cache_read_input_tokens", "cached_read_tokens", "prompt_cache_hit_tokens")
_NOT_READ = re.compile(r"(?:cached?_(?:creation|write|written)|prompt_cache_miss)(?:_\w+)?")


class HitUsage(StrEnum):
    """The usage that hits tell."""

    RECORDED = "recorded"
    ZERO = "zero"
    CACHED = "cached"


@dataclass(frozen=True, slots=True)
class HitEdits:
    """The settings for what hits tell."""

    usage: HitUsage = HitUsage.RECORDED
    fresh_ids: bool = False

    def __bool__(self) -> bool:
        return self.fresh_ids or self.usage is not HitUsage.RECORDED


AS_RECORDED = HitEdits()


@dataclass(slots=True)
class HitEdit:
    """The edit of one hit: all of its events get the same id and the same time. *now* is Unix time, seconds."""

    edits: HitEdits
    now: float
    _ids: dict[str, str] = field(default_factory=dict)

    def usage(self, holder: JSONObject, name: str, read_as_cached: Callable[[JSONObject], None] | None = None) -> None:
        """Edit the usage in a field, if it has one. *read_as_cached* tells that all of its prompt was cached; None
        with an API that has no words for that.
        """
        usage = holder.get(name)
        if not isinstance(usage, dict):
            return
        match self.edits.usage:
            case HitUsage.ZERO:
                holder[name] = without_counts(usage)
            case HitUsage.CACHED if read_as_cached is not None:
                read_as_cached(usage)

    def count(self, holder: JSONObject, *names: str) -> None:
        """Edit counts that stand by themselves, in an API without words for a prompt that was cached."""
        for name in names if self.edits.usage is HitUsage.ZERO else ():
            if name in holder:
                holder[name] = without_counts(holder[name])

    def id(self, holder: JSONObject, *names: str) -> None:
        """Replace the ids in these fields; an empty one stays, as in Azure's first chunk."""
        for name in names if self.edits.fresh_ids else ():
            if isinstance(recorded := holder.get(name), str) and recorded:
                if recorded not in self._ids:
                    self._ids[recorded] = fresh_id(recorded)
                holder[name] = self._ids[recorded]

    def time(self, holder: JSONObject, *names: str) -> None:
        """Put the time of the hit into these fields, as the number or the text (RFC 3339) that is there."""
        for name in names if self.edits.fresh_ids else ():
            match holder.get(name):
                case bool() | 0:
                    pass
                case int():
                    holder[name] = int(self.now)
                case float():
                    holder[name] = round(self.now, 3)
                case str(recorded) if recorded:
                    moment = datetime.fromtimestamp(self.now, UTC)
                    holder[name] = moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def edit_body(body: bytes, edit: Callable[[JSONObject], None]) -> bytes:
    """Return a body after *edit* of its document, or of what each of its events, lines or elements holds.

    What that does not change stays byte for byte. Raises ValueError for what is no JSON.
    """
    if sse.is_stream(body):
        return b"".join(_edit_block(block, edit) for block in sse.split_blocks(body.removeprefix(_BOM)))
    if body.lstrip()[:1] == b"[":
        return _edit_array(body, edit)
    try:
        return _edit_document(body, edit)
    except ValueError:
        lines = sse.decode_ndjson(body)
        if len(lines) < 2:
            raise
        return b"".join(_edit_document(line, edit) + b"\n" for line in lines)


def without_counts(value: Any) -> Any:
    """Return a value with every number in it 0; texts and flags stay."""
    match value:
        case dict():
            return {name: without_counts(each) for name, each in value.items()}
        case list():
            return [without_counts(each) for each in value]
        case bool():
            return value
        case int() | float():
            return 0
        case _:
            return value


def read_as_cached(usage: JSONObject, prompt: str, details: str) -> None:
    """Tell that all tokens of the prompt were read from the cache: *prompt* names their count, *details* the object
    with ``cached_tokens``, as in OpenAI's APIs. Counters of vendors are told the same.
    """
    if type(usage.get(prompt)) is not int:
        return
    count = token_count(usage[prompt])
    detailed = usage[details] = dict(usage[details]) if isinstance(usage.get(details), dict) else {}
    detailed["cached_tokens"] = count
    for counts in (usage, detailed):
        for name in counts:
            if name in _READ:
                counts[name] = count
            elif _NOT_READ.fullmatch(name):
                counts[name] = without_counts(counts[name])


def cached_tokens(usage: Mapping[str, Any], *details: str) -> int:
    """Return the tokens of a prompt that the provider read from its own cache, by OpenAI's or a vendor's counter."""
    for name in details:
        if isinstance(detailed := usage.get(name), dict) and (count := token_count(detailed.get(_READ[0]))):
            return count
    return next((count for name in _READ if (count := token_count(usage.get(name)))), 0)


def fresh_id(recorded: str) -> str:
    """Return another id of the same form: prefix, length and kinds of characters."""
    prefix = match[0] if (match := _PREFIX.match(recorded)) is not None else ""
    rest = recorded[len(prefix) :]
    if len(rest) < _MIN_VARIABLE_CHARS:
        return prefix + secrets.token_hex(_FRESH_ID_BYTES)
    is_hex = _HEX.fullmatch(rest) is not None
    return prefix + "".join(_another(character, is_hex=is_hex) for character in rest)


def _another(character: str, *, is_hex: bool) -> str:
    if not (character.isascii() and character.isalnum()):
        return character
    if is_hex:
        return secrets.choice("0123456789abcdef")
    kinds = (string.digits, string.ascii_uppercase, string.ascii_lowercase)
    return secrets.choice(next(kind for kind in kinds if character in kind))


def _edit_document(body: bytes, edit: Callable[[JSONObject], None]) -> bytes:
    document, recorded = parse_object(body), parse_object(body)
    edit(document)
    return body if document == recorded else render_json(document)


def _edit_array(body: bytes, edit: Callable[[JSONObject], None]) -> bytes:
    """Edit the elements of a JSON array, as Gemini streams without ``alt=sse``."""
    elements, recorded = parse_array(body), parse_array(body)
    for element in elements:
        edit(element)
    return body if elements == recorded else render_array(elements)


def _edit_block(block: bytes, edit: Callable[[JSONObject], None]) -> bytes:
    """Edit the JSON of a block with one event; its other lines stay, and so does a block whose data is no object."""
    lines = block.splitlines(keepends=True)
    places = [i for i, line in enumerate(lines) if line.startswith(b"data:")]
    data = b"\n".join(lines[i][5:].strip(b"\r\n") for i in places)
    if not data.lstrip().startswith(b"{"):
        return block
    document, recorded = parse_object(data), parse_object(data)
    edit(document)
    if document == recorded:
        return block
    first = lines[places[0]]
    space = b" " if first[5:6] == b" " else b""
    end = first[len(first.rstrip(b"\r\n")) :]
    lines[places[0]] = b"data:" + space + render_json_line(document).encode() + end
    return b"".join(line for i, line in enumerate(lines) if i not in places[1:])
