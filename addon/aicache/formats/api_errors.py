"""An error that a client gets in place of an answer; each format renders it as its API would. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from aicache.formats.json_body import render_json


@dataclass(frozen=True, slots=True)
class APIError:
    """An error response. *message* holds nothing of the request's content, but where a cassette is replayed."""

    status: int
    """The HTTP status."""
    message: str
    type: str
    """The kind of error, as OpenAI has it beside the code: ``cache_miss``."""
    code: str
    """The error itself, in lower case with underscores: ``only_if_cached``."""


def render_openai_error(error: APIError) -> bytes:
    """Render an error as OpenAI and most vendors do (https://platform.openai.com/docs/guides/error-codes)."""
    fields = {"message": error.message, "type": error.type, "param": None, "code": error.code}
    return render_json({"error": fields})


def render_ollama_error(error: APIError) -> bytes:
    """Render an error as Ollama does (https://github.com/ollama/ollama/blob/main/docs/api.md)."""
    return render_json({"error": error.message})
