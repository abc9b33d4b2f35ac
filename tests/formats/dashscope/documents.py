"""Any good answers of DashScope's, and their streams cut finer."""

from __future__ import annotations

import json
import random
from typing import Any

import msgspec
from hypothesis import strategies as st

from aicache.formats import sse
from aicache.formats.dashscope.generation import DASHSCOPE
from aicache.formats.dashscope.increments import CUMULATIVE, INCREMENTAL

VARIANTS = ("", INCREMENTAL, CUMULATIVE)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["Hello!", "多语言", "👩‍👩‍👧", "\x00\r\n\n", "a\u2028b\u2029c\x85d", "data:{}\n\n", "null", "ha"]
)
NUMBER = st.integers(-(2**63), 2**64) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)
PART = st.fixed_dictionaries({"text": TEXT}, optional={"image_hw": st.lists(st.lists(st.integers(1, 9)))})
OTHER_PART = st.fixed_dictionaries({"ocr_result": JSON})
CALL = st.fixed_dictionaries(
    {"id": TEXT, "type": st.just("function"), "function": st.fixed_dictionaries({"name": TEXT, "arguments": TEXT})},
    optional={"vendor": JSON},
)
CALLS = st.lists(CALL, min_size=1, max_size=3).map(
    lambda calls: [{"index": index, **call} for index, call in enumerate(calls)]
)
MESSAGE = st.fixed_dictionaries(
    {"role": st.just("assistant"), "content": TEXT | st.lists(PART | OTHER_PART, max_size=3)},
    optional={"reasoning_content": st.none() | TEXT, "tool_calls": CALLS, "vendor": JSON},
)
CHOICE = st.fixed_dictionaries(
    {"finish_reason": st.sampled_from(["stop", "tool_calls"]), "message": MESSAGE},
    optional={"logprobs": st.none() | st.fixed_dictionaries({"content": st.lists(JSON)}), "vendor": JSON},
)
CHOICES = st.builds(
    lambda choices, numbered: [{"index": i, **choice} if numbered else choice for i, choice in enumerate(choices)],
    st.lists(CHOICE, min_size=1, max_size=2),
    st.booleans(),
)
OUTPUT = st.fixed_dictionaries(
    {"choices": CHOICES},
    optional={"text": st.none(), "finish_reason": st.sampled_from([None, "null"]), "search_info": JSON},
) | st.fixed_dictionaries(
    {"text": TEXT, "finish_reason": st.just("stop")}, optional={"choices": st.none(), "search_info": JSON}
)
USAGE = st.fixed_dictionaries(
    {"input_tokens": st.integers(0, 9), "output_tokens": st.integers(0, 9)}, optional={"output_tokens_details": JSON}
)
DRAWN = st.fixed_dictionaries(
    {"output": OUTPUT},
    optional={"usage": st.none() | USAGE, "request_id": st.none() | TEXT, "code": st.just(""), "vendor": JSON},
)


def good(document: Any) -> bool:
    try:
        DASHSCOPE.parse_answer(msgspec.json.encode(document))
    except ValueError:
        return False
    return True


ANSWERS = DRAWN.filter(good)


def event(number: int, document: Any, name: str = "result") -> bytes:
    """Write an event as the service does."""
    return f"id:{number}\nevent:{name}\n:HTTP_STATUS/200\ndata:{json.dumps(document)}\n\n".encode()


def trickle(block: bytes, rng: random.Random) -> list[bytes]:
    """Cut what one event tells in two, as models send it."""
    (told,) = sse.decode(block)
    one, other = json.loads(told.data), json.loads(told.data)
    for first, second in zip(growing(one["output"]), growing(other["output"]), strict=True):
        for name in ("text", "content", "reasoning_content", "arguments"):
            if isinstance(first.get(name), str):
                cut = rng.randint(0, len(first[name]))
                first[name], second[name] = first[name][:cut], first[name][cut:]
    for choice in other["output"].get("choices") or ():
        for call in choice["message"].get("tool_calls", ()):
            call["id"] = ""
            del call["function"]["name"]
            call.pop("vendor", None)
        if isinstance(choice["message"]["content"], list):
            choice["message"]["content"] = []
    return [event(1, one), event(2, other)]


def growing(output: Any) -> list[Any]:
    """Return the objects of an output that hold text which grows."""
    found = [output]
    for choice in output.get("choices") or ():
        found += [choice["message"], *(call["function"] for call in choice["message"].get("tool_calls", ()))]
    return found
