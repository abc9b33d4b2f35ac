"""Any good text completions, and their streams cut finer."""

from __future__ import annotations

import json
import random
from typing import Any

from hypothesis import strategies as st

from aicache.formats import sse
from aicache.formats.openai.chat_answer import GOOD_FINISH_REASONS

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    ["a\u2028b\u2029c\x85d", "\x00\r\n\n", "多语言", 'data: {"usage":null}\n\n', "[DONE]"]
)
NUMBER = st.integers(-(2**63), 2**64) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
LOGPROBS = (
    st.none()
    | JSON.filter(lambda value: type(value) not in (int, float))
    | st.fixed_dictionaries(
        {
            "tokens": st.lists(TEXT, max_size=3),
            "token_logprobs": st.lists(st.none() | NUMBER, max_size=3),
            "text_offset": st.lists(st.integers(0, 9), max_size=3),
            "top_logprobs": st.none() | st.lists(st.dictionaries(TEXT | st.just("index"), NUMBER), max_size=3),
        }
    )
)
CHOICES = st.lists(
    st.fixed_dictionaries(
        {"text": TEXT, "index": st.integers(0, 9), "finish_reason": st.sampled_from(sorted(GOOD_FINISH_REASONS))},
        optional={
            "logprobs": LOGPROBS,
            "stop_reason": st.none() | NUMBER | TEXT,
            "reasoning": st.none() | TEXT,
            "token_ids": st.none() | st.lists(st.integers(0, 9), max_size=3),
            "content_filter_results": JSON,
        },
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda choice: int(choice["index"]),
)
DOCUMENTS = st.builds(
    lambda head, choices, extra: (
        {**head, "object": "text_completion", **extra, "choices": sorted(choices, key=lambda choice: choice["index"])}
    ),
    st.fixed_dictionaries({}, optional={"id": TEXT, "created": NUMBER, "model": st.none() | TEXT}),
    CHOICES.filter(lambda choices: any(choice["text"] for choice in choices)),
    st.fixed_dictionaries(
        {},
        optional={
            "usage": st.dictionaries(TEXT, JSON, min_size=1, max_size=3),
            "system_fingerprint": st.none() | TEXT,
            "prompt_filter_results": JSON,
            "vendor": JSON,
        },
    ),
)


def trickle(block: bytes, rng: random.Random) -> bytes:
    """Cut what one chunk says into two chunks, as models send it."""
    (event,) = sse.decode(block)
    if event.data == "[DONE]":
        return block
    document = json.loads(event.data)
    for choice in document["choices"]:
        cut = rng.randint(0, len(choice["text"]))
        rest = {"index": choice["index"], "text": choice["text"][cut:]}
        choice["text"] = choice["text"][:cut]
        return _event(document) + _event(document | {"choices": [rest]})
    return block


def _event(document: Any) -> bytes:
    return sse.encode([sse.Event("", json.dumps(document))])
