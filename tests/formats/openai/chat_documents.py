"""Any good chat completions, and their streams cut finer."""

from __future__ import annotations

import json
import random
from typing import Any

from hypothesis import strategies as st

from aicache.formats import sse
from aicache.formats.openai.chat_answer import GOOD_FINISH_REASONS
from aicache.formats.openai.chat_completion import Choice, Completion

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    [
        "Hello!",
        "多语言",
        "e\u0301 👩‍👩‍👧",
        "\x00\x1b\r\n\n",
        "a\u2028b\u2029c\x85d",
        'data: {"usage":null}\n\n',
        '"usage":null,',
        "[DONE]",
    ]
)
NUMBER = st.integers(-(2**63), 2**64) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
TEXT_PART = st.builds(lambda text: {"type": "text", "text": text}, TEXT)
PARTS = st.lists(
    TEXT_PART
    | st.builds(lambda parts: {"type": "thinking", "thinking": parts, "closed": True}, st.lists(TEXT_PART, max_size=2))
    | st.builds(lambda ids: {"type": "reference", "reference_ids": ids}, st.lists(st.integers(0, 9), max_size=3)),
    max_size=4,
)
TOOL_CALL = st.fixed_dictionaries(
    {"id": TEXT, "type": st.just("function")},
    optional={"function": st.fixed_dictionaries({"name": TEXT, "arguments": TEXT}), "extra_content": JSON},
) | st.fixed_dictionaries({"id": TEXT, "custom": st.fixed_dictionaries({"name": TEXT, "input": TEXT})})
REASONING_DETAIL = st.fixed_dictionaries(
    {"type": st.sampled_from(["reasoning.text", "reasoning.summary", "reasoning.encrypted"])},
    optional={
        "text": TEXT,
        "summary": TEXT,
        "data": TEXT,
        "signature": TEXT,
        "index": st.integers(0, 2),
        "format": TEXT,
    },
)
TOKEN = st.fixed_dictionaries(
    {"token": TEXT, "logprob": NUMBER, "bytes": st.none() | st.lists(st.integers(0, 255), max_size=4)},
    optional={"top_logprobs": st.lists(st.fixed_dictionaries({"token": TEXT, "logprob": NUMBER}), max_size=2)},
)
LOGPROBS = st.none() | st.fixed_dictionaries(
    {"content": st.none() | st.lists(TOKEN, max_size=3), "refusal": st.none() | st.lists(TOKEN, max_size=2)}
)
MESSAGE = st.fixed_dictionaries(
    {"role": st.sampled_from(["assistant", "assistant", "model"]), "content": st.none() | TEXT | PARTS},
    optional={
        "reasoning_content": st.none() | TEXT,
        "reasoning": st.none() | TEXT,
        "reasoning_details": st.lists(REASONING_DETAIL, max_size=3),
        "refusal": st.none() | TEXT,
        "tool_calls": st.none() | st.lists(TOOL_CALL, max_size=3),
        "function_call": st.none() | st.fixed_dictionaries({"name": TEXT, "arguments": TEXT}),
        "audio": st.none()
        | st.fixed_dictionaries({"id": TEXT, "data": TEXT, "transcript": TEXT, "expires_at": NUMBER}),
        "annotations": st.lists(
            st.fixed_dictionaries({"type": st.just("url_citation"), "url_citation": JSON}), max_size=2
        ),
        "images": st.lists(
            st.fixed_dictionaries({"type": TEXT, "index": st.integers(0, 1), "image_url": JSON}), max_size=3
        ),
        "vendor": JSON,
    },
)
CHOICE = st.builds(
    Choice,
    index=st.integers(0, 9),
    message=MESSAGE,
    finish_reason=st.sampled_from(sorted(GOOD_FINISH_REASONS)),
    extra=st.fixed_dictionaries(
        {},
        optional={
            "logprobs": LOGPROBS,
            "native_finish_reason": st.none() | TEXT,
            "content_filter_results": JSON,
            "stop_reason": st.none() | NUMBER | TEXT,
            "token_ids": st.lists(st.integers(0, 9), max_size=3),
        },
    ),
)
ANSWERS = st.builds(
    Completion,
    id=TEXT,
    model=TEXT,
    created=st.integers(0, 2**40),
    choices=st.lists(CHOICE, min_size=1, max_size=3, unique_by=lambda choice: choice.index).map(
        lambda choices: tuple(sorted(choices, key=lambda choice: choice.index))
    ),
    usage=st.none() | st.dictionaries(TEXT, JSON, min_size=1, max_size=3),
    extra=st.fixed_dictionaries(
        {},
        optional={
            "system_fingerprint": st.none() | TEXT,
            "service_tier": st.none() | TEXT,
            "provider": TEXT,
            "citations": st.lists(TEXT, max_size=2),
            "search_results": st.lists(JSON, max_size=2),
            "prompt_filter_results": JSON,
            "vendor": JSON,
        },
    ),
)


def trickle(block: bytes, rng: random.Random) -> bytes:
    """Cut what one chunk says into several chunks, as models send it."""
    (event,) = sse.decode(block)
    if event.data == "[DONE]":
        return block
    document = json.loads(event.data)
    for choice in document["choices"]:
        for name, value in choice["delta"].items():
            if name in ("content", "reasoning", "reasoning_content", "refusal") and isinstance(value, str) and value:
                cut = rng.randint(0, len(value))
                rest = {**choice, "delta": {name: value[cut:]}}
                choice["delta"] = {**choice["delta"], name: value[:cut]}
                rest.pop("logprobs", None)
                return _event(document) + _event(document | {"choices": [rest]})
            if name == "tool_calls" and value and "function" in value[0]:
                (call,) = value
                arguments = call["function"]["arguments"]
                cut = rng.randint(0, len(arguments))
                rest = {
                    **choice,
                    "delta": {name: [{"index": call["index"], "function": {"arguments": arguments[cut:]}}]},
                }
                call["function"]["arguments"] = arguments[:cut]
                return _event(document) + _event(document | {"choices": [rest]})
    return block


def _event(document: Any) -> bytes:
    return sse.encode([sse.Event("", json.dumps(document))])
