"""The documented fields of Gemini's messages: their spellings and JSON types. Pure.

The service parses JSON as Protocol Buffers do, so it accepts a field by its name in camelCase and in snake_case
(https://protobuf.dev/programming-guides/json), and one message in place of a list: its own examples have
``"parts": {"text": ...}``. Sources: https://ai.google.dev/api/generate-content and, for fields that only Vertex AI has,
https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from aicache.formats.json_body import JSONObject

Table: TypeAlias = Mapping[str, tuple[type, ...]]

_TEXT, _FLAG, _COUNT, _NUMBER = (str,), (bool,), (int,), (int, float)
_LIST, _MESSAGE, _MESSAGES = (list,), (dict,), (list, dict)


def _all(kinds: tuple[type, ...], names: str) -> dict[str, tuple[type, ...]]:
    return dict.fromkeys(names.split(), kinds)


REQUEST: Table = {
    **_all(_MESSAGES, "contents tools safetySettings"),
    **_all(_MESSAGE, "systemInstruction toolConfig generationConfig labels modelArmorConfig outputConfig"),
    **_all(_TEXT, "model cachedContent serviceTier continuationToken"),
    **_all(_FLAG, "store"),
}
GENERATION: Table = {
    **_all(_NUMBER, "temperature topP topK presencePenalty frequencyPenalty"),
    **_all(_COUNT, "candidateCount maxOutputTokens seed logprobs"),
    **_all(_LIST, "stopSequences responseModalities"),
    **_all(_TEXT, "responseMimeType mediaResolution"),
    **_all(_FLAG, "responseLogprobs enableEnhancedCivicAnswers audioTimestamp enableAffectiveDialog"),
    **_all(_MESSAGE, "responseSchema thinkingConfig speechConfig imageConfig routingConfig modelSelectionConfig"),
    **_all(_MESSAGE, "translationConfig audioTranscriptionConfig"),
    **_all((dict, bool), "responseJsonSchema _responseJsonSchema"),
    **_all(_MESSAGES, "responseFormat"),
}
THINKING: Table = {"includeThoughts": _FLAG, "thinkingBudget": _COUNT, "thinkingLevel": _TEXT}
TOOL_CONFIG: Table = {
    **_all(_MESSAGE, "functionCallingConfig retrievalConfig"),
    **_all(_FLAG, "includeServerSideToolInvocations"),
}
CALLING: Table = {"mode": (str, int), "allowedFunctionNames": _LIST, "streamFunctionCallArguments": _FLAG}
TOOL: Table = {
    **_all(_MESSAGES, "functionDeclarations mcpServers"),
    **_all(_MESSAGE, "googleSearch googleSearchRetrieval googleMaps urlContext codeExecution computerUse fileSearch"),
    **_all(_MESSAGE, "retrieval enterpriseWebSearch parallelAiSearch exaAiSearch"),
}
DECLARATION: Table = {
    **_all(_TEXT, "name description behavior"),
    **_all(_MESSAGE, "parameters response"),
    **_all((dict, bool), "parametersJsonSchema responseJsonSchema"),
}
CONTENT: Table = {"role": _TEXT, "parts": _MESSAGES}
PART: Table = {
    **_all(_TEXT, "text thoughtSignature"),
    **_all(_FLAG, "thought"),
    **_all(_MESSAGE, "inlineData fileData functionCall functionResponse executableCode codeExecutionResult"),
    **_all(_MESSAGE, "toolCall toolResponse videoMetadata partMetadata mediaResolution"),
}
FUNCTION_CALL: Table = {**_all(_TEXT, "id name"), "args": _MESSAGE, "partialArgs": _LIST, "willContinue": _FLAG}
FUNCTION_RESPONSE: Table = {
    **_all(_TEXT, "id name scheduling"),
    "response": _MESSAGE,
    "parts": _MESSAGES,
    "willContinue": _FLAG,
}
BLOB: Table = _all(_TEXT, "data mimeType displayName")
FILE: Table = _all(_TEXT, "fileUri mimeType displayName")

RESPONSE: Table = {
    "candidates": _LIST,
    **_all(_MESSAGE, "usageMetadata promptFeedback"),
    **_all(_TEXT, "modelVersion responseId createTime"),
}
CANDIDATE: Table = {
    "content": _MESSAGE,
    "finishReason": (str, int),  # a number for callers that request numeric enumerations
    "finishMessage": _TEXT,
    **_all(_COUNT, "index tokenCount"),
    **_all(_MESSAGE, "citationMetadata groundingMetadata urlContextMetadata logprobsResult"),
    **_all(_LIST, "safetyRatings"),
}

_NEXT_WORD = re.compile(r"_([a-z0-9])")


def normalize(message: Mapping[str, Any], table: Table) -> JSONObject:
    """Return a message's fields, the documented ones in camelCase, without those that are null.

    Raises ValueError for a documented field of another type, or in two spellings: only the service knows which one
    counts. Undocumented fields pass unchanged.
    """
    found: JSONObject = {}
    for sent, value in message.items():
        meant = sent if sent in table else to_camel_case(sent)
        name = meant if meant in table else sent
        if name in found:
            raise ValueError(f"{name}: in two spellings")
        if name in table and value is not None and type(value) not in table[name]:
            raise ValueError(f"{name}: not of its type")
        found[name] = value
    return {name: value for name, value in found.items() if value is not None}


def to_camel_case(name: str) -> str:
    """Return a field's name in camelCase."""
    return _NEXT_WORD.sub(lambda word: word[1].upper(), name)


def submessage(message: Mapping[str, Any], name: str, table: Table) -> JSONObject:
    """Normalize the message in a field of a normalized one; an absent message is empty."""
    return normalize(message.get(name) or {}, table)


def message_list(value: Any, name: str) -> list[JSONObject]:
    """Return a list of messages, which may be sent as one message. Raises ValueError for anything else."""
    listed = [value] if isinstance(value, dict) else value or []
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise ValueError(f"{name}: not a list of objects")
    return listed


def is_plain_text(part: Mapping[str, Any]) -> bool:
    """Tell whether a part is a text and nothing else."""
    return part.keys() == {"text"} and isinstance(part["text"], str)


def are_plain_text(parts: Iterable[Any]) -> bool:
    return all(isinstance(part, dict) and is_plain_text(part) for part in parts)
