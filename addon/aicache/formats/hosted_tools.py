"""Checks the tools and plugins that the upstream runs for use of state or private data. Pure.

A hosted tool may read the caller's mail, or act for the caller. So a type that is not documented to read the public web
or to compute counts as one that does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from aicache.formats import stateful_parameters
from aicache.formats.errors import Private
from aicache.formats.stateful_parameters import Allow

_CALLER_TYPES = frozenset({"function", "custom"})
_CALLER_FIELDS = frozenset({"parameters", "input_schema", "inputSchema", "input_examples", "output_schema", "format"})
"""Fields of the caller's own tools in which names are the caller's."""
_PUBLIC_TYPES = frozenset(
    {"code_interpreter", "code_execution", "browser_search", "browser_automation", "visit_website", "wolfram_alpha"}
    | {"web_search", "web_search_preview", "web_fetch", "web_extractor", "live_search", "x_search", "image_generation"}
    | {"datetime", "url_context", "google_search", "google_maps", "builtin_function", "namespace", "advisor"}
    | {"shell", "local_shell", "apply_patch", "computer", "computer_use", "computer_use_preview", "bash"}
    | {"text_editor", "memory", "tool_search", "tool_search_tool_regex", "tool_search_tool_bm25"}
    | {"programmatic_tool_calling"}
)
"""Documented types that read the public web, compute, draw, or are run by the caller; without their versions."""
_VERSION = re.compile(r"_\d{4}(?:\d{4}|_\d\d_\d\d)\Z|_\d{4}\Z")
_PRIVATE_WORDS = frozenset({"collection", "collections"})
_HARMLESS_FIELDS = frozenset(
    {"tool.defer_loading", "tool.function.defer_loading"}
    | {"tool.environment", "tool.background"}  # a computer's place, checked by itself; an option of a picture
    | {"tool.allowed_x_handles", "tool.excluded_x_handles", "tool.input_image_mask.file_id"}
)
_PUBLIC_PLUGINS = frozenset(  # https://openrouter.ai/docs/guides/features/plugins
    {"web", "web-fetch", "file-parser", "response-healing", "context-compression", "moderation", "fusion"}
    | {"auto-router", "auto-beta-router", "pareto-router"}
)


def reject_tools(tools: Any, *, allow: Allow) -> None:
    """Raise Stateful for a tool that depends on state at the upstream, Private for one that reads private data."""
    for tool in tools if isinstance(tools, list) else ():
        if not isinstance(tool, dict):
            continue
        if _is_run_by_caller(tool):
            for path, name in stateful_parameters.nested_names(_without_caller_fields(tool), "tool", allow):
                if path not in _HARMLESS_FIELDS:
                    stateful_parameters.reject_state_name(name, allow)
            continue
        kind = tool.get("type")
        spoken = stateful_parameters.split_words(kind) if isinstance(kind, str) else ()
        if isinstance(kind, str) and (
            stateful_parameters.is_private_name(kind) or not _PRIVATE_WORDS.isdisjoint(spoken)
        ):
            _reject_private(allow)
            continue
        for path, name in stateful_parameters.nested_names(
            {name: value for name, value in tool.items() if name != "tools"}, "tool", allow
        ):
            if path not in _HARMLESS_FIELDS:
                stateful_parameters.reject_state_name(name, allow)
        if isinstance(kind, str) and _VERSION.sub("", kind.removeprefix("openrouter:")) not in _PUBLIC_TYPES:
            _reject_private(allow)
        reject_tools(tool.get("tools"), allow=allow)  # those of a namespace


def reject_plugins(request: Mapping[str, Any], *, allow: Allow) -> None:
    """Raise Private for any plugin but OpenRouter's own: those read the public web, or repair messages."""
    plugins = request.get("plugins")
    if stateful_parameters.is_empty(plugins):
        return
    for plugin in plugins if isinstance(plugins, list) else (plugins,):
        if not isinstance(plugin, dict) or plugin.get("id") not in _PUBLIC_PLUGINS:
            _reject_private(allow)


def _reject_private(allow: Allow) -> None:
    if not allow.private_tools:
        raise Private("tools: a tool that reads private data at the upstream, or may")


def _is_run_by_caller(tool: Mapping[str, Any]) -> bool:
    """Tell whether the caller runs a tool."""
    kind = tool.get("type")
    if kind is None:
        return any(name in tool for name in ("function", "input_schema", "parameters"))
    return isinstance(kind, str) and kind in _CALLER_TYPES


def _without_caller_fields(tool: Mapping[str, Any]) -> dict[str, Any]:
    """Return a tool of the caller's without the fields in which names are the caller's, also one level deeper."""
    return {
        name: {inner: each for inner, each in value.items() if inner not in _CALLER_FIELDS}
        if isinstance(value, dict)
        else value
        for name, value in tool.items()
        if name not in _CALLER_FIELDS
    }
