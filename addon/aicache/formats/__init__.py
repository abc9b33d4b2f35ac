"""The API formats: pure modules that parse requests and answers, and render answers. `FORMATS` registers them.

To add an API: write a class with the methods of `format.Format` (`format.BaseFormat` has the usual behavior) in its own
folder, and add its instance to `FORMATS`; one for embeddings follows `embeddings.Embeddings` and goes to
`EMBEDDINGS`. tests/formats/test_contract.py then asks for a sample of it, and holds it to what every API must do.
"""

from __future__ import annotations

from aicache.formats.anthropic.messages import MESSAGES
from aicache.formats.dashscope.generation import DASHSCOPE
from aicache.formats.embeddings import Embeddings
from aicache.formats.format import Format, RequestContext
from aicache.formats.gemini.generate_content import GEMINI
from aicache.formats.ollama.chat_and_generate import OLLAMA_CHAT, OLLAMA_GENERATE
from aicache.formats.ollama.embed import OLLAMA_EMBED
from aicache.formats.openai.chat import CHAT
from aicache.formats.openai.completions import COMPLETIONS
from aicache.formats.openai.embeddings import OPENAI_EMBEDDINGS
from aicache.formats.openai.responses import RESPONSES
from aicache.formats.stateful_parameters import Allow

__all__ = [
    "EMBEDDINGS",
    "FORMATS",
    "Allow",
    "Embeddings",
    "Format",
    "RequestContext",
    "by_api",
    "match",
    "match_embeddings",
]

FORMATS: tuple[Format, ...] = (CHAT, COMPLETIONS, RESPONSES, MESSAGES, GEMINI, OLLAMA_CHAT, OLLAMA_GENERATE, DASHSCOPE)
EMBEDDINGS: tuple[Embeddings, ...] = (OPENAI_EMBEDDINGS, OLLAMA_EMBED)

_BY_API = {format.api: format for format in FORMATS}


def match(method: str, path: str) -> Format | None:
    """Return the format of a request by its method and path (without the query), or None for any other request."""
    for format in FORMATS:
        if format.matches(method, path):
            return format
    return None


def match_embeddings(method: str, path: str) -> Embeddings | None:
    """Return the format of a request for embeddings, or None for any other request."""
    for format in EMBEDDINGS:
        if format.matches(method, path):
            return format
    return None


def by_api(api: str) -> Format:
    """Return the format of an entry by its API's name. Raises ValueError for one that is not registered (any more)."""
    try:
        return _BY_API[api]
    except KeyError:
        raise ValueError("an entry of an unknown API") from None
