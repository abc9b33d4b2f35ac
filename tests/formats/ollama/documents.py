"""Any good answers of Ollama's, and their streams cut finer."""

from __future__ import annotations

import json
import random
from typing import Any

from hypothesis import strategies as st

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    ["Hello!", "多语言", "e\u0301 👩‍👩‍👧", "\x00\x1b\r\n\n", "a\u2028b\u2029c\x85d", '{"done":true}\n']
)
NUMBER = st.integers(-(2**63), 2**64) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
CALLS = st.lists(
    st.fixed_dictionaries(
        {
            "function": st.fixed_dictionaries(
                {"name": st.sampled_from(["f", "g"])},
                optional={"index": st.integers(0, 2), "arguments": st.none() | st.dictionaries(TEXT, JSON, max_size=2)},
            )
        },
        optional={"id": st.none() | TEXT, "vendor": JSON},
    ),
    max_size=3,
)
SAID: dict[str, st.SearchStrategy[Any]] = {"thinking": st.none() | TEXT, "tool_calls": st.none() | CALLS}
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "model": st.none() | TEXT,
    "created_at": st.none() | TEXT,
    "remote_model": TEXT,
    "done_reason": st.sampled_from(["stop", "tool_calls", "", None]),
    "total_duration": NUMBER,
    "eval_count": st.none() | st.integers(0, 9),
    "context": st.none() | st.lists(st.integers(0, 9), max_size=3),
    "logprobs": st.none() | st.lists(st.fixed_dictionaries({"token": TEXT, "logprob": NUMBER}), max_size=3),
    "error": st.sampled_from([None, ""]),
    "vendor": JSON,
}
MESSAGE = st.fixed_dictionaries(
    {"role": st.sampled_from(["assistant", "model"]), "content": TEXT},
    optional=SAID | {"images": st.none() | st.lists(TEXT, max_size=2), "vendor": JSON},
)
CHATS = st.fixed_dictionaries({"message": MESSAGE, "done": st.just(True)}, optional=FIELDS).filter(
    lambda document: any(document["message"].get(name) for name in ("content", "thinking", "tool_calls"))
)
GENERATED = st.fixed_dictionaries({"response": TEXT, "done": st.just(True)}, optional=FIELDS | SAID).filter(
    lambda document: any(document.get(name) for name in ("response", "thinking", "tool_calls"))
)


def lines(*documents: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(document).encode() + b"\n" for document in documents)


def trickle(line: bytes, rng: random.Random) -> list[dict[str, Any]]:
    """Cut what one line says into two lines, as models send it."""
    document = json.loads(line)
    said = document.get("message", document)
    for name in ("content", "response", "thinking", "tool_calls"):
        if document["done"] is False and (value := said.get(name)):
            cut = rng.randint(0, len(value))
            first, second = ({name: value[:cut]}, {name: value[cut:]})
            if "message" not in document:
                return [document | first, {key: v for key, v in document.items() if key != "logprobs"} | second]
            rest = {key: v for key, v in document.items() if key != "logprobs"}
            return [document | {"message": said | first}, rest | {"message": said | second}]
    return [document]
