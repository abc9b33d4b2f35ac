"""Parses the body of an answer that is a JSON object or a stream of server-sent events. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from aicache.domain.model import Mode
from aicache.formats import sse
from aicache.formats.json_body import JSONObject, parse_object

Document = TypeVar("Document")


def parse_answer_body(
    body: bytes, join_stream: Callable[[bytes], JSONObject], check_answer: Callable[[JSONObject], Document]
) -> tuple[Mode, Document]:
    """Return the answer's mode, and its document as *check_answer* returns it. Raises ValueError with the fault.

    The body determines the mode, since upstreams may ignore ``stream``, or send a wrong content type. White space may
    come first: OpenRouter keeps connections alive with it.
    """
    try:
        if sse.is_stream(body):
            return Mode.STREAM, check_answer(join_stream(body))
        return Mode.WHOLE, check_answer(parse_object(body))
    except RecursionError:
        raise ValueError("JSON nested too deeply") from None
