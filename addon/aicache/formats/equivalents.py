"""Requests that mean the same in other words: documented defaults written out, marks for a provider's own cache. Pure.

Each API's folder has a module of this name with what that API documents, and nothing else: vendors that share an API
have other defaults, of sampling above all, and only the upstream knows them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from aicache.formats.json_body import JSONObject
from aicache.formats.text_parts import is_text_part

Defaults: TypeAlias = Mapping[str, tuple[Any, ...]]
"""Parameters, and the values of each that mean the same as its absence."""

CACHE_CONTROL = frozenset({"cache_control"})
"""Where a provider's prompt cache may cut: Anthropic, and OpenRouter, DashScope, LiteLLM and Bedrock after it.
https://docs.claude.com/en/docs/build-with-claude/prompt-caching, https://openrouter.ai/docs/features/prompt-caching"""


def without_defaults(params: JSONObject, defaults: Defaults) -> JSONObject:
    """Return parameters without those that have their default."""
    named = defaults.keys() & params.keys()
    omitted = [name for name in named if any(_same(params[name], default) for default in defaults[name])]
    return {name: value for name, value in params.items() if name not in omitted} if omitted else params


def without_marks(parts: Any, marks: frozenset[str]) -> Any:
    """Return a list of objects (parts of a content, tools, messages) without their fields in *marks*."""
    if not isinstance(parts, list) or not any(isinstance(part, dict) and not marks.isdisjoint(part) for part in parts):
        return parts
    return [without_fields(part, marks) if isinstance(part, dict) else part for part in parts]


def without_fields(holder: Mapping[str, Any], names: frozenset[str]) -> Mapping[str, Any]:
    if names.isdisjoint(holder):
        return holder
    return {name: value for name, value in holder.items() if name not in names}


def single_text(content: Any, kind: str = "text") -> Any:
    """Return the text of a content that is a list of one text part and no more, which is the same as that text."""
    if isinstance(content, Sequence) and len(content) == 1 and is_text_part(content[0], kind=kind):
        return content[0]["text"]
    return content


def _same(one: Any, other: Any) -> bool:
    """Tell whether two JSON values are equal; to Python, 1 and True are."""
    return type(one) is type(other) and bool(one == other)
