"""Checks a conversation for references to state at the upstream: another conversation, an earlier answer's audio. Pure.

It reads names and types only. Messages, calls and files may have ids, since what those name is sent along or never
changes. The arguments and results of calls are free-form content.
"""

from __future__ import annotations

from typing import Any

from aicache.formats import stateful_parameters
from aicache.formats.errors import Stateful
from aicache.formats.stateful_parameters import Allow

_CONTENT_FIELDS = frozenset(
    {"arguments", "args", "partialArgs", "input", "output", "outputs", "result", "results", "response", "action"}
    | {"actions", "operation", "citations", "annotations", "logprobs", "tools", "metadata", "partMetadata"}
    | {"part_metadata", "reasoning_details", "extra_content"}
)
"""Fields with free-form content of a call, its result or a citation, or with a vendor's proofs of reasoning."""
_HARMLESS_NAMES = frozenset(
    {
        "tool_call_id",
        "call_id",
        "tool_use_id",
        "tool_id",
        "function_id",
        "toolCallId",
        "toolUseId",
        "approval_request_id",
    }
    | {"file", "file_id", "fileId", "file_data", "fileData", "file_uri", "fileUri", "file_url", "filename", "file_name"}
    | {"index"}
)
"""Documented names that sound like state but are ids of parts of the same request, or of files."""
_HARMLESS_NAMES_BY_TYPE = {
    "document": frozenset({"context"}),
    "reference": frozenset({"reference_ids"}),
    "code_interpreter_call": frozenset({"container_id"}),
    "image_generation_call": frozenset({"background"}),
}
_KNOWN_TYPES = frozenset(
    {"message", "text", "input_text", "output_text", "summary_text", "reasoning_text", "refusal", "reasoning"}
    | {"image", "image_url", "input_image", "input_audio", "audio_url", "video_url", "file", "input_file", "document"}
    | {"thinking", "redacted_thinking", "compaction", "context_compaction", "reference", "tool_reference"}
    | {"search_result", "function", "custom", "mcp_list_tools", "mcp_approval_request", "additional_tools", "fallback"}
    | {"document_url", "file_url", "input_video", "video", "audio", "url", "base64", "content", "program"}
)
_KNOWN_TYPE_SUFFIXES = ("_call", "_use", "_result", "_output", "_error")
"""Documented types, and the suffixes of those of calls and their results."""
_STATEFUL_TYPES = frozenset({"mcp_approval_response", "container_upload", "item_reference"})
"""They approve an action that the upstream holds, put a file where code runs, or name an item."""
_CALL_FIELDS = frozenset(
    {"functionCall", "functionResponse", "function_call", "function_response", "toolCall", "toolResponse"}
    | {"tool_call", "tool_response", "executableCode", "codeExecutionResult", "executable_code"}
    | {"code_execution_result", "caller"}
)
_PART_FIELDS = frozenset({"content", "parts"})


def reject_references(conversation: Any, *, allow: Allow) -> None:
    """Raise Stateful for a part of a conversation that refers to state at the upstream, Private for private data."""
    pending = [(conversation, "", False)]
    for value, under, listed in pending:  # grows while iterating
        if isinstance(value, list):
            pending += [(each, under, True) for each in value if isinstance(each, dict | list)]
        elif isinstance(value, dict):
            kind = value.get("type")
            known = _is_known(kind) if isinstance(kind, str) else under not in _PART_FIELDS
            if isinstance(kind, str) and not known:
                _reject_type(kind, allow)
            own = _HARMLESS_NAMES_BY_TYPE.get(kind, frozenset()) if isinstance(kind, str) else frozenset()
            for name, inner in value.items():
                if stateful_parameters.is_empty(inner) or allow.allows_nested(name):
                    continue
                if not (
                    name in _HARMLESS_NAMES
                    or name in own
                    or (name == "id" and known and (listed or under in _CALL_FIELDS))
                ):
                    stateful_parameters.reject_state_name(name, allow)
                if isinstance(inner, dict | list) and name not in _CONTENT_FIELDS:
                    pending.append((inner, name, False))


def _is_known(kind: str) -> bool:
    return (
        kind in _KNOWN_TYPES
        or (kind.endswith(_KNOWN_TYPE_SUFFIXES) and kind not in _STATEFUL_TYPES)
        or kind.startswith("reasoning.")
    )


def _reject_type(kind: str, allow: Allow) -> None:
    if kind in _STATEFUL_TYPES:
        raise Stateful("an item: refers to state held by the upstream")
    stateful_parameters.reject_state_name(kind, allow)
