"""Defaults that Ollama's API documents. Pure.

Source: https://github.com/ollama/ollama/blob/main/docs/api.md, and ``api/types.go`` beside it for empty values.
``keep_alive`` says only how long the model stays loaded.
"""

from __future__ import annotations

from aicache.formats.equivalents import Defaults, without_defaults
from aicache.formats.json_body import JSONObject

_DEFAULTS: Defaults = {
    "tools": ([], None),
    "options": ({}, None),
}


def params(given: JSONObject) -> JSONObject:
    """Return the parameters that are not the API's defaults."""
    return without_defaults({name: value for name, value in given.items() if name != "keep_alive"}, _DEFAULTS)
