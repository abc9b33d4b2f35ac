"""Parses Gemini's requests. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aicache.domain.model import Turn
from aicache.formats import documented_fields, stateful_messages, stateful_parameters
from aicache.formats.errors import Private
from aicache.formats.gemini import equivalents, fields
from aicache.formats.json_body import JSONObject
from aicache.formats.stateful_parameters import STRICT, Allow

_HARMLESS_FIELDS = fields.REQUEST.keys() - {"continuationToken"}
_PRIVATE_TOOLS = ("fileSearch", "retrieval", "mcpServers")  # tools that read or change the caller's data elsewhere
_PUBLIC_TOOLS = frozenset(fields.TOOL.keys() - _PRIVATE_TOOLS)
_CHECKED_ELSEWHERE = documented_fields.CHECKED_ELSEWHERE | stateful_parameters.SCHEMA_FIELDS | {"functionDeclarations"}
_RESULT_FIELDS = ("functionResponse", "toolResponse")
_MORE_THAN_TEXT = (
    *("responseSchema", "responseJsonSchema", "_responseJsonSchema", "responseFormat"),
    *("speechConfig", "imageConfig", "translationConfig", "audioTranscriptionConfig"),
)


@dataclass(frozen=True, slots=True)
class GeminiRequest:
    """A request whose documented fields have their documented types and camelCase names."""

    body: Mapping[str, Any]
    generation: Mapping[str, Any]
    thinking: Mapping[str, Any]
    tools: tuple[Mapping[str, Any], ...]
    declared: tuple[Mapping[str, Any], ...]
    """The caller's functions that the model may call."""
    tool_config: Mapping[str, Any]
    calling: Mapping[str, Any]
    turns: tuple[Turn, ...]


def parse_request(body: Mapping[str, Any], *, allow: Allow = STRICT) -> GeminiRequest:
    """Parse a request. Raises ValueError for a malformed one, Stateful for one that depends on upstream state."""
    request = fields.normalize(body, fields.REQUEST)
    generation = fields.submessage(request, "generationConfig", fields.GENERATION)
    for name in ("stopSequences", "responseModalities"):
        if not all(isinstance(each, str) for each in generation.get(name, ())):
            raise ValueError(f"{name}: not a list of strings")
    tools = tuple(fields.normalize(tool, fields.TOOL) for tool in fields.message_list(request.get("tools"), "tools"))
    declared = tuple(
        fields.normalize(each, fields.DECLARATION)
        for tool in tools
        for each in fields.message_list(tool.get("functionDeclarations"), "functionDeclarations")
    )
    tool_config = fields.submessage(request, "toolConfig", fields.TOOL_CONFIG)
    contents = fields.message_list(request.get("contents"), "contents")
    if not contents:
        raise ValueError("contents: missing, or empty")
    system = request.get("systemInstruction")
    _reject_stateful(request, generation, tool_config, tools, allow)
    for each in declared:
        harmless = frozenset(fields.DECLARATION)
        stateful_parameters.reject_stateful_fields(each, harmless, harmless, allow=allow)
    stateful_messages.reject_references([system, contents], allow=allow)
    return GeminiRequest(
        body=request,
        generation=generation,
        thinking=fields.submessage(generation, "thinkingConfig", fields.THINKING),
        tools=tools,
        declared=declared,
        tool_config=tool_config,
        calling=fields.submessage(tool_config, "functionCallingConfig", fields.CALLING),
        turns=(*(() if system is None else (_turn(system, system=True),)), *map(_turn, contents)),
    )


