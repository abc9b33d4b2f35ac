"""What the contract suite needs of each API: any good documents, and how its streams are rendered and cut."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import strategies as st

from aicache.domain.model import Mode
from aicache.formats import Format, sse
from aicache.formats.anthropic.messages import MESSAGES
from aicache.formats.dashscope.generation import DASHSCOPE
from aicache.formats.dashscope.increments import INCREMENTAL
from aicache.formats.gemini.generate_content import GEMINI
from aicache.formats.ollama.chat_and_generate import OLLAMA_CHAT, OLLAMA_GENERATE
from aicache.formats.openai.chat import CHAT
from aicache.formats.openai.completions import COMPLETIONS
from aicache.formats.openai.responses import RESPONSES
from formats.anthropic import documents as anthropic
from formats.dashscope import documents as dashscope
from formats.gemini import documents as gemini
from formats.ollama import documents as ollama
from formats.openai import chat_documents, completions_documents, responses_documents

Trickle = Callable[[bytes, random.Random], bytes]
DONE = b"\n\ndata: [DONE]\n\n"


@dataclass(frozen=True)
class Contract:
    """One API. Streams are rendered in each of its *variants*, and of each may miss *ending* and still be complete."""

    format: Format
    documents: st.SearchStrategy[Any]
    trickle: Trickle | None = None
    """Cuts a stream finer, as models send it."""
    trickled_variant: str = ""
    variants: tuple[str, ...] = ("",)
    ending: Callable[[Any, str, bool], bytes] = lambda document, variant, include_usage: b"\n\n"
    choices: Callable[[Any], int] = lambda document: 1
    without_usage: Callable[[Any], Any] = lambda document: document
    """The document that remains of a stream whose caller did not request usage."""
    wrappers: tuple[bytes, ...] = (b"%s", b"data: %s\n\n")
    """Makes answers of arbitrary bytes."""
    two_chunks: tuple[bytes, ...] = ()
    """Makes streams of two arbitrary chunks."""
    has_choices: bool = True
    """Whether a request may ask for several choices."""
    request_headers: Mapping[str, str] = field(default_factory=dict)
    """The headers of a request for a stream, where they select it."""


def good(format: Format, documents: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Leave out documents without content, and those with a mark of a failure by chance."""

    def is_good(document: Any) -> bool:
        try:
            format.parse_answer(format.render(document, Mode.WHOLE))
        except ValueError:
            return False
        return True

    return documents.filter(is_good)


def by_block(cut: Callable[[bytes, random.Random], bytes | list[bytes]], *, but_last: bool = False) -> Trickle:
    def trickle(stream: bytes, rng: random.Random) -> bytes:
        blocks = list(sse.split_blocks(stream))
        last = [blocks.pop()] if but_last else []
        cut_blocks = [cut(block, rng) for block in blocks]
        return b"".join([b"".join(each) if isinstance(each, list) else each for each in cut_blocks] + last)

    return trickle


def gemini_trickle(stream: bytes, rng: random.Random) -> bytes:
    chunks = [json.loads(event.data) for event in sse.decode(stream)]
    return gemini.events(*(piece for each in chunks for piece in gemini.trickle(each, rng)))


def ollama_trickle(stream: bytes, rng: random.Random) -> bytes:
    return ollama.lines(*(part for line in sse.decode_ndjson(stream) for part in ollama.trickle(line, rng)))


def done_or_usage(has_usage: Callable[[Any], bool]) -> Callable[[Any, str, bool], bytes]:
    """``[DONE]`` may be missing after usage; else only what follows it."""
    return lambda document, variant, include_usage: DONE if include_usage and has_usage(document) else b"\n\n"


_USAGE_WRAPPERS = (b"%s", b"data: %s\n\ndata: [DONE]\n\n")
_LINES = (b"%s", b"%s\n", b'{"done":false}\n%s')

CONTRACTS = (
    Contract(
        CHAT,
        good(CHAT, chat_documents.ANSWERS),
        by_block(chat_documents.trickle),
        ending=done_or_usage(lambda answer: answer.usage is not None),
        choices=lambda answer: len(answer.choices),
        without_usage=lambda answer: replace(answer, usage=None),
        wrappers=_USAGE_WRAPPERS,
    ),
    Contract(
        COMPLETIONS,
        good(COMPLETIONS, completions_documents.DOCUMENTS),
        by_block(completions_documents.trickle),
        ending=done_or_usage(lambda document: "usage" in document),
        choices=lambda document: len(document["choices"]),
        without_usage=lambda document: {name: value for name, value in document.items() if name != "usage"},
        wrappers=_USAGE_WRAPPERS,
    ),
    Contract(
        RESPONSES,
        good(RESPONSES, responses_documents.DOCUMENT),
        has_choices=False,
    ),
    Contract(
        MESSAGES,
        good(MESSAGES, anthropic.ANSWERS),
        by_block(anthropic.trickle),
        has_choices=False,
    ),
    Contract(
        GEMINI,
        gemini.DOCUMENTS,
        gemini_trickle,
        variants=gemini.VARIANTS,
        ending=lambda document, variant, include_usage: b"" if variant else b"\r\n\r\n",
        choices=lambda document: len(document["candidates"]),
        wrappers=(b"%s", b"data: %s\n\n", b"[%s]"),
        two_chunks=(b"[%s,%s]",),
    ),
    Contract(
        OLLAMA_CHAT,
        good(OLLAMA_CHAT, ollama.CHATS),
        ollama_trickle,
        ending=lambda document, variant, include_usage: b"\n",
        wrappers=_LINES,
        two_chunks=(b"%s\n%s",),
        has_choices=False,
    ),
    Contract(
        OLLAMA_GENERATE,
        good(OLLAMA_GENERATE, ollama.GENERATED),
        ollama_trickle,
        ending=lambda document, variant, include_usage: b"\n",
        wrappers=_LINES,
        two_chunks=(b"%s\n%s",),
        has_choices=False,
    ),
    Contract(
        DASHSCOPE,
        dashscope.ANSWERS,
        by_block(dashscope.trickle, but_last=True),
        trickled_variant=INCREMENTAL,
        variants=dashscope.VARIANTS,
        wrappers=(b"%s", b"id:1\nevent:result\ndata:%s\n\n"),
        two_chunks=(b"data:%s\n\ndata:%s\n\n",),
        request_headers={"x-dashscope-sse": "enable"},
    ),
)
