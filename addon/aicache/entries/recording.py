"""Converts between entries and bytes on the wire: records an upstream's response, replays it to a caller. Pure."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import partial
from typing import Any

from aicache.domain import response_headers
from aicache.domain.directories import Relocation
from aicache.domain.keys import Identity
from aicache.domain.model import Call, Entry, Mode
from aicache.entries.response_templates import Template, spoken
from aicache.formats import Format, by_api
from aicache.formats.hit_edits import HitEdit, edit_body


@dataclass(frozen=True, slots=True)
class Recording:
    """A response as the upstream sent it, to its end."""

    status: int
    content_type: str
    content_encoding: str
    body: bytes
    cors: tuple[tuple[str, str], ...] = ()
    took: float = 0.0
    """Seconds from the request to the last byte; 0 where that is not known."""
    cache_control: str = ""
    """The Cache-Control header, in lower case."""
    pace: bytes = b""
    """When the bytes of the body came, as sent (`Entry.pace`)."""


def record(
    call: Call,
    identity: Identity,
    recording: Recording,
    format: Format,
    *,
    now: float,
    until: float,
    max_bytes: int,
    refusals: bool = True,
    owners: tuple[str, ...] = (),
) -> Entry:
    """Make the entry of a complete, good answer. Raises ValueError, with the reason, for anything else."""
    if recording.status != 200:
        raise ValueError(f"status {recording.status}")
    body = decoded(recording, max_bytes)
    mode, document = format.parse_answer(body, n=call.n, variant=call.variant)
    format.check_useful(document, call)
    facts = format.summarize(document)
    if facts.refused and not refusals:
        raise ValueError("a refusal")
    if facts.expires_at is not None and facts.expires_at <= now:
        raise ValueError("what the answer names has expired")
    return Entry(
        key=identity.key,
        namespace=identity.namespace,
        api=call.api,
        model=call.model,
        asked=call.mode,
        asked_usage=call.wants_usage,
        mode=mode,
        content_type=response_headers.media_type(recording.content_type) or format.content_type(mode, call.variant),
        body=body,
        question=call.question,
        prompt_tokens=facts.prompt_tokens,
        completion_tokens=facts.completion_tokens,
        stored_at=now,
        expires_at=until if facts.expires_at is None else min(until, facts.expires_at),
        cors=response_headers.cors(recording.cors),
        asked_variant=format.recorded_variant(document, call.variant),
        refused=facts.refused,
        took=recording.took,
        owners=owners,
        directories=identity.directories,
        cached_tokens=min(facts.cached_tokens, facts.prompt_tokens),
        pace=recording.pace if mode is Mode.STREAM and body is recording.body else b"",
    )


def replay(
    entry: Entry,
    call: Call,
    format: Format,
    template: Template | None = None,
    relocation: Relocation | None = None,
    edit: HitEdit | None = None,
) -> tuple[bytes, str]:
    """Return body and content type of the answer, in the API (*format* is the caller's) and mode the caller speaks.

    Through the *template* where there is one, and its place of the text has room for all that the answer says. Else
    byte for byte where the recorded call asked for the same; an upstream that answered another mode than asked is
    replayed as it was, unless the *relocation* changes what it says. Rendered otherwise. Whatever the caller's API
    sends is then changed by the *edit*. Raises ValueError when the recorded body cannot be read, or when it says what
    the caller's API has no words for; ReplayOnly when it is a stream that amounts to nothing certain.
    """
    if edit is None:
        return _replay(entry, call, format, template, relocation)
    if template is not None and spoken(_document(entry, call, format)) is not None:
        return _replay(entry, call, format, template, relocation)
    body, content_type = _replay(entry, call, format, None, relocation)
    return edit_body(body, partial(format.edit_hit, edit=edit)), content_type


def _replay(
    entry: Entry, call: Call, format: Format, template: Template | None, relocation: Relocation | None
) -> tuple[bytes, str]:
    if template is None and relocation is None and (recorded := _as_recorded(entry, call, format)) is not None:
        return recorded
    document = _document(entry, call, format)
    if relocation is not None:
        before, document = document, relocation(document)
        unchanged = template is None and document == before
        if unchanged and (recorded := _as_recorded(entry, call, format)) is not None:
            return recorded
    if template is not None:
        if (text := spoken(document)) is not None:
            return template.fill(text), template.content_type
        if (recorded := _as_recorded(entry, call, format)) is not None:
            return recorded
    body = format.render(document, call.mode, variant=call.variant, include_usage=call.wants_usage)
    return body, format.content_type(call.mode, call.variant)


def _as_recorded(entry: Entry, call: Call, format: Format) -> tuple[bytes, str] | None:
    """Return the recorded body where the call asks for just that; None where it must be rendered."""
    if entry.api != call.api:
        return None
    serves = format.can_replay(entry.asked_variant, call.variant)
    same = call.mode is entry.asked and serves
    whole = call.mode is entry.mode is Mode.WHOLE and serves
    if whole or (same and (call.mode is Mode.WHOLE or call.wants_usage == entry.asked_usage)):
        return entry.body, entry.content_type
    if same and entry.mode is Mode.STREAM and not call.wants_usage:
        return format.without_usage(entry.body), entry.content_type
    return None


def _document(entry: Entry, call: Call, format: Format) -> Any:
    """Return the recorded answer in the words of the caller's API."""
    if entry.api == call.api:
        return format.parse_answer(entry.body, variant=entry.asked_variant)[1]
    recorded = by_api(entry.api)
    _, document = recorded.parse_answer(entry.body, variant=entry.asked_variant)
    return format.from_answer(recorded.to_answer(document), call)


def decoded(recording: Recording, max_bytes: int) -> bytes:
    """Undo the content-encoding. We ask for none, so only gzip and deflate, which some upstreams send regardless."""
    body = recording.body
    if recording.content_encoding in ("gzip", "x-gzip", "deflate"):
        inflate = zlib.decompressobj(zlib.MAX_WBITS | 32)
        try:
            body = inflate.decompress(body, max_bytes + 1)
        except zlib.error as exc:
            raise ValueError("the body is not what its content-encoding says") from exc
        if not inflate.eof and len(body) <= max_bytes:
            raise ValueError("the compressed body is cut off")
    elif recording.content_encoding not in ("", "identity"):
        raise ValueError(f"content-encoding {recording.content_encoding}")
    if len(body) > max_bytes:
        raise ValueError(f"larger than store.max_bytes ({max_bytes})")
    return body
