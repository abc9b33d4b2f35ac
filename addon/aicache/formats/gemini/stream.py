"""Joins streamed Gemini responses into whole ones, and renders responses as streams. Pure.

A stream is a sequence of responses of which each continues the one before, as server-sent events for callers with
``alt=sse`` and as one JSON array for all others (https://ai.google.dev/api/generate-content). No event marks
the end: a candidate ends with its ``finishReason``.

Text comes in pieces, one part a chunk, while a whole answer may hold several parts of text side by side. So pieces are
joined across chunks and never within one, and parts that a client would join are never sent in two chunks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from aicache.formats import sse, stream_deltas
from aicache.formats.gemini import answer, fields
from aicache.formats.gemini.answer import GOOD_FINISH_REASONS, parts_of, reject_error, reject_failed_chunk
from aicache.formats.gemini.partial_calls import END_MARK, CallBuilder
from aicache.formats.json_body import JSONObject, object_list, parse_object, render_array, render_json_line
from aicache.formats.merge_rules import Merge, Rule

_DONE = "[DONE]"  # not sent by Google, but by gateways
_EVERY_CHUNK_FIELDS = ("createTime", "modelVersion", "responseId")  # in every chunk, as the service sends them
_FIRST_CHUNK_FIELDS = ("promptFeedback",)
_BUILT_FIELDS = ("content", "finishReason", "index")
_RESPONSE_RULES: Mapping[str, Rule] = {
    "usageMetadata": Merge.REPLACE_COUNTS,
    **dict.fromkeys(
        ("promptFeedback", "modelStatus", "automaticFunctionCallingHistory", *_EVERY_CHUNK_FIELDS), Merge.REPLACE
    ),
}
_CONTENT_RULES: Mapping[str, Rule] = {"role": Merge.REPLACE}
_CANDIDATE_RULES: Mapping[str, Rule] = {
    **dict.fromkeys(("finishMessage", "safetyRatings", "tokenCount"), Merge.REPLACE),
    "citationMetadata": dict.fromkeys(("citationSources", "citations"), Merge.UNION),  # as in Google's SDK for Vertex
    "groundingMetadata": {
        **dict.fromkeys(("searchEntryPoint", "retrievalMetadata"), Merge.REPLACE),
        **dict.fromkeys(("groundingChunks", "groundingSupports"), Merge.ACCUMULATED),
        **dict.fromkeys(("webSearchQueries", "imageSearchQueries", "retrievalQueries"), Merge.ACCUMULATED),
    },
    "urlContextMetadata": {"urlMetadata": Merge.ACCUMULATED},
    "groundingAttributions": Merge.ACCUMULATED,
    "logprobsResult": dict.fromkeys(("topCandidates", "chosenCandidates"), Merge.EXTEND),
}
"""The results of a search may be split between chunks; supports refer to their results by index, so lists of which
neither contains the other are not merged. Log probabilities are those of the chunk's own tokens."""
_BLANK_PART = {"text": ""}
_TEXT_PART_FIELDS = frozenset({"text", "thought", "thoughtSignature"})


def parse_events(body: bytes) -> Iterator[JSONObject]:
    """Yield the chunks of a stream of events."""
    for event in sse.decode(body):
        data = event.data.strip()
        if data == _DONE:
            return
        if event.name == "error":
            raise ValueError("an error event")
        if data:
            yield parse_object(data)


def join_chunks(chunks: Iterable[JSONObject]) -> JSONObject:
    """Join chunks into one response; a whole answer is a stream of one chunk.

    Later fields beside the candidates replace earlier ones; in the usage, count by count. Raises ValueError for
    malformed chunks; whether the response ended, and well, is checked apart.
    """
    document: JSONObject = {}
    candidates: dict[int, _CandidateBuilder] = {}
    for chunk in chunks:
        reject_error(chunk)
        reject_failed_chunk(chunk)
        pieces = object_list(fields.normalize(chunk, fields.RESPONSE).get("candidates"), "candidates")
        indexes = [fields.normalize(piece, fields.CANDIDATE).get("index", 0) for piece in pieces]
        if len(set(indexes)) < len(indexes):
            raise ValueError("candidates: a duplicate index")
        for index, piece in zip(indexes, pieces, strict=True):
            candidates.setdefault(index, _CandidateBuilder()).add(piece)
        _merge_fields(document, {name: value for name, value in chunk.items() if name != "candidates"}, _RESPONSE_RULES)
    return {"candidates": [candidates[index].build() for index in sorted(candidates)], **document}


def render_stream(document: Mapping[str, Any], variant: str) -> bytes:
    """Render a response as a stream; `join_chunks` restores all of it."""
    chunks = _chunks(document)
    if variant == "array":
        return render_array(chunks)
    return "".join(f"data: {render_json_line(chunk)}\r\n\r\n" for chunk in chunks).encode()


