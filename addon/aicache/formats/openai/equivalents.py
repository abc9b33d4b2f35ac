"""Defaults that OpenAI's APIs document, and its marks for prompt caching. Pure.

Sources: https://platform.openai.com/docs/api-reference/chat/create, …/responses/create, …/completions/create, and for
the marks https://platform.openai.com/docs/guides/prompt-caching. Vendors of these APIs have the same defaults of the
parameters named here. They differ over sampling (temperature, top_p, penalties), limits, and calls in parallel: these
are off by default at DashScope, so that `parallel_tool_calls` is left out only where there is no tool to call.
"""

from __future__ import annotations

from typing import Any

from aicache.formats.equivalents import CACHE_CONTROL, Defaults, without_defaults, without_fields, without_marks
from aicache.formats.json_body import JSONObject

CACHE_MARKS = CACHE_CONTROL | {"prompt_cache_breakpoint"}
"""Marks on messages, their parts, and tools."""
_CACHE_PARAMETERS = frozenset({"prompt_cache_retention", "cache_control"})
_CACHE_OPTIONS = frozenset({"mode", "ttl"})

_TEXT_FORMAT = {"type": "text"}
_CHAT: Defaults = {
    "n": (1, None),
    "tools": ([], None),
    "functions": ([], None),
    "response_format": (_TEXT_FORMAT, None),
    "modalities": (["text"], None),
    "logprobs": (False, None),
    **dict.fromkeys(("top_logprobs", "logit_bias", "stop", "seed", "max_tokens", "max_completion_tokens"), (None,)),
}
_WITHOUT_TOOLS: Defaults = {"tool_choice": ("none", "auto", None), "parallel_tool_calls": (True, None)}
_WITH_TOOLS: Defaults = {"tool_choice": ("auto", None)}
_RESPONSES: Defaults = {
    "tools": ([], None),
    "include": ([], None),
    "text": ({}, {"format": _TEXT_FORMAT}, None),
    "background": (False, None),
    "truncation": ("disabled", None),
    **dict.fromkeys(("max_output_tokens", "max_tool_calls", "top_logprobs", "reasoning"), (None,)),
    **dict.fromkeys(("instructions", "previous_response_id", "conversation", "prompt"), (None,)),
}
_COMPLETIONS: Defaults = {
    "n": (1, None),
    "echo": (False, None),
    **dict.fromkeys(("logprobs", "suffix", "stop", "seed", "logit_bias", "max_tokens"), (None,)),
}

_CALLS = frozenset({"function_call", "custom_tool_call", "shell_call", "apply_patch_call"})
"""Items of Responses that the client runs. They and their results hold all that they say, so that their own id says
nothing; items of the upstream's tools, and reasoning, may stand for more than they show."""
_CALL_CONTENTS = ("arguments", "input", "action", "operation")
_RESULT_CONTENTS = ("output",)
"""The fields of which such an item has one; without any it may stand for what the upstream holds."""
_MESSAGE = ("type", "message")
_NO_REST = frozenset({"role", "content"}) | CACHE_MARKS


def chat_params(params: JSONObject) -> JSONObject:
    """Return the parameters of a chat completion that are not the API's defaults, without marks."""
    return _params(params, _CHAT)


def responses_params(params: JSONObject) -> JSONObject:
    return _params(params, _RESPONSES)


def completions_params(params: JSONObject) -> JSONObject:
    return without_defaults(params, _COMPLETIONS)


def responses_item(item: JSONObject) -> JSONObject:
    """Return an item that is no message without its own id, if that says nothing."""
    kind = item["type"]
    is_call, is_result = kind in _CALLS, kind.removesuffix("_output") in _CALLS
    contents = _CALL_CONTENTS if is_call else _RESULT_CONTENTS if is_result else ()
    if "id" not in item or all(item.get(name) is None for name in contents):
        return item
    return {name: value for name, value in item.items() if name != "id"}


def message_fields(item: JSONObject) -> JSONObject:
    """Return the fields of a message of Responses beside role and content, as in the short form of a message."""
    omitted = _NO_REST | {"id"} if item.get("content") else _NO_REST
    return {name: value for name, value in item.items() if name not in omitted and (name, value) != _MESSAGE}


def _params(params: JSONObject, defaults: Defaults) -> JSONObject:
    params = without_defaults(params, defaults)
    has_tools = "tools" in params or "functions" in params
    params = without_defaults(params, _WITH_TOOLS if has_tools else _WITHOUT_TOOLS)
    if not _CACHE_PARAMETERS.isdisjoint(params):
        params = dict(without_fields(params, _CACHE_PARAMETERS))
    if isinstance(options := params.get("prompt_cache_options"), dict) and options.keys() <= _CACHE_OPTIONS:
        params = {name: value for name, value in params.items() if name != "prompt_cache_options"}
    if has_tools and "tools" in params:
        tools = without_marks(params["tools"], CACHE_MARKS)
        params = params if tools is params["tools"] else {**params, "tools": tools}
    return params


def content(given: Any) -> Any:
    """Return a message's content without marks."""
    return without_marks(given, CACHE_MARKS)