def _reject_stateful(
    request: Mapping[str, Any],
    generation: Mapping[str, Any],
    tool_config: Mapping[str, Any],
    tools: Iterable[Mapping[str, Any]],
    allow: Allow,
) -> None:
    """Raise Stateful for a field that refers to state at the service, Private for a tool that reads private data."""
    for sent, harmless in (
        (request, _HARMLESS_FIELDS),
        (generation, fields.GENERATION.keys()),
        (tool_config, fields.TOOL_CONFIG.keys()),
    ):
        stateful_parameters.reject_stateful_fields(sent, frozenset(harmless), _CHECKED_ELSEWHERE, allow=allow)
    for tool in tools:
        others = {name: value for name, value in tool.items() if name not in _PRIVATE_TOOLS}
        stateful_parameters.reject_stateful_fields(others, _PUBLIC_TOOLS, _CHECKED_ELSEWHERE, allow=allow)
        if tool.keys() - _PUBLIC_TOOLS and not allow.private_tools:
            raise Private("tools: a tool that reads private data at the upstream, or may")


def params_of(body: Mapping[str, Any]) -> JSONObject:
    """Return the body as sent, without the conversation. A system prompt that is null stays in it."""
    conversation = ("contents", "systemInstruction", "system_instruction")
    return equivalents.params({n: value for n, value in body.items() if n not in conversation or value is None})


def question_of(request: GeminiRequest, *, tools_semantic: bool) -> str | None:
    """Return the last turn's text if it is a user's plain text, and an answer to a similar one may be served."""
    last = request.turns[-1]
    if last.role != "user" or not _may_have_neighbors(request, tools_semantic):
        return None
    content = last.content
    if isinstance(content, list) and fields.are_plain_text(content):
        content = "\n".join(part["text"] for part in content)
    return content if isinstance(content, str) and content.strip() else None


def choice_count(request: GeminiRequest) -> int:
    count: int = request.generation.get("candidateCount", 1)
    if count < 1:
        raise ValueError("candidateCount: not a positive integer")
    return count


def _turn(content: Mapping[str, Any], *, system: bool = False) -> Turn:
    """Return a turn. A single part of plain text becomes that text; the role as sent stays in the turn's rest.

    Results of function calls are sent with the role "user"; their turn gets the role "tool": it asks no question.
    """
    normalized = fields.normalize(content, fields.CONTENT)
    parts = fields.message_list(normalized.get("parts"), "parts") if "parts" in normalized else None
    kinds = {name for part in parts or () for name in _check_part(part)}
    role = "system" if system else normalized.get("role") or "user"
    if not system and role in ("system", "developer"):
        raise ValueError("contents: an unknown role")
    if role == "user" and not kinds.isdisjoint(_RESULT_FIELDS):
        role = "tool"
    plain = parts is not None and len(parts) == 1 and fields.is_plain_text(parts[0])
    rest = {name: value for name, value in content.items() if name != "parts" or value is None}
    return Turn(role, parts[0]["text"] if parts and plain else parts, rest)


def _check_part(part: JSONObject) -> JSONObject:
    """Normalize a part. Raises ValueError for a field of another type."""
    normalized = fields.normalize(part, fields.PART)
    fields.submessage(normalized, "functionCall", fields.FUNCTION_CALL)
    result = fields.submessage(normalized, "functionResponse", fields.FUNCTION_RESPONSE)
    result_parts = fields.message_list(result.get("parts"), "functionResponse.parts")
    for each in (normalized, *(fields.normalize(inner, fields.PART) for inner in result_parts)):
        fields.submessage(each, "inlineData", fields.BLOB)
        fields.submessage(each, "fileData", fields.FILE)
    return normalized


def _may_have_neighbors(request: GeminiRequest, tools_semantic: bool) -> bool:
    generation = request.generation
    if request.tools and not (
        tools_semantic and all(tool.keys() <= {"functionDeclarations"} for tool in request.tools)
    ):
        return False
    if not request.tool_config.keys() <= {"functionCallingConfig"}:
        return False
    if any(request.body.get(name) for name in ("cachedContent", "outputConfig")):
        return False
    if generation.get("responseMimeType", "text/plain") not in ("", "text/plain"):
        return False
    if any(modality.upper() != "TEXT" for modality in generation.get("responseModalities", ())):
        return False
    return all(generation.get(name) is None for name in _MORE_THAN_TEXT)
