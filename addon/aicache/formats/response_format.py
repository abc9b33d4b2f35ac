"""The output format that a call requests, such as JSON of a schema, and whether a text conforms to it. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from aicache.formats import json_schema
from aicache.formats.answer_content import strip_reasoning
from aicache.formats.gemini import fields


@dataclass(frozen=True, slots=True)
class OutputFormat:
    """A requested output format: a JSON value that conforms to a schema, by default to any."""

    schema: Any = True
    object_only: bool = False
    """Whether the value must be an object."""
    enum_only: bool = False
    """Whether the text itself, which is not JSON then, must be one of the values that the schema lists."""


def reject_mismatch(texts: Iterable[str], form: OutputFormat | None) -> None:
    """Raise ValueError unless all texts conform to the requested output format."""
    if form is not None and not all(conforms(text, form) for text in texts):
        raise ValueError("not of the form that was asked for")


def conforms(text: str, form: OutputFormat) -> bool:
    if form.enum_only:
        return json_schema.conforms(text.strip(), form.schema)
    try:
        value = json.loads(strip_reasoning(text), parse_constant=_reject_constant)
    except (ValueError, RecursionError):
        return False
    return (isinstance(value, dict) or not form.object_only) and json_schema.conforms(value, form.schema)


def of_chat(params: Mapping[str, Any]) -> OutputFormat | None:
    """Read chat completions' ``response_format``, and what vendors have instead of it.

    Some have the schema beside ``json_object`` (Together, Fireworks), some as a ``value`` (TGI).
    """
    form = params.get("response_format")
    if isinstance(form, dict):
        match form.get("type"):
            case "json_object" | "json":
                return OutputFormat(_first_schema(form, "schema", "value"), object_only=form["type"] == "json_object")
            case "json_schema":
                return OutputFormat(_schema_in(form))
    structured = params.get("structured_outputs")
    for requested in (params.get("guided_json"), params.get("json_schema"), _field(structured, "json")):
        if isinstance(requested, str):  # vLLM accepts the text of a schema, too
            return OutputFormat()
        if isinstance(requested, dict):
            return OutputFormat(requested)
    return None


def of_responses(params: Mapping[str, Any]) -> OutputFormat | None:
    form = _field(params.get("text"), "format")
    return of_chat({"response_format": form})


def of_messages(params: Mapping[str, Any]) -> OutputFormat | None:
    """Read ``output_config.format``, formerly ``output_format``."""
    form = _field(params.get("output_config"), "format") or params.get("output_format")
    return OutputFormat(_first_schema(form, "schema")) if _field(form, "type") == "json_schema" else None


def of_ollama(params: Mapping[str, Any]) -> OutputFormat | None:
    """Read ``format``: the word ``json``, whose grammar allows objects only, or a schema."""
    requested = params.get("format")
    if requested == "json":
        return OutputFormat(object_only=True)
    return OutputFormat(requested) if isinstance(requested, dict) and requested else None


def of_dashscope(params: Mapping[str, Any]) -> OutputFormat | None:
    return of_chat({"response_format": _field(params.get("parameters"), "response_format")})


def of_gemini(params: Mapping[str, Any]) -> OutputFormat | None:
    """Read ``generationConfig``: an answer is JSON of any kind, or one of the words that its schema lists."""
    request = fields.normalize(params, fields.REQUEST)
    requested = fields.submessage(request, "generationConfig", fields.GENERATION)
    of = _first_schema(requested, "responseSchema", "responseJsonSchema", "_responseJsonSchema")
    match requested.get("responseMimeType"):
        case "application/json":
            return OutputFormat(of)
        case "text/x.enum":
            return OutputFormat(of, enum_only=True)
        case _:
            return None


def _schema_in(form: Mapping[str, Any]) -> Any:
    """Return the schema of a ``json_schema`` format: within the object of that name, or beside it as with Responses."""
    inner = form.get("json_schema")
    return _first_schema(inner if isinstance(inner, dict) and "schema" in inner else form, "schema")


def _first_schema(holder: Any, *names: str) -> Any:
    """Return the first schema under one of these names, or True, to which everything conforms."""
    found = (holder.get(name) for name in names) if isinstance(holder, dict) else ()
    return next((each for each in found if isinstance(each, dict | bool)), True)


def _field(holder: Any, name: str) -> Any:
    return holder.get(name) if isinstance(holder, dict) else None


def _reject_constant(name: str) -> NoReturn:
    raise ValueError(f"{name}: not JSON")
