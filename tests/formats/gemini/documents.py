"""Any good responses of Gemini's, and their streams cut finer."""

from __future__ import annotations

import json
import random
from typing import Any

import msgspec
from hypothesis import HealthCheck, assume
from hypothesis import strategies as st

from aicache.formats.gemini.generate_content import GEMINI

VARIANTS = ("", "array")
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["", "Hello!", "多语言", "👩‍👩‍👧", "\x00\r\n\n", "a\u2028b\u2029c\x85d", "data: {}\n\n", "]\n,\r\n[", "[DONE]"]
)
NUMBER = st.integers(-(2**63), 2**64) | st.floats(allow_nan=False, allow_infinity=False)
VALUE = NUMBER | TEXT | st.sampled_from([None, True, 1, 1.0, "", [], {}, [None, {"a": [{}]}], {"a": [0.5]}])
TEXT_PART = st.fixed_dictionaries(
    {"text": TEXT}, optional={"thought": st.booleans(), "thoughtSignature": TEXT, "partMetadata": st.just({"a": 1})}
)
CALL_PART = st.fixed_dictionaries(
    {"functionCall": st.fixed_dictionaries({"name": st.just("f")}, optional={"id": TEXT, "args": st.just({"x": 1})})},
    optional={"thoughtSignature": TEXT},
)
PART = (
    TEXT_PART
    | st.sampled_from([{"text": "a"}, {"text": ""}, {"text": "b", "thought": True}, {}])
    | CALL_PART
    | st.fixed_dictionaries({"inlineData": st.fixed_dictionaries({"mimeType": TEXT, "data": TEXT})})
    | st.fixed_dictionaries({"vendor": VALUE})
)
CONTENT = st.fixed_dictionaries(
    {},
    optional={"parts": st.lists(PART, min_size=1, max_size=5) | st.just([]), "role": st.just("model"), "vendor": VALUE},
)
CANDIDATE = st.fixed_dictionaries(
    {"finishReason": st.just("STOP")},
    optional={
        "content": CONTENT | CONTENT | CONTENT | st.none(),
        "finishMessage": TEXT,
        "tokenCount": st.integers(0, 9),
        "avgLogprobs": NUMBER,
        "safetyRatings": st.lists(VALUE, max_size=2),
        "groundingMetadata": st.fixed_dictionaries({}, optional={"a": VALUE, "b": VALUE}),
        "citationMetadata": st.fixed_dictionaries({}, optional={"a": VALUE, "b": VALUE}),
        "logprobsResult": st.fixed_dictionaries({"chosenCandidates": st.lists(VALUE, max_size=3)}),
        "vendor": VALUE,
    },
)
RESPONSES = st.fixed_dictionaries(
    {
        "candidates": st.lists(CANDIDATE, min_size=1, max_size=3).map(
            lambda each: [
                {**candidate, "index": i} if i or len(each) > 1 else candidate for i, candidate in enumerate(each)
            ]
        )
    },
    optional={
        "usageMetadata": st.fixed_dictionaries({}, optional={"a": VALUE, "b": VALUE}),
        "promptFeedback": st.fixed_dictionaries({}, optional={"a": VALUE}),
        "modelVersion": TEXT,
        "responseId": TEXT,
        "createTime": st.none() | TEXT,
        "vendor": VALUE,
    },
)


def good(response: Any) -> Any:
    """The document of a response, if it is a good one."""
    try:
        return GEMINI.parse_answer(msgspec.json.encode(response))[1]
    except ValueError:
        assume(False)


DOCUMENTS = RESPONSES.map(good)
SOME_ARE_NONE = [HealthCheck.filter_too_much]


def events(*chunks: dict[str, Any]) -> bytes:
    return b"".join(b"data: " + json.dumps(each).encode() + b"\r\n\r\n" for each in chunks)


def trickle(sent: dict[str, Any], rng: random.Random) -> list[dict[str, Any]]:
    """Send the start of a chunk's last text ahead in a chunk of its own, as models do."""
    last = sent["candidates"][-1]
    parts = last.get("content", {}).get("parts") or [{}]
    part = parts[-1]
    if len(parts) != 1 or not part.get("text") or not part.keys() <= {"text", "thought", "thoughtSignature"}:
        return [sent]
    cut = rng.randint(0, len(part["text"]))
    if cut == 0 and "thought" not in part:
        return [sent]  # a blank text ahead of all others would be a part of its own
    ahead = {name: value for name, value in part.items() if name != "thoughtSignature"} | {"text": part["text"][:cut]}
    index = {"index": last["index"]} if "index" in last else {}
    before = {"candidates": [{"content": {"parts": [ahead]}, **index}]}
    parts[-1] = part | {"text": part["text"][cut:]}
    return [before, sent]