@dataclass(slots=True)
class _CandidateBuilder:
    """Builds a candidate from its pieces."""

    fields: JSONObject = field(default_factory=dict)
    content: JSONObject | None = None
    parts: list[JSONObject] | None = None
    calls: CallBuilder = field(default_factory=CallBuilder)
    pages: list[JSONObject] = field(default_factory=list)
    """The pages that were read for it, as streamed: merged, they may be ambiguous."""

    def add(self, piece: JSONObject) -> None:
        """Merge a chunk's piece of the candidate. A bad finish reason stays, whatever follows."""
        self.pages += answer.pages_of(piece)
        _merge_fields(
            self.fields, {name: value for name, value in piece.items() if name not in _BUILT_FIELDS}, _CANDIDATE_RULES
        )
        if (index := piece.get("index")) is not None:
            self.fields["index"] = index
        if (reason := piece.get("finishReason")) and self.fields.get("finishReason") in (None, *GOOD_FINISH_REASONS):
            self.fields["finishReason"] = reason
        if (content := piece.get("content")) is None:
            return
        self.content = self.content or {}
        _merge_fields(self.content, {name: value for name, value in content.items() if name != "parts"}, _CONTENT_RULES)
        if (parts := content.get("parts")) is not None:
            self._add_parts(object_list(parts, "parts"))

    def build(self) -> JSONObject:
        if self.calls.is_open:
            raise ValueError("functionCall: one does not end")
        answer.reject_unread_pages(self.pages)
        if self.content is None:
            return self.fields
        parts = {} if self.parts is None else {"parts": self.parts}
        return {"content": {**parts, **self.content}, **self.fields}

    def _add_parts(self, parts: Iterable[JSONObject]) -> None:
        continues = bool(self.parts)
        merged = self.parts = self.parts or []
        for part in parts:
            call = fields.submessage(fields.normalize(part, fields.PART), "functionCall", fields.FUNCTION_CALL)
            if self.calls.is_piece(part):
                begun = self.calls.add(part)
                if begun is not None:
                    merged.append(begun)
            elif part == END_MARK:
                pass
            elif "functionCall" in part and not call.get("name"):
                raise ValueError("functionCall: one has no name")
            elif not continues or not _continues(merged[-1], part):
                merged.append(part)
            elif part != _BLANK_PART:
                merged[-1]["text"] += part["text"]
                if "thoughtSignature" in part:
                    merged[-1]["thoughtSignature"] = part["thoughtSignature"]
            continues = False


def _continues(merged: Mapping[str, Any], part: Mapping[str, Any]) -> bool:
    """Tell whether a chunk's first part continues the last part before it.

    Text continues text of its kind, thoughts or content, up to a signature, which belongs to what precedes it. A blank
    text, which comes with the end of a stream, adds nothing to any part.
    """
    if part == _BLANK_PART:
        return True
    texts = all(each.keys() <= _TEXT_PART_FIELDS and isinstance(each.get("text"), str) for each in (merged, part))
    return texts and "thoughtSignature" not in merged and _thought(merged) == _thought(part)


def _thought(part: Mapping[str, Any]) -> tuple[bool, Any]:
    return "thought" in part, part.get("thought")


def _merge_fields(merged: JSONObject, news: Mapping[str, Any], rules: Mapping[str, Rule]) -> None:
    """Merge the fields beside the parts, in either spelling."""
    for name, value in news.items():
        rule = rules.get(fields.to_camel_case(name))
        known = merged.get(name)
        if isinstance(rule, Mapping) and isinstance(known, dict) and isinstance(value, dict):
            _merge_fields(known, value, rule)
        else:
            merged[name] = stream_deltas.merge_values(known, value, rule)


def _chunks(document: Mapping[str, Any]) -> Iterator[JSONObject]:
    """Split a response into chunks. All candidates end in the last one, so that no cut stream looks complete."""
    candidates = document["candidates"]
    runs = [list(_runs(parts_of(candidate))) for candidate in candidates]
    count = max(1, *map(len, runs))
    everywhere = {name: document[name] for name in _EVERY_CHUNK_FIELDS if name in document}
    first = {name: document[name] for name in _FIRST_CHUNK_FIELDS if name in document}
    for left in range(count - 1, 0, -1):
        pieces = [_piece(each, own[-1 - left]) for each, own in zip(candidates, runs, strict=True) if len(own) > left]
        yield {"candidates": pieces, **everywhere, **first}
        first = {}
    last = [_last_piece(each, own[-1:]) for each, own in zip(candidates, runs, strict=True)]
    known = {"candidates", *_EVERY_CHUNK_FIELDS, *_FIRST_CHUNK_FIELDS}
    rest = {name: value for name, value in document.items() if name not in known}
    yield {"candidates": last, **rest, **everywhere, **first}


def _runs(parts: Iterable[JSONObject]) -> Iterator[list[JSONObject]]:
    """Split parts into runs, one per chunk, between parts that no client would join."""
    run: list[JSONObject] = []
    for part in parts:
        if run and not _continues(run[-1], part):
            yield run
            run = []
        run.append(part)
    if run:
        yield run


def _piece(candidate: Mapping[str, Any], run: list[JSONObject]) -> JSONObject:
    content = candidate["content"]
    role = {"role": content["role"]} if "role" in content else {}
    index = {"index": candidate["index"]} if "index" in candidate else {}
    return {"content": {"parts": run, **role}, **index}


def _last_piece(candidate: Mapping[str, Any], run: list[list[JSONObject]]) -> JSONObject:
    return {**candidate, "content": {**candidate["content"], "parts": run[0]}} if run else dict(candidate)
