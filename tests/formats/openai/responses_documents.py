"""Any good responses."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from aicache.formats.openai.responses import RESPONSES

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["Hello!", "多语言", "👩‍👩‍👧", "\x00\x1b\r\n\n", "a\u2028b\u2029c\x85d", "data: {}\n\n", "[DONE]"]
)
NUMBER = st.integers(-(2**63), 2**64) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)
STATUS = {"id": TEXT, "status": st.sampled_from(["completed", None]), "vendor": JSON}
TOKEN = st.fixed_dictionaries({"token": TEXT, "logprob": NUMBER, "top_logprobs": st.just([])})
PART = (
    st.fixed_dictionaries(
        {"type": st.just("output_text"), "text": TEXT},
        optional={
            "annotations": st.none() | st.lists(st.fixed_dictionaries({"type": TEXT}), max_size=2),
            "logprobs": st.none() | st.lists(TOKEN, max_size=2),
            "vendor": JSON,
        },
    )
    | st.fixed_dictionaries({"type": st.just("refusal"), "refusal": TEXT})
    | st.fixed_dictionaries({"type": st.just("from_the_future"), "text": JSON})
)
THOUGHT = st.fixed_dictionaries({"type": st.sampled_from(["reasoning_text", "summary_text"]), "text": TEXT})
ITEM = (
    st.fixed_dictionaries(
        {"type": st.just("message"), "role": st.just("assistant")},
        optional={"content": st.lists(PART, max_size=3), "phase": TEXT, **STATUS},
    )
    | st.fixed_dictionaries(
        {"type": st.just("reasoning"), "summary": st.lists(THOUGHT, max_size=2)},
        optional={
            "content": st.none() | st.lists(THOUGHT, max_size=2),
            "encrypted_content": st.none() | TEXT,
            **STATUS,
        },
    )
    | st.fixed_dictionaries(
        {"type": st.just("function_call"), "call_id": TEXT, "name": TEXT, "arguments": TEXT}, optional=STATUS
    )
    | st.fixed_dictionaries({"type": st.just("custom_tool_call"), "call_id": TEXT, "name": TEXT, "input": TEXT})
    | st.fixed_dictionaries(
        {"type": st.sampled_from(["mcp_call", "code_interpreter_call", "web_search_call", "from_the_future"])},
        optional={"arguments": st.none() | TEXT, "code": st.none() | TEXT, "output": JSON, "action": JSON, **STATUS},
    )
)
DOCUMENT = st.fixed_dictionaries(
    {
        "object": st.just("response"),
        "status": st.just("completed"),
        "output": st.lists(ITEM, min_size=1, max_size=3),
    },
    optional={
        "id": TEXT,
        "model": TEXT,
        "created_at": NUMBER,
        "completed_at": st.none() | NUMBER,
        "error": st.none(),
        "usage": st.none() | st.dictionaries(TEXT, JSON, max_size=2),
        "output_text": TEXT,
        "vendor": JSON,
    },
)


def good(document: dict[str, Any]) -> bool:
    try:
        RESPONSES.parse_answer(json.dumps(document).encode())
    except ValueError:
        return False
    return True
