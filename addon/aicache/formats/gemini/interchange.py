"""Converts Gemini's requests and answers from and to the terms that all APIs have in common. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from aicache.domain.model import Answer, Call, Choice, Common, Finish, Part, Reasoning, Refusal, Text, ToolCall, Usage
from aicache.formats import interchange
from aicache.formats.gemini import answer as gemini_answer
from aicache.formats.gemini import fields
from aicache.formats.gemini.request import GeminiRequest
from aicache.formats.json_body import JSONObject, token_count

_COMMON_NAMES = {
    "temperature": "temperature",
    "topP": "top_p",
    "topK": "top_k",
    "seed": "seed",
    "presencePenalty": "presence_penalty",
    "frequencyPenalty": "frequency_penalty",
    "candidateCount": "n",
    "maxOutputTokens": "max_tokens",
    "stopSequences": "stop",
}
_IGNORED_PARAMS = frozenset(  # converted apart, or cannot change the answer
    {"contents", "systemInstruction", "generationConfig", "tools", "toolConfig", "model"}
    | {"labels", "serviceTier", "store"}
)
_ROLES = {"system": "system", "user": "user", "model": "assistant"}
_TOOL_CHOICES = {"AUTO": "auto", "ANY": "required", "NONE": "none"}
_SCHEMA_KEYWORDS = frozenset(  # keywords with the same meaning in Gemini's schemas and in JSON Schema
    {"type", "description", "title", "enum", "required", "properties", "items", "anyOf"}
    | {"minimum", "maximum", "pattern"}
)
_SIGNING_MODELS = re.compile(r"gemini-(?![12]\b)")
"""Models that require the signature of their calls, and reject a conversation without it: all after Gemini 2."""

SIGNATURE_PLACEHOLDER = "skip_thought_signature_validator"
"""Stands for the signature of a call in another API's answer, as documented in
https://ai.google.dev/gemini-api/docs/thought-signatures."""


def to_common(request: GeminiRequest, model: str) -> Common | None:
    """Return a request in common terms, or None if they cannot express it."""
    if any(value and name not in _IGNORED_PARAMS for name, value in request.body.items()):
        return None
    if request.body.get("model", model).removeprefix("models/") != model:
        return None
    normalized: JSONObject = {}
    for name, value in request.generation.items():
        if name in _COMMON_NAMES:
            normalized[_COMMON_NAMES[name]] = value
        elif (name, value) not in (("responseMimeType", "text/plain"), ("thinkingConfig", {})):
            return None
    try:
        if "tools" in request.body:
            normalized["tools"] = _tools(request)
        if (choice := _tool_choice(request)) is not None:
            normalized["tool_choice"] = choice
    except ValueError:
        return None
    parted = interchange.split_conversation(
        (_ROLES.get(turn.role, ""), interchange.only_text(turn.content) if turn.rest.keys() <= {"role"} else None)
        for turn in request.turns
    )
    return None if parted is None else interchange.build_common(*parted, normalized, {})


def parse_usage(document: Mapping[str, Any]) -> Usage:
    """Return the token counts. Thoughts count beside the candidates, results of searches beside the prompt."""
    used = fields.submessage(document, "usageMetadata", {})
    thoughts = token_count(used.get("thoughtsTokenCount"))
    return Usage(
        input=token_count(used.get("promptTokenCount")) + token_count(used.get("toolUsePromptTokenCount")),
        output=token_count(used.get("candidatesTokenCount")) + thoughts,
        cached=token_count(used.get("cachedContentTokenCount")),
        reasoning=thoughts,
    )


def read_as_cached(usage: JSONObject) -> None:
    """Tell that the whole prompt was read from the cache. Some gateways spell the fields as Protocol Buffers do.

    Source: https://ai.google.dev/api/generate-content#UsageMetadata.
    """
    for prompt, cached, details, cached_details in (
        ("promptTokenCount", "cachedContentTokenCount", "promptTokensDetails", "cacheTokensDetails"),
        ("prompt_token_count", "cached_content_token_count", "prompt_tokens_details", "cache_tokens_details"),
    ):
        if (count := usage.get(prompt)) is not None:
            usage[cached] = count
            if details in usage:
                usage[cached_details] = usage[details]


def to_answer(document: Mapping[str, Any]) -> Answer:
    """Convert a response. Raises ValueError for images, code that was run, and calls that clients must send back with a
    signature, for which other APIs have no field."""
    normalized = fields.normalize(document, fields.RESPONSE)
    model = normalized.get("modelVersion", "")
    choices = []
    for candidate in normalized["candidates"]:
        parts = tuple(part for each in gemini_answer.parts_of(candidate) if (part := _to_part(each, model)) is not None)
        choices.append(Choice(parts, interchange.finish_of_parts(parts)))
    return Answer(
        id=normalized.get("responseId", ""),
        model=model,
        created=_seconds(normalized.get("createTime", "")),
        choices=tuple(choices),
        usage=parse_usage(document) if normalized.get("usageMetadata") else None,
    )


