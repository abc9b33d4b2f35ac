"""Any good messages of Anthropic's, and their streams cut finer."""

from __future__ import annotations

import json
import random
from typing import Any

from hypothesis import strategies as st

from aicache.formats import sse
from aicache.formats.anthropic.answer import GOOD_STOP_REASONS, TOOL_USE_TYPES

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)
TEXT = st.text(max_size=12)
EXTRA = st.dictionaries(st.text(max_size=5).map("new_{}".format), JSON, max_size=1)
OBJECTS = st.dictionaries(st.text(max_size=5), JSON, max_size=2)


def block(kind: str, optional: dict[str, st.SearchStrategy[Any]] | None = None, **fields: Any) -> Any:
    known = st.fixed_dictionaries({"type": st.just(kind), **fields}, optional=optional or {})
    return st.builds(lambda extra, known: extra | known, EXTRA, known)


BLOCKS = st.one_of(
    block("text", {"citations": st.none() | st.lists(OBJECTS, max_size=2)}, text=TEXT),
    block("thinking", {"signature": st.none() | TEXT}, thinking=TEXT),
    block("redacted_thinking", data=TEXT),
    *(block(kind, {"caller": OBJECTS}, id=TEXT, name=TEXT, input=OBJECTS) for kind in sorted(TOOL_USE_TYPES)),
    block("web_search_tool_result", tool_use_id=TEXT, content=st.lists(OBJECTS, max_size=2)),
    block("compaction", {"encrypted_content": st.none() | TEXT}, content=st.none() | TEXT),
    block("new_kind", {"text": JSON, "input": JSON, "citations": JSON, "partial_json": TEXT, "content": TEXT}),
)
COUNTS = st.integers(0, 10**6)
ANSWERS = st.builds(
    lambda extra, known: extra | known,
    EXTRA,
    st.fixed_dictionaries(
        {
            "id": TEXT,
            "type": st.just("message"),
            "role": st.just("assistant"),
            "model": TEXT,
            "content": st.lists(BLOCKS, min_size=1, max_size=4),
            "stop_reason": st.sampled_from(sorted(GOOD_STOP_REASONS)),
            "stop_sequence": st.none() | TEXT,
            "usage": st.fixed_dictionaries(
                {"input_tokens": COUNTS, "output_tokens": COUNTS},
                optional={
                    "cache_creation_input_tokens": st.none() | COUNTS,
                    "cache_read_input_tokens": st.none() | COUNTS,
                    "cache_creation": OBJECTS,
                    "server_tool_use": st.none() | OBJECTS,
                    "output_tokens_details": st.none() | OBJECTS,
                    "iterations": st.lists(OBJECTS, max_size=2),
                    "service_tier": TEXT,
                    "new_count": JSON,
                },
            ),
        },
        optional={
            "stop_details": st.none() | OBJECTS,
            "container": st.none(),
            "context_management": st.none() | OBJECTS,
        },
    ),
)


def event(kind: str, **fields: Any) -> bytes:
    return sse.encode([sse.Event(kind, json.dumps({"type": kind, **fields}))])


PING = event("ping")


def trickle(block: bytes, rng: random.Random) -> bytes:
    """Cut what one delta says into two, as models send it, and put a ping between."""
    (event,) = sse.decode(block)
    data = json.loads(event.data)
    name = {
        "text_delta": "text",
        "thinking_delta": "thinking",
        "input_json_delta": "partial_json",
    }.get((data.get("delta") or {}).get("type"))
    if name is None:
        return block
    said = data["delta"][name]
    cut = rng.randint(0, len(said))
    halves = [data | {"delta": data["delta"] | {name: half}} for half in (said[:cut], said[cut:])]
    return PING.join(sse.encode([sse.Event(event.name, json.dumps(half))]) for half in halves)