def from_answer(answer: Answer, call: Call) -> JSONObject:
    """Convert an answer to a response, with the model's thoughts if the caller requested them.

    Raises ValueError for a refusal, which the API does not mark.
    """
    generation = fields.submessage(fields.normalize(call.params, fields.REQUEST), "generationConfig", fields.GENERATION)
    thoughts = bool(fields.submessage(generation, "thinkingConfig", fields.THINKING).get("includeThoughts"))
    candidates = []
    for index, choice in enumerate(answer.choices):
        if choice.finish is Finish.REFUSAL:
            raise ValueError("a refusal, which this API does not mark")
        parts = [_from_part(part, call.model) for part in choice.parts if thoughts or not isinstance(part, Reasoning)]
        if (first := next((part for part in parts if "functionCall" in part), None)) and _SIGNING_MODELS.search(
            call.model
        ):
            first["thoughtSignature"] = SIGNATURE_PLACEHOLDER
        content = {"parts": parts, "role": "model"}
        candidates.append({"content": content, "finishReason": "STOP", "index": index})
    document: JSONObject = {"candidates": candidates}
    if (used := answer.usage) is not None:
        document["usageMetadata"] = {
            "promptTokenCount": used.input,
            "candidatesTokenCount": max(0, used.output - used.reasoning),
            "totalTokenCount": used.input + used.output,
            **({"cachedContentTokenCount": used.cached} if used.cached else {}),
            **({"thoughtsTokenCount": used.reasoning} if used.reasoning else {}),
        }
    document |= {"modelVersion": answer.model or call.model, "responseId": answer.id}
    gemini_answer.check_answer(document, n=1)
    return document


def _tools(request: GeminiRequest) -> list[JSONObject]:
    if any(not tool.keys() <= {"functionDeclarations"} for tool in request.tools):
        raise ValueError("tools: not a function of the caller's")
    return [_tool(each) for each in request.declared]


def _tool(declared: Mapping[str, Any]) -> JSONObject:
    parameters = _schema(declared["parameters"]) if "parameters" in declared else declared.get("parametersJsonSchema")
    if not declared.keys() <= {"name", "description", "parameters", "parametersJsonSchema"}:
        raise ValueError("tools: a function with fields that other APIs do not have")
    if "parameters" in declared and "parametersJsonSchema" in declared:
        raise ValueError("tools: a function with two schemas")
    return interchange.common_tool(declared.get("name"), declared.get("description"), parameters)


def _schema(schema: Any) -> JSONObject:
    """Convert Gemini's own kind of schema, a part of OpenAPI's with types in capitals, to JSON Schema."""
    if not isinstance(schema, dict) or not schema.keys() <= _SCHEMA_KEYWORDS:
        raise ValueError("tools: a schema with keywords that other APIs do not have")
    converted: JSONObject = {}
    for name, value in schema.items():
        match name, value:
            case "type", str():
                converted[name] = value.lower()
            case "properties", dict():
                converted[name] = {inner: _schema(each) for inner, each in value.items()}
            case "items", dict():
                converted[name] = _schema(value)
            case "anyOf", list():
                converted[name] = [_schema(each) for each in value]
            case (("type" | "properties" | "items" | "anyOf"), _):
                raise ValueError("tools: a malformed schema")
            case _:
                converted[name] = value
    return converted


def _tool_choice(request: GeminiRequest) -> Any:
    if not request.tool_config.keys() <= {"functionCallingConfig"}:
        raise ValueError("toolConfig: has fields that other APIs do not have")
    calling = dict(request.calling)
    mode, names = calling.pop("mode", None), calling.pop("allowedFunctionNames", [])
    if calling or (names and mode != "ANY"):
        raise ValueError("toolConfig: has fields that other APIs do not have")
    if names:
        if len(names) > 1:
            raise ValueError("toolConfig: several allowed functions")
        return {"name": names[0]}
    if mode is None:
        return None
    if not isinstance(mode, str) or mode.upper() not in _TOOL_CHOICES:
        raise ValueError("toolConfig: a mode that other APIs do not have")
    return _TOOL_CHOICES[mode.upper()]


def _to_part(part: Mapping[str, Any], model: str) -> Part | None:
    """Convert a part; None for an empty one. A signature proves thoughts to the model that produced them."""
    normalized = fields.normalize(part, fields.PART)
    signature = normalized.pop("thoughtSignature", None)
    thought = normalized.pop("thought", False)
    match normalized:
        case {"text": str(text), **others} if not others:
            if thought:
                return Reasoning(text, signature) if text or signature else None
            return Text(text) if text else None
        case {"functionCall": dict(sent), **others} if not others and not thought:
            if signature and signature != SIGNATURE_PLACEHOLDER and _SIGNING_MODELS.search(model):
                raise ValueError("a call whose signature clients must send back, for which other APIs have no field")
            call = fields.normalize(sent, fields.FUNCTION_CALL)
            return ToolCall(call.get("id", ""), call.get("name", ""), call.get("args", {}))
        case {}:
            if not normalized:
                return None
    raise ValueError("a type of content that other APIs do not have")


def _from_part(part: Part, model: str) -> JSONObject:
    match part:
        case Text(text):
            return {"text": text}
        case Reasoning(text):
            return {"text": text, "thought": True}  # its signature, if any, is another API's
        case ToolCall(id, name, arguments):
            call = {"name": name, "args": dict(arguments)}
            return {"functionCall": {"id": id, **call} if id else call}
        case Refusal():
            raise ValueError("a refusal, which this API does not mark")


def _seconds(time: str) -> int:
    try:
        return max(0, int(datetime.fromisoformat(time).timestamp()))
    except (ValueError, OverflowError, OSError):
        return 0
